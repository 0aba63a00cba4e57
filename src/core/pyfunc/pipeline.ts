import type { JsonObject } from '../ports.js';

/** What a running pipeline tells while it answers. */
export type PipelineEvent =
  /** The prompt has been read: the first token follows. */
  | { type: 'prompt'; promptTokens: number; durationMs: number }
  /** `text` is what this token adds to the answer `sequence`; empty while a character is incomplete. */
  | { type: 'token'; text: string; tokenId: number; sequence: number };

export interface PipelineCallOptions {
  signal?: AbortSignal | undefined;
  onEvent?: ((event: PipelineEvent) => void) | undefined;
}

/**
 * A loaded Hugging Face pipeline. Input, keyword arguments (Python's names, snake_case) and result are those of the Python
 * pipeline of the generation that the MLmodel records: a list of dicts for a list of texts, `generated_token_ids` under
 * `return_tensors`, and so on. Implemented by the worker; the pyfunc wrapper stands on it.
 */
export interface Pipeline {
  /** Pipeline task, such as `text-generation`. */
  readonly task: string;
  /** Python's class name, such as `TextGenerationPipeline`. */
  readonly instanceType: string;
  readonly tokenizer: PipelineTokenizer | undefined;
  /** `generation_config.json`, or an empty object. */
  readonly generationConfig: JsonObject;
  /** @throws MlflowError INVALID_PARAMETER_VALUE for keyword arguments that the pipeline does not know. */
  call(input: unknown, kwargs: JsonObject, options?: PipelineCallOptions): Promise<unknown>;
}

/** The part of a tokenizer that MLflow's wrapper itself uses. */
export interface PipelineTokenizer {
  encode(text: string, options?: { addSpecialTokens?: boolean }): number[];
  decode(
    tokenIds: readonly number[],
    options?: { skipSpecialTokens?: boolean; cleanUpTokenizationSpaces?: boolean | undefined },
  ): string;
  /** Rendered by the checkpoint's chat template. @throws when there is none. */
  applyChatTemplate(messages: JsonObject[], options?: { addGenerationPrompt?: boolean }): string;
}

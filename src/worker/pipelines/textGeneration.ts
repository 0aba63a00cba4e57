import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { pythonLength, pythonSlice } from '../../core/pyfunc/pythonStrings.js';
import { generationDefaults, pipelineGenerationConfig } from '../runtime/generation/generationOptions.js';
import type { GenerateResult } from '../runtime/model.js';
import { openFinalMessage } from './finalMessage.js';
import { runGeneration } from './generationRun.js';
import { validateGenerationNames } from '../../core/pyfunc/generationNames.js';
import { encodeOptions } from './modelInputs.js';
import { TextPipeline, type PipelineContext } from './pipelineContext.js';
import { textGenerationSettings, type TextGenerationSettings } from './textGenerationSettings.js';

type Message = JsonObject;
type Prompt = string | Message[];

/** transformers' TextGenerationPipeline of both generations. */
export class TextGenerationPipeline extends TextPipeline {
  /** How the last answer ended. */
  finishReason: GenerateResult['finishReason'] | null = null;
  private readonly taskParams: JsonObject;

  constructor(context: PipelineContext) {
    super(context);
    this.tokenizer.paddingSide = 'left';
    this.taskParams = context.generation === 4 ? taskSpecificParams(context.model.config, context.task) : {};
  }

  protected override get keepsPartialAnswers(): boolean {
    return true;
  }

  override get generationConfig(): JsonObject {
    return {
      ...pipelineGenerationConfig(this.task, this.version, this.model.generationConfig),
      ...this.taskParams,
    };
  }

  protected run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    const configPrefix = this.taskParams['prefix'] ?? this.model.config['prefix'];
    const settings = textGenerationSettings(kwargs, this.version, typeof configPrefix === 'string' ? configPrefix : '');
    validateGenerationNames(settings.generation, this.generation);
    if (this.isChat(input)) return this.generate(input as Message[], settings, options);
    return this.each(input, options, (item) => this.generate(item as Prompt, settings, options));
  }

  private isChat(input: unknown): boolean {
    if (!Array.isArray(input)) return false;
    const [first] = input as unknown[];
    return this.generation === 4 ? isRecord(first) : isMessage(first);
  }

  private async generate(
    prompt: Prompt,
    settings: TextGenerationSettings,
    options: PipelineCallOptions,
  ): Promise<JsonObject[]> {
    const ids = this.encodePrompt(prompt, settings);
    const promptIds = this.leaveHole(ids, settings);
    const result = await runGeneration({
      model: this.model,
      tokenizer: this.tokenizer,
      transformersMajor: this.generation,
      version: this.version,
      request: { inputIds: [promptIds.length > 0 ? promptIds : [this.beginning()]] },
      generation: this.generationOptions(settings),
      stopTexts: settings.stopTexts,
      stopStrings: settings.stopStrings,
      options,
    });
    this.finishReason = result.finishReason;
    return result.sequences.map((sequence) => this.record(sequence, promptIds, prompt, settings));
  }

  private encodePrompt(prompt: Prompt, settings: TextGenerationSettings): number[] {
    const tokenizerKwargs = settings.tokenizerKwargs;
    if (typeof prompt === 'string') {
      return this.tokenizer.encode(settings.prefix + prompt, encodeOptions(tokenizerKwargs));
    }
    if (!Array.isArray(prompt)) {
      throw MlflowError.invalidParameter(`can only concatenate str (not "${typeof prompt}") to str`);
    }
    for (const message of prompt) {
      if (!isMessage(message)) {
        throw MlflowError.invalidParameter(
          "When passing chat dicts as input, each dict must have a 'role' and 'content' key.",
        );
      }
    }
    const continues = this.continuesFinalMessage(prompt, settings);
    const render = (messages: Message[]): string =>
      this.tokenizer.applyChatTemplate(messages, {
        addGenerationPrompt: !continues,
        tools: settings.tools,
        documents: settings.documents,
      });
    const text = continues ? openFinalMessage(prompt, this.version, render) : render(prompt);
    return this.tokenizer.encode(text, { ...encodeOptions(tokenizerKwargs), addSpecialTokens: false });
  }

  private continuesFinalMessage(messages: Message[], settings: TextGenerationSettings): boolean {
    if (this.version.isBefore(4, 45)) return false;
    return settings.continueFinalMessage ?? messages.at(-1)?.['role'] === 'assistant';
  }

  private beginning(): number {
    const stored = this.generationConfig['bos_token_id'] ?? this.model.config['bos_token_id'];
    if (typeof stored === 'number') return stored;
    throw MlflowError.invalidParameter('`bos_token_id` has to be defined when no `input_ids` are provided.');
  }

  /** The generation options of a call: the checkpoint's, the pipeline's defaults, the caller's. */
  private generationOptions(settings: TextGenerationSettings): JsonObject {
    const given: JsonObject = { ...this.generationConfig, ...settings.generation, ...this.endTokens(settings) };
    const padId = this.tokenizer.specialTokenId('pad_token');
    if ((given['pad_token_id'] ?? null) === null && padId !== undefined) given['pad_token_id'] = padId;
    const merged = { ...given, ...generationDefaults(this.task, this.version, given) };
    return this.withPrefixLength(merged, settings);
  }

  /** transformers 4 ends at a token of `stop_sequence`: at first only at its first one. */
  private endTokens({ stopSequence }: TextGenerationSettings): JsonObject {
    if (stopSequence === undefined || this.generation !== 4) return {};
    const ids = this.tokenizer.encode(stopSequence, { addSpecialTokens: false });
    return { eos_token_id: this.version.isBefore(4, 48) ? (ids[0] ?? null) : ids };
  }

  /** A total length includes the prefix that the pipeline puts before the prompt. */
  private withPrefixLength(options: JsonObject, settings: TextGenerationSettings): JsonObject {
    if (settings.prefix === '') return options;
    const addsSpecial = settings.tokenizerKwargs['add_special_tokens'] === true;
    const prefixLength = this.tokenizer.encode(settings.prefix, { addSpecialTokens: addsSpecial }).length;
    const lengthened = { ...options };
    const pairs = [
      ['max_length', 'max_new_tokens', this.generation === 4 ? 20 : undefined],
      ['min_length', 'min_new_tokens', undefined],
    ] as const;
    for (const [total, added, fallback] of pairs) {
      const length = options[total] ?? fallback;
      if (typeof length === 'number' && typeof options[added] !== 'number') lengthened[total] = length + prefixLength;
    }
    return lengthened;
  }

  /** `handle_long_generation="hole"`: cuts the prompt on the left so that the answer fits. */
  private leaveHole(ids: number[], settings: TextGenerationSettings): number[] {
    if (settings.longGeneration !== 'hole') return ids;
    const options = this.generationOptions(settings);
    const { max_new_tokens: newTokens, max_length: maxLength } = options;
    const wanted =
      typeof newTokens === 'number' ? newTokens : (typeof maxLength === 'number' ? maxLength : 20) - ids.length;
    if (wanted < 0) throw MlflowError.invalidParameter('We cannot infer how many new tokens are expected');
    const limit = this.tokenizer.modelMaxLength;
    if (ids.length + wanted <= limit) return ids;
    const kept = limit - wanted;
    if (kept <= 0) {
      throw MlflowError.invalidParameter(
        'We cannot use `hole` to handle this generation the number of desired tokens exceeds the models max length',
      );
    }
    return ids.slice(-kept);
  }

  private record(
    sequence: number[],
    promptIds: number[],
    prompt: Prompt,
    settings: TextGenerationSettings,
  ): JsonObject {
    if (settings.returnType === 'tensors') return { generated_token_ids: sequence };
    const added =
      this.generation === 4
        ? this.addedText4(sequence, promptIds, settings)
        : this.addedText5(sequence, promptIds, settings);
    if (settings.returnType === 'newText') return { generated_text: added };
    if (typeof prompt === 'string') return { generated_text: prompt + added };
    if (this.continuesFinalMessage(prompt, settings)) {
      const last = prompt.at(-1)!;
      const continued = { role: last['role'] ?? null, content: String(last['content']) + added };
      return { generated_text: [...prompt.slice(0, -1), continued] };
    }
    return { generated_text: [...prompt, { role: 'assistant', content: added }] };
  }

  /** transformers 4 cuts the decoded prompt's length off the whole decoded text. */
  private addedText4(sequence: number[], promptIds: number[], settings: TextGenerationSettings): string {
    const options = { skipSpecialTokens: true, cleanUpTokenizationSpaces: settings.cleanUp ?? true };
    const text = this.tokenizer.decode(sequence, options);
    const promptLength = promptIds.length === 0 ? 0 : pythonLength(this.tokenizer.decode(promptIds, options));
    return pythonSlice(text, promptLength);
  }

  private addedText5(sequence: number[], promptIds: number[], settings: TextGenerationSettings): string {
    return this.tokenizer.decode(sequence.slice(promptIds.length), {
      skipSpecialTokens: settings.skipSpecialTokens ?? true,
      cleanUpTokenizationSpaces: settings.cleanUp,
    });
  }
}

export function taskSpecificParams(config: JsonObject, task: string): JsonObject {
  const all = config['task_specific_params'] as Record<string, JsonObject> | null | undefined;
  return all?.[task] ?? {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMessage(value: unknown): boolean {
  return isRecord(value) && 'role' in value && 'content' in value;
}

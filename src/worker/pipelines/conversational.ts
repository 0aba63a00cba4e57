import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import type { GenerateResult } from '../runtime/model.js';
import { runGeneration } from './generationRun.js';
import { TextPipeline, type PipelineContext } from './pipelineContext.js';
import { taskSpecificParams } from './textGeneration.js';

/** New tokens of a reply, where the call names no length. Source: `ConversationalPipeline._forward`. */
const replyTokens = 256;

/**
 * The ConversationalPipeline that transformers had before 4.42. A conversation is a list of messages (`role`, `content`); it
 * comes back with the reply, and with the replies so far as `generated_responses`.
 */
export class ConversationalPipeline extends TextPipeline {
  finishReason: GenerateResult['finishReason'] | null = null;

  /** @throws MlflowError taskUnsupported for a model of a later release. */
  constructor(context: PipelineContext) {
    super(context);
    if (context.version.isBefore(4, 42)) return;
    throw MlflowError.invalidParameter(
      'The conversational pipeline ended with transformers 4.41, and this model records a later release. ' +
        'Log the model for the task text-generation, which takes chats.',
      { reason: 'taskUnsupported', details: { task: context.task } },
    );
  }

  protected override get keepsPartialAnswers(): boolean {
    return true;
  }

  override get generationConfig(): JsonObject {
    return { ...this.model.generationConfig, ...taskSpecificParams(this.model.config, this.task) };
  }

  protected async run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    const isOne = Array.isArray(input) && !Array.isArray(input[0]);
    const results = await this.each(isOne ? [input] : input, options, (conversation) =>
      this.reply(conversation as JsonObject[], kwargs, options),
    );
    return Array.isArray(results) && results.length === 1 ? results[0] : results;
  }

  private async reply(messages: JsonObject[], kwargs: JsonObject, options: PipelineCallOptions): Promise<JsonObject> {
    const { clean_up_tokenization_spaces: cleanUp, ...generation } = kwargs;
    delete generation['min_length_for_response'];
    const prompt = this.tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true });
    const ids = this.tokenizer.encode(prompt, { addSpecialTokens: false });
    const hasLength = 'max_length' in generation || 'max_new_tokens' in generation;
    const given: JsonObject = {
      ...this.generationConfig,
      ...(hasLength ? {} : { max_new_tokens: replyTokens }),
      ...generation,
    };
    const padId = this.tokenizer.specialTokenId('pad_token') ?? this.tokenizer.specialTokenId('eos_token');
    if ((given['pad_token_id'] ?? null) === null && padId !== undefined) given['pad_token_id'] = padId;
    const { sequences, finishReason } = await runGeneration({
      model: this.model,
      tokenizer: this.tokenizer,
      transformersMajor: 4,
      version: this.version,
      request: { inputIds: [ids] },
      generation: given,
      options,
    });
    this.finishReason = finishReason;
    const start = this.model.config['is_encoder_decoder'] === true ? 1 : ids.length;
    const content = this.tokenizer.decode(sequences[0]!.slice(start), {
      skipSpecialTokens: true,
      cleanUpTokenizationSpaces: cleanUp === undefined || Boolean(cleanUp),
    });
    const answered = [...messages, { role: 'assistant', content }];
    const replies = answered.filter(({ role }) => role === 'assistant').map((message) => message['content'] ?? null);
    return { messages: answered, generated_responses: replies };
  }
}

import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import type { GenerateResult } from '../runtime/model.js';
import { generationDefaults, pipelineGenerationConfig } from '../runtime/generation/generationOptions.js';
import { runGeneration } from './generationRun.js';
import { validateGenerationNames } from '../../core/pyfunc/generationNames.js';
import { encodeOptions } from './modelInputs.js';
import { TextPipeline, type PipelineContext } from './pipelineContext.js';
import { taskSpecificParams } from './textGeneration.js';

const returnNames: Readonly<Record<string, string>> = {
  SummarizationPipeline: 'summary',
  TranslationPipeline: 'translation',
};

/** transformers 4's Text2TextGenerationPipeline with summarization and translation, which transformers 5 dropped. */
export class Text2TextGenerationPipeline extends TextPipeline {
  finishReason: GenerateResult['finishReason'] | null = null;
  private readonly taskParams: JsonObject;
  private readonly returnName: string;

  constructor(context: PipelineContext) {
    super(context);
    this.taskParams = taskSpecificParams(context.model.config, context.task);
    this.returnName = returnNames[context.instanceType] ?? 'generated';
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

  protected async run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    const settings = this.settings(kwargs);
    validateGenerationNames(settings.generation, this.generation);
    const results = await this.each(input, options, (text) => this.generate(text, settings, options));
    const areTexts = Array.isArray(input) && input.every((item) => typeof item === 'string');
    const records = results as JsonObject[][];
    return areTexts && records.every((record) => record.length === 1) ? records.map((record) => record[0]) : results;
  }

  private settings(kwargs: JsonObject) {
    const {
      return_tensors: tensors,
      return_type: type,
      clean_up_tokenization_spaces: cleanUp,
      truncation,
      stop_sequence: stopSequence,
      src_lang: sourceLanguage,
      tgt_lang: targetLanguage,
      ...generation
    } = kwargs;
    for (const name of ['return_text', 'stopping_criteria']) delete generation[name];
    if (typeof stopSequence === 'string') {
      const [first] = this.tokenizer.encode(stopSequence, { addSpecialTokens: false });
      if (first !== undefined) generation['eos_token_id'] = first;
    }
    return {
      generation,
      returnsTensors: (type ?? null) === null ? Boolean(tensors ?? false) : Number(type) === 0,
      cleanUp: Boolean(cleanUp ?? false),
      truncation: truncation ?? false,
      sourceLanguage,
      targetLanguage,
    };
  }

  private async generate(
    text: unknown,
    settings: ReturnType<Text2TextGenerationPipeline['settings']>,
    options: PipelineCallOptions,
  ): Promise<JsonObject[]> {
    if (typeof text !== 'string') {
      throw MlflowError.invalidParameter(
        ` \`args[0]\`: ${String(text)} have the wrong format. The should be either of type \`str\` or type \`list\``,
      );
    }
    const prefix = this.taskParams['prefix'] ?? this.model.config['prefix'] ?? '';
    const ids = this.tokenizer.encode(String(prefix) + text, encodeOptions({ truncation: settings.truncation }));
    const given: JsonObject = { ...this.generationConfig, ...settings.generation };
    const padId = this.tokenizer.specialTokenId('pad_token');
    if ((given['pad_token_id'] ?? null) === null && padId !== undefined) given['pad_token_id'] = padId;
    const result = await runGeneration({
      model: this.model,
      tokenizer: this.tokenizer,
      transformersMajor: 4,
      version: this.version.isBefore(5) ? this.version : undefined,
      request: { inputIds: [ids] },
      generation: { ...given, ...generationDefaults(this.task, this.version, given) },
      options,
    });
    this.finishReason = result.finishReason;
    return result.sequences.map((sequence) =>
      settings.returnsTensors
        ? { [`${this.returnName}_token_ids`]: sequence }
        : {
            [`${this.returnName}_text`]: this.tokenizer.decode(sequence, {
              skipSpecialTokens: true,
              cleanUpTokenizationSpaces: settings.cleanUp,
            }),
          },
    );
  }
}

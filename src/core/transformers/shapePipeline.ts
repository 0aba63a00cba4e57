import { MlflowError } from '../errors.js';
import type { JsonObject } from '../ports.js';
import { validateGenerationNames } from '../pyfunc/generationNames.js';
import type { Pipeline, PipelineTokenizer } from '../pyfunc/pipeline.js';
import { NdArray } from '../signature/ndArray.js';
import { transformersMajor } from './declaredVersions.js';
import type { TransformersGeneration } from './tasks.js';

const generators = new Set([
  'TextGenerationPipeline',
  'Text2TextGenerationPipeline',
  'SummarizationPipeline',
  'TranslationPipeline',
]);
const generationNames = `return_full_text return_tensors return_text return_type clean_up_tokenization_spaces prefix
handle_long_generation stop_sequence truncation padding add_special_tokens skip_special_tokens continue_final_message tools
documents tokenizer_encode_kwargs src_lang tgt_lang`.split(/\s+/);

/** Keyword arguments of pipelines that refuse others, beside those of `generate`. Source: `_sanitize_parameters`. */
const knownNames: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries([...generators].map((name) => [name, generationNames])),
  FillMaskPipeline: ['top_k', 'targets', 'tokenizer_kwargs'],
  TokenClassificationPipeline:
    `aggregation_strategy ignore_labels offset_mapping stride grouped_entities ignore_subwords
is_split_into_words delimiter`.split(/\s+/),
  ImageClassificationPipeline: ['top_k', 'function_to_apply', 'timeout'],
};

/** Counts and texts of no meaning; a chat template is asked for in vain where the tokenizer has none. */
function shapeTokenizer(hasChatTemplate: boolean): PipelineTokenizer {
  return {
    encode: () => [0],
    decode: () => 'text',
    applyChatTemplate: () => {
      if (hasChatTemplate) return 'text';
      throw new Error(
        'Cannot use chat template functions because tokenizer.chat_template is not set and no template argument was passed! For ' +
          'information about writing templates and setting the tokenizer.chat_template attribute, please see the documentation at ' +
          'https://huggingface.co/docs/transformers/main/en/chat_templating',
      );
    },
  };
}

/** What reaches an image pipeline are addresses and base64 texts; tokenizers take no arrays. Real pipelines refuse the rest. */
function refuseUnless(input: unknown, takes: (item: unknown) => boolean): void {
  const items: unknown[] = Array.isArray(input) ? input : [input];
  if (!items.every(takes)) throw MlflowError.invalidParameter('The pipeline takes no input of this type.');
}

/**
 * A pipeline that answers at once with values of the right shape and no meaning: what a signature needs of a prediction,
 * without loading weights. Everything around it (input checks, output shaping) is the real wrapper's.
 */
export class ShapePipeline implements Pipeline {
  readonly tokenizer: PipelineTokenizer;
  readonly generationConfig: JsonObject = {};
  private readonly major: TransformersGeneration;

  constructor(
    readonly task: string,
    readonly instanceType: string,
    private readonly config: JsonObject,
    transformersVersion: string,
    { hasChatTemplate = false }: { hasChatTemplate?: boolean } = {},
  ) {
    this.tokenizer = shapeTokenizer(hasChatTemplate);
    this.major = transformersMajor(transformersVersion) >= 5 ? 5 : 4;
  }

  call(input: unknown, kwargs: JsonObject): Promise<unknown> {
    return Promise.resolve(this.answer(input, kwargs));
  }

  private answer(input: unknown, kwargs: JsonObject): unknown {
    this.refuseUnknown(kwargs);
    const each = (one: (item: unknown) => unknown): unknown => (Array.isArray(input) ? input.map(one) : one(input));
    switch (this.instanceType) {
      case 'TextGenerationPipeline':
        return each((text) => [
          kwargs['return_tensors'] ? { generated_token_ids: [0] } : { generated_text: String(text) },
        ]);
      case 'Text2TextGenerationPipeline':
        return this.flat(input, { generated_text: 'text' });
      case 'SummarizationPipeline':
        return this.flat(input, { summary_text: 'text' });
      case 'TranslationPipeline':
        return this.flat(input, { translation_text: 'text' });
      case 'FillMaskPipeline':
        return each(() => this.scored(5, { token: 0, token_str: 'token', sequence: 'text' }, false));
      case 'TextClassificationPipeline':
        return this.classified(input, kwargs);
      case 'ImageClassificationPipeline':
        refuseUnless(input, (item) => typeof item === 'string');
        return Array.isArray(input)
          ? input.map(() => this.scored(this.topK(kwargs, 5), {}, true))
          : this.scored(this.topK(kwargs, 5), {}, true);
      case 'AudioClassificationPipeline':
        return each(() =>
          this.scored(this.topK(kwargs, this.major >= 5 ? Infinity : 5), {}, true).map(({ score, label }) => ({
            score: score!,
            label: label!,
          })),
        );
      case 'ZeroShotClassificationPipeline':
        return this.zeroShot(input as JsonObject);
      case 'TokenClassificationPipeline':
        return each(() => [
          kwargs['aggregation_strategy'] && kwargs['aggregation_strategy'] !== 'none'
            ? { entity_group: 'X', score: 0.5, word: 'x' }
            : { entity: 'X', score: 0.5, word: 'x' },
        ]);
      case 'FeatureExtractionPipeline':
        refuseUnless(input, (item) => !(item instanceof NdArray));
        return each(() => [[this.vector(), this.vector()]]);
      case 'QuestionAnsweringPipeline':
        return each(() => ({ score: 0.5, start: 0, end: 1, answer: 'text' }));
      case 'TableQuestionAnsweringPipeline':
        return { answer: 'text' };
      case 'AutomaticSpeechRecognitionPipeline':
        return each(() => ({ text: 'text' }));
      default:
        return each((text) => [{ generated_text: String(text) }]);
    }
  }

  /** Names of keyword arguments that the real pipeline would refuse. */
  private refuseUnknown(kwargs: JsonObject): void {
    const known = knownNames[this.instanceType];
    if (!known) return;
    const others = Object.fromEntries(Object.entries(kwargs).filter(([name]) => !known.includes(name)));
    if (generators.has(this.instanceType)) validateGenerationNames(others, this.major);
    else if (Object.keys(others).length > 0) {
      throw MlflowError.invalidParameter(
        `${this.instanceType}._sanitize_parameters() got an unexpected keyword argument '${Object.keys(others)[0]}'`,
      );
    }
  }

  private flat(input: unknown, answer: JsonObject): unknown {
    return (Array.isArray(input) ? input : [input]).map(() => answer);
  }

  /** A list for a list, one answer for anything else; only a text without `top_k` is answered by a list of one. */
  private classified(input: unknown, kwargs: JsonObject): unknown {
    if (Array.isArray(input) && input.length === 0) throw MlflowError.invalidParameter('list index out of range');
    const hasTopK = 'top_k' in kwargs;
    const one = (): unknown =>
      hasTopK ? this.scored(this.topK(kwargs, Infinity), {}, true) : { label: 'label', score: 0.5 };
    if (Array.isArray(input)) return input.map(one);
    return typeof input === 'string' && !hasTopK ? [one()] : one();
  }

  private scored(count: number, more: JsonObject, limited: boolean): JsonObject[] {
    const length = limited ? Math.min(count, this.labelCount()) : count;
    return Array.from({ length }, () => ({ label: 'label', score: 0.5, ...more }));
  }

  private topK(kwargs: JsonObject, absent: number): number {
    const value = kwargs['top_k'];
    return typeof value === 'number' ? value : value === null ? Infinity : absent;
  }

  private labelCount(): number {
    const labels = this.config['id2label'];
    const count = typeof labels === 'object' && labels !== null ? Object.keys(labels).length : 0;
    return count || 2;
  }

  private zeroShot(input: JsonObject): unknown {
    const labels = input['candidate_labels'];
    const names = Array.isArray(labels) ? labels : String(labels).split(',');
    const one = (sequence: unknown): JsonObject => ({
      sequence: String(sequence),
      labels: names.map(String),
      scores: names.map(() => 0.5),
    });
    return Array.isArray(input['sequences']) ? input['sequences'].map(one) : one(input['sequences']);
  }

  private vector(): number[] {
    const size = this.config['hidden_size'] ?? this.config['dim'] ?? this.config['d_model'] ?? this.config['n_embd'];
    return new Array<number>(typeof size === 'number' ? size : 1).fill(0.5);
  }
}

import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import type { Pipeline, PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { loadFeatureExtractor, type FeatureExtractor } from '../media/featureExtractor.js';
import { loadAudio } from '../media/loadAudio.js';
import { WhisperFeatureExtractor } from '../media/logMel.js';
import { generationDefaults } from '../runtime/generation/generationOptions.js';
import type { RuntimeModel, Tensor } from '../runtime/model.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { runGeneration } from './generationRun.js';
import { forward } from './modelInputs.js';
import { argmax } from './numeric.js';
import type { MediaPipelineContext } from './pipelineContext.js';

/** transformers' AutomaticSpeechRecognitionPipeline for Whisper and CTC models, without timestamps. */
export class SpeechRecognitionPipeline implements Pipeline {
  readonly task: string;
  readonly instanceType: string;
  readonly tokenizer: Tokenizer;
  private readonly model: RuntimeModel;
  private readonly generation: TransformersGeneration;
  private readonly warn: (message: string) => void;

  private constructor(
    context: MediaPipelineContext,
    tokenizer: Tokenizer,
    private readonly extractor: FeatureExtractor,
  ) {
    this.task = context.task;
    this.instanceType = context.instanceType;
    this.model = context.model;
    this.generation = context.generation;
    this.warn = context.warn;
    this.tokenizer = tokenizer;
  }

  static async load(context: MediaPipelineContext): Promise<SpeechRecognitionPipeline> {
    if (!context.tokenizer) {
      throw MlflowError.invalidParameter('The model has no tokenizer, so its transcripts cannot be written.', {
        reason: 'tokenizerMissing',
      });
    }
    return new SpeechRecognitionPipeline(
      context,
      context.tokenizer,
      await loadFeatureExtractor(context.processorFolder),
    );
  }

  get generationConfig(): JsonObject {
    return this.model.generationConfig;
  }

  async call(input: unknown, kwargs: JsonObject, options: PipelineCallOptions = {}): Promise<unknown> {
    if (!Array.isArray(input)) return this.transcribe(input, kwargs, options);
    const results: JsonObject[] = [];
    for (const item of input as unknown[]) results.push(await this.transcribe(item, kwargs, options));
    return results;
  }

  private async transcribe(source: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<JsonObject> {
    const { return_timestamps: timestamps } = kwargs;
    if (timestamps !== undefined && timestamps !== null && timestamps !== false) {
      throw new MlflowError(
        'Timestamps are not supported by the native engine. Leave `return_timestamps` out, or use the python engine.',
        'NOT_IMPLEMENTED',
        { reason: 'taskUnsupported', details: { option: 'return_timestamps' } },
      );
    }
    const samples = await loadAudio(source, this.extractor.samplingRate, options.signal);
    if (!(this.extractor instanceof WhisperFeatureExtractor)) {
      return { text: await this.connectionist(this.extractor.extract(samples)) };
    }
    const { sampleCount } = this.extractor;
    if (samples.length > sampleCount) {
      this.warn('Sounds longer than 30 seconds are transcribed in windows of 30 seconds, one by one.');
    }
    let text = '';
    for (let start = 0; start === 0 || start < samples.length; start += sampleCount) {
      const features = this.extractor.extract(samples.subarray(start, start + sampleCount));
      text += await this.whisper(features, kwargs, options);
    }
    return { text };
  }

  private async connectionist(values: Tensor): Promise<string> {
    const { dims, data } = await forward(this.model, { input_values: values }, 'logits');
    const width = dims.at(-1)!;
    const ids = Array.from({ length: data.length / width }, (_, i) =>
      argmax(data.subarray(i * width, (i + 1) * width)),
    );
    return this.tokenizer.decode(ids.filter((id, i) => id !== ids[i - 1]));
  }

  private async whisper(features: Tensor, kwargs: JsonObject, options: PipelineCallOptions): Promise<string> {
    const own: JsonObject = { ...kwargs, ...(kwargs['generate_kwargs'] as JsonObject | undefined) };
    for (const name of pipelineNames) delete own[name];
    const given: JsonObject = { ...this.generationConfig, ...own };
    const prompt = await this.beginning(features, given);
    const { sequences } = await runGeneration({
      model: this.model,
      tokenizer: this.tokenizer,
      transformersMajor: this.generation,
      request: { inputIds: [prompt], encoderInputs: { input_features: features } },
      generation: this.withPromptLength(
        { ...given, ...generationDefaults(this.task, this.generation, given) },
        prompt.length,
      ),
      options,
    });
    return this.tokenizer.decode((sequences[0] ?? []).slice(prompt.length), { skipSpecialTokens: true });
  }

  /** transformers 5 does not count the decoder's first tokens as part of `max_length`. */
  private withPromptLength(generation: JsonObject, promptLength: number): JsonObject {
    const { max_length: maxLength, max_new_tokens: newTokens } = generation;
    if (this.generation === 4 || typeof maxLength !== 'number' || typeof newTokens === 'number') return generation;
    const limit = numberOf(this.model.config['max_target_positions']) ?? 448;
    const counted = Math.min(Math.floor(limit / 2) - 1, promptLength);
    return { ...generation, max_length: Math.min(maxLength + counted, limit) };
  }

  /** The decoder's first tokens. Source: generation_whisper.py, `_retrieve_init_tokens`. */
  private async beginning(features: Tensor, config: JsonObject): Promise<number[]> {
    const start = numberOf(config['decoder_start_token_id'] ?? this.model.config['decoder_start_token_id']) ?? 0;
    const ids = [start];
    const { language, task } = config;
    const forced = task === undefined || task === null ? forcedIds(config['forced_decoder_ids']) : [];
    ids.push(...forced);
    const languages = (config['lang_to_id'] ?? undefined) as Record<string, number> | undefined;
    const tasks = (config['task_to_id'] ?? undefined) as Record<string, number> | undefined;
    if (typeof language === 'string' && languages)
      ids.splice(1, forced.length > 0 ? 1 : 0, this.languageId(language, languages));
    else if (languages && forced.length === 0)
      ids.push(await this.detectLanguage(features, start, Object.values(languages)));
    const taskIds = Object.values(tasks ?? {});
    if (typeof task === 'string' && tasks?.[task] !== undefined) ids.push(tasks[task]);
    else if (typeof language === 'string' && tasks && !ids.some((id) => taskIds.includes(id))) {
      ids.push(tasks['transcribe'] ?? 0);
    }
    const noTimestamps = numberOf(config['no_timestamps_token_id']);
    if (noTimestamps !== undefined && ids.at(-1) !== noTimestamps) ids.push(noTimestamps);
    return ids;
  }

  private languageId(language: string, languages: Record<string, number>): number {
    const name = language.toLowerCase();
    const id = languages[language] ?? languages[`<|${name}|>`] ?? languages[`<|${languageCodes[name] ?? ''}|>`];
    if (id !== undefined) return id;
    throw MlflowError.invalidParameter(
      `Unsupported language: ${name}. Language should be one of: ${Object.keys(languages).join(', ')}.`,
    );
  }

  private async detectLanguage(features: Tensor, start: number, languageIds: number[]): Promise<number> {
    const prompt: Tensor = { dims: [1, 1], data: BigInt64Array.of(BigInt(start)) };
    const { data } = await forward(this.model, { input_features: features, decoder_input_ids: prompt }, 'logits');
    const scores = languageIds.map((id) => data[id]!);
    return languageIds[argmax(scores)] ?? start;
  }
}

/** The pipeline's own keyword arguments, which `generate` does not take. */
const pipelineNames = [
  'generate_kwargs',
  'chunk_length_s',
  'stride_length_s',
  'ignore_warning',
  'decoder_kwargs',
  'return_timestamps',
  'return_language',
  'batch_size',
  'num_workers',
];

/** Codes of the languages that are asked for most by name. */
const languageCodes: Readonly<Record<string, string>> = {
  chinese: 'zh',
  dutch: 'nl',
  english: 'en',
  french: 'fr',
  german: 'de',
  italian: 'it',
  japanese: 'ja',
  korean: 'ko',
  polish: 'pl',
  portuguese: 'pt',
  russian: 'ru',
  spanish: 'es',
  turkish: 'tr',
  ukrainian: 'uk',
};

function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** `[[1, id], [2, id], ...]` as the ids, as long as the positions go on. */
function forcedIds(value: JsonValue | undefined): number[] {
  if (!Array.isArray(value)) return [];
  const ids: number[] = [];
  for (const pair of value as [number, number | null][]) {
    if (pair[0] !== ids.length + 1 || pair[1] === null) break;
    ids.push(pair[1]);
  }
  return ids;
}

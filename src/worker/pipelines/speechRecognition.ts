import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import type { Pipeline, PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { validateGenerationNames } from '../../core/pyfunc/generationNames.js';
import { PyFloat } from '../../core/serialization/pyValue.js';
import { loadFeatureExtractor, type FeatureExtractor } from '../media/featureExtractor.js';
import { loadAudio, type LoadedAudio } from '../media/loadAudio.js';
import { WhisperFeatureExtractor } from '../media/logMel.js';
import { generationDefaults, pipelineGenerationConfig } from '../runtime/generation/generationOptions.js';
import type { RuntimeModel } from '../runtime/model.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { forward } from './modelInputs.js';
import { argmax } from './numeric.js';
import type { MediaPipelineContext } from './pipelineContext.js';
import { chunkSettings, chunksOf, ownFrames, type AudioChunk } from './speech/audioChunks.js';
import { connectionistText, delimiterText, wordsOf } from './speech/connectionist.js';
import { transcript, type TranscriptChunk, type WhisperWindow } from './speech/transcript.js';
import { generateWhisper } from './speech/whisperGeneration.js';

/** What a call asks for, sorted as Python's `_sanitize_parameters` does. */
interface SpeechRequest {
  kwargs: JsonObject;
  /** Arguments of `generate`. */
  generate: JsonObject;
  returnTimestamps: JsonValue;
  returnsLanguage: boolean;
}

/** transformers' AutomaticSpeechRecognitionPipeline for Whisper and for CTC models. */
export class SpeechRecognitionPipeline implements Pipeline {
  readonly task: string;
  readonly instanceType: string;
  readonly tokenizer: Tokenizer;
  private readonly model: RuntimeModel;
  private readonly version: TransformersVersion;
  private readonly generation: TransformersGeneration;

  private constructor(
    context: MediaPipelineContext,
    tokenizer: Tokenizer,
    private readonly extractor: FeatureExtractor,
  ) {
    this.task = context.task;
    this.instanceType = context.instanceType;
    this.model = context.model;
    this.version = context.version;
    this.generation = context.generation;
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
    return pipelineGenerationConfig(this.task, this.version, this.model.generationConfig);
  }

  async call(input: unknown, kwargs: JsonObject, options: PipelineCallOptions = {}): Promise<unknown> {
    const request = this.request(kwargs);
    if (!Array.isArray(input)) return this.transcribe(input, request, options);
    const results: JsonObject[] = [];
    for (const item of input as unknown[]) results.push(await this.transcribe(item, request, options));
    return results;
  }

  private get whisperExtractor(): WhisperFeatureExtractor | undefined {
    return this.extractor instanceof WhisperFeatureExtractor ? this.extractor : undefined;
  }

  private request(kwargs: JsonObject): SpeechRequest {
    const { generate_kwargs: nested, ...rest } = kwargs;
    const others = Object.fromEntries(Object.entries(rest).filter(([name]) => !ownNames.includes(name)));
    if (this.generation === 4) this.checkNames(others, nested ?? null);
    const generate: JsonObject = { ...(nested as JsonObject | null | undefined), ...others };
    validateGenerationNames(withoutWhisperNames(generate), this.generation);
    const stored = this.generation >= 5 ? this.generationConfig['return_timestamps'] : undefined;
    const asked = kwargs['return_timestamps'] ?? null;
    const returnTimestamps = stored ? asked || stored : asked;
    const isWhisper = this.whisperExtractor !== undefined;
    checkTimestamps(returnTimestamps, isWhisper);
    const returnsLanguage = kwargs['return_language'] ?? null;
    if (returnsLanguage !== null && !isWhisper) {
      throw MlflowError.invalidParameter('Only Whisper can return language for now.');
    }
    return { kwargs, generate, returnTimestamps, returnsLanguage: Boolean(returnsLanguage) };
  }

  /** transformers 4 takes only one argument of `generate` beside `generate_kwargs`. */
  private checkNames(others: JsonObject, nested: JsonValue): void {
    const unknown = Object.keys(others).find((name) => name !== 'max_new_tokens');
    if (unknown !== undefined) {
      throw MlflowError.invalidParameter(
        `${this.instanceType}._sanitize_parameters() got an unexpected keyword argument '${unknown}'`,
      );
    }
    if ((others['max_new_tokens'] ?? null) !== null && nested !== null && 'max_new_tokens' in (nested as JsonObject)) {
      throw MlflowError.invalidParameter(
        '`max_new_tokens` is defined both as an argument and inside `generate_kwargs` argument, please use only 1 version',
      );
    }
  }

  private async transcribe(source: unknown, request: SpeechRequest, options: PipelineCallOptions): Promise<JsonObject> {
    const audio = await loadAudio(source, {
      samplingRate: this.extractor.samplingRate,
      pipeline: 'AutomaticSpeechRecognitionPipeline',
      generation: this.generation,
      signal: options.signal,
    });
    const answer = this.whisperExtractor
      ? await this.whisper(this.whisperExtractor, audio, request, options)
      : await this.connectionist(audio, request, options);
    const extra: JsonObject = {};
    for (const [name, value] of Object.entries(audio.extra)) extra[name] = [value];
    return { ...answer, ...extra };
  }

  /** Samples that one frame of the model's answer stands for. */
  private get alignment(): number {
    const strides = this.model.config['conv_stride'];
    return Array.isArray(strides) ? strides.reduce<number>((product, stride) => product * Number(stride), 1) : 1;
  }

  private chunks(audio: LoadedAudio, kwargs: JsonObject): AudioChunk[] | undefined {
    const { samples, stride } = audio;
    const settings = chunkSettings(kwargs, this.extractor.samplingRate, this.whisperExtractor ? 1 : this.alignment);
    if (settings) return chunksOf(samples, settings);
    return stride ? [{ samples, ...stride }] : undefined;
  }

  private async connectionist(
    audio: LoadedAudio,
    { kwargs, returnTimestamps }: SpeechRequest,
    { signal }: PipelineCallOptions,
  ): Promise<JsonObject> {
    const ids: number[] = [];
    const chunks = this.chunks(audio, kwargs);
    for (const chunk of chunks ?? [{ samples: audio.samples, left: 0, right: 0 }]) {
      if (signal?.aborted) throw MlflowError.cancelled();
      const own = await this.frameIds(chunk.samples);
      const { start, end } = chunks ? ownFrames(chunk, this.alignment) : { start: 0, end: own.length };
      ids.push(...own.slice(start, end));
    }
    const { text, characters } = this.isCharacterwise
      ? connectionistText(this.tokenizer, ids)
      : { text: this.tokenizer.decode(ids), characters: [] };
    if (!returnTimestamps) return { text };
    const ranges = returnTimestamps === 'word' ? wordsOf(characters, delimiterText(this.tokenizer)) : characters;
    const seconds = (frame: number): number => (frame * this.alignment) / this.extractor.samplingRate;
    const timed = ranges.map((range) => ({
      text: range.text,
      timestamp: floats([seconds(range.start), seconds(range.end)]),
    }));
    return { text, chunks: timed };
  }

  /** Whether the tokenizer itself joins equal neighbours. */
  private get isCharacterwise(): boolean {
    return /^Wav2Vec2CTCTokenizer/.test(String(this.tokenizer.config['tokenizer_class'] ?? 'Wav2Vec2CTCTokenizer'));
  }

  private async frameIds(samples: Float32Array): Promise<number[]> {
    const inputs = { [this.extractor.inputName]: this.extractor.extract(samples) };
    const { dims, data } = await forward(this.model, inputs, 'logits');
    const width = dims.at(-1)!;
    return Array.from({ length: data.length / width }, (_, i) => argmax(data.subarray(i * width, (i + 1) * width)));
  }

  private async whisper(
    extractor: WhisperFeatureExtractor,
    audio: LoadedAudio,
    request: SpeechRequest,
    options: PipelineCallOptions,
  ): Promise<JsonObject> {
    const chunks = this.chunks(audio, request.kwargs);
    const windows: WhisperWindow[] = [];
    for (const chunk of chunks ?? [{ samples: audio.samples, left: 0, right: 0 }]) {
      if (options.signal?.aborted && windows.length > 0) break;
      const isLong = !chunks && chunk.samples.length > extractor.sampleCount;
      const { tokens, tokenTimes, firstWindow } = await generateWhisper(
        {
          model: this.model,
          stored: this.generationConfig,
          tokenizer: this.tokenizer,
          generation: this.generation,
          version: this.version,
        },
        {
          features: isLong ? extractor.extractAll(chunk.samples) : extractor.extract(chunk.samples),
          soundFrames: this.soundFrames(extractor, chunk.samples.length, isLong),
          kwargs: this.generateKwargs(request),
          options,
        },
      );
      const language = request.returnsLanguage && this.generation >= 5 ? this.languageToken(firstWindow) : [];
      const rate = extractor.samplingRate;
      const stride = { length: chunk.samples.length / rate, left: chunk.left / rate, right: chunk.right / rate };
      windows.push({
        tokens: [...language, ...tokens],
        tokenTimes,
        ...(chunks ? { stride } : {}),
      });
    }
    const timestamps = request.returnTimestamps === 'word' ? 'word' : request.returnTimestamps ? 'segment' : 'none';
    const positions = Number(this.model.config['max_source_positions'] ?? 1500);
    const timePrecision = extractor.windowSeconds / positions;
    const { generation } = this;
    return whisperAnswer(transcript(this.tokenizer, windows, { timestamps, timePrecision, generation }), request);
  }

  /** What Python tells the model about how much of its input is sound. */
  private soundFrames(extractor: WhisperFeatureExtractor, length: number, isLong: boolean): number | null {
    const { hopLength, sampleCount } = extractor;
    if (this.generation === 4) return isLong ? null : Math.floor(length / hopLength);
    if (isLong) return Math.floor(length / hopLength);
    return Math.ceil(Math.min(length, sampleCount) / hopLength);
  }

  private generateKwargs({ generate, returnTimestamps, returnsLanguage }: SpeechRequest): JsonObject {
    const { return_timestamps: nested = null, ...kwargs } = generate;
    const timestamps = returnTimestamps ?? nested;
    if (timestamps) {
      kwargs['return_timestamps'] = this.generation === 4 ? timestamps : true;
      if (timestamps === 'word') kwargs['return_token_timestamps'] = true;
    }
    if (returnsLanguage) kwargs['return_segments'] = true;
    const given = { ...this.generationConfig, ...kwargs };
    return { ...kwargs, ...generationDefaults(this.task, this.version, given) };
  }

  private languageToken(tokens: readonly number[]): number[] {
    const ids = Object.values((this.generationConfig['lang_to_id'] ?? {}) as Record<string, number>);
    const id = tokens.find((token) => ids.includes(token));
    return id === undefined ? [] : [id];
  }
}

function whisperAnswer(chunks: readonly TranscriptChunk[], request: SpeechRequest): JsonObject {
  const text = chunks.map((chunk) => chunk.text).join('');
  const { returnTimestamps, returnsLanguage } = request;
  if (!returnTimestamps && !returnsLanguage) return { text };
  const language = (chunk: TranscriptChunk) => (returnsLanguage ? { language: chunk.language } : {});
  if (returnTimestamps === 'word') {
    const words = chunks.flatMap((chunk) =>
      chunk.words.map((word) => ({ text: word.text, timestamp: floats(word.timestamp), ...language(chunk) })),
    );
    return { text, chunks: words };
  }
  return {
    text,
    chunks: chunks.map((chunk) => ({
      ...language(chunk),
      ...(returnTimestamps ? { timestamp: floats(chunk.timestamp) } : {}),
      text: chunk.text,
    })),
  };
}

/** Python's floats, also where they are whole; for JSON they are numbers. */
function floats(times: readonly (number | null)[]): JsonValue[] {
  return times.map((time) => (time === null ? null : (new PyFloat(time) as unknown as number)));
}

function checkTimestamps(timestamps: JsonValue, isWhisper: boolean): void {
  if (timestamps === null) return;
  if (isWhisper && timestamps === 'char') {
    throw MlflowError.invalidParameter(
      'Whisper cannot return `char` timestamps, only word level or segment level timestamps. ' +
        "Use `return_timestamps='word'` or `return_timestamps=True` respectively.",
    );
  }
  if (!isWhisper && timestamps !== 'char' && timestamps !== 'word') {
    throw MlflowError.invalidParameter(
      'CTC can either predict character level timestamps, or word level timestamps. ' +
        "Set `return_timestamps='char'` or `return_timestamps='word'` as required.",
    );
  }
}

/** The pipeline's own keyword arguments, which `generate` does not take. */
const ownNames = [
  'chunk_length_s',
  'stride_length_s',
  'ignore_warning',
  'decoder_kwargs',
  'return_timestamps',
  'return_language',
  'batch_size',
  'num_workers',
];

/** Arguments that only Whisper's `generate` takes, and settings that only its generation config has. */
const whisperNames = [
  'alignment_heads',
  'compression_ratio_threshold',
  'condition_on_prev_tokens',
  'is_multilingual',
  'lang_to_id',
  'language',
  'logprob_threshold',
  'max_initial_timestamp_index',
  'no_speech_threshold',
  'no_timestamps_token_id',
  'num_segment_frames',
  'prev_sot_token_id',
  'prompt_condition_type',
  'prompt_ids',
  'return_segments',
  'return_timestamps',
  'return_token_timestamps',
  'task',
  'task_to_id',
  'time_precision',
];

function withoutWhisperNames(kwargs: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(kwargs).filter(([name]) => !whisperNames.includes(name)));
}

import { deflateSync } from 'node:zlib';
import { MlflowError } from '../../../core/errors.js';
import type { JsonObject } from '../../../core/ports.js';
import type { TransformersVersion } from '../../../core/transformers/transformersVersion.js';
import type { PipelineCallOptions } from '../../../core/pyfunc/pipeline.js';
import type { RuntimeModel, Tensor } from '../../runtime/model.js';
import type { TransformersGeneration } from '../../tokenizer/generation.js';
import type { Tokenizer } from '../../tokenizer/tokenizer.js';
import { runGeneration } from '../generationRun.js';
import { forward } from '../modelInputs.js';
import { argmax, softmax } from '../numeric.js';
import { timestampProcessor } from './timestampProcessor.js';
import { tokenTimes } from './tokenTimestamps.js';
import { decodeWhisper } from './transcript.js';
import { whisperPrompt } from './whisperPrompt.js';
import { cutSegments, inputStride, type WhisperSegment } from './whisperSegments.js';
import { whisperSettings, type WhisperSettings } from './whisperSettings.js';

export interface WhisperContext {
  model: RuntimeModel;
  /** The generation config that the pipeline starts from. */
  stored: JsonObject;
  tokenizer: Tokenizer;
  generation: TransformersGeneration;
  version: TransformersVersion;
}

export interface WhisperRequest {
  /** Features of the whole sound, [1, bands, frames]. */
  features: Tensor;
  /** Frames that are sound and not silence after it; `null` where Python does not tell the model. */
  soundFrames: number | null;
  /** Arguments of `generate`. */
  kwargs: JsonObject;
  options: PipelineCallOptions;
}

export interface WhisperResult {
  tokens: number[];
  /** Seconds, one a token, where `return_token_timestamps` asks for them. */
  tokenTimes: number[];
  /** The decoder's tokens of the first window, the first ones included. */
  firstWindow: readonly number[];
}

/** Seconds of a frame. */
const framePrecision = 0.01;

/** One window that is to be transcribed. */
interface WindowTask {
  features: Tensor;
  /** The decoder's first tokens. */
  prompt: readonly number[];
  temperature: number | null;
  /** Frames before the window. */
  seek: number;
  /** How probable it is that nothing is said; `null` where it does not matter. */
  noSpeech: number | null;
}

/** What a window's tokens came to at one temperature. */
interface Attempt extends Judgement {
  /** All of the decoder's tokens. */
  sequence: readonly number[];
  /** Without padding and end. */
  tokens: readonly number[];
  tokenTimes: readonly number[];
  isCancelled: boolean;
}

interface Judgement {
  /** The text is too repetitive or too improbable. */
  needsFallback: boolean;
  /** Nothing was said. */
  isSkipped: boolean;
}

/**
 * `WhisperForConditionalGeneration.generate` for one sound: window after window, each beginning where the last timestamp of
 * the one before was. Source: generation_whisper.py.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export async function generateWhisper(context: WhisperContext, request: WhisperRequest): Promise<WhisperResult> {
  const windowFrames = inputStride * numberOf(context.model.config['max_source_positions'], 1500);
  const settings = whisperSettings({
    stored: context.stored,
    kwargs: request.kwargs,
    generation: context.generation,
    isShort: request.features.dims[2]! <= windowFrames,
    vocabularySize: numberOf(context.model.config['vocab_size'], 0),
  });
  return new WhisperRun(context, request, settings, windowFrames).run();
}

class WhisperRun {
  private readonly segments: WhisperSegment[] = [];
  private readonly totalFrames: number;
  private readonly isShort: boolean;
  private conditionsOnPrevious: boolean;
  private beams: number | undefined;
  private maxLength: number | undefined;

  constructor(
    private readonly context: WhisperContext,
    private readonly request: WhisperRequest,
    private readonly settings: WhisperSettings,
    private readonly windowFrames: number,
  ) {
    this.totalFrames = request.features.dims[2]!;
    this.isShort = this.totalFrames <= windowFrames;
    this.conditionsOnPrevious = settings.conditionsOnPrevious;
    this.beams = asNumber(settings.config['num_beams']);
    this.maxLength = asNumber(settings.config['max_length']);
  }

  async run(): Promise<WhisperResult> {
    const { generation } = this.context;
    const first = this.window(0);
    const prompt = await whisperPrompt({
      generationConfig: this.settings.config,
      modelConfig: this.context.model.config,
      generation,
      returnsTimestamps: this.settings.returnsTimestamps,
      detectLanguage: (ids) => this.detectLanguage(first, ids),
    });
    let firstWindow: readonly number[] | undefined;
    for (let seek = 0; seek < this.totalFrames;) {
      const frames = Math.min(this.totalFrames - seek, this.windowFrames);
      const features = seek === 0 ? first : this.window(seek);
      const attempt = await this.transcribe(features, this.decoderTokens(prompt), seek, prompt.length);
      firstWindow ??= attempt.sequence;
      const isLast = this.isShort && generation === 4;
      if (attempt.isSkipped) {
        seek += frames;
        continue;
      }
      const cut = cutSegments(
        {
          tokens: attempt.tokens,
          tokenTimes: attempt.tokenTimes,
          timeOffset: seek * framePrecision,
          frames,
          timestampBegin: this.settings.timestampBegin,
        },
        generation,
      );
      this.segments.push(...cut.segments);
      if (isLast || attempt.isCancelled) break;
      seek += cut.frames;
    }
    return {
      tokens: this.segments.flatMap(({ tokens }) => tokens),
      tokenTimes: this.segments.flatMap(({ tokenTimes: times }) => times),
      firstWindow: firstWindow ?? [],
    };
  }

  /** The window from frame `seek` on, filled up with zeros. */
  private window(seek: number): Tensor {
    const { dims, data } = this.request.features;
    const bands = dims[1]!;
    if (seek === 0 && this.totalFrames === this.windowFrames) return this.request.features;
    const values = new Float32Array(bands * this.windowFrames);
    const frames = Math.min(this.totalFrames - seek, this.windowFrames);
    for (let band = 0; band < bands; band++) {
      const start = band * this.totalFrames + seek;
      values.set((data as Float32Array).subarray(start, start + frames), band * this.windowFrames);
    }
    return { dims: [1, bands, this.windowFrames], data: values };
  }

  private async detectLanguage(features: Tensor, languageIds: readonly number[]): Promise<number> {
    const { config } = this.settings;
    const start = numberOf(config['decoder_start_token_id'] ?? this.context.model.config['decoder_start_token_id'], 0);
    const { data } = await this.logits(features, [start]);
    return languageIds[argmax(languageIds.map((id) => data[id]!))] ?? start;
  }

  private logits(features: Tensor, tokens: readonly number[]): ReturnType<typeof forward> {
    const ids: Tensor = { dims: [1, tokens.length], data: BigInt64Array.from(tokens, BigInt) };
    return forward(this.context.model, { input_features: features, decoder_input_ids: ids }, 'logits');
  }

  /** What a window's decoder begins with: the text before, where it is to be known, and the prompt. */
  private decoderTokens(prompt: readonly number[]): readonly number[] {
    if (!this.conditionsOnPrevious || this.segments.length === 0) return prompt;
    const { config, timestampBegin } = this.settings;
    const kept = Math.floor(numberOf(this.context.model.config['max_target_positions'], 448) / 2) - 1;
    const previous = this.segments.flatMap(({ tokens }) => {
      const endsTwice = this.context.generation >= 5 && tokens.length > 2 && tokens.at(-2)! >= timestampBegin;
      return endsTwice ? tokens.slice(0, -1) : tokens;
    });
    const suppressed = config['suppress_tokens'];
    const fallback = Array.isArray(suppressed) ? asNumber(suppressed.at(-2)) : undefined;
    const begin = asNumber(config['prev_sot_token_id']) ?? fallback;
    return [...(begin === undefined ? [] : [begin]), ...previous.slice(-kept), ...prompt];
  }

  /** Tries temperature after temperature until the text is good enough. */
  private async transcribe(
    features: Tensor,
    prompt: readonly number[],
    seek: number,
    initialLength: number,
  ): Promise<Attempt> {
    const noSpeech = await this.noSpeechProbability(features, prompt, initialLength);
    let attempt: Attempt | undefined;
    for (const temperature of this.settings.temperatures) {
      attempt = await this.generate({ features, prompt, temperature, seek, noSpeech });
      this.conditionsOnPrevious = this.settings.conditionsOnPrevious && (temperature === null || temperature < 0.5);
      if (!attempt.needsFallback || attempt.isCancelled) break;
    }
    return attempt as Attempt;
  }

  private async noSpeechProbability(
    features: Tensor,
    prompt: readonly number[],
    initialLength: number,
  ): Promise<number | null> {
    if (this.settings.noSpeechThreshold === null) return null;
    const { dims, data } = await this.logits(features, prompt);
    const vocabulary = dims.at(-1)!;
    const row = prompt.length - initialLength;
    // The token before <|notimestamps|> says that nothing is said.
    return softmax(data.subarray(row * vocabulary, (row + 1) * vocabulary))[this.settings.timestampBegin - 2] ?? 0;
  }

  private async generate(window: WindowTask): Promise<Attempt> {
    const { features, prompt, temperature } = window;
    const { model, tokenizer, generation } = this.context;
    const samples = temperature !== null && temperature > 0;
    if (samples) this.beams = 1;
    const { sequences, logProbabilities, finishReason } = await runGeneration({
      model,
      tokenizer,
      transformersMajor: generation,
      version: this.context.version,
      request: {
        inputIds: [[...prompt]],
        encoderInputs: { input_features: features },
        processors: this.processors(prompt.length),
        wantsLogProbabilities: this.settings.logProbabilityThreshold !== null,
      },
      generation: {
        ...this.settings.config,
        ...this.lengths(prompt.length),
        do_sample: samples,
        temperature: samples ? temperature : 1,
        num_return_sequences: 1,
        ...(this.beams === undefined ? {} : { num_beams: this.beams }),
      },
      decode: (ids) => decodeWhisper(tokenizer, ids, { skipSpecialTokens: true }),
      options: this.request.options,
    });
    const sequence = sequences[0] ?? [];
    const tokens = this.trimmed(sequence.slice(prompt.length), window.seek);
    const probabilities = logProbabilities?.[0] ?? [];
    return {
      sequence,
      ...this.judge(tokens, probabilities, window.noSpeech),
      ...(await this.timed(window, sequence, tokens)),
      isCancelled: finishReason === 'cancelled',
    };
  }

  private processors(beginIndex: number) {
    if (!this.settings.constrainsTimestamps) return [];
    const { config, timestampBegin } = this.settings;
    return [
      timestampProcessor({
        noTimestampsId: timestampBegin - 1,
        endId: asNumber(config['eos_token_id']) ?? numberOf(config['bos_token_id'], 0),
        beginIndex,
        maxInitialIndex: asNumber(config['max_initial_timestamp_index']) ?? null,
      }),
    ];
  }

  /** transformers 5 does not count the decoder's first tokens as part of `max_length`, and adds them window by window. */
  private lengths(promptLength: number): JsonObject {
    const { generation, model } = this.context;
    const limit = numberOf(model.config['max_target_positions'], 448);
    const newTokens = asNumber(this.settings.config['max_new_tokens']);
    if ((newTokens ?? 0) + promptLength > limit) throw tooLong(promptLength, newTokens ?? 0, limit, generation);
    if (this.maxLength === undefined || newTokens !== undefined || generation === 4) return {};
    this.maxLength = Math.min(this.maxLength + Math.min(Math.floor(limit / 2) - 1, promptLength), limit);
    return { max_length: this.maxLength };
  }

  /** The new tokens without padding; transformers 5 keeps the end until the text is weighed. */
  private trimmed(tokens: readonly number[], seek: number): readonly number[] {
    const { config } = this.settings;
    const padId = asNumber(config['pad_token_id']);
    const endId = asNumber(config['eos_token_id']);
    const isNewer = this.context.generation >= 5;
    const isFinal = seek + this.windowFrames >= this.totalFrames;
    const kept = !isNewer && !isFinal && tokens.at(-1) === endId ? tokens.slice(0, -1) : tokens;
    if (padId === undefined || kept.at(-1) !== padId) return kept;
    const paddings = kept.filter((token) => token === padId).length - (isNewer && padId === endId ? 1 : 0);
    return paddings > 0 ? kept.slice(0, -paddings) : kept;
  }

  /** Source: generation_whisper.py, `_need_fallback`. */
  private judge(tokens: readonly number[], logProbabilities: readonly number[], noSpeech: number | null): Judgement {
    const { compressionRatioThreshold, logProbabilityThreshold, noSpeechThreshold } = this.settings;
    const vocabularySize = numberOf(this.context.model.config['vocab_size'], 0);
    const isRepetitive =
      compressionRatioThreshold !== null && compressionRatio(tokens, vocabularySize) > compressionRatioThreshold;
    const isImprobable =
      logProbabilityThreshold !== null &&
      this.averageLogProbability(tokens, logProbabilities) < logProbabilityThreshold;
    const isSkipped = isImprobable && noSpeech !== null && noSpeechThreshold !== null && noSpeech > noSpeechThreshold;
    return { needsFallback: (isRepetitive || isImprobable) && !isSkipped, isSkipped };
  }

  private averageLogProbability(tokens: readonly number[], logProbabilities: readonly number[]): number {
    const isNewer = this.context.generation >= 5;
    const endId = asNumber(this.settings.config['eos_token_id']);
    const counted = tokens.map((token) => isNewer || token !== endId);
    const sum = tokens.reduce((total, _token, i) => total + (counted[i] ? (logProbabilities[i] ?? 0) : 0), 0);
    return sum / (isNewer ? tokens.length : counted.filter(Boolean).length + 1);
  }

  /** The tokens of the answer with their times. For short sounds transformers 4 keeps the decoder's first tokens. */
  private async timed(window: WindowTask, sequence: readonly number[], kept: readonly number[]) {
    const { prompt } = window;
    const isNewer = this.context.generation >= 5;
    const endId = asNumber(this.settings.config['eos_token_id']);
    const tokens = isNewer && kept.at(-1) === endId ? kept.slice(0, -1) : kept;
    const times = await this.times(window, sequence);
    if (isNewer) return { tokens, tokenTimes: times.slice(prompt.length) };
    if (this.isShort) return { tokens: [...prompt, ...tokens], tokenTimes: times };
    return { tokens, tokenTimes: times.slice(prompt.length, prompt.length + tokens.length) };
  }

  /** Times of all of the decoder's tokens; empty where they are not asked for. */
  private async times({ features, prompt, seek }: WindowTask, sequence: readonly number[]): Promise<number[]> {
    const { alignmentHeads } = this.settings;
    const { model, generation } = this.context;
    if (!alignmentHeads || sequence.length <= prompt.length) return [];
    const read = sequence.slice(0, -1);
    const ids: Tensor = { dims: [1, read.length], data: BigInt64Array.from(read, BigInt) };
    const alignment = await model.alignment({ input_features: features, decoder_input_ids: ids }, alignmentHeads);
    const { soundFrames } = this.request;
    const frames = soundFrames === null ? Infinity : Math.floor((soundFrames - (generation === 4 ? 0 : seek)) / 2);
    const width = numberOf(model.config['median_filter_width'], 7);
    if (generation === 4) return [0, ...tokenTimes(alignment, 0, frames, width)];
    const times = tokenTimes(alignment, prompt.length, frames, width);
    return [...Array<number>(prompt.length).fill(0), ...times, times.at(-1) ?? 0];
  }
}

/** Bytes of the tokens to bytes of them compressed. */
function compressionRatio(tokens: readonly number[], vocabularySize: number): number {
  const width = Math.trunc(Math.log2(vocabularySize) / 8) + 1;
  const bytes = Uint8Array.from(
    tokens.flatMap((token) => Array.from({ length: width }, (_, i) => Math.floor(token / 256 ** i) % 256)),
  );
  return bytes.length / deflateSync(bytes).length;
}

function tooLong(
  promptLength: number,
  newTokens: number,
  limit: number,
  generation: TransformersGeneration,
): MlflowError {
  const total = promptLength + newTokens;
  const parts =
    generation === 4
      ? `The length of \`decoder_input_ids\` equal \`prompt_ids\` plus special start tokens is ${promptLength}, and the ` +
        `\`max_new_tokens\` is ${newTokens}. `
      : 'The length of `decoder_input_ids`, including special start tokens, prompt tokens, and previous tokens, is ' +
        `${promptLength},  and \`max_new_tokens\` is ${newTokens}. `;
  return MlflowError.invalidParameter(
    `${parts}Thus, the combined length of \`decoder_input_ids\` and \`max_new_tokens\` is: ${total}. This exceeds the ` +
      `\`max_target_positions\` of the Whisper model: ${limit}. You should either reduce the length of your prompt, or ` +
      `reduce the value of \`max_new_tokens\`, so that their combined length is less than ${limit}.`,
  );
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function numberOf(value: unknown, fallback: number): number {
  return asNumber(value) ?? fallback;
}

import type { TransformersGeneration } from '../../tokenizer/generation.js';
import type { Tokenizer } from '../../tokenizer/tokenizer.js';
import { joinOverlapping, type TimeRange, type TimedTokens } from './commonSequence.js';
import { roundedSeconds } from './roundedSeconds.js';
import { languageNames } from './whisperLanguages.js';
import { timedWords, type TimedWord } from './words.js';

/** What Whisper heard in one window. */
export interface WhisperWindow {
  tokens: readonly number[];
  /** Seconds, one a token; for word timestamps. */
  tokenTimes?: readonly number[] | undefined;
  /** Seconds of the window, and of what it shares with the windows before and after it; absent where there is one window. */
  stride?: { length: number; left: number; right: number } | undefined;
}

export interface TranscriptOptions {
  timestamps: 'none' | 'segment' | 'word';
  /** Seconds of a timestamp token. */
  timePrecision: number;
  generation: TransformersGeneration;
}

export interface TranscriptChunk {
  text: string;
  /** English name. */
  language: string | null;
  timestamp: [start: number | null, end: number | null];
  words: TimedWord[];
}

/** Timestamp tokens that a window has. */
const segmentSize = 1500;
const namedTokens = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];
const timestampText = /<\|\d+\.\d+\|>/g;

/** Decodes as `WhisperTokenizer.decode` does: timestamps are left out. */
export function decodeWhisper(
  tokenizer: Tokenizer,
  ids: readonly number[],
  options: { skipSpecialTokens?: boolean } = {},
): string {
  return tokenizer.decode(ids, options).replace(timestampText, '');
}

/**
 * The text of windows in chunks: one for each pair of timestamps, the overlap of windows resolved.
 * Source: tokenization_whisper.py, `_decode_asr`.
 */
export function transcript(
  tokenizer: Tokenizer,
  windows: readonly WhisperWindow[],
  options: TranscriptOptions,
): TranscriptChunk[] {
  const reading = new Reading(tokenizer, options);
  for (const window of windows) reading.readWindow(window);
  return reading.finish();
}

class Reading {
  private readonly chunks: TranscriptChunk[] = [];
  private readonly timestampBegin: number;
  private readonly specialIds: ReadonlySet<number>;
  private language: string | null = null;
  private chunk: TranscriptChunk;
  private timeOffset = 0;
  /** Tokens that wait for the end of their chunk, a list a window. */
  private waiting: TimedTokens[] = [];
  private current: { ids: number[]; times: TimeRange[] } = { ids: [], times: [] };
  private skipsNext = false;

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly options: TranscriptOptions,
  ) {
    this.timestampBegin = this.idOf('<|notimestamps|>') + 1;
    this.specialIds = allSpecialIds(tokenizer);
    this.chunk = this.newChunk();
  }

  readWindow({ tokens: given, tokenTimes = [], stride }: WhisperWindow): void {
    const tokens = this.withoutPrompt(given);
    if (stride) this.timeOffset -= stride.left;
    const first = stride?.left ? stride.left / this.options.timePrecision + this.timestampBegin : this.timestampBegin;
    const last = stride?.right ? this.lastTimestamp(tokens, stride.length - stride.right) : null;
    const clock = new SegmentClock(this.options.timePrecision);
    this.current = { ids: [], times: [] };
    for (const [index, token] of tokens.entries()) {
      if (this.specialIds.has(token)) this.readSpecial(token);
      else if (token >= this.timestampBegin) {
        const endsSingly =
          index >= 2 && !(tokens[index - 1]! >= this.timestampBegin && tokens[index - 2]! >= this.timestampBegin);
        const position = token - this.timestampBegin;
        const earlier = this.options.generation === 4 ? 0 : clock.advance(position, endsSingly);
        const time = roundedSeconds(position * this.options.timePrecision + this.timeOffset + earlier);
        this.readTimestamp(token, time, first, last);
      } else {
        this.current.ids.push(token);
        if (this.options.timestamps === 'word') this.current.times.push(this.timeOf(tokenTimes, index));
      }
    }
    if (stride) this.timeOffset += stride.length - stride.right;
    if (this.current.ids.length > 0) this.waiting.push(this.current);
    else if (!this.waiting.some(({ ids }) => ids.length > 0)) {
      this.chunk = this.newChunk();
      this.waiting = [];
    }
  }

  finish(): TranscriptChunk[] {
    if (this.waiting.length > 0) this.close();
    return this.chunks;
  }

  private idOf(token: string): number {
    return this.tokenizer.tokenToId(token) ?? this.tokenizer.specialTokenId('unk_token') ?? -1;
  }

  private newChunk(): TranscriptChunk {
    return { text: '', language: this.language, timestamp: [null, null], words: [] };
  }

  private withoutPrompt(tokens: readonly number[]): readonly number[] {
    if (tokens.length === 0 || tokens[0] !== this.idOf('<|startofprev|>')) return tokens;
    const start = tokens.indexOf(this.idOf('<|startoftranscript|>'));
    return start < 0 ? [] : tokens.slice(start);
  }

  /** The timestamp from which on a window's are left to the next window. */
  private lastTimestamp(tokens: readonly number[], rightStart: number): number | null {
    let last: number | null = null;
    for (const token of tokens.toReversed()) {
      if (token < this.timestampBegin) continue;
      if (last !== null && (token - this.timestampBegin) * this.options.timePrecision < rightStart) break;
      last = token;
    }
    return last;
  }

  private readSpecial(token: number): void {
    const name = languageNames[decodeWhisper(this.tokenizer, [token]).slice(2, -2)];
    if (name === undefined) return;
    if (this.language !== null && name !== this.language && this.options.timestamps === 'none') {
      this.waiting.push(this.current);
      this.close();
    }
    this.chunk.language = name;
    this.language = name;
  }

  private readTimestamp(token: number, time: number, first: number, last: number | null): void {
    if (last !== null && token >= last) this.skipsNext = true;
    else if (this.skipsNext || (this.waiting.length > 0 && token < first)) this.skipsNext = false;
    else if (this.chunk.timestamp[0] === null) this.chunk.timestamp[0] = time;
    else if (time !== this.chunk.timestamp[0]) {
      this.chunk.timestamp[1] = time;
      this.waiting.push(this.current);
      this.close();
    }
  }

  private timeOf(times: readonly number[], index: number): TimeRange {
    const at = (place: number): number => roundedSeconds((times[place] ?? 0) + this.timeOffset);
    if (this.options.generation === 4) return [at(index), index + 1 < times.length ? at(index + 1) : null];
    return [index === 0 ? roundedSeconds(this.timeOffset) : at(index - 1), at(index)];
  }

  /** Everything that waits becomes the text of the chunk; a new one begins. */
  private close(): void {
    const tokens = joinOverlapping(this.waiting, this.options.generation >= 5);
    this.chunk.text = decodeWhisper(this.tokenizer, tokens.ids);
    if (this.options.timestamps === 'word') {
      this.chunk.words = timedWords(tokens, {
        language: this.language ?? textOf(this.tokenizer.config['language']) ?? 'english',
        decode: (ids) => this.tokenizer.decode(ids),
        endId: this.tokenizer.specialTokenId('eos_token') ?? Infinity,
      });
    }
    this.chunks.push(this.chunk);
    this.waiting = [];
    this.current = { ids: [], times: [] };
    this.chunk = this.newChunk();
  }
}

/** Adds up what earlier windows of a long sound took, where timestamps begin anew (transformers 5). */
class SegmentClock {
  private latest = 0;
  private latestButOne = 0;
  private earlier = 0;

  constructor(private readonly timePrecision: number) {}

  /** Seconds before the window that the timestamp belongs to. */
  advance(position: number, lastEndedSingly: boolean): number {
    const time = position * this.timePrecision;
    if (time < this.latest) {
      if (lastEndedSingly) this.earlier += this.timePrecision * segmentSize;
      else {
        this.latest = this.latestButOne;
        this.earlier += this.latestButOne;
      }
    }
    this.latestButOne = this.latest;
    this.latest = time;
    return this.earlier;
  }
}

/** Python's `all_special_ids`: the named special tokens, and those that the configuration lists besides. */
function allSpecialIds(tokenizer: Tokenizer): ReadonlySet<number> {
  const { additional_special_tokens: additional, extra_special_tokens: extra } = tokenizer.config;
  const listed = [additional, extra].flatMap((list) => (Array.isArray(list) ? list : Object.values(list ?? {})));
  const texts = [
    ...namedTokens.map((name) => tokenizer.specialToken(name)),
    ...listed.map((token) => (typeof token === 'string' ? token : (token as { content?: string } | null)?.content)),
  ];
  return new Set(texts.map((text) => (text === undefined ? undefined : tokenizer.tokenToId(text))).filter(isNumber));
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toLowerCase() : undefined;
}

import type { TransformersGeneration } from '../../tokenizer/generation.js';

/** A part of what was generated for one window, up to a timestamp that ends it. */
export interface WhisperSegment {
  tokens: readonly number[];
  /** Seconds from the beginning of the sound, one a token; empty where they are not asked for. */
  tokenTimes: readonly number[];
}

export interface GeneratedWindow {
  /** Without the decoder's first tokens, except for short sounds in transformers 4. */
  tokens: readonly number[];
  /** Seconds within the window, one a token. */
  tokenTimes: readonly number[];
  /** Seconds before the window. */
  timeOffset: number;
  /** Frames of the window. */
  frames: number;
  timestampBegin: number;
}

/** Frames of a position of the encoder. */
export const inputStride = 2;

/**
 * Cuts what was generated at its pairs of timestamps.
 * Source: generation_whisper.py, `_retrieve_segment`.
 * @returns the segments, and how many frames further the next window begins.
 */
export function cutSegments(
  window: GeneratedWindow,
  generation: TransformersGeneration,
): { segments: WhisperSegment[]; frames: number } {
  const { tokens, timestampBegin } = window;
  const isTimestamp = tokens.map((token) => token >= timestampBegin);
  const ends = isTimestamp.flatMap((is, index) => (is && isTimestamp[index + 1] === true ? [index + 1] : []));
  if (ends.length === 0) return { segments: [segment(window, 0, tokens.length)], frames: window.frames };
  const endsSingly = isTimestamp.length >= 2 && !isTimestamp.at(-2) && isTimestamp.at(-1) === true;
  if (endsSingly) ends.push(tokens.length);
  // The last segment keeps its second timestamp, which tells that the window went on.
  else if (generation >= 5) ends[ends.length - 1]! += 1;
  const segments = ends.map((end, index) => segment(window, ends[index - 1] ?? 0, end));
  if (endsSingly) return { segments, frames: window.frames };
  const last = tokens[ends.at(-1)! - (generation >= 5 ? 2 : 1)]!;
  return { segments, frames: (last - timestampBegin) * inputStride };
}

function segment({ tokens, tokenTimes, timeOffset }: GeneratedWindow, start: number, end: number): WhisperSegment {
  return {
    tokens: tokens.slice(start, end),
    tokenTimes: tokenTimes.slice(start, end).map((time) => Math.fround(Math.fround(time) + timeOffset)),
  };
}

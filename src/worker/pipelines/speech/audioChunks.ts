import { MlflowError } from '../../../core/errors.js';
import type { JsonObject } from '../../../core/ports.js';

/** A window over a sound, and how much of it belongs to its neighbours, in samples. */
export interface AudioChunk {
  samples: Float32Array;
  left: number;
  right: number;
}

export interface ChunkSettings {
  length: number;
  left: number;
  right: number;
}

/**
 * `chunk_length_s` and `stride_length_s` in samples, which are multiples of `alignment`; undefined without a chunk length.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' text.
 */
export function chunkSettings(kwargs: JsonObject, samplingRate: number, alignment: number): ChunkSettings | undefined {
  const { chunk_length_s: seconds, stride_length_s: given } = kwargs;
  if (typeof seconds !== 'number' || seconds === 0) return undefined;
  const stride = given ?? seconds / 6;
  const [left, right] = (Array.isArray(stride) ? stride : [stride, stride]) as [number, number];
  const aligned = (length: number): number => roundHalfEven((length * samplingRate) / alignment) * alignment;
  const settings = { length: aligned(seconds), left: aligned(left), right: aligned(right) };
  if (settings.length >= settings.left + settings.right) return settings;
  throw MlflowError.invalidParameter('Chunk length must be superior to stride length');
}

/** Source: automatic_speech_recognition.py, `chunk_iter`. */
export function chunksOf(samples: Float32Array, { length, left, right }: ChunkSettings): AudioChunk[] {
  const step = length - left - right;
  if (step <= 0) throw MlflowError.invalidParameter('range() arg 3 must not be zero');
  const chunks: AudioChunk[] = [];
  for (let start = 0; start < samples.length; start += step) {
    const isLast = start + length >= samples.length;
    const chunk = {
      samples: samples.subarray(start, start + length),
      left: start === 0 ? 0 : left,
      right: isLast ? 0 : right,
    };
    if (chunk.samples.length > chunk.left) chunks.push(chunk);
    if (isLast) break;
  }
  return chunks;
}

/** The frames of a chunk's answer that are its own. Source: automatic_speech_recognition.py, `rescale_stride`. */
export function ownFrames(chunk: AudioChunk, alignment: number): { start: number; end: number } {
  const length = chunk.samples.length;
  const frames = roundHalfEven(length * (1 / alignment));
  const left = roundHalfEven((chunk.left / length) * frames);
  return { start: left, end: frames - roundHalfEven((chunk.right / length) * frames) };
}

/** Python's `round`. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

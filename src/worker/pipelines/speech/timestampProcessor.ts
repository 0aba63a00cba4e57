import type { LogitsProcessor } from '../../runtime/generation/logitsProcessors.js';

export interface TimestampRules {
  noTimestampsId: number;
  endId: number;
  /** Tokens before the first new one. */
  beginIndex: number;
  /** The latest first timestamp, counted from 0.00; `null`: any. */
  maxInitialIndex: number | null;
}

/**
 * Timestamps come in pairs, never go back, and come before any text that is less probable than all of them together.
 * Source: transformers `WhisperTimeStampLogitsProcessor`.
 */
export function timestampProcessor(rules: TimestampRules): LogitsProcessor {
  const { noTimestampsId, endId, beginIndex, maxInitialIndex } = rules;
  const begin = noTimestampsId + 1;
  return (ids, scores) => {
    scores[noTimestampsId] = -Infinity;
    const written = ids.slice(beginIndex);
    const lastWas = written.length > 0 && written.at(-1)! >= begin;
    const lastButOneWas = written.length < 2 || written.at(-2)! >= begin;
    if (lastWas) {
      if (lastButOneWas) scores.fill(-Infinity, begin);
      else scores.fill(-Infinity, 0, endId);
    }
    const last = written.findLast((id) => id >= begin);
    if (last !== undefined) scores.fill(-Infinity, begin, lastWas && !lastButOneWas ? last : last + 1);
    if (written.length === 0) {
      scores.fill(-Infinity, 0, begin);
      if (maxInitialIndex !== null) scores.fill(-Infinity, begin + maxInitialIndex + 1);
    }
    if (timestampsAreLikelier(scores, begin)) scores.fill(-Infinity, 0, begin);
  };
}

function timestampsAreLikelier(scores: Float32Array, begin: number): boolean {
  const text = largestOf(scores.subarray(0, begin));
  const top = largestOf(scores.subarray(begin));
  if (top === -Infinity) return false;
  let sum = 0;
  for (let id = begin; id < scores.length; id++) sum += Math.exp(scores[id]! - top);
  return top + Math.log(sum) > text;
}

function largestOf(values: Float32Array): number {
  let largest = -Infinity;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}

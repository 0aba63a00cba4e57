import { MlflowError } from '../../core/errors.js';
import { sliceTokens, type Tokens } from './postProcessor.js';

export type TruncationStrategy = 'longest_first' | 'only_first' | 'only_second' | 'do_not_truncate';
export type Side = 'left' | 'right';

export interface Truncation {
  strategy: TruncationStrategy;
  /** Tokens that may stay, special ones not counted. */
  maxLength: number;
  stride: number;
  side: Side;
}

export interface TruncatedPair {
  /** The kept part of each sequence, then what overflowed in windows. */
  first: Tokens[];
  second: Tokens[] | undefined;
}

/** Rust's `truncate_encodings`. @throws MlflowError when the sequence that may be cut is too short. */
export function truncatePair(first: Tokens, second: Tokens | undefined, options: Truncation): TruncatedPair {
  const total = first.ids.length + (second?.ids.length ?? 0);
  const { strategy, stride, side, maxLength } = options;
  if (strategy === 'do_not_truncate' || total <= maxLength) return { first: [first], second: second && [second] };
  const cut = (tokens: Tokens, length: number): Tokens[] => windows(tokens, length, stride, side);
  if (maxLength === 0) return { first: cut(first, 0), second: second && cut(second, 0) };
  if (strategy === 'longest_first') {
    if (!second) return { first: cut(first, maxLength), second: undefined };
    const [firstLength, secondLength] = sharedLengths(first.ids.length, second.ids.length, maxLength);
    return { first: cut(first, firstLength), second: cut(second, secondLength) };
  }
  const target = strategy === 'only_first' ? first : second;
  if (!target) throw MlflowError.invalidParameter('Truncation error: Second sequence not provided');
  const length = target.ids.length - (total - maxLength);
  if (length <= 0) {
    throw MlflowError.invalidParameter(
      'Truncation error: Sequence to truncate too short to respect the provided max_length',
    );
  }
  return strategy === 'only_first'
    ? { first: cut(first, length), second: second && [second] }
    : { first: [first], second: cut(target, length) };
}

function sharedLengths(first: number, second: number, maxLength: number): [number, number] {
  let shorter = Math.min(first, second);
  let longer = shorter > maxLength ? shorter : Math.max(shorter, maxLength - shorter);
  if (shorter + longer > maxLength) {
    shorter = Math.floor(maxLength / 2);
    longer = shorter + (maxLength % 2);
  }
  return first > second ? [longer, shorter] : [shorter, longer];
}

/** Overlapping windows of `length` tokens; the first is the one that is kept. */
function windows(tokens: Tokens, length: number, stride: number, side: Side): Tokens[] {
  const count = tokens.ids.length;
  if (length >= count) return [tokens];
  if (length === 0) return [sliceTokens(tokens, 0, 0), tokens];
  if (stride >= length) {
    throw MlflowError.invalidParameter(
      `\`stride\` must be strictly less than \`max_len=${length}\` (note that \`max_len\` may be shorter than the max ` +
        'length of the original model, as it subtracts the number of special characters',
    );
  }
  const found: Tokens[] = [];
  const step = length - stride;
  if (side === 'right') {
    for (let start = 0; ; start += step) {
      const end = Math.min(start + length, count);
      found.push(sliceTokens(tokens, start, end));
      if (end === count) return found;
    }
  }
  for (let end = count; ; end -= step) {
    const start = Math.max(0, end - length);
    found.push(sliceTokens(tokens, start, end));
    if (start === 0) return found;
  }
}

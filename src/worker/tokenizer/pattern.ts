import * as tokenizersLibrary from '@huggingface/tokenizers';
import type { PatternJson } from './tokenizerJson.js';

/** The library's types do not resolve under Node's own rules; this is the part of it that is used. */
const { SplitPreTokenizer } = tokenizersLibrary as unknown as {
  SplitPreTokenizer: new (config: { pattern: PatternJson; behavior: string; invert: boolean }) => { pattern: RegExp };
};

/** A literal pattern, or one of Oniguruma's dialect translated to JavaScript; global. */
export function compilePattern(pattern: PatternJson | string): RegExp {
  if (typeof pattern === 'string') return literal(pattern);
  if (pattern.String !== undefined) return literal(pattern.String);
  return new SplitPreTokenizer({ pattern, behavior: 'Isolated', invert: false }).pattern;
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gu');
}

/** Non-empty matches of a global pattern as `[start, end)`. */
export function* matchRanges(pattern: RegExp, text: string): Generator<[number, number]> {
  for (const match of text.matchAll(pattern)) {
    if (match[0].length > 0) yield [match.index, match.index + match[0].length];
  }
}

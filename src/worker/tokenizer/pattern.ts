import { MlflowError } from '../../core/errors.js';
import type { PatternJson } from './tokenizerJson.js';

type SplitPreTokenizer = new (config: { pattern: PatternJson; behavior: string; invert: boolean }) => {
  pattern: RegExp;
};

let translator: SplitPreTokenizer | undefined;

/** Loads the translator of Oniguruma's dialect; needed before {@link compilePattern} meets a regular expression. */
export async function loadPatternTranslator(): Promise<void> {
  // The library's types do not resolve under Node's own rules; this is the part of it that is used.
  const library = (await import('@huggingface/tokenizers')) as unknown as { SplitPreTokenizer: SplitPreTokenizer };
  translator ??= library.SplitPreTokenizer;
}

/** A literal pattern, or one of Oniguruma's dialect translated to JavaScript; global. */
export function compilePattern(pattern: PatternJson | string): RegExp {
  if (typeof pattern === 'string') return literal(pattern);
  if (pattern.String !== undefined) return literal(pattern.String);
  if (!translator) throw new MlflowError('The translator of regular expressions has not been loaded.');
  const Regex = (pattern.Regex ?? '').replace(/^\(\?i\)([^]*)$/, '(?i:$1)');
  return new translator({ pattern: { Regex }, behavior: 'Isolated', invert: false }).pattern;
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gu');
}

/** Matches of a global pattern as `[start, end)`; empty ones, which only part what is around them, where they are wanted. */
export function* matchRanges(pattern: RegExp, text: string, withEmpty = false): Generator<[number, number]> {
  for (const match of text.matchAll(pattern)) {
    if (withEmpty || match[0].length > 0) yield [match.index, match.index + match[0].length];
  }
}

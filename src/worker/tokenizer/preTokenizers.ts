import { characters, type AlignedText } from './alignedText.js';
import { marianPreTokenizer } from './marianTokenizer.js';
import { byteLevel, prepend, replacePattern, unsupported } from './normalizers.js';
import { compilePattern, matchRanges } from './pattern.js';
import type { ComponentJson, PatternJson } from './tokenizerJson.js';
import { scriptOf } from './unicodeScripts.js';

/** Cuts one stretch of text into words. */
export type PreTokenizer = (text: AlignedText) => AlignedText[];

type Behavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

const punctuation = /[\p{P}!-/:-@[-`{-~]/gu;
const wordOrSymbols =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d\p{White_Space}]+/gu;
const gpt2Words =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The pre-tokenizer of a `tokenizer.json`. @throws MlflowError tokenizerUnsupported for unknown types. */
export function createPreTokenizer(config: ComponentJson | null | undefined): PreTokenizer | undefined {
  if (!config) return undefined;
  switch (config.type) {
    case 'Sequence': {
      const steps = (config['pretokenizers'] as ComponentJson[]).map(createPreTokenizer);
      return (text) => steps.reduce((words, step) => (step ? words.flatMap((word) => step(word)) : words), [text]);
    }
    case 'BertPreTokenizer':
      return (text) =>
        splitBy(text, /\p{White_Space}/gu, 'Removed').flatMap((part) => splitBy(part, punctuation, 'Isolated'));
    case 'Whitespace':
      return (text) => splitBy(text, wordOrSymbols, 'Removed', true);
    case 'WhitespaceSplit':
      return (text) => splitBy(text, /\p{White_Space}/gu, 'Removed');
    case 'ByteLevel':
      return byteLevelPreTokenizer(config['add_prefix_space'] !== false, config['use_regex'] !== false);
    case 'Metaspace':
      return metaspace(config);
    case 'Split':
      return split(config);
    case 'Punctuation': {
      const behavior = (config['behavior'] as Behavior | undefined) ?? 'Isolated';
      return (text) => splitBy(text, punctuation, behavior);
    }
    case 'Digits': {
      const behavior = config['individual_digits'] === true ? 'Isolated' : 'Contiguous';
      return (text) => splitBy(text, /\p{N}/gu, behavior);
    }
    case 'CharDelimiterSplit': {
      const pattern = compilePattern(config['delimiter'] as string);
      return (text) => splitBy(text, pattern, 'Removed');
    }
    case 'FixedLength': {
      const pattern = new RegExp(`[^]{1,${Number(config['length'])}}`, 'gu');
      return (text) => splitBy(text, pattern, 'Removed', true);
    }
    case 'UnicodeScripts':
      return splitByScript;
    case 'Marian':
      return marianPreTokenizer(config);
    default:
      throw unsupported('pre-tokenizer', config.type);
  }
}

/** A word begins where the script changes; what has none stays with the word before, and is lost where there is none. */
function splitByScript(text: AlignedText): AlignedText[] {
  const starts: number[] = [];
  let last: string | undefined;
  for (const [index, character] of characters(text.text)) {
    const script = scriptOf(character);
    if (script === undefined) continue;
    if (script !== last) starts.push(index);
    last = script;
  }
  return starts.map((start, i) => text.slice(start, starts[i + 1] ?? text.length));
}

function byteLevelPreTokenizer(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  return (text) => {
    const prefixed = addPrefixSpace && !text.text.startsWith(' ') ? prepend(text, ' ') : text;
    const words = useRegex ? splitBy(prefixed, gpt2Words, 'Isolated') : [prefixed];
    return words.map(byteLevel);
  };
}

function metaspace(config: ComponentJson): PreTokenizer {
  const replacement = (config['replacement'] as string | undefined) ?? '▁';
  const scheme = metaspacePrependScheme(config);
  const replaceSpaces = replacePattern(' ', replacement);
  const pattern = compilePattern(replacement);
  const splits = config['split'] !== false;
  return (text) => {
    let replaced = replaceSpaces(text);
    const isFirst = scheme === 'always' || (scheme === 'first' && text.startAt(0) === 0);
    if (isFirst && !replaced.text.startsWith(replacement)) replaced = prepend(replaced, replacement);
    return splits ? splitBy(replaced, pattern, 'MergedWithNext') : [replaced];
  };
}

/** `prepend_scheme`, or what the older `add_prefix_space` says. */
export function metaspacePrependScheme(config: ComponentJson): string {
  const scheme = config['prepend_scheme'] as string | undefined;
  if (config['add_prefix_space'] === false && scheme === undefined) return 'never';
  return scheme ?? 'always';
}

function split(config: ComponentJson): PreTokenizer {
  const pattern = compilePattern(config['pattern'] as PatternJson);
  const behavior = (config['behavior'] as Behavior | undefined) ?? 'Isolated';
  return (text) => splitBy(text, pattern, behavior, config['invert'] === true);
}

interface Piece {
  start: number;
  end: number;
  matches: boolean;
}

function pieces(text: string, pattern: RegExp, inverted: boolean): Piece[] {
  const found: Piece[] = [];
  let position = 0;
  for (const [start, end] of matchRanges(pattern, text, true)) {
    if (start > position) found.push({ start: position, end: start, matches: inverted });
    found.push({ start, end, matches: !inverted });
    position = end;
  }
  if (position < text.length) found.push({ start: position, end: text.length, matches: inverted });
  return found;
}

function splitBy(text: AlignedText, pattern: RegExp, behavior: Behavior, inverted = false): AlignedText[] {
  const kept: Piece[] = [];
  let previousMatched = false;
  for (const piece of pieces(text.text, pattern, inverted)) {
    const last = kept.at(-1);
    const joins =
      last !== undefined &&
      ((behavior === 'MergedWithPrevious' && piece.matches && !previousMatched) ||
        (behavior === 'Contiguous' && piece.matches === previousMatched));
    if (joins) last.end = piece.end;
    else if (behavior !== 'Removed' || !piece.matches) kept.push({ ...piece });
    previousMatched = piece.matches;
  }
  const merged = behavior === 'MergedWithNext' ? mergeWithNext(kept) : kept;
  return merged.filter(({ start, end }) => end > start).map(({ start, end }) => text.slice(start, end));
}

function mergeWithNext(parts: Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (last?.matches && !part.matches) {
      last.end = part.end;
      last.matches = false;
    } else merged.push({ ...part });
  }
  return merged;
}

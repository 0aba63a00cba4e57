import { resolvePlainTag } from './pyYamlResolver.js';

/** Which styles YAML allows for a text, as PyYAML's emitter decides it. */
export interface ScalarAnalysis {
  /** The text by code point; a string itself where no character lies beyond U+FFFF. */
  readonly characters: string | readonly string[];
  readonly empty: boolean;
  readonly multiline: boolean;
  readonly plainAllowed: boolean;
  readonly singleQuotedAllowed: boolean;
}

/** The two emitters that MLflow uses: PyYAML's own (`safe_dump`) and libyaml's (`CSafeDumper`). */
export type YamlEmitterKind = 'pyyaml' | 'libyaml';

export interface AnalysisOptions {
  readonly allowUnicode: boolean;
  readonly emitter: YamlEmitterKind;
}

const certainlyPlain = /^[A-Za-z_/][A-Za-z0-9_./()+-]*$/;
const surrogate = /[\ud800-\udfff]/;
const whitespaceOrEnd = /^[\0 \t\r\n\x85\u2028\u2029]?$/;
const pyYamlBreak = /^[\n\x85\u2028\u2029]$/;
const libyamlBreak = /^[\r\n\x85\u2028\u2029]$/;
const leadingIndicator = /^[#,[\]{}&*!|>'"%@`]$/;

/** Whether a text may stay unquoted and still be read as a text. */
export function isPlainText(text: string): boolean {
  return resolvePlainTag(text) === 'str';
}

export function isYamlBreak(character: string, emitter: YamlEmitterKind): boolean {
  return (emitter === 'pyyaml' ? pyYamlBreak : libyamlBreak).test(character);
}

/** The scalar by code point, so that lengths and columns are Python's. */
export function codePointsOf(text: string): string | readonly string[] {
  return surrogate.test(text) ? Array.from(text) : text;
}

/**
 * Looks through a scalar for what forbids a style.
 * Source: PyYAML emitter.py `analyze_scalar`; libyaml emitter.c `yaml_emitter_analyze_scalar`.
 */
export function analyzeScalar(text: string, options: AnalysisOptions): ScalarAnalysis {
  if (certainlyPlain.test(text)) {
    return { characters: text, empty: false, multiline: false, plainAllowed: true, singleQuotedAllowed: true };
  }
  const characters = codePointsOf(text);
  if (text === '') {
    return { characters, empty: true, multiline: false, plainAllowed: true, singleQuotedAllowed: true };
  }
  const found = findFeatures(text, characters, options);
  const doubleOnly = found.spaceBreak || found.special;
  return {
    characters,
    empty: false,
    multiline: found.lineBreaks,
    plainAllowed: !(doubleOnly || found.lineBreaks || found.breakSpace || found.blockIndicators || found.blankAtEnds),
    singleQuotedAllowed: !(doubleOnly || found.breakSpace),
  };
}

interface Features {
  blockIndicators: boolean;
  lineBreaks: boolean;
  special: boolean;
  blankAtEnds: boolean;
  breakSpace: boolean;
  spaceBreak: boolean;
}

function findFeatures(text: string, characters: string | readonly string[], options: AnalysisOptions): Features {
  const found: Features = {
    blockIndicators: text.startsWith('---') || text.startsWith('...'),
    lineBreaks: false,
    special: false,
    blankAtEnds: false,
    breakSpace: false,
    spaceBreak: false,
  };
  let previous: 'space' | 'break' | 'other' = 'other';
  let precededByWhitespace = true;
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? '';
    const followedByWhitespace = whitespaceOrEnd.test(characters[index + 1] ?? '');
    if (isBlockIndicator(character, index === 0, precededByWhitespace, followedByWhitespace)) {
      found.blockIndicators = true;
    }
    const isBreak = isYamlBreak(character, options.emitter);
    if (isBreak) found.lineBreaks = true;
    if (isSpecial(character, options)) found.special = true;
    const atEnd = index === 0 || index === characters.length - 1;
    if (character === ' ') {
      if (atEnd) found.blankAtEnds = true;
      if (previous === 'break') found.breakSpace = true;
      previous = 'space';
    } else if (isBreak) {
      if (atEnd) found.blankAtEnds = true;
      if (previous === 'space') found.spaceBreak = true;
      previous = 'break';
    } else {
      previous = 'other';
    }
    precededByWhitespace = whitespaceOrEnd.test(character);
  }
  return found;
}

function isBlockIndicator(character: string, isFirst: boolean, preceded: boolean, followed: boolean): boolean {
  if (isFirst && leadingIndicator.test(character)) return true;
  if (isFirst && (character === '?' || character === '-')) return followed;
  if (character === ':') return followed;
  return !isFirst && character === '#' && preceded;
}

function isSpecial(character: string, options: AnalysisOptions): boolean {
  if (character === '\n' || (character >= ' ' && character <= '~')) return false;
  const codePoint = character.codePointAt(0) ?? 0;
  if (options.emitter === 'libyaml') {
    return !(options.allowUnicode && isLibyamlPrintable(codePoint));
  }
  const isUnicode =
    codePoint === 0x85 ||
    (codePoint >= 0xa0 && codePoint <= 0xd7ff) ||
    (codePoint >= 0xe000 && codePoint <= 0xfffd && codePoint !== 0xfeff) ||
    (codePoint >= 0x10000 && codePoint < 0x10ffff);
  return !(isUnicode && options.allowUnicode);
}

/** What libyaml writes unescaped beyond ASCII: the basic plane without surrogates, byte order mark and the last two. */
export function isLibyamlPrintable(codePoint: number): boolean {
  return (
    (codePoint >= 0xa0 && codePoint <= 0xd7ff) || (codePoint >= 0xe000 && codePoint <= 0xfffd && codePoint !== 0xfeff)
  );
}

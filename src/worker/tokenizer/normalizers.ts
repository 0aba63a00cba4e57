import { MlflowError } from '../../core/errors.js';
import { AlignedTextBuilder, characters, type AlignedText } from './alignedText.js';
import { CharsMap } from './charsMap.js';
import { compilePattern, matchRanges } from './pattern.js';
import type { ComponentJson, PatternJson } from './tokenizerJson.js';

export type Normalizer = (text: AlignedText) => AlignedText;

/** The normalizer of a `tokenizer.json`, with alignment kept. @throws MlflowError tokenizerUnsupported for unknown types. */
export function createNormalizer(config: ComponentJson | null | undefined): Normalizer | undefined {
  if (!config) return undefined;
  switch (config.type) {
    case 'Sequence': {
      const steps = (config['normalizers'] as ComponentJson[])
        .map(createNormalizer)
        .filter((step) => step !== undefined);
      return (text) => steps.reduce((current, step) => step(current), text);
    }
    case 'BertNormalizer':
      return bertNormalizer(config);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return unicodeForm(config.type);
    case 'Lowercase':
      return mapCharacters((character) => character.toLowerCase());
    case 'StripAccents':
      return mapCharacters((character) => (/\p{M}/u.test(character) ? '' : character));
    case 'Strip':
      return strip(config['strip_left'] !== false, config['strip_right'] !== false);
    case 'Prepend':
      return (text) => prepend(text, config['prepend'] as string);
    case 'Replace':
      return replacePattern(config['pattern'] as PatternJson, config['content'] as string);
    case 'Precompiled':
      return precompiled(new CharsMap((config['precompiled_charsmap'] as string | null) ?? ''));
    case 'ByteLevel':
      return byteLevel;
    case 'Nmt':
      return mapCharacters(nmtCharacter);
    default:
      throw unsupported('normalizer', config.type);
  }
}

export function unsupported(part: string, type: string): MlflowError {
  return new MlflowError(
    `The tokenizer uses the ${part} '${type}', which is not supported here. Use the model with Python instead.`,
    'NOT_IMPLEMENTED',
    { reason: 'tokenizerUnsupported', details: { part, type } },
  );
}

/** `prefix` before the text, aligned with its first character. */
export function prepend(text: AlignedText, prefix: string): AlignedText {
  if (text.length === 0) return text;
  const builder = new AlignedTextBuilder(text);
  builder.replace(prefix, 0);
  builder.keep(0, text.length);
  return builder.build();
}

/** Every match becomes `content`, aligned with the match's last character. */
export function replacePattern(pattern: PatternJson | RegExp | string, content: string): Normalizer {
  const compiled = pattern instanceof RegExp ? pattern : compilePattern(pattern);
  return (text) => {
    const builder = new AlignedTextBuilder(text);
    let position = 0;
    for (const [start, end] of matchRanges(compiled, text.text)) {
      builder.keep(position, start);
      builder.insert(content, end);
      position = end;
    }
    if (position === 0) return text;
    builder.keep(position, text.length);
    return builder.build();
  };
}

/** Each character on its own becomes what `map` says; an empty text removes it. */
function mapCharacters(map: (character: string) => string): Normalizer {
  return (text) => {
    const builder = new AlignedTextBuilder(text);
    for (const [index, character] of characters(text.text)) builder.replace(map(character), index);
    return builder.build();
  };
}

function bertNormalizer(config: ComponentJson): Normalizer {
  const lowercase = config['lowercase'] !== false;
  const stripAccents = (config['strip_accents'] as boolean | null | undefined) ?? lowercase;
  const steps: Normalizer[] = [];
  if (config['clean_text'] !== false) steps.push(mapCharacters(cleanCharacter));
  if (config['handle_chinese_chars'] !== false) {
    steps.push(mapCharacters((character) => (isChinese(character.codePointAt(0)!) ? ` ${character} ` : character)));
  }
  if (stripAccents) {
    steps.push(
      unicodeForm('NFD'),
      mapCharacters((character) => (/\p{Mn}/u.test(character) ? '' : character)),
    );
  }
  if (lowercase) steps.push(mapCharacters((character) => character.toLowerCase()));
  return (text) => steps.reduce((current, step) => step(current), text);
}

function cleanCharacter(character: string): string {
  if (character === '\0' || character === '\ufffd') return '';
  if (character === '\t' || character === '\n' || character === '\r') return ' ';
  if (/[\p{Cc}\p{Cf}\p{Co}]/u.test(character)) return '';
  return /\p{White_Space}/u.test(character) ? ' ' : character;
}

function isChinese(codePoint: number): boolean {
  return (
    (codePoint >= 0x4e00 && codePoint <= 0x9fff) ||
    (codePoint >= 0x3400 && codePoint <= 0x4dbf) ||
    (codePoint >= 0x20000 && codePoint <= 0x2a6df) ||
    (codePoint >= 0x2a700 && codePoint <= 0x2b73f) ||
    (codePoint >= 0x2b740 && codePoint <= 0x2b81f) ||
    (codePoint >= 0x2b920 && codePoint <= 0x2ceaf) ||
    (codePoint >= 0xf900 && codePoint <= 0xfaff) ||
    (codePoint >= 0x2f800 && codePoint <= 0x2fa1f)
  );
}

function nmtCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  if (
    (code >= 1 && code <= 8) ||
    code === 11 ||
    (code >= 14 && code <= 31) ||
    code === 127 ||
    code === 143 ||
    code === 159
  )
    return '';
  if ([9, 10, 12, 13, 0x1680, 0x2028, 0x2029, 0x2581, 0xfeff, 0xfffd].includes(code)) return ' ';
  return code >= 0x200b && code <= 0x200f ? ' ' : character;
}

function strip(left: boolean, right: boolean): Normalizer {
  return (text) => {
    let start = 0;
    let end = text.length;
    if (left) start = /^\p{White_Space}*/u.exec(text.text)![0].length;
    if (right && start < end) end = text.text.replace(/\p{White_Space}+$/u, '').length;
    return text.slice(start, Math.max(start, end));
  };
}

/** Stretches within which Unicode normalization may move or join characters: a starter and what combines with it. */
const combiningStretch =
  /[\u1100-\u115f][\u1160-\u11a7][\u11a8-\u11ff]?|[\uac00-\ud7a3][\u11a8-\u11ff]?|[^\p{M}]?\p{M}+|[^]/gu;

function unicodeForm(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalizer {
  return (text) => {
    if (isAscii(text.text)) return text;
    const builder = new AlignedTextBuilder(text);
    for (const match of text.text.matchAll(combiningStretch)) {
      const from = [...characters(match[0])];
      const to = Array.from(match[0].normalize(form));
      alignStretch(builder, match.index, from, to, form);
    }
    return builder.build();
  };
}

function alignStretch(
  builder: AlignedTextBuilder,
  base: number,
  from: [number, string][],
  to: string[],
  form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD',
): void {
  const owners = form === 'NFD' || form === 'NFKD' ? ownersOfDecomposed(from, form) : undefined;
  const removed = Math.max(0, from.length - to.length);
  for (const [i, character] of to.entries()) {
    const owner =
      owners && owners.length === to.length ? owners[i]! : i === 0 ? 0 : Math.min(i + removed, from.length - 1);
    builder.replace(character, base + from[owner]![0]);
  }
}

function ownersOfDecomposed(from: [number, string][], form: 'NFD' | 'NFKD'): number[] {
  return from.flatMap(([, character], owner) => Array.from(character.normalize(form), () => owner));
}

function precompiled(charsMap: CharsMap): Normalizer {
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  return (text) => {
    const steps: Step[] = [];
    const segments = isPlainAscii(text.text) ? asciiSegments(text.text) : graphemes.segment(text.text);
    for (const { segment } of segments) {
      const whole = Buffer.byteLength(segment) < 6 ? charsMap.transform(segment) : undefined;
      if (whole !== undefined) {
        addReplacement(steps, segment, whole);
        continue;
      }
      for (const [, character] of characters(segment)) {
        addReplacement(steps, character, charsMap.transform(character) ?? character);
      }
    }
    return applySteps(text, steps);
  };
}

function* asciiSegments(text: string): Generator<{ segment: string }> {
  for (const segment of text) yield { segment };
}

/** A character of the result: new (1), in place of one character (0), or of that and the next `-change` ones. */
interface Step {
  character: string;
  change: number;
}

/** Rust's rule: surplus characters are new, missing ones go with the last; what vanishes at the very start is not counted. */
function addReplacement(steps: Step[], from: string, to: string): void {
  const surplus = Array.from(to).length - Array.from(from).length;
  for (const character of to) steps.push({ character, change: 0 });
  for (let i = 1; i <= surplus; i++) steps[steps.length - i]!.change = 1;
  const last = steps.at(-1);
  if (surplus < 0 && last) last.change += surplus;
}

function applySteps(text: AlignedText, steps: readonly Step[]): AlignedText {
  const builder = new AlignedTextBuilder(text);
  const sources = [...characters(text.text)].map(([index]) => index);
  let next = 0;
  for (const { character, change } of steps) {
    if (change > 0) {
      builder.insert(character, sources[next] ?? text.length);
      continue;
    }
    builder.replace(character, sources[next] ?? text.length - 1);
    next += 1 - change;
  }
  return builder.build();
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function isPlainAscii(text: string): boolean {
  return isAscii(text) && !text.includes('\r');
}

const byteCharacters = bytesToCharacters();

/** GPT-2's printable character for each byte. */
function bytesToCharacters(): string[] {
  const table = new Array<string>(256);
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    table[byte] = String.fromCharCode(printable ? byte : next++);
  }
  return table;
}

export { byteCharacters };

const utf8 = new TextEncoder();

/** Every byte of the UTF-8 text as one printable character, aligned with the character it belongs to. */
export function byteLevel(text: AlignedText): AlignedText {
  const builder = new AlignedTextBuilder(text);
  for (const [index, character] of characters(text.text)) {
    const code = character.charCodeAt(0);
    if (character.length === 1 && code < 128) {
      builder.replace(byteCharacters[code]!, index);
      continue;
    }
    let mapped = '';
    for (const byte of utf8.encode(character)) mapped += byteCharacters[byte]!;
    builder.replace(mapped, index);
  }
  return builder.build();
}

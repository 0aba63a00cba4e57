import { MlflowError } from '../errors.js';
import { setOwn, type PyValue } from './pyValue.js';
import { constructScalar, resolvePlainTag } from './pyYamlResolver.js';

/** Thrown inside this file only: the text uses more of YAML than the fast path knows. */
class NotSimple extends Error {}
const notSimple = new NotSimple('Not simple block YAML.');

const knownCharacters = /^[\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/;
const plainKey = /^([A-Za-z_][A-Za-z0-9_./-]*):(?: (.*))?$/;
const forbiddenInPlain = /(^#| #|: |:$| $)/;
const forbiddenPlainStart = /^(?:[ ,[\]{}#&*!|>'"%@`]|[-?:](?: |$))/;
const maximumDepth = 100;

export interface FastParseOptions {
  readonly keepTypes: boolean;
}

/**
 * Reads YAML of the shape that `safe_dump` writes: block mappings and sequences, plain and quoted scalars. Anything else
 * (flow collections, anchors, comments, block scalars, tags, quoted keys) gives undefined: the full parser decides.
 * What it does accept it reads exactly as the full parser does.
 */
export function parseSimpleBlockYaml(text: string, options: FastParseOptions): { value: PyValue } | undefined {
  if (!knownCharacters.test(text)) return undefined;
  try {
    return { value: new SimpleBlockParser(text, options).parse() };
  } catch (error) {
    // A scalar without a value, such as an impossible date: the full parser says where it stands.
    if (error === notSimple || MlflowError.is(error)) return undefined;
    throw error;
  }
}

class SimpleBlockParser {
  private readonly lines: string[];
  private readonly keepTypes: boolean;
  private position = 0;
  private depth = 0;

  constructor(text: string, options: FastParseOptions) {
    this.lines = text.split('\n');
    this.keepTypes = options.keepTypes;
  }

  parse(): PyValue {
    const value = this.parseBlock(0);
    this.skipBlankLines();
    if (this.position < this.lines.length) throw notSimple;
    return value;
  }

  private parseBlock(indent: number): PyValue {
    this.skipBlankLines();
    const line = this.lines[this.position];
    if (line === undefined || indentOf(line) !== indent || ++this.depth > maximumDepth) throw notSimple;
    const value = isItem(line, indent) ? this.parseSequence(indent) : this.parseMapping(indent);
    this.depth--;
    return value;
  }

  private parseMapping(indent: number): PyValue {
    const record: Record<string, PyValue> = {};
    for (;;) {
      this.skipBlankLines();
      const line = this.lines[this.position];
      if (line === undefined || indentOf(line) < indent) return record;
      const match = indentOf(line) === indent ? plainKey.exec(line.slice(indent)) : null;
      const key = match?.[1];
      if (key === undefined || resolvePlainTag(key) !== 'str') throw notSimple;
      this.position++;
      setOwn(record, key, this.parseMappingValue(match?.[2] ?? '', indent));
    }
  }

  private parseMappingValue(text: string, indent: number): PyValue {
    if (text !== '') return this.parseScalar(text, indent);
    this.skipBlankLines();
    const next = this.lines[this.position];
    if (next === undefined) return null;
    const nextIndent = indentOf(next);
    if (nextIndent > indent) return this.parseBlock(nextIndent);
    return nextIndent === indent && isItem(next, indent) ? this.parseBlock(indent) : null;
  }

  private parseSequence(indent: number): PyValue {
    const items: PyValue[] = [];
    for (;;) {
      this.skipBlankLines();
      const line = this.lines[this.position];
      if (line === undefined || indentOf(line) !== indent || !isItem(line, indent)) {
        if (line !== undefined && indentOf(line) > indent) throw notSimple;
        return items;
      }
      const rest = line.slice(indent + 2);
      if (rest === '' || rest.startsWith(' ')) throw notSimple;
      if (plainKey.test(rest) || rest.startsWith('- ')) {
        this.lines[this.position] = ' '.repeat(indent + 2) + rest;
        items.push(this.parseBlock(indent + 2));
      } else {
        this.position++;
        items.push(this.parseScalar(rest, indent));
      }
    }
  }

  /** A scalar that begins on the line before `position`, inside a collection at `indent`. */
  private parseScalar(text: string, indent: number): PyValue {
    if (text === '{}') return this.endOfScalar(indent, {});
    if (text === '[]') return this.endOfScalar(indent, []);
    if (text.startsWith("'")) return this.endOfScalar(indent, this.parseSingleQuoted(text.slice(1), indent));
    if (text.startsWith('"')) return this.endOfScalar(indent, this.parseDoubleQuoted(text.slice(1), indent));
    return this.parsePlain(text, indent);
  }

  /** Behind a value that is complete, no line may be indented deeper than its collection. */
  private endOfScalar(indent: number, value: PyValue): PyValue {
    this.skipBlankLines();
    const next = this.lines[this.position];
    if (next !== undefined && indentOf(next) > indent) throw notSimple;
    return value;
  }

  private parsePlain(text: string, indent: number): PyValue {
    if (forbiddenPlainStart.test(text) || forbiddenInPlain.test(text)) throw notSimple;
    let whole = text;
    for (;;) {
      const next = this.lines[this.position];
      if (next === undefined || (next !== '' && indentOf(next) <= indent)) break;
      const content = next.trimStart();
      if (content === '') {
        if (this.hasDeeperLine(indent)) throw notSimple;
        break;
      }
      if (forbiddenInPlain.test(content)) throw notSimple;
      whole += ` ${content}`;
      this.position++;
    }
    const tag = resolvePlainTag(whole);
    if (tag === 'merge' || tag === 'value' || tag === 'yaml') throw notSimple;
    return constructScalar(tag, whole, this.keepTypes);
  }

  private hasDeeperLine(indent: number): boolean {
    this.skipBlankLines();
    const next = this.lines[this.position];
    return next !== undefined && indentOf(next) > indent;
  }

  private parseSingleQuoted(first: string, indent: number): string {
    let value = '';
    let line = first;
    for (;;) {
      let from = 0;
      for (;;) {
        const quote = line.indexOf("'", from);
        if (quote < 0) break;
        if (line[quote + 1] === "'") {
          from = quote + 2;
          continue;
        }
        if (quote !== line.length - 1) throw notSimple;
        return value + line.slice(0, quote).replaceAll("''", "'");
      }
      value += line.trimEnd().replaceAll("''", "'");
      const folded = this.foldedContinuation(indent);
      value += folded.separator;
      line = folded.line;
    }
  }

  private parseDoubleQuoted(first: string, indent: number): string {
    let value = '';
    let line = first;
    for (;;) {
      const part = unescapeLine(line);
      value += part.text;
      if (part.closed) return value;
      const folded = this.foldedContinuation(indent);
      if (!part.escapedBreak) value += folded.separator;
      else value += folded.separator === ' ' ? '' : folded.separator;
      line = folded.line;
    }
  }

  /** The next line of a quoted scalar and what the line break before it stands for: a blank, or the empty lines. */
  private foldedContinuation(indent: number): { separator: string; line: string } {
    let empty = 0;
    while (this.lines[this.position]?.trim() === '') {
      empty++;
      this.position++;
    }
    const line = this.lines[this.position++];
    if (line === undefined || indentOf(line) <= indent) throw notSimple;
    return { separator: empty === 0 ? ' ' : '\n'.repeat(empty), line: line.trimStart() };
  }

  private skipBlankLines(): void {
    while (this.lines[this.position] === '') this.position++;
  }
}

const escapePattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0abtnvfre "/\\N_LP]))/y;
const escapeValues: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

function unescapeLine(line: string): { text: string; closed: boolean; escapedBreak: boolean } {
  let text = '';
  let index = 0;
  for (;;) {
    const next = line.slice(index).search(/["\\]/);
    if (next < 0) return { text: text + line.slice(index).trimEnd(), closed: false, escapedBreak: false };
    text += line.slice(index, index + next);
    index += next;
    if (line[index] === '"') {
      if (index !== line.length - 1) throw notSimple;
      return { text, closed: true, escapedBreak: false };
    }
    if (index === line.length - 1) return { text, closed: false, escapedBreak: true };
    escapePattern.lastIndex = index;
    const match = escapePattern.exec(line);
    if (match === null) throw notSimple;
    const digits = match[1] ?? match[2] ?? match[3];
    const codePoint = digits === undefined ? 0 : parseInt(digits, 16);
    if (codePoint > 0x10ffff) throw notSimple;
    text += digits === undefined ? (escapeValues[match[4] ?? ''] ?? '') : String.fromCodePoint(codePoint);
    index = escapePattern.lastIndex;
  }
}

function indentOf(line: string): number {
  let indent = 0;
  while (line.charCodeAt(indent) === 0x20) indent++;
  return indent;
}

function isItem(line: string, indent: number): boolean {
  return line.charCodeAt(indent) === 0x2d && line.charCodeAt(indent + 1) === 0x20;
}

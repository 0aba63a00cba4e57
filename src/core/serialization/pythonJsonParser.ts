import { MlflowError } from '../errors.js';
import { isArrayIndex, PyFloat, setOwn, type PyValue } from './pyValue.js';

const maximumDepth = 990;
const numberPattern = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?/y;
const whitespace = /[ \t\n\r]*/y;

const stringRun = /[^"\\\x00-\x1f]*/y;
const constants: readonly [string, PyValue][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Python's `json.loads`, with its error texts. */
export class PythonJsonParser {
  private readonly text: string;
  private readonly keepTypes: boolean;
  private index = 0;
  private depth = 0;

  constructor(text: string, keepTypes: boolean) {
    this.text = text;
    this.keepTypes = keepTypes;
  }

  parse(): PyValue {
    if (this.text.startsWith('\ufeff')) throw this.error('Unexpected UTF-8 BOM (decode using utf-8-sig)', 0);
    this.skipWhitespace();
    const value = this.value();
    this.skipWhitespace();
    if (this.index < this.text.length) throw this.error('Extra data', this.index);
    return value;
  }

  private value(): PyValue {
    const character = this.text[this.index];
    if (character === '"') return this.string();
    if (character === '{' || character === '[') {
      if (++this.depth > maximumDepth) throw this.error('The document is nested too deeply', this.index);
      const value = character === '{' ? this.object() : this.array();
      this.depth--;
      return value;
    }
    for (const [token, value] of constants) {
      if (this.text.startsWith(token, this.index)) {
        this.index += token.length;
        return value;
      }
    }
    return this.number();
  }

  private number(): PyValue {
    numberPattern.lastIndex = this.index;
    const match = numberPattern.exec(this.text);
    if (match === null) throw this.error('Expecting value', this.index);
    this.index = numberPattern.lastIndex;
    const value = Number(match[0]);
    if (match[2] === undefined && match[3] === undefined) {
      if (value === 0) return 0;
      return this.keepTypes && !Number.isSafeInteger(value) ? BigInt(match[0]) : value;
    }
    return this.keepTypes && Number.isInteger(value) ? new PyFloat(value) : value;
  }

  private string(): string {
    const begin = this.index++;
    let value = '';
    for (;;) {
      stringRun.lastIndex = this.index;
      value += stringRun.exec(this.text)?.[0] ?? '';
      this.index = stringRun.lastIndex;
      const character = this.text[this.index];
      if (character === undefined) throw this.error('Unterminated string starting at', begin);
      if (character === '"') {
        this.index++;
        return value;
      }
      if (character !== '\\') throw this.error('Invalid control character at', this.index);
      value += this.escape(begin);
    }
  }

  private escape(begin: number): string {
    const character = this.text[this.index + 1];
    if (character === undefined) throw this.error('Unterminated string starting at', begin);
    if (character === 'u') {
      const digits = this.text.slice(this.index + 2, this.index + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.error('Invalid \\uXXXX escape', this.index + 2);
      this.index += 6;
      return String.fromCharCode(parseInt(digits, 16));
    }
    const value = escapes[character];
    if (value === undefined) throw this.error('Invalid \\escape', this.index);
    this.index += 2;
    return value;
  }

  private array(): PyValue[] {
    const items: PyValue[] = [];
    this.index++;
    this.skipWhitespace();
    if (this.take(']')) return items;
    for (;;) {
      items.push(this.value());
      this.skipWhitespace();
      if (this.take(']')) return items;
      if (!this.take(',')) throw this.error("Expecting ',' delimiter", this.index);
      this.skipWhitespace();
    }
  }

  private object(): PyValue {
    const entries: [string, PyValue][] = [];
    this.index++;
    this.skipWhitespace();
    if (this.take('}')) return {};
    for (;;) {
      if (this.text[this.index] !== '"') {
        throw this.error('Expecting property name enclosed in double quotes', this.index);
      }
      const key = this.string();
      this.skipWhitespace();
      if (!this.take(':')) throw this.error("Expecting ':' delimiter", this.index);
      this.skipWhitespace();
      entries.push([key, this.value()]);
      this.skipWhitespace();
      if (this.take('}')) return this.mapping(entries);
      if (!this.take(',')) throw this.error("Expecting ',' delimiter", this.index);
      this.skipWhitespace();
    }
  }

  private mapping(entries: readonly [string, PyValue][]): PyValue {
    if (this.keepTypes && entries.some(([key]) => isArrayIndex(key))) return new Map<PyValue, PyValue>(entries);
    const record: Record<string, PyValue> = {};
    for (const [key, value] of entries) setOwn(record, key, value);
    return record;
  }

  private take(character: string): boolean {
    if (this.text[this.index] !== character) return false;
    this.index++;
    return true;
  }

  private skipWhitespace(): void {
    whitespace.lastIndex = this.index;
    whitespace.exec(this.text);
    this.index = whitespace.lastIndex;
  }

  private error(message: string, index: number): MlflowError {
    const before = this.text.slice(0, index);
    const line = before.split('\n').length;
    const column = index - before.lastIndexOf('\n');
    return MlflowError.invalidParameter(`${message}: line ${line} column ${column} (char ${index})`, {
      details: { line, column },
    });
  }
}

import { floatRepr, stringRepr } from '../../serialization/pythonRepr.js';

/** A literal of a bracketed list: text, a number or a constant (as Python prints it), or items in brackets. */
export type PythonLiteral =
  { type: 'text'; text: string } | { type: 'other'; repr: string } | { type: 'tuple' | 'list'; items: PythonLiteral[] };

/** `not a literal` (a bare name, a call) or a text that is no Python at all. */
export type LiteralFailure = 'notALiteral' | 'syntax';

class LiteralError extends Error {
  constructor(readonly failure: LiteralFailure) {
    super(failure);
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
};

/** Reads what Python's `ast.literal_eval` makes of a text in brackets. */
export function parsePythonLiteral(text: string): PythonLiteral | LiteralFailure {
  const reader = new LiteralReader(text);
  try {
    return reader.readWhole();
  } catch (error) {
    if (error instanceof LiteralError) return error.failure;
    throw error;
  }
}

/** `repr` of the value. */
export function literalRepr(literal: PythonLiteral): string {
  switch (literal.type) {
    case 'text':
      return stringRepr(literal.text);
    case 'other':
      return literal.repr;
    case 'list':
      return `[${literal.items.map(literalRepr).join(', ')}]`;
    case 'tuple':
      return literal.items.length === 1
        ? `(${literal.items.map(literalRepr).join('')},)`
        : `(${literal.items.map(literalRepr).join(', ')})`;
  }
}

class LiteralReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readWhole(): PythonLiteral {
    const literal = this.#readValue();
    this.#skipSpace();
    if (this.#position < this.#text.length) throw new LiteralError('syntax');
    return literal;
  }

  #readValue(): PythonLiteral {
    this.#skipSpace();
    const character = this.#text[this.#position];
    if (character === '(') return this.#readItems(')');
    if (character === '[') return this.#readItems(']');
    const string = this.#readStrings();
    if (string !== null) return string;
    const number = this.#match(/[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?(?![\w.])/y);
    if (number !== null) return { type: 'other', repr: numberRepr(number) };
    const word = this.#match(/[\p{L}_][\p{L}\p{N}_]*/uy);
    if (word !== null) {
      if (['None', 'True', 'False'].includes(word)) return { type: 'other', repr: word };
      throw new LiteralError('notALiteral');
    }
    throw new LiteralError('syntax');
  }

  #readItems(closing: ')' | ']'): PythonLiteral {
    this.#position += 1;
    const items: PythonLiteral[] = [];
    let hasComma = false;
    for (;;) {
      this.#skipSpace();
      if (this.#take(closing)) break;
      if (items.length > 0 && !hasComma) throw new LiteralError('syntax');
      items.push(this.#readValue());
      this.#skipSpace();
      hasComma = this.#take(',');
    }
    const [only] = items;
    if (closing === ')' && only !== undefined && items.length === 1 && !hasComma) return only;
    return { type: closing === ')' ? 'tuple' : 'list', items };
  }

  /** Adjacent texts are one. */
  #readStrings(): PythonLiteral | null {
    let text: string | null = null;
    let isBytes = false;
    for (;;) {
      this.#skipSpace();
      const opening = this.#match(/[a-zA-Z]{0,2}(?='|")/y);
      if (opening === null) break;
      const prefix = opening.toLowerCase();
      if (prefix.includes('f')) throw new LiteralError('notALiteral');
      if (!['', 'u', 'r', 'b', 'rb', 'br'].includes(prefix)) throw new LiteralError('syntax');
      isBytes ||= prefix.includes('b');
      text = (text ?? '') + this.#readQuoted(prefix.includes('r'));
    }
    if (text === null) return null;
    return isBytes ? { type: 'other', repr: `b${stringRepr(text)}` } : { type: 'text', text };
  }

  #readQuoted(isRaw: boolean): string {
    const quote = this.#match(/'''|"""|'|"/y) ?? '';
    let text = '';
    while (!this.#text.startsWith(quote, this.#position)) {
      const character = this.#text[this.#position];
      if (character === undefined || (character === '\n' && quote.length === 1)) throw new LiteralError('syntax');
      this.#position += 1;
      if (character !== '\\') text += character;
      else text += isRaw ? `\\${this.#text[this.#position++] ?? ''}` : this.#readEscape();
    }
    this.#position += quote.length;
    return text;
  }

  #readEscape(): string {
    const octal = this.#match(/[0-7]{1,3}/y);
    if (octal !== null) return String.fromCodePoint(Number.parseInt(octal, 8));
    const hexadecimal = this.#match(/x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}/y);
    if (hexadecimal !== null) return String.fromCodePoint(Number.parseInt(hexadecimal.slice(1), 16));
    const character = this.#text[this.#position] ?? '';
    if ('xuUN'.includes(character) && character !== '') throw new LiteralError('syntax');
    this.#position += 1;
    return simpleEscapes[character] ?? `\\${character}`;
  }

  #skipSpace(): void {
    this.#match(/(?:[ \t\r\n\f]|#[^\n]*|\\\n)*/y);
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text)?.[0];
    if (match === undefined) return null;
    this.#position += match.length;
    return match;
  }
}

function numberRepr(text: string): string {
  const digits = text.replaceAll('_', '');
  return /[.eE]/.test(digits) ? floatRepr(Number(digits)) : BigInt(digits.replace(/^\+/, '')).toString();
}

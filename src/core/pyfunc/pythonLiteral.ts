import { MlflowError } from '../errors.js';

/** A value that `ast.literal_eval` can give; dicts are Maps, so that keys keep their types. */
export type LiteralValue =
  string | number | boolean | null | Uint8Array | LiteralValue[] | Map<LiteralValue, LiteralValue>;

/**
 * Python's `ast.literal_eval` for texts, numbers, tuples and lists (both arrays here), dicts, sets, booleans and None.
 * @throws MlflowError INVALID_PARAMETER_VALUE where Python raises ValueError or SyntaxError.
 */
export function literalEval(text: string): LiteralValue {
  return new LiteralParser(text.replace(/^[ \t]+/, '')).parse();
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

class LiteralParser {
  private position = 0;

  constructor(private readonly text: string) {}

  parse(): LiteralValue {
    const value = this.tupleOrValue();
    this.skipSpace();
    if (this.position < this.text.length) throw this.malformed();
    return value;
  }

  private malformed(): MlflowError {
    return MlflowError.invalidParameter(`malformed node or string: ${this.text}`);
  }

  private skipSpace(): void {
    while (/[\s#]/.test(this.text[this.position] ?? '')) {
      if (this.text[this.position] === '#') {
        while (this.position < this.text.length && this.text[this.position] !== '\n') this.position++;
      } else this.position++;
    }
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.text[this.position] !== character) return false;
    this.position++;
    return true;
  }

  private tupleOrValue(): LiteralValue {
    const first = this.value();
    if (!this.take(',')) return first;
    const items = [first];
    for (this.skipSpace(); this.position < this.text.length; this.skipSpace()) {
      items.push(this.value());
      if (!this.take(',')) break;
    }
    return items;
  }

  private value(): LiteralValue {
    this.skipSpace();
    const rest = this.text.slice(this.position);
    if (this.take('[')) return this.items(']').items;
    if (this.take('(')) {
      const { items, hasComma } = this.items(')');
      return items.length === 1 && !hasComma ? items[0]! : items;
    }
    if (this.take('{')) return this.dictOrSet();
    const keyword = /^(True|False|None)\b/.exec(rest);
    if (keyword) {
      this.position += keyword[0].length;
      return keyword[0] === 'None' ? null : keyword[0] === 'True';
    }
    if (/^(?:[rRbBuU]{0,2})?['"]/.test(rest)) return this.strings();
    return this.number(rest);
  }

  private items(end: string): { items: LiteralValue[]; hasComma: boolean } {
    const items: LiteralValue[] = [];
    let hasComma = false;
    while (!this.take(end)) {
      items.push(this.value());
      if (this.take(',')) hasComma = true;
      else if (this.take(end)) break;
      else throw this.malformed();
    }
    return { items, hasComma };
  }

  private dictOrSet(): LiteralValue {
    const dict = new Map<LiteralValue, LiteralValue>();
    const set: LiteralValue[] = [];
    while (!this.take('}')) {
      const key = this.value();
      if (this.take(':')) dict.set(key, this.value());
      else set.push(key);
      if (!this.take(',')) {
        if (this.take('}')) break;
        throw this.malformed();
      }
    }
    if (set.length > 0 && dict.size > 0) throw this.malformed();
    return set.length > 0 ? set : dict;
  }

  private strings(): LiteralValue {
    let result = '';
    let isBytes = false;
    for (;;) {
      const match = /^([rRbBuU]{0,2})('''|"""|'|")/.exec(this.text.slice(this.position));
      if (!match) break;
      this.position += match[0].length;
      isBytes = /b/i.test(match[1]!);
      result += this.stringBody(match[2]!, /r/i.test(match[1]!));
      this.skipSpace();
    }
    return isBytes ? Uint8Array.from(result, (character) => character.charCodeAt(0)) : result;
  }

  private stringBody(quote: string, isRaw: boolean): string {
    let body = '';
    for (;;) {
      if (this.text.startsWith(quote, this.position)) {
        this.position += quote.length;
        return body;
      }
      const character = this.text[this.position++];
      if (character === undefined || (character === '\n' && quote.length === 1)) throw this.malformed();
      if (character !== '\\') body += character;
      else if (isRaw) body += `\\${this.text[this.position++] ?? ''}`;
      else body += this.escape();
    }
  }

  private escape(): string {
    const rest = this.text.slice(this.position);
    const coded = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3}))/.exec(rest);
    if (coded) {
      this.position += coded[0].length;
      const [, byte, short, long, octal] = coded;
      return String.fromCodePoint(
        octal === undefined ? Number.parseInt((byte ?? short ?? long)!, 16) : Number.parseInt(octal, 8),
      );
    }
    const character = rest[0] ?? '';
    this.position++;
    return escapes[character] ?? `\\${character}`;
  }

  private number(rest: string): LiteralValue {
    const match =
      /^([+-]\s*)?(0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d+)?)/.exec(rest);
    if (!match) throw this.malformed();
    this.position += match[0].length;
    const magnitude = Number(match[2]!.replaceAll('_', ''));
    if (Number.isNaN(magnitude)) throw this.malformed();
    return match[1]?.startsWith('-') ? -magnitude : magnitude;
  }
}

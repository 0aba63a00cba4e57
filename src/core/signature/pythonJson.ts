import { NumpyScalar } from './ndArray.js';
import { floatRepr } from '../serialization/pythonRepr.js';
import { dictEntries, numberOf, pythonKind, pythonFloat, typeName } from './pythonValue.js';
import { typeError } from './pythonError.js';

/** `json.dumps(value)`: `", "` and `": "`, ASCII only, floats as Python prints them, `NaN` and `Infinity` tokens. */
export function pythonJsonDumps(value: unknown): string {
  switch (pythonKind(value)) {
    case 'NoneType':
      return 'null';
    case 'float':
      return jsonFloat(numberOf(value));
    case 'str':
      return jsonString(value as string);
    case 'list':
      return `[${(value as unknown[]).map(pythonJsonDumps).join(', ')}]`;
    case 'dict':
      return `{${dictEntries(value)
        .map(([key, item]) => `${jsonKey(key)}: ${pythonJsonDumps(item)}`)
        .join(', ')}}`;
    default:
      return jsonOther(value);
  }
}

function jsonOther(value: unknown): string {
  // numpy's float64 and text are Python's own by inheritance.
  if (value instanceof NumpyScalar && value.dtype === 'float64') return jsonFloat(numberOf(value));
  if (value instanceof NumpyScalar && value.dtype === 'str') return jsonString(value.value as string);
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw typeError(`Object of type ${typeName(value)} is not JSON serializable`);
}

function jsonKey(key: unknown): string {
  return typeof key === 'string' ? jsonString(key) : jsonString(pythonJsonDumps(key));
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatRepr(value);
}

function jsonString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) =>
    character === '\u007f' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * `json.loads(text)`: keeps the difference between `1` and `1.0` (a whole float is marked), ints beyond 2^53 (bigint), and
 * reads `NaN`, `Infinity` and `-Infinity`.
 * @throws SyntaxError that says at which character the text stops being JSON.
 */
export function pythonJsonLoads(text: string): unknown {
  const reader = new JsonReader(text);
  return reader.document();
}

const literals: readonly [string, unknown][] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];
const maxDepth = 900;

class JsonReader {
  private position = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  document(): unknown {
    this.skipSpace();
    const value = this.value();
    this.skipSpace();
    if (this.position < this.text.length) this.fail();
    return value;
  }

  private value(): unknown {
    const character = this.text[this.position];
    if (character === '"') return this.string();
    if (character === '{') return this.nested(() => this.object());
    if (character === '[') return this.nested(() => this.array());
    for (const [word, value] of literals) {
      if (this.text.startsWith(word, this.position)) {
        this.position += word.length;
        return value;
      }
    }
    return this.number();
  }

  private nested<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > maxDepth) throw new SyntaxError('The JSON is nested too deeply.');
    const value = read();
    this.depth -= 1;
    return value;
  }

  private object(): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    this.position += 1;
    this.skipSpace();
    if (this.take('}')) return record;
    do {
      this.skipSpace();
      const key = this.text[this.position] === '"' ? this.string() : this.fail();
      this.skipSpace();
      if (!this.take(':')) this.fail();
      this.skipSpace();
      const value = this.value();
      if (key === '__proto__') Object.defineProperty(record, key, { value, enumerable: true, configurable: true });
      else record[key] = value;
      this.skipSpace();
    } while (this.take(','));
    if (!this.take('}')) this.fail();
    return record;
  }

  private array(): unknown[] {
    const items: unknown[] = [];
    this.position += 1;
    this.skipSpace();
    if (this.take(']')) return items;
    do {
      this.skipSpace();
      items.push(this.value());
      this.skipSpace();
    } while (this.take(','));
    if (!this.take(']')) this.fail();
    return items;
  }

  private string(): string {
    const start = this.position;
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) this.fail();
    this.position = end + 1;
    return JSON.parse(this.text.slice(start, end + 1)) as string;
  }

  private number(): unknown {
    const pattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (!match) return this.fail();
    this.position = pattern.lastIndex;
    const isFloat = match[1] !== undefined || match[2] !== undefined;
    if (isFloat) return pythonFloat(Number(match[0]));
    const value = Number(match[0]);
    if (Object.is(value, -0)) return 0;
    return Number.isSafeInteger(value) ? value : BigInt(match[0]);
  }

  private take(character: string): boolean {
    if (this.text[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  private skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.position] ?? '#')) this.position += 1;
  }

  private fail(): never {
    const found = this.text[this.position];
    const what = found === undefined ? 'the text ends' : `there is ${JSON.stringify(found)}`;
    throw new SyntaxError(`it is no JSON at character ${this.position}: ${what}`);
  }
}

import { MlflowError } from '../errors.js';
import { floatRepr, numberRepr, pythonTypeName } from './pythonRepr.js';
import { compareCodePoints, PyFloat, type PyValue } from './pyValue.js';
import { PythonJsonParser } from './pythonJsonParser.js';

const maximumDepth = 990;

export interface DumpPythonJsonOptions {
  /** Blanks per level; absent: everything on one line. */
  readonly indent?: number;
  readonly sortKeys?: boolean;
  /** Escape everything beyond ASCII. Default true. */
  readonly ensureAscii?: boolean;
  /** Between items and behind keys; default `', '` (`','` with an indent) and `': '`. */
  readonly separators?: readonly [string, string];
}

export interface ParsePythonJsonOptions {
  /** Whole floats become `PyFloat`, integers beyond 2^53 `bigint`, objects with number-like keys `Map`. Default false: plain numbers. */
  readonly keepTypes?: boolean;
}

/**
 * `json.dumps(value)` of Python, byte for byte: `NaN` and `Infinity` tokens, `\uXXXX` escapes, float `repr`.
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's message for dates and bytes, and for a value that contains itself
 */
export function dumpPythonJson(value: PyValue, options: DumpPythonJsonOptions = {}): string {
  const [itemSeparator, keySeparator] = options.separators ?? [options.indent === undefined ? ', ' : ',', ': '];
  const open = new Set<object>();
  const write = (item: PyValue | undefined, level: number): string => {
    const scalar = scalarText(item, options.ensureAscii ?? true);
    if (scalar !== undefined) return scalar;
    const collection = item as object;
    if (open.has(collection)) throw MlflowError.invalidParameter('Circular reference detected');
    if (open.size >= maximumDepth) throw MlflowError.invalidParameter('maximum recursion depth exceeded');
    open.add(collection);
    const parts = Array.isArray(collection)
      ? collection.map((entry: PyValue) => write(entry, level + 1))
      : entriesOf(collection, options.sortKeys ?? false).map(
          ([key, entry]) => quote(key, options.ensureAscii ?? true) + keySeparator + write(entry, level + 1),
        );
    open.delete(collection);
    const [left, right] = Array.isArray(collection) ? ['[', ']'] : ['{', '}'];
    if (parts.length === 0) return left + right;
    if (options.indent === undefined) return left + parts.join(itemSeparator) + right;
    const inner = `\n${' '.repeat(options.indent * (level + 1))}`;
    const outer = `\n${' '.repeat(options.indent * level)}`;
    return left + inner + parts.join(itemSeparator + inner) + outer + right;
  };
  return write(value, 0);
}

/**
 * `json.loads(text)` of Python: also `NaN`, `Infinity` and `-Infinity`; the last of several equal keys wins.
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's message, such as `Expecting value: line 1 column 1 (char 0)`
 */
export function parsePythonJson(text: string, options: ParsePythonJsonOptions = {}): PyValue {
  if (options.keepTypes !== true) {
    try {
      return JSON.parse(text) as PyValue;
    } catch {
      return new PythonJsonParser(text, false).parse();
    }
  }
  return new PythonJsonParser(text, true).parse();
}

function scalarText(value: PyValue | undefined, ensureAscii: boolean): string | undefined {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return quote(value, ensureAscii);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return Number.isFinite(value) ? numberRepr(value) : floatToken(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof PyFloat) return floatToken(value.value);
  if (Array.isArray(value) || value instanceof Map || isRecord(value)) return undefined;
  throw MlflowError.invalidParameter(`Object of type ${pythonTypeName(value)} is not JSON serializable`);
}

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function floatToken(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : floatRepr(value);
}

const asciiEscapes = /["\\\x00-\x1f\x7f-\uffff]/g;

const minimalEscapes = /["\\\x00-\x1f]/g;
const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

function quote(text: string, ensureAscii: boolean): string {
  const escaped = text.replace(ensureAscii ? asciiEscapes : minimalEscapes, (character) => {
    return shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function entriesOf(collection: object, sortKeys: boolean): [string, PyValue | undefined][] {
  const entries: [string, PyValue | undefined][] =
    collection instanceof Map
      ? [...(collection as Map<PyValue, PyValue>)].map(([key, item]) => [keyText(key), item])
      : Object.entries(collection as Record<string, PyValue | undefined>).filter(([, item]) => item !== undefined);
  return sortKeys ? entries.sort(([left], [right]) => compareCodePoints(left, right)) : entries;
}

function keyText(key: PyValue): string {
  if (typeof key === 'string') return key;
  const isScalar = key === null || typeof key !== 'object' || key instanceof PyFloat;
  if (!isScalar) {
    throw MlflowError.invalidParameter(`keys must be str, int, float, bool or None, not ${pythonTypeName(key)}`);
  }
  return scalarText(key, true) ?? '';
}

import type { Compatibility } from './compatibility.js';
import { DataFrame, Series } from './dataFrame.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { typeError } from './pythonError.js';
import { notATime, PyDateTime, Timestamp } from './pyDateTime.js';

/*
 * How JavaScript values stand for Python's:
 *   null, undefined -> None              boolean -> bool              string -> str
 *   number          -> int when it is a safe integer, else float      bigint -> int
 *   any object whose valueOf() is a number (FloatValue, boxed Number) -> float, also when whole
 *   Date -> datetime.datetime (UTC, naive)       PyDateTime -> date or datetime, microseconds
 *   Uint8Array (Buffer) -> bytes         other typed arrays, NdArray -> numpy.ndarray
 *   Array -> list     plain object, Map -> dict     Set -> set     DataFrame, Series -> pandas' own
 * A JavaScript number has no width: a whole number that must be a float is marked with FloatValue.
 */

/** Anything that stands for a Python float although its value may be whole. */
export interface FloatLike {
  valueOf(): number;
}

/** A whole number that is a Python float: `2.0`. */
export class FloatValue implements FloatLike {
  constructor(readonly value: number) {}
  valueOf(): number {
    return this.value;
  }
  toJSON(): number {
    return this.value;
  }
}

/** The float `value` as the shortest of the two forms: marked only when JavaScript would take it for an int. */
export function pythonFloat(value: number): number | FloatValue {
  return Number.isSafeInteger(value) ? new FloatValue(value) : value;
}

export type PythonKind =
  | 'NoneType'
  | 'bool'
  | 'int'
  | 'float'
  | 'str'
  | 'bytes'
  | 'datetime'
  | 'date'
  | 'list'
  | 'dict'
  | 'set'
  | 'ndarray'
  | 'numpyScalar'
  | 'DataFrame'
  | 'Series'
  | 'object';

const primitiveKinds: Partial<Record<string, PythonKind>> = {
  undefined: 'NoneType',
  boolean: 'bool',
  bigint: 'int',
  string: 'str',
};

export function pythonKind(value: unknown): PythonKind {
  if (value === null) return 'NoneType';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int' : 'float';
  if (typeof value !== 'object') return primitiveKinds[typeof value] ?? 'object';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof NdArray || ArrayBuffer.isView(value)) return 'ndarray';
  if (value instanceof NumpyScalar) return 'numpyScalar';
  if (value instanceof DataFrame) return 'DataFrame';
  if (value instanceof Series) return 'Series';
  if (value instanceof PyDateTime) return value.isDate ? 'date' : 'datetime';
  if (value instanceof Date) return 'datetime';
  if (value instanceof Set) return 'set';
  if (value instanceof Map) return 'dict';
  if (isFloatLike(value)) return 'float';
  return isPlainObject(value) ? 'dict' : 'object';
}

function isFloatLike(value: object): value is FloatLike {
  return typeof value.valueOf === 'function' && typeof value.valueOf() === 'number';
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** The number behind an int or a float. A bigint loses digits beyond 2^53. */
export function numberOf(value: unknown): number {
  if (value instanceof NumpyScalar) return numberOf(value.value);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' ? value : (value as FloatLike).valueOf();
}

export function dictEntries(value: unknown): [unknown, unknown][] {
  return value instanceof Map ? [...value.entries()] : Object.entries(value as Record<string, unknown>);
}

export function dictGet(value: unknown, key: unknown): unknown {
  if (value instanceof Map) return value.get(key);
  const name = key as string;
  return Object.hasOwn(value as object, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** A dict from entries: a plain object when every key is text, else a Map. */
export function dictFrom(entries: readonly [unknown, unknown][]): Record<string, unknown> | Map<unknown, unknown> {
  if (entries.some(([key]) => typeof key !== 'string')) return new Map(entries);
  const record: Record<string, unknown> = {};
  for (const [key, value] of entries as [string, unknown][]) {
    Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return record;
}

/** Sets a key of a dict that {@link dictFrom} or a caller made. */
export function dictSet(dict: unknown, key: unknown, value: unknown): void {
  if (dict instanceof Map) dict.set(key, value);
  else Object.defineProperty(dict, key as string, { value, enumerable: true, writable: true, configurable: true });
}

/** Lists, dicts and frames of one's own at every depth, values shared: enforcement changes dicts in place, as Python's does. */
export function copyContainers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyContainers);
  if (value instanceof DataFrame) {
    const columns = value.columns.map((column) => copiedColumn(column));
    return new DataFrame(columns, value.index);
  }
  if (pythonKind(value) !== 'dict') return value;
  return dictFrom(dictEntries(value).map(([key, item]) => [key, copyContainers(item)]));
}

function copiedColumn(column: Series): Series {
  return column.dtype === 'object' ? new Series('object', column.values.map(copyContainers), column.name) : column;
}

/** A typed array becomes the one-dimensional array of its dtype, a `Date` a datetime; everything else stays. */
export function normalize(value: unknown): unknown {
  if (value instanceof Date) return PyDateTime.fromDate(value);
  if (ArrayBuffer.isView(value) && !(value instanceof Uint8Array)) return NdArray.fromTypedArray(value);
  return value;
}

/** `x is None` or a float NaN, as MLflow's `_is_none_or_nan`. */
export function isNoneOrNan(value: unknown): boolean {
  if (value === null || value === undefined || value === notATime) return true;
  const kind = pythonKind(value);
  if (kind === 'float') return Number.isNaN(numberOf(value));
  return value instanceof NumpyScalar && value.dtype === 'float64' && Number.isNaN(numberOf(value));
}

/** numpy's `isscalar`: numbers, text, bytes and numpy scalars; neither None nor datetimes. */
export function isScalar(value: unknown): boolean {
  return ['bool', 'int', 'float', 'str', 'bytes', 'numpyScalar'].includes(pythonKind(value));
}

/** `type(value).__name__`. */
export function typeName(value: unknown, compatibility: Compatibility = '3'): string {
  if (value instanceof NumpyScalar && value.dtype === 'bool') return compatibility === '3' ? 'bool' : 'bool_';
  if (value instanceof NumpyScalar) return value.typeName;
  if (value instanceof Timestamp) return value === notATime ? 'NaTType' : 'Timestamp';
  return pythonKind(value);
}

/** `str(type(value))`, such as `<class 'numpy.ndarray'>`. */
export function classText(value: unknown, compatibility: Compatibility = '3'): string {
  const name = typeName(value, compatibility);
  const kind = pythonKind(value);
  if (kind === 'ndarray' || kind === 'numpyScalar') return `<class 'numpy.${name}'>`;
  if (kind === 'datetime' || kind === 'date') return `<class 'datetime.${name}'>`;
  return `<class '${name}'>`;
}

/** The class name in messages of the interpreter itself: with the module, for classes of the standard library and numpy. */
export function qualifiedTypeName(value: unknown): string {
  return classText(value).slice("<class '".length, -"'>".length);
}

/** The items of a Series as Python sees them: marked floats, Timestamps. */
export function seriesItems(series: Series): unknown[] {
  if (series.dtype.startsWith('float')) return series.values.map((value) => pythonFloat(numberOf(value)));
  if (!series.dtype.startsWith('datetime64')) return [...series.values];
  const unit = series.dtype === 'datetime64[us]' ? 'us' : 'ns';
  return series.values.map((value) =>
    value instanceof PyDateTime ? new Timestamp(value.epochMicroseconds, value.nanoseconds, unit) : notATime,
  );
}

/**
 * The items that iterating gives: of a text its characters, of a dict its keys.
 * @throws TypeError of what cannot be iterated.
 */
export function iterated(value: unknown): unknown[] {
  switch (pythonKind(value)) {
    case 'list':
    case 'str':
      return [...(value as Iterable<unknown>)];
    case 'dict':
      return dictEntries(value).map(([key]) => key);
    default:
      throw typeError(`'${typeName(value)}' object is not iterable`);
  }
}

/** `len(value)` of a list or an array. @throws TypeError of an array without dimensions. */
export function lengthOf(value: readonly unknown[] | NdArray): number {
  if (value instanceof NdArray && value.ndim === 0) throw typeError('len() of unsized object');
  return value.length;
}

/** Plain JavaScript: marks of floats, numpy scalars and Maps with text keys are taken off, at every depth. */
export function toPlain(value: unknown): unknown {
  const kind = pythonKind(value);
  if (kind === 'float') return numberOf(value);
  if (value instanceof NumpyScalar) return toPlain(value.value);
  if (value === notATime) return null;
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof NdArray && value.dtype === 'object') {
    return new NdArray('object', value.shape, Array.from(value.data, toPlain));
  }
  if (kind === 'dict') return dictFrom(dictEntries(value).map(([key, item]) => [key, toPlain(item)]));
  return value;
}

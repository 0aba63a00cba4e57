import type { Compatibility } from './compatibility.js';
import { DataFrame, isMissing, Series, type ColumnName, type SplitFrame } from './dataFrame.js';
import { NdArray, NumpyScalar, shapeText } from './ndArray.js';
import { dtypeItemSize, dtypeKind } from './numpyDtype.js';
import { notATime, PyDateTime, Timestamp } from './pyDateTime.js';
import { PythonError, typeError, valueError } from './pythonError.js';
import {
  dictEntries,
  dictFrom,
  dictGet,
  isScalar,
  iterated,
  normalize,
  numberOf,
  pythonKind,
  qualifiedTypeName,
} from './pythonValue.js';

/**
 * A pandas Series of Python values, with the dtype that pandas infers: ints are `int64` (`uint64`, `object` beyond),
 * ints with missing values and floats `float64`, booleans `bool` (with a missing value `object`), text `str` in pandas 3
 * and `object` in pandas 2, datetimes `datetime64`; everything else and every mixture is `object`.
 */
export function inferSeries(
  input: readonly unknown[],
  compatibility: Compatibility,
  name: ColumnName | null = null,
): Series {
  const scalars = sameScalars(input);
  if (scalars) return new Series(scalars.dtype, scalars.values, name);
  const values = input.map(unwrapItem);
  const firstNull = values.findIndex((value) => pandasKind(value) === 'null');
  // pandas 2 looks no more at the size of ints once something was missing.
  const isBlindFrom = compatibility === '2' && firstNull !== -1 ? firstNull : values.length;
  const kinds = new Set(
    values.map((value, i) => (i > isBlindFrom && pandasKind(value) === 'hugeInt' ? 'float' : pandasKind(value))),
  );
  const hasNull = kinds.delete('null');
  const hasNan = kinds.delete('nan');
  if (kinds.size === 0) {
    if (!hasNan)
      return new Series(
        'object',
        values.map(() => null),
        name,
      );
    return new Series(
      'float64',
      values.map(() => NaN),
      name,
    );
  }
  const isMixed = mixesSigns(input, values, compatibility);
  const numbers = numpyNumbers(input, values, hasNull || hasNan);
  const dtype = isMixed ? 'object' : (numbers ?? seriesDtype(kinds, hasNull || hasNan, values, compatibility));
  return new Series(
    dtype,
    dtype === 'object'
      ? input.map((item) => normalize(item) ?? null)
      : values.map((value) => storedValue(value, dtype)),
    name,
  );
}

/** numpy scalars of one dtype keep it; text and bytes have none in pandas. */
function sameScalars(items: readonly unknown[]): Series | undefined {
  const [first] = items;
  if (!(first instanceof NumpyScalar) || ['str', 'bytes', 'object'].includes(first.dtype)) return undefined;
  const isSame = items.every((item) => item instanceof NumpyScalar && item.dtype === first.dtype);
  return isSame
    ? new Series(
        first.dtype,
        (items as NumpyScalar[]).map((item) => item.value),
      )
    : undefined;
}

/** Are there unsigned ints among signed ones? pandas 2 looks no further once something was missing. */
function mixesSigns(input: readonly unknown[], values: readonly unknown[], compatibility: Compatibility): boolean {
  let isUnsigned = false;
  let isSigned = false;
  for (const [i, value] of values.entries()) {
    const kind = pandasKind(value);
    if (kind === 'null' && compatibility === '2') return false;
    if (kind !== 'int' && kind !== 'bigInt') continue;
    const item = input[i];
    const numpyKind = item instanceof NumpyScalar ? dtypeKind(item.dtype) : undefined;
    isUnsigned ||= numpyKind === 'u' || kind === 'bigInt';
    isSigned ||= numpyKind === 'i' || (numpyKind === undefined && numberOf(value) < 0);
    if (isUnsigned && isSigned) return true;
  }
  return false;
}

/**
 * The dtype of numbers with numpy's own among them: as wide as the widest when all are numpy's, else of 64 bits.
 * `undefined` without a numpy number.
 */
function numpyNumbers(input: readonly unknown[], values: readonly unknown[], hasMissing: boolean): string | undefined {
  const scalars = input.filter((item): item is NumpyScalar => item instanceof NumpyScalar);
  const kinds = new Set(scalars.map(({ dtype }) => dtypeKind(dtype)));
  const isNumbers = values.every((value) => ['null', 'nan', 'int', 'bigInt', 'float'].includes(pandasKind(value)));
  if (!isNumbers || ![...kinds].some((kind) => 'iuf'.includes(kind))) return undefined;
  const plain = values.filter((_, i) => !(input[i] instanceof NumpyScalar));
  const isFloat = hasMissing || values.some((value) => pandasKind(value) === 'float');
  const isUnsigned = kinds.has('u') || plain.some((value) => pandasKind(value) === 'bigInt');
  const bits = plain.length > 0 ? 64 : 8 * Math.max(...scalars.map(({ dtype }) => dtypeItemSize(dtype)));
  return `${isFloat ? 'float' : isUnsigned ? 'uint' : 'int'}${bits}`;
}

function unwrapItem(item: unknown): unknown {
  const value = normalize(item);
  if (!(value instanceof NumpyScalar)) return value;
  if (!value.dtype.startsWith('datetime64')) return floatAware(value);
  return value.value instanceof PyDateTime
    ? new Timestamp(value.value.epochMicroseconds, value.value.nanoseconds)
    : notATime;
}

function floatAware(scalar: NumpyScalar): unknown {
  if (!scalar.dtype.startsWith('float')) return scalar.value;
  const value = numberOf(scalar.value);
  return Number.isSafeInteger(value) ? Object(value) : value;
}

type PandasKind = 'null' | 'nan' | 'bool' | 'int' | 'bigInt' | 'hugeInt' | 'float' | 'str' | 'datetime' | 'object';

function pandasKind(value: unknown): PandasKind {
  const kind = pythonKind(value);
  if (kind === 'NoneType') return 'null';
  if (kind === 'float') return Number.isNaN(numberOf(value)) ? 'nan' : 'float';
  if (kind === 'bool' || kind === 'str' || kind === 'datetime') return kind;
  if (kind !== 'int') return 'object';
  if (typeof value === 'number') return 'int';
  const big = value as bigint;
  if (big >= -(2n ** 63n) && big < 2n ** 63n) return 'int';
  return big >= 0n && big < 2n ** 64n ? 'bigInt' : 'hugeInt';
}

function seriesDtype(
  kinds: ReadonlySet<PandasKind>,
  hasMissing: boolean,
  values: readonly unknown[],
  compatibility: Compatibility,
): string {
  const only = (...allowed: PandasKind[]) => [...kinds].every((kind) => allowed.includes(kind));
  if (only('bool')) return hasMissing ? 'object' : 'bool';
  if (only('str')) return compatibility === '3' ? 'str' : 'object';
  if (only('datetime')) {
    const isFine = values.some((value) => value instanceof Timestamp && value !== notATime && value.unit === 'ns');
    return compatibility === '3' && !isFine ? 'datetime64[us]' : 'datetime64[ns]';
  }
  if (!only('int', 'bigInt', 'float')) return 'object';
  if (kinds.has('float') || hasMissing) return 'float64';
  return kinds.has('bigInt') ? 'uint64' : 'int64';
}

function storedValue(value: unknown, dtype: string): unknown {
  if (dtype === 'float64') return value === null || value === undefined ? NaN : numberOf(value);
  if (dtype === 'str') return isMissing(value) ? NaN : value;
  if (dtype === 'float32') return Math.fround(isMissing(value) ? NaN : numberOf(value));
  if (dtype.startsWith('datetime64')) return isMissing(value) || value === notATime ? null : value;
  return value ?? null;
}

/** The Series of an array: text arrays get pandas' text dtype, arrays of objects are looked through by pandas 3. */
export function seriesFromArray(array: NdArray, compatibility: Compatibility, name: ColumnName | null = null): Series {
  if (array.ndim > 1 && array.dtype === 'object')
    throw valueError(
      compatibility === '3'
        ? `Buffer has wrong number of dimensions (expected 1, got ${array.ndim})`
        : String(array.ndim),
    );
  if (array.ndim > 1 && array.dtype === 'str' && compatibility === '3')
    throw valueError('only handle 1-dimensional arrays');
  if (array.ndim !== 1) {
    throw valueError(`Data must be 1-dimensional, got ndarray of shape ${shapeText(array.shape)} instead`);
  }
  const values = Array.from(array.data);
  if (array.dtype === 'str') return new Series(compatibility === '3' ? 'str' : 'object', values, name);
  if (array.dtype === 'object') {
    const inferred = inferSeries(values, compatibility, name);
    return inferred.dtype === 'str' ? inferred : new Series('object', values, name);
  }
  return new Series(array.dtype === 'bytes' ? array.dtypeText : array.dtype, values, name);
}

/** `pd.Series(value)` of a list, an array or a scalar. */
export function seriesFrom(value: unknown, compatibility: Compatibility): Series {
  if (value instanceof NdArray) return seriesFromArray(value, compatibility);
  if (Array.isArray(value)) return inferSeries(value, compatibility);
  if (value instanceof NumpyScalar && !['str', 'bytes'].includes(value.dtype))
    return new Series(value.dtype, [value.value]);
  return inferSeries([value], compatibility);
}

/** `series.infer_objects()`. */
export function inferObjects(series: Series, compatibility: Compatibility): Series {
  return series.dtype === 'object' ? inferSeries(series.values, compatibility, series.name) : series;
}

/** `pd.DataFrame(list)`: scalars become one column, lists and dicts become rows. */
export function frameFromList(list: readonly unknown[], compatibility: Compatibility): DataFrame {
  const items = list.map(normalize);
  const first = items[0];
  if (Array.isArray(first) || first instanceof Set || (first instanceof NdArray && first.ndim === 1))
    return frameFromRows(items, compatibility);
  if (pythonKind(first) === 'dict') return frameFromRecords(items, compatibility);
  if (items.length === 0) return new DataFrame([], []);
  return new DataFrame([inferSeries(items, compatibility, 0)]);
}

function frameFromRows(items: readonly unknown[], compatibility: Compatibility): DataFrame {
  // Rows are made of other things than lists one by one.
  const unlike = Array.isArray(items[0]) ? undefined : items.find((item) => !hasLength(item));
  if (unlike !== undefined) throw typeError(`'${qualifiedTypeName(unlike)}' object is not iterable`);
  // pandas 3 looks at rows that are missing only after all others.
  const isMissingRow = (item: unknown) => compatibility === '3' && isMissing(item);
  const ordered = [...items.filter((item) => !isMissingRow(item)), ...items.filter(isMissingRow)];
  const unsized = ordered.find((item) => !hasLength(item));
  if (unsized !== undefined) throw typeError(`object of type '${qualifiedTypeName(unsized)}' has no len()`);
  const rows = items.map((item) => {
    if (Array.isArray(item)) return item as unknown[];
    if (item instanceof NdArray) return Array.from({ length: item.length }, (_, i) => item.at(i));
    if (typeof item === 'string' || item instanceof Uint8Array) return [...item];
    if (item instanceof Set) return [...(item as Set<unknown>)];
    return dictEntries(item).map(([key]) => key);
  });
  const width = Math.max(...rows.map((row) => row.length));
  const columns = Array.from({ length: width }, (_, i) =>
    inferSeries(
      rows.map((row) => row[i] ?? null),
      compatibility,
      i,
    ),
  );
  return new DataFrame(
    columns,
    rows.map((_, i) => i),
  );
}

function hasLength(value: unknown): boolean {
  return ['list', 'ndarray', 'str', 'bytes', 'dict', 'set'].includes(pythonKind(value));
}

/** `pd.DataFrame(list of dicts)`: a column a key, in order of first appearance; an absent value is NaN. */
export function frameFromRecords(items: readonly unknown[], compatibility: Compatibility): DataFrame {
  const names = new Set<unknown>();
  const records = items.map((item) => (pythonKind(item) === 'dict' ? item : recordFrom(item, compatibility)));
  for (const record of records) {
    for (const [key] of dictEntries(record)) names.add(key);
  }
  const columns = [...names].map((name) =>
    inferSeries(
      records.map((record) => (hasKey(record, name) ? dictGet(record, name) : NaN)),
      compatibility,
      name as ColumnName,
    ),
  );
  return new DataFrame(
    columns,
    items.map((_, i) => i),
  );
}

function hasKey(dict: unknown, key: unknown): boolean {
  return dict instanceof Map ? dict.has(key) : Object.hasOwn(dict as object, key as string);
}

/** Python's `dict(item)`, which pandas 3 tries on a row that is no dict. */
function recordFrom(item: unknown, compatibility: Compatibility): unknown {
  const name = qualifiedTypeName(item);
  if (compatibility === '2') throw new PythonError('AttributeError', `'${name}' object has no attribute 'keys'`);
  const pairs = typeof item === 'string' || item instanceof Uint8Array || item instanceof Set ? [...item] : item;
  if (!Array.isArray(pairs)) throw typeError(`'${name}' object is not iterable`);
  const entries = pairs.map((pair: unknown, i): [unknown, unknown] => {
    const parts =
      typeof pair === 'string' || pair instanceof Uint8Array
        ? [...pair]
        : pythonKind(pair) === 'dict'
          ? dictEntries(pair).map(([key]) => key)
          : pair;
    if (!Array.isArray(parts)) throw typeError(`cannot convert dictionary update sequence element #${i} to a sequence`);
    if (parts.length !== 2)
      throw valueError(`dictionary update sequence element #${i} has length ${parts.length}; 2 is required`);
    return [parts[0], parts[1]];
  });
  return dictFrom(entries);
}

/** `pd.DataFrame(dict)`: each value a column; scalars are repeated, dicts give row labels. */
export function frameFromDict(dict: unknown, compatibility: Compatibility): DataFrame {
  const entries = dictEntries(dict).map(([key, value]) => [key as ColumnName, normalize(value)] as const);
  if (entries.length === 0) return new DataFrame([], []);
  const dicts = entries.filter(([, value]) => pythonKind(value) === 'dict');
  const lists = entries.filter(
    ([, value]) => Array.isArray(value) || value instanceof Set || (value instanceof NdArray && value.ndim > 0),
  );
  if (new Set(lists.map(([, value]) => columnLength(value))).size > 1) {
    throw valueError('All arrays must be of the same length');
  }
  if (dicts.length > 0 && lists.length > 0) {
    throw valueError('Mixing dicts with non-Series may lead to ambiguous ordering.');
  }
  if (entries.some(([, value]) => value instanceof NdArray && value.ndim > 1)) {
    throw valueError('Per-column arrays must each be 1-dimensional');
  }
  if (entries.some(([, value]) => value instanceof Set)) throw typeError("'set' type is unordered");
  const index = dicts.length > 0 ? labelsOf(dicts.map(([, value]) => value)) : rangeOf(lists.map(([, value]) => value));
  const columns = entries.map(([name, value]) => columnFrom(name, value, index, compatibility));
  return new DataFrame(columns, index);
}

function columnLength(value: unknown): number {
  return value instanceof Set ? value.size : (value as unknown[] | NdArray).length;
}

function labelsOf(dicts: readonly unknown[]): unknown[] {
  return [...new Set(dicts.flatMap((dict) => dictEntries(dict).map(([key]) => key)))];
}

function rangeOf(lists: readonly unknown[]): number[] {
  const lengths = new Set(lists.map((list) => (list as unknown[] | NdArray).length));
  if (lengths.size === 0) throw valueError('If using all scalar values, you must pass an index');
  const [length = 0] = lengths;
  return Array.from({ length }, (_, i) => i);
}

function columnFrom(name: ColumnName, value: unknown, index: readonly unknown[], compatibility: Compatibility): Series {
  if (Array.isArray(value) && value.length === 0) return new Series('object', [], name);
  if (Array.isArray(value)) return inferSeries(value, compatibility, name);
  if (value instanceof NdArray && value.ndim === 1) return seriesFromArray(value, compatibility, name);
  if (pythonKind(value) === 'dict') {
    const items = index.map((label) => (hasKey(value, label) ? dictGet(value, label) : NaN));
    return items.length === 0 ? new Series('float64', [], name) : inferSeries(items, compatibility, name);
  }
  const scalar = value instanceof NdArray ? value.data[0] : value;
  if (value instanceof NdArray && (Array.isArray(scalar) || pythonKind(scalar) === 'dict'))
    return unpackedColumn(name, iterated(scalar), index);
  if (scalar instanceof NumpyScalar && !['str', 'bytes'].includes(scalar.dtype)) {
    return new Series(
      scalar.dtype,
      index.map(() => scalar.value),
      name,
    );
  }
  const one = inferSeries([scalar], compatibility, name);
  const isDatetime = pythonKind(scalar) === 'datetime' && !(scalar instanceof Timestamp);
  return new Series(
    isDatetime ? 'datetime64[us]' : one.dtype,
    index.map(() => one.values[0]),
    name,
  );
}

/** An array without dimensions counts as the list or the keys of the dict in it. */
function unpackedColumn(name: ColumnName, items: readonly unknown[], index: readonly unknown[]): Series {
  if (items.length === index.length) return new Series('object', items, name);
  if (items.length === 1)
    return new Series(
      'object',
      index.map(() => items[0]),
      name,
    );
  throw valueError(`Length of values (${items.length}) does not match length of index (${index.length})`);
}

/** `pd.DataFrame(array)`. */
export function frameFromArray(array: NdArray, compatibility: Compatibility): DataFrame {
  if (array.ndim === 1) return new DataFrame([seriesFromArray(array, compatibility, 0)]);
  if (array.ndim !== 2) throw valueError(`Must pass 2-d input. shape=${shapeText(array.shape)}`);
  const [rows = 0, width = 0] = array.shape;
  const columns = Array.from({ length: width }, (_, i) => {
    const values = Array.from({ length: rows }, (_unused, row) => array.data[row * width + i]);
    return seriesFromArray(new NdArray(array.dtype, [rows], values), compatibility, i);
  });
  return new DataFrame(
    columns,
    Array.from({ length: rows }, (_, i) => i),
  );
}

/** `pd.DataFrame(data, columns=, index=)` of the split form. @throws ValueError when the lengths do not agree. */
export function frameFromSplit(split: SplitFrame, compatibility: Compatibility): DataFrame {
  const frame = frameFromList(split.data as unknown[], compatibility);
  const { columns, index } = split;
  const width = frame.columns.length;
  const isEmpty = split.data.length === 0;
  const names = columns ?? frame.columnNames;
  if (names.length !== width && !isEmpty) throw wrongWidth(split, names.length, frame);
  if (index && index.length !== frame.rowCount && !isEmpty) {
    throw valueError(
      `Shape of passed values is ${shapeText([frame.rowCount, width])}, indices imply ${shapeText([index.length, names.length])}`,
    );
  }
  const named = isEmpty
    ? names.map(
        (name) =>
          new Series(
            'object',
            (index ?? []).map(() => NaN),
            name,
          ),
      )
    : frame.columns.map((column, i) => column.withName(names[i] as ColumnName));
  return new DataFrame(named, index ?? frame.index);
}

function wrongWidth(split: SplitFrame, expected: number, frame: DataFrame): PythonError {
  const width = frame.columns.length;
  if (isScalar(split.data[0])) {
    return valueError(
      `Shape of passed values is ${shapeText([frame.rowCount, width])}, indices imply ${shapeText([frame.rowCount, expected])}`,
    );
  }
  return valueError(`${expected} columns passed, passed data had ${width} columns`);
}

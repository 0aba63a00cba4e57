import type { Compatibility } from './compatibility.js';
import { DataFrame, isMissing, Series, type ColumnName, type SplitFrame } from './dataFrame.js';
import { NdArray, NumpyScalar, shapeText } from './ndArray.js';
import { Timestamp } from './pyDateTime.js';
import { PythonError, typeError, valueError } from './pythonError.js';
import {
  dictEntries,
  dictFrom,
  dictGet,
  isScalar,
  iterated,
  normalize,
  pythonKind,
  qualifiedTypeName,
} from './pythonValue.js';
import { inferSeries, seriesFromArray } from './seriesConstruction.js';

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

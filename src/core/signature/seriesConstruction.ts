import type { Compatibility } from './compatibility.js';
import { isMissing, Series, type ColumnName } from './dataFrame.js';
import { NdArray, NumpyScalar, shapeText } from './ndArray.js';
import { dtypeItemSize, dtypeKind } from './numpyDtype.js';
import { notATime, PyDateTime, Timestamp } from './pyDateTime.js';
import { valueError } from './pythonError.js';
import { normalize, numberOf, pythonKind } from './pythonValue.js';

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

import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { isMissing, Series, type ColumnName } from './dataFrame.js';
import { numpyDtypeOf, type DataType } from './dataTypes.js';
import { inferObjects } from './seriesConstruction.js';
import { castItem, parseFloatText, smallest, toInteger } from './numpyCast.js';
import { isTruthy } from './pythonTruth.js';
import { dtypeItemSize, dtypeKind, dtypeText, type DtypeKind } from './numpyDtype.js';
import { seriesToDatetimes } from './pandasDateColumn.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { inferDtype } from './ndArrayConstruction.js';
import { PythonError, typeError, valueError } from './pythonError.js';
import { dictEntries, lengthOf, numberOf, pythonKind } from './pythonValue.js';

/**
 * A column that satisfies the scalar type, converted where nothing is lost (`_enforce_mlflow_datatype`).
 * @param name the column as messages call it.
 * @throws MlflowError INTERNAL_ERROR with Python's text; PythonError where pandas itself raises.
 */
export function enforceDataType(name: ColumnName, input: Series, type: DataType, compatibility: Compatibility): Series {
  const isTextual = type === 'binary' || type === 'string';
  const series = input.dtype === 'object' && !isTextual ? inferObjects(input, compatibility) : input;
  const { dtype } = series;
  const isText = dtype === 'object' || dtype === 'str';
  if (isTextual && isText) return series;
  if (dtype === numpyDtypeOf(type)) return series;
  if (type === 'binary' && dtype.startsWith('|S')) return series;
  if (type === 'datetime' && dtype.startsWith('datetime64'))
    return new Series('datetime64[ns]', series.values, series.name);
  if (type === 'datetime' && dtype === 'object') return objectsToDatetimes(name, series, compatibility);
  if (type === 'boolean' && dtype === 'object') return series;
  if (type === 'double' && dtype === 'object') return textToNumbers(name, series, compatibility);
  return convertNumbers(name, series, type);
}

function convertNumbers(name: ColumnName, series: Series, type: DataType): Series {
  const target = numpyDtypeOf(type);
  if (isUpcast(series.dtype, target)) return castNumbers(series, target);
  const isFloatTarget = type === 'float' || type === 'double';
  if (series.dtype === 'int64' && isFloatTarget && series.values.every(isZeroOrOne)) return castNumbers(series, target);
  throw new MlflowError(
    `Incompatible input types for column ${name}. ` +
      `Can not safely convert ${series.dtype} to ${dtypeText(target)}.${missingValuesHint(series, target)}`,
  );
}

function isUpcast(from: string, to: string): boolean {
  const [fromKind, toKind] = [pandasDtypeKind(from), dtypeKind(to)];
  if (fromKind === toKind) return dtypeItemSize(from) <= dtypeItemSize(to);
  if (fromKind === 'u' && toKind === 'i') return dtypeItemSize(from) < dtypeItemSize(to);
  if ((fromKind === 'i' || fromKind === 'u') && to === 'float64') return dtypeItemSize(from) <= 6;
  return false;
}

/** pandas' text dtype counts as objects. */
function pandasDtypeKind(dtype: string): DtypeKind {
  if (dtype.startsWith('|S')) return 'S';
  return dtype === 'str' ? 'O' : dtypeKind(dtype);
}

function isZeroOrOne(value: unknown): boolean {
  return isMissing(value) || value === 0 || value === 1;
}

function castNumbers(series: Series, dtype: string): Series {
  const values =
    dtype === 'float32' ? series.values.map((value) => Math.fround(Number(value))) : series.values.map(plainNumber);
  return new Series(dtype, dtypeKind(dtype) === 'f' ? values.map(Number) : values, series.name);
}

function plainNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? smallest(value) : value;
}

function missingValuesHint(series: Series, target: string): string {
  const isCandidate = series.dtype === 'float64' && ['i', 'u'].includes(dtypeKind(target)) && series.hasMissing;
  if (!isCandidate || !series.values.every((value) => isMissing(value) || isWhole(value as number))) return '';
  return (
    ' Hint: the type mismatch is likely caused by missing values. ' +
    'Integer columns in python can not represent missing values and are therefore ' +
    'encoded as floats. The best way to avoid this problem is to infer the model ' +
    'schema based on a realistic data sample (training dataset) that includes missing ' +
    'values. Alternatively, you can declare integer columns as doubles (float64) ' +
    'whenever these columns may have missing values. See `Handling Integers With ' +
    'Missing Values <https://www.mlflow.org/docs/latest/models.html#' +
    'handling-integers-with-missing-values>`_ for more details.'
  );
}

function isWhole(value: number): boolean {
  return toInteger(Object(value)) !== undefined && Math.trunc(value) === value;
}

function objectsToDatetimes(name: ColumnName, series: Series, compatibility: Compatibility): Series {
  try {
    return new Series('datetime64[ns]', seriesToDatetimes(series, compatibility), series.name);
  } catch (error) {
    if (!(error instanceof PythonError) || ['TypeError', 'OverflowError'].includes(error.pythonType)) throw error;
    throw new MlflowError(`Failed to convert column ${name} from type ${series.dtype} to DataType.datetime.`);
  }
}

/** `pd.to_numeric` of objects: a double column also takes text that is a number, and comes out as it parses. */
function textToNumbers(name: ColumnName, series: Series, compatibility: Compatibility): Series {
  try {
    return toNumeric(series, compatibility);
  } catch (error) {
    if (!(error instanceof PythonError) || error.pythonType === 'TypeError') throw error;
    throw new MlflowError(`Failed to convert column ${name} from type ${series.dtype} to DataType.double.`);
  }
}

function toNumeric(series: Series, compatibility: Compatibility): Series {
  const isHuge = (value: unknown) => typeof value === 'bigint' && !/^(u?int)/.test(inferDtype([value]));
  if (
    compatibility === '3' &&
    series.values.some(isHuge) &&
    series.values.every((value) => pythonKind(value) === 'int')
  )
    return series;
  let isInteger = true;
  const numbers = series.values.map((value, i) => {
    const number = numericItem(value, i, compatibility);
    const isText = typeof value === 'string' || value instanceof Uint8Array;
    if (!Number.isSafeInteger(number)) isInteger = false;
    if (isText && !/^\s*[+-]?\d+\s*$/.test(textOf(value))) isInteger = false;
    if (pythonKind(value) === 'float') isInteger = false;
    return number;
  });
  return new Series(isInteger ? 'int64' : 'float64', numbers, series.name);
}

function isEmptyContainer(value: unknown): boolean {
  if (value instanceof NdArray) return lengthOf(value) === 0;
  const kind = pythonKind(value);
  return kind === 'list' ? (value as unknown[]).length === 0 : kind === 'dict' && dictEntries(value).length === 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : Buffer.from(value as Uint8Array).toString('latin1');
}

function numericItem(item: unknown, position: number, compatibility: Compatibility): number {
  const value = item instanceof NumpyScalar ? item.value : item;
  if (isMissing(value) || isEmptyContainer(value)) return NaN;
  const kind = pythonKind(value);
  if (kind === 'bool' || kind === 'int' || kind === 'float') return numberOf(value);
  if (kind !== 'str' && kind !== 'bytes') throw typeError(`Invalid object type at position ${position}`);
  const text = textOf(value);
  const parsed = text === '' ? NaN : parseFloatText(text);
  if (parsed !== undefined) return parsed;
  const quote = compatibility === '3' ? "'" : '"';
  throw valueError(`Unable to parse string ${quote}${text}${quote} at position ${position}`);
}

/**
 * `series.to_numpy(dtype)` of an already enforced column: what a list in an array column comes out as.
 * @throws PythonError in numpy's words.
 */
export function seriesToArrayItems(series: Series, type: DataType, compatibility: Compatibility): unknown[] {
  const dtype = numpyDtypeOf(type);
  if (dtype === 'bool') return series.values.map(isTruthy);
  if (dtype === 'datetime64[ns]') return [...series.values];
  const cast = (value: unknown) => {
    if (Array.isArray(value)) throw valueError('setting an array element with a sequence');
    return castItem(value, dtype, compatibility);
  };
  // pandas 3 cuts every text to its first character when one is missing.
  const isCut = series.dtype === 'str' && series.hasMissing;
  if (isCut && dtype === 'str') {
    return series.values.map((value) => [...(cast(value) as string)][0] ?? '');
  }
  if (isCut) return series.values.map((value) => (cast(value) as Uint8Array).slice(0, 1));
  return series.values.map(cast);
}

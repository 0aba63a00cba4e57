import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { DataFrame, Series, type ColumnName } from './dataFrame.js';
import {
  ArrayType,
  isCompound,
  MapType,
  numpyDtypeOf,
  ObjectType,
  typeRepr,
  type ColumnType,
  type DataType,
} from './dataTypes.js';
import { enforceArray, enforceMap, enforceObject } from './enforceCompound.js';
import { inferSeries } from './seriesConstruction.js';
import { NumpyScalar } from './ndArray.js';
import { castItem, fitInteger, processorInteger, smallest, toFloat, toInteger } from './numpyCast.js';
import { isTruthy } from './pythonTruth.js';
import { dtypeItemSize, dtypeKind, dtypeText } from './numpyDtype.js';
import { seriesToDatetimes, toDatetimes } from './pandasDateColumn.js';
import { errorRepr, PythonError, typeError, valueError } from './pythonError.js';
import { normalize, numberOf, pythonKind, seriesItems } from './pythonValue.js';
import type { Schema } from './schema.js';

/**
 * A frame read from JSON, its columns cast to the schema: base64 decoded, dates parsed, numbers converted also where
 * enforcement would refuse. Source: mlflow.utils.proto_json_utils.cast_df_types_according_to_schema.
 * @throws MlflowError BAD_REQUEST that names the column and the type.
 */
export function castFrame(frame: DataFrame, schema: Schema, compatibility: Compatibility): DataFrame {
  const required = new Set(schema.requiredInputNames);
  const targets = columnTargets(frame, schema);
  const cast = new Map<ColumnName, Series>();
  for (const [name, target] of targets) {
    const column = frame.column(name);
    if (!column) continue;
    try {
      cast.set(name, castColumn(column, target, required.has(name), compatibility).withName(name));
    } catch (error) {
      throw failedConversion(name, target, error);
    }
  }
  return new DataFrame(
    frame.columns.map((column) => cast.get(column.name) ?? column),
    frame.index,
  );
}

type Target = { tensor: string } | { column: ColumnType };

function columnTargets(frame: DataFrame, schema: Schema): Map<ColumnName, Target> {
  const targets: Target[] = schema.isTensorSpec
    ? schema.tensors.map((spec) => ({ tensor: spec.type }))
    : schema.columns.map((spec) => ({ column: spec.type }));
  const [only] = targets;
  const isOneTensor = schema.isTensorSpec && !schema.hasInputNames && targets.length === 1;
  const names = schema.hasInputNames ? schema.inputNames : frame.columnNames;
  const pairs = names.flatMap((name, i): [ColumnName, Target][] => {
    const target = isOneTensor ? only : targets[i];
    return target === undefined ? [] : [[name, target]];
  });
  return new Map(pairs);
}

function failedConversion(name: ColumnName, target: Target, error: unknown): MlflowError {
  const type = targetText(target);
  return new MlflowError(
    'Invalid input. Data is not compatible with model signature. ' +
      `Failed to convert column ${name} to type '${type}'. ` +
      `Error: '${errorRepr(error)}'`,
    'BAD_REQUEST',
    { cause: error },
  );
}

function targetText(target: Target): string {
  if ('tensor' in target) return dtypeText(target.tensor);
  if (isCompound(target.column)) return typeRepr(target.column);
  const isObject = target.column === 'string' || target.column === 'binary';
  return isObject ? "<class 'object'>" : numpyDtypeOf(target.column);
}

function castColumn(column: Series, target: Target, required: boolean, compatibility: Compatibility): Series {
  if ('tensor' in target) return castTensorColumn(column, target.tensor, compatibility);
  const type = target.column;
  if (typeof type === 'string') return castScalarColumn(column, type, compatibility);
  const isRequired = compatibility === '2' || required;
  if (type instanceof ArrayType) return mapped(column, (value) => enforceArray(value, type, isRequired, compatibility));
  if (type instanceof ObjectType)
    return mapped(column, (value) => enforceObject(value, type, isRequired, compatibility));
  if (type instanceof MapType) return mapped(column, (value) => enforceMap(value, type, isRequired, compatibility));
  return column;
}

/** `series.map(action)`. */
function mapped(column: Series, action: (value: unknown) => unknown): Series {
  return new Series('object', seriesItems(column).map(normalize).map(action), column.name);
}

function castTensorColumn(column: Series, dtype: string, compatibility: Compatibility): Series {
  if (dtype === 'bytes') return mapped(column, utf8Bytes);
  if (Array.isArray(column.values[0])) return column;
  if (column.length === 0) throw new PythonError('IndexError', 'single positional indexer is out-of-bounds');
  return astype(column, dtype, compatibility);
}

function castScalarColumn(column: Series, type: DataType, compatibility: Compatibility): Series {
  if (type === 'binary') return mapped(column, (value) => decodeBase64(utf8Bytes(value)));
  if (type === 'string') return column.dtype === 'str' ? column : new Series('object', boxed(column), column.name);
  if (type === 'datetime' && compatibility === '3')
    return new Series('datetime64[ns]', datetimesOf(column), column.name);
  return astype(column, numpyDtypeOf(type), compatibility);
}

function datetimesOf(column: Series): readonly unknown[] {
  return column.dtype.startsWith('datetime64') ? column.values : toDatetimes(column);
}

/** A column of numbers as objects: floats stay floats. */
function boxed(column: Series): unknown[] {
  if (!column.dtype.startsWith('float')) return [...column.values];
  return column.values.map((value) => (Number.isSafeInteger(value) ? Object(value) : value));
}

/** Python's `bytes(value, "utf8")`. */
function utf8Bytes(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw typeError('encoding without a string argument');
  return Buffer.from(value, 'utf8');
}

/** `base64.decodebytes`: characters outside the alphabet are skipped. */
export function decodeBase64(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^A-Za-z0-9+/=]/g, '');
  const data = text.replace(/=+$/, '');
  const rest = data.length % 4;
  if (rest === 1) {
    throw new PythonError(
      'Error',
      `Invalid base64-encoded string: number of data characters (${data.length}) cannot be 1 more than a multiple of 4`,
    );
  }
  if (rest !== 0 && text.length - data.length < 4 - rest) throw new PythonError('Error', 'Incorrect padding');
  return Buffer.from(data, 'base64');
}

/**
 * `series.astype(dtype)`: numbers wrap and truncate as numpy does, objects and text go through `int()`, `float()`, `bool()`.
 * @throws PythonError in pandas' words.
 */
export function astype(column: Series, dtype: string, compatibility: Compatibility): Series {
  if (column.dtype === dtype) return column;
  const isText = column.dtype === 'str';
  if (dtype === 'object') return new Series('object', boxed(column), column.name);
  if (dtype === 'str')
    return isText
      ? column
      : inferSeries(
          boxed(column).map((value) => castItem(value, 'str', compatibility)),
          compatibility,
        );
  if (dtypeKind(dtype) === 'M') return new Series(dtype, seriesToDatetimes(column, compatibility), column.name);
  const isObject = column.dtype === 'object' || isText;
  const convert = converter(dtype, isObject, compatibility);
  if (isText && column.hasMissing && 'iu'.includes(dtypeKind(dtype)))
    throw valueError('cannot convert float NaN to integer');
  const items = column.dtype.startsWith('float') ? seriesItems(column) : column.values;
  return new Series(dtype, items.map(convert), column.name);
}

function converter(dtype: string, isObject: boolean, compatibility: Compatibility): (value: unknown) => unknown {
  switch (dtypeKind(dtype)) {
    case 'b':
      return isTruthy;
    case 'i':
    case 'u':
      return (value) =>
        isObject ? objectToInteger(value, dtype, compatibility) : numberToInteger(value, dtype, compatibility);
    case 'f':
      return (value) => toFixedFloat(value, dtype);
    default:
      return (value) => castItem(value, dtype, compatibility);
  }
}

function toFixedFloat(item: unknown, dtype: string): number {
  const value = item instanceof NumpyScalar ? item.value : item;
  if (Array.isArray(value)) throw valueError('setting an array element with a sequence.');
  const number = toFloat(value);
  return dtype === 'float32' ? Math.fround(number) : number;
}

function objectToInteger(item: unknown, dtype: string, compatibility: Compatibility): number | bigint {
  if (compatibility === '2' && Array.isArray(item)) throw valueError('setting an array element with a sequence.');
  const value = item instanceof NumpyScalar ? item.value : item;
  return fitInteger(toInteger(value), dtype, compatibility, item instanceof NumpyScalar);
}

function numberToInteger(value: unknown, dtype: string, compatibility: Compatibility): number | bigint {
  const isFloat = pythonKind(value) === 'float';
  if (isFloat && !Number.isFinite(numberOf(value))) throw notAnInteger(compatibility);
  const bits = dtypeItemSize(dtype) * 8;
  const integer = isFloat ? processorInteger(numberOf(value), dtype) : toInteger(value);
  return smallest(dtypeKind(dtype) === 'i' ? BigInt.asIntN(bits, integer) : BigInt.asUintN(bits, integer));
}

function notAnInteger(compatibility: Compatibility): PythonError {
  const advice =
    ". Replace or remove non-finite values or cast to an integer type that supports these values (e.g. 'Int64')";
  return new PythonError(
    'IntCastingNaNError',
    `Cannot convert non-finite values (NA or inf) to integer${compatibility === '3' ? advice : ''}`,
  );
}

import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import {
  AnyType,
  ArrayType,
  MapType,
  ObjectType,
  typeRepr,
  type ColumnType,
  type DataType,
  type Property,
} from './dataTypes.js';
import { enforceDataType, seriesToArrayItems } from './enforceColumn.js';
import { seriesFrom } from './seriesConstruction.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { arrayFrom } from './ndArrayConstruction.js';
import { smallest } from './numpyCast.js';
import { isTruthy } from './pythonTruth.js';
import { numpyDtypeOf } from './dataTypes.js';
import { notATime, PyDateTime, Timestamp } from './pyDateTime.js';
import { typeError, valueError } from './pythonError.js';
import { pyStr, setRepr } from './pythonText.js';
import {
  dictEntries,
  dictFrom,
  dictSet,
  isNoneOrNan,
  isScalar,
  lengthOf,
  normalize,
  numberOf,
  pythonFloat,
  pythonKind,
  typeName,
} from './pythonValue.js';
import { typeToDict } from './typeJson.js';

/**
 * One value of a column checked against its type, converted where MLflow converts (`_enforce_type`): dicts of
 * object types in place, give a copy of what must stay.
 * @throws MlflowError with Python's text.
 */
export function enforceType(
  input: unknown,
  type: ColumnType,
  required: boolean,
  compatibility: Compatibility,
): unknown {
  const value = normalize(input);
  if (typeof type === 'string') return enforceScalar(value, type, required, compatibility);
  if (type instanceof ArrayType) return enforceArray(value, type, required, compatibility);
  if (type instanceof ObjectType) return enforceObject(value, type, required, compatibility);
  if (type instanceof MapType) return enforceMap(value, type, required, compatibility);
  return value;
}

function enforceScalar(value: unknown, type: DataType, required: boolean, compatibility: Compatibility): unknown {
  if (!required && (compatibility === '3' ? isNoneOrNan(value) : value === null || value === undefined)) return null;
  if (!isScalar(value)) throw new MlflowError(`Expected data to be scalar, got ${typeName(value, compatibility)}`);
  try {
    const series = enforceDataType('', seriesFrom(value, compatibility), type, compatibility);
    return scalarOf(series.dtype, series.values[0]);
  } catch (error) {
    if (!MlflowError.is(error)) throw error;
    throw MlflowError.invalidParameter(
      `Failed to enforce schema of data \`${pyStr(value, compatibility)}\` with dtype \`${type}\``,
    );
  }
}

/** An element of a Series: numbers and booleans are numpy scalars. */
function scalarOf(dtype: string, value: unknown): unknown {
  if (value instanceof PyDateTime) return new Timestamp(value.epochMicroseconds, value.nanoseconds);
  if (dtype.startsWith('datetime64')) return notATime;
  const isNumeric = /^(bool|u?int|float)/.test(dtype);
  return isNumeric ? new NumpyScalar(dtype, value) : value;
}

/** `_enforce_array`: a list stays a list, an array stays an array. */
export function enforceArray(
  value: unknown,
  array: ArrayType,
  required: boolean,
  compatibility: Compatibility,
): unknown {
  const isList = Array.isArray(value) || value instanceof NdArray;
  const isNone = value === null || value === undefined;
  if (compatibility === '3') {
    const isLenient = !required || array.dtype instanceof AnyType;
    if (isLenient && (isNone || (isList && lengthOf(value as unknown[] | NdArray) === 0))) return value;
  } else if (!required && isNone) return null;
  if (!isList) throw new MlflowError(`Expected data to be list or numpy array, got ${typeName(value, compatibility)}`);
  if (compatibility === '3' && typeof array.dtype === 'string')
    return enforceScalars(value as ListOrArray, array.dtype);
  const itemsRequired = compatibility === '2' || required;
  const items = itemsOf(value as ListOrArray).map((item) =>
    enforceType(item, array.dtype, itemsRequired, compatibility),
  );
  return Array.isArray(value) ? items : arrayFrom(items, undefined, compatibility);
}

type ListOrArray = unknown[] | NdArray;

function itemsOf(value: ListOrArray): unknown[] {
  if (Array.isArray(value)) return value;
  if (value.ndim === 0) throw typeError('iteration over a 0-d array');
  return Array.from({ length: value.length }, (_, i) => {
    const item = value.at(i);
    return item instanceof NdArray || value.dtype === 'object' ? item : new NumpyScalar(value.dtype, item);
  });
}

/** 3.17 checks the whole list at once and hands it on in the declared type. */
function enforceScalars(value: ListOrArray, type: DataType): unknown {
  if (lengthOf(value) === 0) return value;
  const series = enforceDataType('', seriesFrom(value, '3'), type, '3');
  const items = seriesToArrayItems(series, type, '3');
  if (!Array.isArray(value)) return new NdArray(numpyDtypeOf(type), [items.length], items);
  if (type === 'datetime') return items.map(epochNanoseconds);
  return type === 'float' || type === 'double' ? items.map((item) => pythonFloat(numberOf(item))) : items;
}

/** A list of datetimes leaves numpy as whole nanoseconds. */
function epochNanoseconds(value: unknown): unknown {
  return value instanceof PyDateTime ? smallest(value.epochMicroseconds * 1000n + BigInt(value.nanoseconds)) : null;
}

/** `_enforce_object`: unknown properties are errors here, unlike unknown columns. Changes the dict in place. */
export function enforceObject(
  value: unknown,
  object: ObjectType,
  required: boolean,
  compatibility: Compatibility,
): unknown {
  const isNone = value === null || value === undefined;
  const isDict = pythonKind(value) === 'dict';
  if (!required && (isNone || (compatibility === '3' && isEmptyDict(value)))) return value ?? null;
  if (!isDict) {
    throw new MlflowError(
      `Failed to enforce schema of '${pyStr(value, compatibility)}' with type '${typeRepr(object)}'. ` +
        `Expected data to be dictionary, got ${typeName(value, compatibility)}`,
    );
  }
  const entries = dictEntries(value);
  const properties = new Map(object.properties.map((property) => [property.name as unknown, property]));
  const given = new Set(entries.map(([key]) => key));
  const missing = object.properties.filter((property) => isTruthy(property.required) && !given.has(property.name));
  if (missing.length > 0) {
    throw new MlflowError(`Missing required properties: ${setRepr(missing.map((property) => property.name))}`);
  }
  const invalid = [...given].filter((key) => !properties.has(key));
  if (invalid.length > 0) {
    throw new MlflowError(`Invalid properties not defined in the schema found: ${setRepr(invalid)}`);
  }
  for (const [key, item] of entries) {
    dictSet(value, key, enforceProperty(item, properties.get(key) as Property, compatibility));
  }
  return value;
}

function enforceProperty(value: unknown, property: Property, compatibility: Compatibility): unknown {
  const required = compatibility === '2' || isTruthy(property.required);
  try {
    return enforceType(value, property.dtype, required, compatibility);
  } catch (error) {
    if (!MlflowError.is(error)) throw error;
    throw new MlflowError(
      `Failed to enforce schema for key \`${property.name}\`. ` +
        `Expected type ${String(typeToDict(property.dtype)['type'])}, received type ${typeName(normalize(value), compatibility)}`,
      'INTERNAL_ERROR',
      { cause: error },
    );
  }
}

/** Python's `value == {}`, which looks into arrays of one item. */
function isEmptyDict(value: unknown): boolean {
  if (value instanceof NdArray && value.size === 0) {
    throw valueError(
      'The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty.',
    );
  }
  if (value instanceof NdArray && value.size > 1) {
    throw valueError('The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()');
  }
  const item = value instanceof NdArray ? value.data[0] : value;
  return pythonKind(item) === 'dict' && dictEntries(item).length === 0;
}

/** `_enforce_map`: any text keys, values of one type. */
export function enforceMap(value: unknown, map: MapType, required: boolean, compatibility: Compatibility): unknown {
  const isNone = value === null || value === undefined;
  const isDict = pythonKind(value) === 'dict';
  if (compatibility === '3') {
    const isLenient = !required || map.valueType instanceof AnyType;
    if (isLenient && (isNone || isEmptyDict(value))) return value ?? null;
  } else if (!required && isNone) return null;
  if (!isDict) throw new MlflowError(`Expected data to be a dict, got ${typeName(value, compatibility)}`);
  const entries = dictEntries(value);
  if (entries.some(([key]) => typeof key !== 'string')) {
    throw new MlflowError('Expected all keys in the map type data are string type.');
  }
  const valueRequired = compatibility === '2' || required;
  return dictFrom(entries.map(([key, item]) => [key, enforceType(item, map.valueType, valueRequired, compatibility)]));
}

import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import type { ObjectType } from './dataTypes.js';
import { typeStr, type DataType } from './dataTypes.js';
import { enforceObject } from './enforceCompound.js';
import { NdArray, NumpyScalar, shapeText } from './ndArray.js';
import { listShape } from './ndArrayConstruction.js';
import { parseNumpyDate } from './numpyDateText.js';
import { PyDateTime } from './pyDateTime.js';
import { errorText } from './pythonError.js';
import { pyRepr, pyStr } from './pythonText.js';
import {
  classText,
  copyContainers,
  isScalar,
  normalize,
  numberOf,
  pythonFloat,
  pythonKind,
  typeName,
} from './pythonValue.js';

export type ParamType = DataType | ObjectType;

/**
 * A param value checked against type and shape (`ParamSpec.validate_type_and_shape`), as Python's own types: whole numbers
 * of a double param come out as marked floats. Object params come out as they went in.
 * @param spec the param as messages show it.
 * @throws MlflowError INVALID_PARAMETER_VALUE with the text of that generation.
 */
export function validateParamValue(
  spec: string,
  input: unknown,
  type: ParamType,
  shape: readonly number[] | null,
  compatibility: Compatibility,
): unknown {
  const value = normalize(input);
  const isList = shape?.length === 1 && shape[0] === -1;
  if (isList) requireOneDimension(spec, value, compatibility);
  if (compatibility === '2' && (isList || shape === null)) return validateIn2(spec, value, type as DataType, isList);
  try {
    if (isList) return listItems(value).map((item) => enforceParamType(item, type as DataType));
    if (shape === null && typeof type === 'string') return enforceParamType(value, type);
    if (shape === null) {
      enforceObject(copyContainers(value), type as ObjectType, true, compatibility);
      return value;
    }
  } catch (error) {
    throw MlflowError.invalidParameter(`Failed to validate type and shape for ${spec}, error: ${errorText(error)}`);
  }
  throw MlflowError.invalidParameter(
    `Shape must be None for scalar ${compatibility === '3' ? 'or dictionary value, ' : 'value '}or (-1,) for 1D array value ` +
      `for ParamSpec ${spec}), received ${shapeText(shape, pyRepr)}`,
  );
}

function requireOneDimension(spec: string, value: unknown, compatibility: Compatibility): void {
  const isArray = Array.isArray(value) || value instanceof NdArray;
  const dimensions = value instanceof NdArray ? value.ndim : Array.isArray(value) ? listShape(value).length : 0;
  if (isArray && dimensions === 1) return;
  throw MlflowError.invalidParameter(
    `Value must be a 1D array with shape (-1,) for param ${spec}, received ${typeName(value, compatibility)} with ndim ${dimensions}`,
  );
}

function listItems(value: unknown): unknown[] {
  if (!(value instanceof NdArray)) return value as unknown[];
  const isObject = value.dtype === 'object';
  return Array.from(value.data, (item) => (isObject ? item : new NumpyScalar(value.dtype, item)));
}

/** 3.17's `_enforce_param_datatype`. */
function enforceParamType(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'datetime') return enforceDatetime(value, (text) => text, '3', '');
  if (!isScalar(value)) {
    throw MlflowError.invalidParameter(`Value must be a scalar for type \`${typeStr(type)}\`, got \`${pyStr(value)}\``);
  }
  if (isConvertible(value, type)) return toPython(value, type);
  throw MlflowError.invalidParameter(
    `Can not safely convert \`${classText(value)}\` to \`${typeStr(type)}\` for value \`${pyStr(value)}\``,
  );
}

function enforceDatetime(
  value: unknown,
  wrap: (text: string) => string,
  compatibility: Compatibility,
  name: string,
): PyDateTime | null {
  const datetime = datetimeOf(value);
  if (datetime === null || datetime instanceof PyDateTime) return datetime;
  const text = pyStr(value, compatibility);
  if (datetime === 'int') {
    throw MlflowError.invalidParameter(
      compatibility === '3'
        ? `Failed to convert value to \`DataType.datetime\`. It must be convertible to datetime.date/datetime, got \`${text}\``
        : `Invalid value for param ${name}, it should be convertible to datetime.date/datetime, got ${text}`,
    );
  }
  throw MlflowError.invalidParameter(
    wrap(
      compatibility === '3'
        ? `Failed to convert value \`${text}\` from type \`${classText(value)}\` to \`DataType.datetime\``
        : `Failed to convert value ${text} from type ${typeName(value, '2')} to DataType.datetime for param ${name}`,
    ),
  );
}

/**
 * `np.datetime64(value).item()`: `int` where Python's datetime cannot hold it, being finer or out of its years, `null` for
 * NaT, `undefined` for no date.
 */
function datetimeOf(input: unknown): PyDateTime | 'int' | null | undefined {
  const value = input instanceof NumpyScalar ? input.value : input;
  if (value instanceof PyDateTime) {
    if (!(input instanceof NumpyScalar)) return value;
    return input.dtype === 'datetime64[ns]'
      ? 'int'
      : new PyDateTime(value.epochMicroseconds, input.dtype === 'datetime64[D]');
  }
  if (value === null) return null;
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  if (typeof text !== 'string') return undefined;
  try {
    const date = parseNumpyDate(text);
    if (date === null) return null;
    if (date.isFine || date.year < 1 || date.year > 9999) return 'int';
    return new PyDateTime(date.epochNanoseconds / 1000n, date.isDate);
  } catch {
    return undefined;
  }
}

function validateIn2(spec: string, value: unknown, type: DataType, isList: boolean): unknown {
  const name = isList ? `${spec} internal values` : `${spec} with shape None`;
  const enforce = (item: unknown): unknown => {
    if (item === null || item === undefined) return null;
    if (type === 'datetime') return enforceDatetime(item, (text) => text, '2', name);
    if (!isScalar(item)) {
      throw MlflowError.invalidParameter(`Value should be a scalar for param ${name}, got ${pyStr(item, '2')}`);
    }
    if (isConvertible(item, type)) return toPython(item, type);
    throw MlflowError.invalidParameter(
      `Incompatible types for param ${name}. Can not safely convert ${typeName(item, '2')} to ${typeStr(type)}.`,
    );
  };
  return isList ? listItems(value).map(enforce) : enforce(value);
}

/** What `DataType.check_type` accepts, by Python or numpy class. */
const acceptedClasses: Record<DataType, readonly string[]> = {
  boolean: ['bool'],
  integer: ['int', 'int32'],
  long: ['int', 'int64'],
  float: ['float', 'float32'],
  double: ['float', 'float64'],
  string: ['str', 'str_'],
  binary: ['bytes', 'bytes_'],
  datetime: ['datetime', 'date', 'datetime64'],
};

const wideningFrom: Partial<Record<DataType, readonly DataType[]>> = {
  long: ['integer'],
  float: ['integer', 'long'],
  double: ['integer', 'long', 'float'],
};

/** MLflow's `DataType.check_type`: is the value of exactly this type? */
export function isOfDataType(value: unknown, type: DataType): boolean {
  return acceptedClasses[type].includes(typeName(normalize(value)));
}

function isConvertible(value: unknown, type: DataType): boolean {
  return isOfDataType(value, type) || (wideningFrom[type] ?? []).some((narrow) => isOfDataType(value, narrow));
}

function toPython(value: unknown, type: DataType): unknown {
  if (type === 'float' || type === 'double') return pythonFloat(numberOf(value));
  if (value instanceof NumpyScalar) return value.value;
  return pythonKind(value) === 'int' && typeof value === 'bigint' && Number.isSafeInteger(Number(value))
    ? Number(value)
    : value;
}

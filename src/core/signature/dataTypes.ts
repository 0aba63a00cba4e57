import { compareCodePoints } from '../serialization/pyValue.js';
import { MlflowError } from '../errors.js';
import { dataTypeNames, isDataType, type DataType } from './dataTypeNames.js';
import type { Compatibility } from './compatibility.js';
import { isTruthy } from './pythonTruth.js';
import { typeError } from './pythonError.js';
import { pyStr } from './pythonText.js';
import { classText, typeName } from './pythonValue.js';

export { dataTypeNames, isDataType, type DataType };

/** Every type a column, an item, a property or a map value can have. */
export type ColumnType = DataType | ArrayType | ObjectType | MapType | AnyType;

const dataTypeList = `[${dataTypeNames.map((name) => `'${name}'`).join(', ')}]`;

/** numpy's dtype name for a scalar type. */
export function numpyDtypeOf(type: DataType): string {
  const names: Record<DataType, string> = {
    boolean: 'bool',
    integer: 'int32',
    long: 'int64',
    float: 'float32',
    double: 'float64',
    string: 'str',
    binary: 'bytes',
    datetime: 'datetime64[ns]',
  };
  return names[type];
}

/** A list of items of one type. */
export class ArrayType {
  readonly dtype: ColumnType;

  constructor(dtype: ColumnType | string | null, compatibility?: Compatibility) {
    this.dtype = checkedType(dtype, 'Array', compatibility);
  }
}

/** A vector of Spark ML: an array of doubles with a name of its own. */
export class SparkMLVector extends ArrayType {
  constructor() {
    super('double');
  }
}

/** One property of an {@link ObjectType}. */
export class Property {
  readonly dtype: ColumnType;

  constructor(
    readonly name: string,
    dtype: ColumnType | string | null,
    readonly required = true,
    compatibility?: Compatibility,
  ) {
    if (typeof (name as unknown) !== 'string') {
      throw MlflowError.invalidParameter(`Expected name to be a string, got type ${typeName(name)}`);
    }
    this.dtype = checkedType(dtype, 'Property', compatibility);
  }
}

/** A dictionary with known keys. Properties are kept sorted by name. */
export class ObjectType {
  readonly properties: readonly Property[];

  constructor(properties: readonly Property[]) {
    if (!Array.isArray(properties)) {
      throw MlflowError.invalidParameter(`Expected properties to be a list, got type ${typeName(properties)}`);
    }
    if (properties.length === 0)
      throw MlflowError.invalidParameter('Creating Object with empty properties is not allowed.');
    if (properties.some((property) => !(property instanceof Property))) {
      throw MlflowError.invalidParameter('Expected values to be instance of Property');
    }
    const names = properties.map((property) => (property as Property).name);
    if (new Set(names).size < names.length) {
      const seen = new Set<string>();
      const duplicates = new Set(names.filter((name) => seen.has(name) || !seen.add(name)));
      throw MlflowError.invalidParameter(`Found duplicated property names: \`${[...duplicates].join(', ')}\``);
    }
    this.properties = [...(properties as readonly Property[])].sort((a, b) => compareCodePoints(a.name, b.name));
  }
}

/** A dictionary with any text keys and values of one type. */
export class MapType {
  readonly valueType: ColumnType;

  constructor(valueType: ColumnType | string, compatibility?: Compatibility) {
    this.valueType = checkedType(valueType, 'Map', compatibility);
  }
}

/** Any JSON value; came with MLflow 2.20. */
export class AnyType {
  readonly kind = 'any';
}

export function isCompound(value: unknown): value is Exclude<ColumnType, DataType> {
  return (
    value instanceof ArrayType || value instanceof ObjectType || value instanceof MapType || value instanceof AnyType
  );
}

/** What a type is given to: messages differ with it. */
export type TypeOwner = 'Array' | 'Property' | 'Map' | 'ColSpec';

/** @throws MlflowError for an unknown name, PythonError (TypeError) or MlflowError for what is no type at all. */
export function checkedType(type: unknown, owner: TypeOwner, compatibility: Compatibility = '3'): ColumnType {
  if (isCompound(type) || isDataType(type)) return type;
  if (typeof type !== 'string') throw noTypeError(type, owner, compatibility);
  const compound = owner === 'ColSpec' ? '' : ', Array, Object, Map';
  const what = owner === 'Map' ? 'value type' : 'type';
  throw new MlflowError(
    `Unsupported ${what} '${type}', expected instance of DataType${compound} or one of ${dataTypeList}`,
  );
}

function noTypeError(value: unknown, owner: TypeOwner, compatibility: Compatibility): Error {
  const argument = { Array: 'dtype', Property: 'dtype', Map: 'value_type', ColSpec: 'type' }[owner];
  const isListedFirst = compatibility === '2' && (owner === 'Array' || owner === 'Map');
  const names = isListedFirst ? ['Array', 'Datatype', 'Object', 'Map'] : ['Datatype', 'Array', 'Object', 'Map'];
  if (compatibility === '3') names.push('AnyType');
  const expected = names.map((name) => `mlflow.types.schema.${name}`).join(', ');
  const message = `Expected ${expected} or str for the '${argument}' argument, but got ${passedType(value, owner, compatibility)}`;
  if (owner === 'ColSpec') return typeError(message);
  return owner === 'Map' && compatibility === '3' ? MlflowError.invalidParameter(message) : new MlflowError(message);
}

function passedType(value: unknown, owner: TypeOwner, compatibility: Compatibility): string {
  if (compatibility === '3') return pyStr(value);
  if (owner === 'Array') return `'${classText(value)}'`;
  return owner === 'Map' ? `'${pyStr(value)}'` : classText(value);
}

/** `repr(type)` in Python: `Array(string)`, `{a: long (required)}`, `Map(str -> DataType.double)`, `Any`. */
export function typeRepr(type: ColumnType): string {
  if (typeof type === 'string') return type;
  if (type instanceof SparkMLVector) return 'SparkML vector';
  if (type instanceof ArrayType) return `Array(${typeRepr(type.dtype)})`;
  if (type instanceof MapType) return `Map(str -> ${typeStr(type.valueType)})`;
  if (type instanceof ObjectType) return `{${type.properties.map(propertyRepr).join(', ')}}`;
  return 'Any';
}

/** `str(type)` in Python: scalars show their enum, `DataType.long`. */
export function typeStr(type: ColumnType): string {
  return typeof type === 'string' ? `DataType.${type}` : typeRepr(type);
}

export function propertyRepr({ name, dtype, required }: Property): string {
  return `${name}: ${typeRepr(dtype)} (${isTruthy(required) ? 'required' : 'optional'})`;
}

export function typesEqual(a: ColumnType, b: ColumnType): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a instanceof SparkMLVector || b instanceof SparkMLVector)
    return a instanceof SparkMLVector && b instanceof SparkMLVector;
  if (a instanceof ArrayType) return b instanceof ArrayType && typesEqual(a.dtype, b.dtype);
  if (a instanceof MapType) return b instanceof MapType && typesEqual(a.valueType, b.valueType);
  if (a instanceof AnyType) return b instanceof AnyType;
  if (!(b instanceof ObjectType) || a.properties.length !== b.properties.length) return false;
  return a.properties.every((property, i) => propertiesEqual(property, b.properties[i] as Property));
}

function propertiesEqual(a: Property, b: Property): boolean {
  return a.name === b.name && a.required === b.required && typesEqual(a.dtype, b.dtype);
}

/** The class name that Python shows for a type. */
export function typeClassName(type: ColumnType | Property): string {
  if (typeof type === 'string') return 'DataType';
  if (type instanceof Property) return 'Property';
  if (type instanceof SparkMLVector) return 'SparkMLVector';
  if (type instanceof ArrayType) return 'Array';
  if (type instanceof MapType) return 'Map';
  return type instanceof ObjectType ? 'Object' : 'AnyType';
}

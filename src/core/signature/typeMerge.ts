import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import {
  AnyType,
  ArrayType,
  MapType,
  ObjectType,
  Property,
  SparkMLVector,
  typeClassName,
  typeRepr,
  typesEqual,
  typeStr,
  type ColumnType,
} from './dataTypes.js';

/**
 * The type that two values of one list, or of one column, have in common (`BaseType._merge`).
 * Scalars are never promoted. In 2.16 there is no `any` and only types of the same class merge.
 * @throws MlflowError INTERNAL_ERROR when there is none.
 */
export function mergeTypes(a: ColumnType, b: ColumnType, compatibility: Compatibility): ColumnType {
  if (a instanceof AnyType) return typeof b === 'string' || b instanceof AnyType ? b : mergeTypes(b, a, compatibility);
  if (a instanceof SparkMLVector) {
    if (b instanceof SparkMLVector) return a;
    throw new MlflowError("SparkML vector type can't be merged with another Array type.");
  }
  if (a instanceof ArrayType) return mergeArrays(a, b, compatibility);
  if (a instanceof MapType) return mergeMaps(a, b, compatibility);
  if (a instanceof ObjectType) return mergeObjects(a, b, compatibility);
  if (a === b || (b instanceof AnyType && compatibility === '3')) return a;
  throw new MlflowError(`Properties are incompatible for ${typeStr(a)} and ${typeStr(b)}`);
}

function mergeArrays(a: ArrayType, b: ColumnType, compatibility: Compatibility): ArrayType {
  if (b instanceof AnyType || typesEqual(a, b)) return a;
  if (!(b instanceof ArrayType)) throw new MlflowError(`Can't merge array with non-array type: ${typeClassName(b)}`);
  const item = mergeInner(a.dtype, b.dtype, compatibility);
  if (item) return new ArrayType(item);
  throw new MlflowError(
    typeof a.dtype === 'string'
      ? `Array types are incompatible for ${typeRepr(a)} with dtype=${typeStr(a.dtype)} and ${typeRepr(b)} with dtype=${typeStr(b.dtype)}`
      : `Array type ${typeRepr(a)} and ${typeRepr(b)} are incompatible`,
  );
}

function mergeMaps(a: MapType, b: ColumnType, compatibility: Compatibility): MapType {
  if (b instanceof AnyType || typesEqual(a, b)) return a;
  if (!(b instanceof MapType)) throw new MlflowError(`Can't merge map with non-map type: ${typeClassName(b)}`);
  const value = mergeInner(a.valueType, b.valueType, compatibility);
  if (value) return new MapType(value);
  throw new MlflowError(
    typeof a.valueType === 'string'
      ? `Map types are incompatible for ${typeRepr(a)} with value_type=${typeStr(a.valueType)} and ${typeRepr(b)} with value_type=${typeStr(b.valueType)}`
      : `Map type ${typeRepr(a)} and ${typeRepr(b)} are incompatible`,
  );
}

/** `undefined` when the two cannot be merged and the caller has the words for it. */
function mergeInner(a: ColumnType, b: ColumnType, compatibility: Compatibility): ColumnType | undefined {
  if (typeof a === 'string') return a === b || b instanceof AnyType ? a : undefined;
  if (compatibility === '2' && typeClassName(a) !== typeClassName(b)) return undefined;
  return mergeTypes(a, b, compatibility);
}

function mergeObjects(a: ObjectType, b: ColumnType, compatibility: Compatibility): ObjectType {
  if (b instanceof AnyType) return new ObjectType(a.properties.map(optional));
  if (!(b instanceof ObjectType)) throw new MlflowError(`Can't merge object with non-object type: ${typeClassName(b)}`);
  if (typesEqual(a, b)) return a;
  const theirs = new Map(b.properties.map((property) => [property.name, property]));
  const ours = new Set(a.properties.map((property) => property.name));
  const merged = a.properties.map((property) => {
    const other = theirs.get(property.name);
    return other ? mergeProperties(property, other, compatibility) : optional(property);
  });
  return new ObjectType([...merged, ...b.properties.filter((property) => !ours.has(property.name)).map(optional)]);
}

/** Two properties of one name: required only when both are. */
export function mergeProperties(a: Property, b: Property, compatibility: Compatibility): Property {
  if (a.name !== b.name) throw new MlflowError("Can't merge properties with different names");
  if (compatibility === '2' && typeClassName(a.dtype) !== typeClassName(b.dtype)) {
    throw new MlflowError('Properties are incompatible');
  }
  return new Property(a.name, mergeTypes(a.dtype, b.dtype, compatibility), a.required && b.required);
}

function optional(property: Property): Property {
  return new Property(property.name, property.dtype, false);
}

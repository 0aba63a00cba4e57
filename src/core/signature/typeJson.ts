import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { AnyType, ArrayType, MapType, ObjectType, Property, SparkMLVector, type ColumnType } from './dataTypes.js';
import { dictEntries, pythonKind } from './pythonValue.js';

export type JsonDict = Record<string, unknown>;

/** `to_dict` of a type, keys in Python's order: `type` first. */
export function typeToDict(type: ColumnType): JsonDict {
  if (typeof type === 'string') return { type };
  if (type instanceof SparkMLVector) return { type: 'sparkml_vector' };
  if (type instanceof ArrayType) return { type: 'array', items: typeToDict(type.dtype) };
  if (type instanceof MapType) return { type: 'map', values: typeToDict(type.valueType) };
  if (type instanceof AnyType) return { type: 'any' };
  // A Map keeps the order by name also for keys that look like numbers.
  const properties = new Map<string, JsonDict>();
  for (const { name, dtype, required } of type.properties) properties.set(name, { ...typeToDict(dtype), required });
  return { type: 'object', properties };
}

export const compoundNames: readonly string[] = ['array', 'object', 'map', 'sparkml_vector', 'any'];

/**
 * The type of an item, a map value or a property. `any` is unknown to the 2.16 generation, as there.
 * @throws MlflowError INTERNAL_ERROR with Python's text.
 */
export function nestedType(json: JsonDict, compatibility: Compatibility): ColumnType | string {
  switch (json['type']) {
    case 'object':
      return objectFromJson(json, compatibility);
    case 'array':
      return arrayFromJson(json, compatibility);
    case 'sparkml_vector':
      return new SparkMLVector();
    case 'map':
      return mapFromJson(json, compatibility);
    case 'any':
      return compatibility === '2' ? 'any' : new AnyType();
    default:
      return json['type'] as string;
  }
}

export function isDict(value: unknown): value is JsonDict {
  return pythonKind(value) === 'dict';
}

function requireKeys(json: JsonDict, keys: readonly string[], message: string): void {
  if (keys.some((key) => !Object.hasOwn(json, key))) throw new MlflowError(message);
}

export function arrayFromJson(json: JsonDict, compatibility: Compatibility): ArrayType {
  requireKeys(json, ['items', 'type'], 'Missing keys in Array JSON. Expected to find keys `items` and `type`');
  if (json['type'] !== 'array') throw new MlflowError('Type mismatch, Array expects `array` as the type');
  const items = json['items'];
  if (!isDict(items)) throw new MlflowError('Expected items to be a dictionary of Object JSON');
  requireKeys(items, ['type'], "Missing keys in Array's items JSON. Expected to find key `type`");
  return new ArrayType(nestedType(items, compatibility), compatibility);
}

export function mapFromJson(json: JsonDict, compatibility: Compatibility): MapType | SparkMLVector {
  requireKeys(json, ['values', 'type'], 'Missing keys in Array JSON. Expected to find keys `items` and `type`');
  if (json['type'] !== 'map') throw new MlflowError('Type mismatch, Map expects `map` as the type');
  const values = json['values'];
  if (!isDict(values)) throw new MlflowError('Expected values to be a dictionary of Object JSON');
  requireKeys(values, ['type'], "Missing keys in Map's items JSON. Expected to find key `type`");
  const type = nestedType(values, compatibility);
  // Python returns the vector itself here, not a map of vectors.
  return type instanceof SparkMLVector ? type : new MapType(type, compatibility);
}

export function objectFromJson(json: JsonDict, compatibility: Compatibility): ObjectType {
  requireKeys(
    json,
    ['properties', 'type'],
    'Missing keys in Object JSON. Expected to find keys `properties` and `type`',
  );
  if (json['type'] !== 'object') throw new MlflowError('Type mismatch, Object expects `object` as the type');
  const properties = json['properties'];
  if (!isDict(properties) || dictEntries(properties).some(([, property]) => !isDict(property))) {
    throw new MlflowError('Expected properties to be a dictionary of Property JSON');
  }
  const entries = dictEntries(properties) as [string, JsonDict][];
  return new ObjectType(entries.map(([name, property]) => propertyFromJson({ [name]: property }, compatibility)));
}

/** One property from `{name: {type, required}}`. */
export function propertyFromJson(json: Record<string, JsonDict>, compatibility: Compatibility = '3'): Property {
  const entries = Object.entries(json);
  const [entry] = entries;
  if (entries.length !== 1 || !entry) {
    throw new MlflowError(`Expected Property JSON to contain a single key as name, got ${entries.length} keys.`);
  }
  const [name, spec] = entry;
  requireKeys(spec, ['type'], `Missing keys in Property \`${name}\`. Expected to find key \`type\``);
  const required = (Object.hasOwn(spec, 'required') ? spec['required'] : true) as boolean;
  const type = nestedType(spec, compatibility);
  // In Python a vector takes the property's place and the object then refuses it.
  if (type instanceof SparkMLVector) throw MlflowError.invalidParameter('Expected values to be instance of Property');
  return new Property(name, type, required, compatibility);
}

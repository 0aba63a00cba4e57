import { ArrayType, MapType, ObjectType, SparkMLVector, type ColumnType } from './dataTypes.js';
import type { ModelSignature } from './modelSignature.js';
import { pythonJsonDumps } from './pythonJson.js';
import type { ParamSpec } from './params.js';
import { PyDateTime } from './pyDateTime.js';
import { TensorSpec, type ColSpec, type Schema } from './schema.js';

/** One line of the signature table. */
export interface SignatureRow {
  part: 'inputs' | 'outputs' | 'params';
  /** Empty for an unnamed column or tensor. */
  name: string;
  /** Readable: `list of string`, `object with 2 properties`, `tensor of float32, any × 28 × 28`. */
  typeText: string;
  isRequired: boolean;
  /** Of params: the default as JSON. */
  defaultText: string | null;
  /** How deep in a nested type; 0 for columns and params. */
  depth: number;
}

/** The rows of a signature, nested properties under their object, each with its whole type in words. */
export function signatureRows(signature: ModelSignature): SignatureRow[] {
  return [
    ...schemaRows('inputs', signature.inputs),
    ...schemaRows('outputs', signature.outputs),
    ...(signature.params?.params ?? []).flatMap(paramRows),
  ];
}

function schemaRows(part: SignatureRow['part'], schema: Schema | null): SignatureRow[] {
  return (schema?.inputs ?? []).flatMap((input) =>
    input instanceof TensorSpec ? [tensorRow(part, input)] : columnRows(part, input),
  );
}

function tensorRow(part: SignatureRow['part'], { name, type, shape }: TensorSpec): SignatureRow {
  const lengths = shape.map((length) => (length === -1 ? 'any' : String(length)));
  const typeText = `tensor of ${type}, ${lengths.length === 0 ? 'no dimensions' : lengths.join(' × ')}`;
  return { part, name: String(name ?? ''), typeText, isRequired: true, defaultText: null, depth: 0 };
}

function columnRows(part: SignatureRow['part'], { name, type, required }: ColSpec): SignatureRow[] {
  const row = {
    part,
    name: String(name ?? ''),
    typeText: typeInWords(type),
    isRequired: required === true,
    defaultText: null,
    depth: 0,
  };
  return [row, ...propertyRows(part, type, 1)];
}

function paramRows(spec: ParamSpec): SignatureRow[] {
  const type = typeInWords(spec.dtype);
  const row: SignatureRow = {
    part: 'params',
    name: spec.name,
    typeText: spec.shape === null ? type : `list of ${type}`,
    isRequired: false,
    defaultText: defaultText(spec.default),
    depth: 0,
  };
  return [row, ...propertyRows('params', spec.dtype, 1)];
}

/** A default as JSON. */
export function defaultText(value: unknown): string {
  const plain = (item: unknown) => (item instanceof PyDateTime ? item.isoFormat() : item);
  return pythonJsonDumps(Array.isArray(value) ? value.map(plain) : plain(value));
}

/** The properties of the object inside a type, whatever lists and maps it is in. */
function propertyRows(part: SignatureRow['part'], type: ColumnType, depth: number): SignatureRow[] {
  const inner = innermost(type);
  if (!(inner instanceof ObjectType)) return [];
  return inner.properties.flatMap(({ name, dtype, required }) => [
    { part, name, typeText: typeInWords(dtype), isRequired: required, defaultText: null, depth },
    ...propertyRows(part, dtype, depth + 1),
  ]);
}

function innermost(type: ColumnType): ColumnType {
  if (type instanceof ArrayType) return innermost(type.dtype);
  return type instanceof MapType ? innermost(type.valueType) : type;
}

/** A type as one reads it. */
export function typeInWords(type: ColumnType): string {
  if (typeof type === 'string') return type;
  if (type instanceof SparkMLVector) return 'Spark ML vector';
  if (type instanceof ArrayType) return `list of ${typeInWords(type.dtype)}`;
  if (type instanceof MapType) return `map of text to ${typeInWords(type.valueType)}`;
  if (type instanceof ObjectType) {
    const count = type.properties.length;
    return `object with ${count === 1 ? '1 property' : `${count} properties`}`;
  }
  return 'any';
}

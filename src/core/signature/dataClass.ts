import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { ArrayType, ObjectType, Property, type ColumnType, type DataType } from './dataTypes.js';
import { ColSpec, Schema } from './schema.js';

/** Python's names of the types that fields can have, and MLflow's for them. */
const scalarTypes = {
  bool: 'boolean',
  int: 'long',
  float: 'float',
  str: 'string',
  bytes: 'binary',
  date: 'datetime',
} as const satisfies Record<string, DataType>;

export type ScalarField = keyof typeof scalarTypes;
export type FieldType = ScalarField | DataClass | { list: ScalarField | DataClass };
/** A field of a {@link DataClass}: its type, or that as `optional`. */
export type Field = FieldType | { optional: FieldType };

/**
 * The fields of a Python dataclass, from which MLflow makes a schema: `{ question: 'str', tags: { list: 'str' },
 * user: { optional: 'int' }, meta: otherDataClass }`.
 * Source: mlflow.types.schema.convert_dataclass_to_schema.
 */
export class DataClass {
  constructor(
    readonly name: string,
    readonly fields: Readonly<Record<string, Field>>,
  ) {}

  /** A column a field. @throws MlflowError INTERNAL_ERROR with Python's text for types that it does not know. */
  toSchema(compatibility: Compatibility = '3'): Schema {
    return new Schema(
      Object.entries(this.fields).map(([name, field]) => {
        const { type, isRequired } = declared(field);
        return new ColSpec(this.columnType(type, compatibility), name, isRequired);
      }),
    );
  }

  private columnType(type: FieldType, compatibility: Compatibility): ColumnType {
    if (type instanceof DataClass) return type.toObject(compatibility);
    if (typeof type === 'string') {
      return scalar(type) ?? this.refuse(`Unsupported field type ${String(type)} in dataclass ${this.name}`);
    }
    const item = type.list;
    if (item instanceof DataClass) return new ArrayType(item.toObject(compatibility));
    return new ArrayType(
      scalar(item) ?? this.refuse(`List field type ${String(item)} is not supported in dataclass ${this.name}`),
    );
  }

  /** An object type of the fields, for a field of another data class. */
  toObject(compatibility: Compatibility): ObjectType {
    return new ObjectType(
      Object.entries(this.fields).map(([name, field]) => {
        const { type, isRequired } = declared(field);
        return new Property(name, propertyType(type, compatibility), isRequired, compatibility);
      }),
    );
  }

  private refuse(message: string): never {
    throw new MlflowError(message);
  }
}

function declared(field: Field): { type: FieldType; isRequired: boolean } {
  const isOptional = typeof field === 'object' && 'optional' in field;
  return isOptional ? { type: field.optional, isRequired: false } : { type: field, isRequired: true };
}

/** Inside an object Python knows lists of scalars only. */
function propertyType(type: FieldType, compatibility: Compatibility): ColumnType | null {
  if (type instanceof DataClass) return type.toObject(compatibility);
  if (typeof type === 'string') return scalar(type) ?? null;
  const item = typeof type.list === 'string' ? scalar(type.list) : undefined;
  return new ArrayType(item ?? null, compatibility);
}

function scalar(name: string): DataType | undefined {
  return Object.hasOwn(scalarTypes, name) ? scalarTypes[name as ScalarField] : undefined;
}

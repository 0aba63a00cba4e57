import { ArrayType, MapType, ObjectType, type ColumnType, type DataType } from './dataTypes.js';
import { NumpyScalar } from './ndArray.js';
import { PyDateTime } from './pyDateTime.js';
import { dictEntries, dictFrom, numberOf, pythonFloat, pythonKind } from './pythonValue.js';
import type { Schema } from './schema.js';

/**
 * A value with its numbers and dates in the declared type: `2` becomes `2.0` where a double is wanted, a 32-bit number
 * where `integer` or `float` is, ISO text a datetime. For people and languages whose numbers have no type: Python's own
 * check refuses an int for a double and a float for a float32. What does not fit is left for that check to refuse.
 */
export function declareValue(value: unknown, type: ColumnType): unknown {
  const kind = pythonKind(value);
  if (typeof type === 'string') {
    return kind === 'list' ? (value as unknown[]).map((item) => declareScalar(item, type)) : declareScalar(value, type);
  }
  if (type instanceof ArrayType)
    return kind === 'list' ? (value as unknown[]).map((item) => declareValue(item, type.dtype)) : value;
  if (kind !== 'dict') return value;
  if (type instanceof MapType) return mapDict(value, () => type.valueType);
  if (!(type instanceof ObjectType)) return value;
  const types = new Map(type.properties.map(({ name, dtype }) => [name as unknown, dtype]));
  return mapDict(value, (key) => types.get(key));
}

function declareScalar(value: unknown, type: DataType): unknown {
  const kind = pythonKind(value);
  if (type === 'datetime' && typeof value === 'string') {
    const date = PyDateTime.parse(value.trim());
    return date instanceof PyDateTime ? new PyDateTime(date.epochMicroseconds) : value;
  }
  if (kind !== 'int' && kind !== 'float') return value;
  const number = numberOf(value);
  if (type === 'double') return pythonFloat(number);
  if (type === 'float') return new NumpyScalar('float32', Math.fround(number));
  const isInteger = kind === 'int' && Math.trunc(number) === (number | 0);
  return type === 'integer' && isInteger ? new NumpyScalar('int32', number) : value;
}

function mapDict(value: unknown, typeOf: (key: unknown) => ColumnType | undefined): unknown {
  return dictFrom(
    dictEntries(value).map(([key, item]) => {
      const type = typeOf(key);
      return [key, type === undefined ? item : declareValue(item, type)];
    }),
  );
}

/** {@link declareValue} for a record, a list of records or rows, or the values of an unnamed column. */
export function declareData(data: unknown, schema: Schema | null): unknown {
  const columns = schema?.columns ?? [];
  const [first] = columns;
  if (!first) return data;
  if (first.name === null) {
    if (!Array.isArray(data)) return declareValue(data, first.type);
    const isRows = columns.length > 1 && data.every((row) => Array.isArray(row));
    if (!isRows) return data.map((item) => declareValue(item, first.type));
    return data.map((row: unknown[]) => row.map((item, i) => declareValue(item, columns[i]?.type ?? 'string')));
  }
  const types = new Map<unknown, ColumnType>(columns.map(({ name, type }) => [name, type]));
  const declare = (record: unknown) =>
    pythonKind(record) === 'dict' ? mapDict(record, (key) => types.get(key)) : record;
  return Array.isArray(data) ? data.map(declare) : declare(data);
}

import type { JsonValue } from '../ports.js';
import { pythonStr } from './pythonRepr.js';
import { isPythonInt, PyDateTime, PyFloat, setOwn, type PyRecord, type PyValue } from './pyValue.js';

/**
 * A value in JavaScript's own types: `PyFloat` and `bigint` as numbers, `Map` as an object whose keys are Python's texts,
 * dates as Python's `str()`, bytes as base64. Collections that are shared stay shared.
 */
export function toPlain(value: PyValue | undefined): JsonValue {
  return new PlainCopy().copy(value);
}

class PlainCopy {
  private readonly copies = new Map<object, JsonValue>();

  copy(value: PyValue | undefined): JsonValue {
    if (value === null || value === undefined) return null;
    if (typeof value === 'bigint') return Number(value);
    if (typeof value !== 'object') return value;
    if (value instanceof PyFloat) return value.value;
    if (value instanceof Date || value instanceof PyDateTime) return pythonStr(value);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    const known = this.copies.get(value);
    if (known !== undefined) return known;
    const copy = Array.isArray(value) ? value.map((item: PyValue) => this.copy(item)) : this.copyRecord(value);
    this.copies.set(value, copy);
    return copy;
  }

  private copyRecord(value: object): JsonValue {
    const record: { [key: string]: JsonValue } = {};
    for (const [key, item] of entriesOf(value)) setOwn(record, pythonStr(key), this.copy(item));
    return record;
  }
}

/**
 * Gives a plain value the types of the one it was copied from by {@link toPlain}, wherever it still says the same: an
 * unchanged `1` that was read as `1.0` is written as `1.0` again, an unchanged key `'1'` that was the number 1 too.
 */
export function restoreTypes(value: PyValue | undefined, original: PyValue | undefined): PyValue {
  return new TypeRestorer().restore(value, original);
}

class TypeRestorer {
  private readonly restored = new Map<object, PyValue>();

  restore(value: PyValue | undefined, original: PyValue | undefined): PyValue {
    if (value === undefined) return null;
    if (typeof value !== 'object' || value === null) return isCopyOf(value, original) ? (original ?? null) : value;
    if (!isContainer(value)) return value;
    const known = this.restored.get(value);
    if (known !== undefined) return known;
    const result = Array.isArray(value) ? this.restoreArray(value, original) : this.restoreRecord(value, original);
    this.restored.set(value, result);
    return result;
  }

  private restoreArray(value: readonly PyValue[], original: PyValue | undefined): PyValue {
    const items: readonly PyValue[] = Array.isArray(original) ? (original as readonly PyValue[]) : [];
    return value.map((item, index) => this.restore(item, items[index]));
  }

  private restoreRecord(value: object, original: PyValue | undefined): PyValue {
    if (value instanceof Map) return value as PyValue;
    if (!(original instanceof Map)) {
      const source = (isContainer(original) && !Array.isArray(original) ? original : {}) as PyRecord;
      const record: Record<string, PyValue> = {};
      for (const [key, item] of Object.entries(value as PyRecord)) setOwn(record, key, this.restore(item, source[key]));
      return record;
    }
    const keys = new Map([...(original as Map<PyValue, PyValue>).keys()].map((key) => [pythonStr(key), key]));
    const entries = Object.entries(value as PyRecord).map(([key, item]): [PyValue, PyValue] => {
      const typedKey = keys.get(key) ?? key;
      return [typedKey, this.restore(item, (original as Map<PyValue, PyValue>).get(typedKey))];
    });
    const order = [...keys.keys()];
    entries.sort(([left], [right]) => rankOf(order, left) - rankOf(order, right));
    return new Map(entries);
  }
}

function rankOf(order: readonly string[], key: PyValue): number {
  const index = order.indexOf(pythonStr(key));
  return index < 0 ? order.length : index;
}

function isCopyOf(value: PyValue, original: PyValue | undefined): boolean {
  if (typeof value === 'number') {
    return (
      (original instanceof PyFloat && Object.is(original.value, value) && isPythonInt(value)) ||
      (typeof original === 'bigint' && Number(original) === value)
    );
  }
  if (typeof value !== 'string') return false;
  if (original instanceof PyDateTime) return pythonStr(original) === value;
  return original instanceof Uint8Array && Buffer.from(original).toString('base64') === value;
}

function isContainer(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof PyFloat) &&
    !(value instanceof PyDateTime) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}

function entriesOf(value: object): Iterable<[PyValue, PyValue | undefined]> {
  return value instanceof Map
    ? (value as Map<PyValue, PyValue>).entries()
    : Object.entries(value as Record<string, PyValue | undefined>);
}

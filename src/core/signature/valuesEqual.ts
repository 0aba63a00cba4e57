import { PyDateTime } from './pyDateTime.js';
import { dictEntries, dictGet, numberOf, pythonKind } from './pythonValue.js';

const numeric = new Set(['bool', 'int', 'float']);

/** Python's `==` of JSON-like values: `1 == 1.0 == True`, NaN equals nothing. */
export function valuesEqual(a: unknown, b: unknown): boolean {
  const [left, right] = [pythonKind(a), pythonKind(b)];
  if (numeric.has(left) && numeric.has(right)) {
    return typeof a === 'bigint' && typeof b === 'bigint' ? a === b : numberOf(a) === numberOf(b);
  }
  if (left !== right) return false;
  if (a instanceof PyDateTime && b instanceof PyDateTime) return a.epochMicroseconds === b.epochMicroseconds;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => valuesEqual(item, b[i]));
  if (left === 'dict') {
    const entries = dictEntries(a);
    return (
      entries.length === dictEntries(b).length && entries.every(([key, item]) => valuesEqual(item, dictGet(b, key)))
    );
  }
  if (left === 'bytes') return Buffer.compare(a as Uint8Array, b as Uint8Array) === 0;
  return left === 'NoneType' || a === b;
}

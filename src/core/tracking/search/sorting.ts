import { compareCodePoints } from '../../serialization/pyValue.js';
import type { FieldValue } from './matching.js';

export interface SortKey<T> {
  fieldOf: (item: T) => FieldValue;
  ascending: boolean;
}

/**
 * Sorts by several keys: real values first in the wanted direction, then NaN, then what is absent.
 * Source: SearchUtils.sort and the sort keys of its subclasses.
 */
export function sortByKeys<T>(items: readonly T[], keys: readonly SortKey<T>[]): T[] {
  return [...items].sort((left, right) => {
    for (const { fieldOf, ascending } of keys) {
      const order = compareFields(fieldOf(left), fieldOf(right), ascending);
      if (order !== 0) return order;
    }
    return 0;
  });
}

function compareFields(left: FieldValue, right: FieldValue, ascending: boolean): number {
  const byPresence = absence(left) - absence(right);
  if (byPresence !== 0 || absence(left) > 0) return byPresence;
  const order = compareValues(left, right);
  return ascending ? order : -order;
}

/** 0 for a real value, 1 for NaN, 2 for nothing. */
function absence(field: FieldValue): number {
  if (field == null) return 2;
  return typeof field === 'number' && Number.isNaN(field) ? 1 : 0;
}

function compareValues(left: FieldValue, right: FieldValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left < right ? -1 : left > right ? 1 : 0;
  return compareCodePoints(String(left), String(right));
}

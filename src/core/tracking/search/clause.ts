/** What a clause speaks of. `attribute` is a field of the entity itself. */
export type ClauseEntity = 'attribute' | 'metric' | 'parameter' | 'tag' | 'dataset';

/** The right side of a comparison, as far as its writing tells its type. */
export type ClauseValue =
  | { type: 'text'; text: string }
  | { type: 'list'; items: readonly string[] }
  | { type: 'integer'; integer: bigint }
  | { type: 'float'; number: number }
  /** There is none: `IS NULL`, `IS NOT NULL`. */
  | { type: 'none' };

/** One comparison of a filter; a filter is a list of them, all of which must hold. */
export interface Clause {
  entity: ClauseEntity;
  key: string;
  /** As it was written (`like`), except that the registry's are in upper case already. */
  comparator: string;
  value: ClauseValue;
}

/** One part of an `order_by`. */
export interface OrderBy {
  entity: ClauseEntity;
  key: string;
  ascending: boolean;
}

/** The value where only text can be stored. */
export function textOfValue(value: ClauseValue): string {
  switch (value.type) {
    case 'text':
      return value.text;
    case 'integer':
      return value.integer.toString();
    case 'float':
      return String(value.number);
    default:
      return '';
  }
}

/** The value as a number. Source: Python's `float(value)`. */
export function numberOfValue(value: ClauseValue): number {
  switch (value.type) {
    case 'integer':
      return Number(value.integer);
    case 'float':
      return value.number;
    default:
      return Number(textOfValue(value));
  }
}

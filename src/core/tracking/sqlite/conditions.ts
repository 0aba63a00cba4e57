import { MlflowError } from '../../errors.js';
import type { ClauseValue } from '../search/clause.js';
import { placeholders, type SqlValue } from './connection.js';

/** A piece of a WHERE clause with its parameters. */
export interface Condition {
  sql: string;
  parameters: SqlValue[];
}

const largestInteger = 2n ** 63n - 1n;

/**
 * `column comparator value` in SQL. `comparator` is in upper case and known to be allowed.
 * Source: SearchUtils.get_sql_comparison_func for SQLite.
 */
export function comparison(column: string, comparator: string, value: ClauseValue): Condition {
  switch (comparator) {
    case 'LIKE':
      return { sql: `${column} LIKE ?`, parameters: [scalar(value)] };
    case 'ILIKE':
      return { sql: `lower(${column}) LIKE lower(?)`, parameters: [scalar(value)] };
    case 'IN':
    case 'NOT IN': {
      const items = value.type === 'list' ? value.items : [];
      return { sql: `${column} ${comparator} (${placeholders(items.length)})`, parameters: [...items] };
    }
    default:
      return { sql: `${column} ${comparator} ?`, parameters: [scalar(value)] };
  }
}

/** All of them. */
export function conjunction(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(' AND ') || '1',
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

function scalar(value: ClauseValue): SqlValue {
  switch (value.type) {
    case 'text':
      return value.text;
    case 'float':
      return value.number;
    case 'integer':
      return integerParameter(value.integer);
    case 'list':
      throw new MlflowError(
        "(sqlite3.ProgrammingError) Error binding parameter: type 'tuple' is not supported",
        'BAD_REQUEST',
      );
    case 'none':
      return null;
  }
}

/** @throws INTERNAL_ERROR with Python's text beyond 64 bits. */
export function integerParameter(integer: bigint): SqlValue {
  if (integer > largestInteger || integer < -largestInteger - 1n) {
    throw new MlflowError('Python int too large to convert to SQLite INTEGER');
  }
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

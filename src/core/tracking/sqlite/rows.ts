import type { SqlRow, SqlValue } from './connection.js';

export function textOf(value: SqlValue | undefined): string {
  return value == null ? '' : String(value);
}

export function textOrNull(value: SqlValue | undefined): string | null {
  return value == null ? null : String(value);
}

export function numberOf(value: SqlValue | undefined): number {
  return value == null ? 0 : Number(value);
}

export function numberOrNull(value: SqlValue | undefined): number | null {
  return value == null ? null : Number(value);
}

/** A metric value: NaN is stored as 0 with a flag. */
export function metricValueOf(row: SqlRow): number {
  return Number(row['is_nan'] ?? 0) === 0 ? numberOf(row['value']) : Number.NaN;
}

/** Rows by the value of a column, in their order. */
export function groupRows(rows: readonly SqlRow[], column: string): Map<string, SqlRow[]> {
  const groups = new Map<string, SqlRow[]>();
  for (const row of rows) {
    const key = String(row[column]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** A record of two columns. */
export function recordOf(
  rows: readonly SqlRow[] | undefined,
  keyColumn: string,
  valueColumn: string,
): Record<string, string> {
  const entries = (rows ?? []).map((row): [string, string] => [String(row[keyColumn]), textOf(row[valueColumn])]);
  return Object.fromEntries(entries);
}

/** A list as one parameter: `x IN (SELECT value FROM json_each(?))`. The statement's text stays the same for every length. */
export const inList = 'IN (SELECT value FROM json_each(?))';

export function listParameter(items: readonly (string | number)[]): string {
  return JSON.stringify(items);
}

import { placeholders, type SqlValue } from './connection.js';
import type { Session } from './storeFile.js';

export type ColumnValues = Readonly<Record<string, SqlValue>>;

/** What happens when the row is there already: an error, nothing, or its other columns are overwritten. */
export interface OnConflict {
  /** Columns of the primary key, without the workspace. */
  key: readonly string[];
  action: 'nothing' | 'update';
}

/** Inserts one row; rows of a table with workspaces go into the default one. @returns the row's id. */
export function insert(session: Session, table: string, values: ColumnValues, onConflict?: OnConflict): number {
  const row = session.schema.hasWorkspace(table) ? { ...values, workspace: 'default' } : values;
  const columns = Object.keys(row);
  const quoted = columns.map((column) => `"${column}"`).join(', ');
  const conflict = onConflict === undefined ? '' : conflictClause(columns, onConflict);
  return session.connection.run(
    `INSERT INTO ${table} (${quoted}) VALUES (${placeholders(columns.length)})${conflict}`,
    Object.values(row),
  ).lastInsertRowid;
}

function conflictClause(columns: readonly string[], { key, action }: OnConflict): string {
  const hasWorkspace = columns.includes('workspace');
  const keyColumns = [...(hasWorkspace ? ['workspace'] : []), ...key];
  const target = keyColumns.map((column) => `"${column}"`).join(', ');
  if (action === 'nothing') return ` ON CONFLICT (${target}) DO NOTHING`;
  const updates = columns
    .filter((column) => !keyColumns.includes(column))
    .map((column) => `"${column}" = excluded."${column}"`);
  return ` ON CONFLICT (${target}) DO UPDATE SET ${updates.join(', ')}`;
}

import type { SqliteConnection } from './connection.js';

/** Schema revisions that are written to, with the MLflow generation whose rules then hold. */
const writableRevisions: ReadonlyMap<string, 2 | 3> = new Map([
  ['4465047574b1', 2],
  ['dc11669786a5', 3],
]);

/** The tables and columns that one database has. Older ones lack some; those are read as absent. */
export class StoreSchema {
  /** Alembic's revision; `null` in databases of a time before it was recorded. */
  readonly revision: string | null;
  readonly #columns = new Map<string, Set<string>>();

  constructor(revision: string | null, columns: Iterable<readonly [table: string, column: string]>) {
    this.revision = revision;
    for (const [table, column] of columns) {
      const known = this.#columns.get(table);
      if (known === undefined) this.#columns.set(table, new Set([column]));
      else known.add(column);
    }
  }

  static read(connection: SqliteConnection): StoreSchema {
    const rows = connection.all(
      "SELECT m.name AS tbl, p.name AS col FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
    );
    const hasRevision = rows.some((row) => row['tbl'] === 'alembic_version');
    const revision = hasRevision ? connection.get('SELECT version_num FROM alembic_version')?.['version_num'] : null;
    return new StoreSchema(
      typeof revision === 'string' ? revision : null,
      rows.map((row) => [String(row['tbl']), String(row['col'])]),
    );
  }

  hasTable(table: string): boolean {
    return this.#columns.has(table);
  }

  hasColumn(table: string, column: string): boolean {
    return this.#columns.get(table)?.has(column) ?? false;
  }

  /** MLflow's tables are there at all. */
  get isMlflow(): boolean {
    return this.hasTable('experiments') && this.hasTable('runs');
  }

  get hasRegistry(): boolean {
    return this.hasTable('registered_models') && this.hasTable('model_versions');
  }

  get hasLoggedModels(): boolean {
    return this.hasTable('logged_models');
  }

  /** Whether rows of this table belong to a workspace; ours is always `default`. */
  hasWorkspace(table: string): boolean {
    return this.hasColumn(table, 'workspace');
  }

  /** MLflow's generation when the database may be written to, else `null`. */
  get writableGeneration(): 2 | 3 | null {
    return this.revision === null ? null : (writableRevisions.get(this.revision) ?? null);
  }

  /** A select list of a table's columns, with NULL for those it does not have. `prefix` is an alias with its dot. */
  select(table: string, columns: readonly string[], prefix = ''): string {
    return columns
      .map((column) => (this.hasColumn(table, column) ? `${prefix}"${column}" AS "${column}"` : `NULL AS "${column}"`))
      .join(', ');
  }
}

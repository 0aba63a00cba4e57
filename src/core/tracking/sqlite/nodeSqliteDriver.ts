import type * as NodeSqliteModule from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import {
  SqliteError,
  type OpenConnectionOptions,
  type SqliteConnection,
  type SqliteDriver,
  type SqlRow,
  type SqlValue,
} from './connection.js';
import { StatementCache } from './statementCache.js';

type NodeSqlite = typeof NodeSqliteModule;
type Database = InstanceType<NodeSqlite['DatabaseSync']>;
type Statement = ReturnType<Database['prepare']>;

/** The SQLite that Node.js itself has since 22.13, or `null` in an older runtime. */
export function nodeSqliteDriver(): SqliteDriver | null {
  const sqlite = loadNodeSqlite();
  if (sqlite === null) return null;
  return {
    name: 'node:sqlite',
    locksNatively: true,
    open: (file, options) => new NodeSqliteConnection(openDatabase(sqlite, file, options)),
  };
}

function loadNodeSqlite(): NodeSqlite | null {
  if (typeof process.getBuiltinModule !== 'function') return null;
  try {
    return (process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined) ?? null;
  } catch {
    return null;
  }
}

function openDatabase(sqlite: NodeSqlite, file: string, options: OpenConnectionOptions): Database {
  const readOnly = options.mode === 'read';
  if (!options.immutable) return translate(() => new sqlite.DatabaseSync(file, { readOnly }));
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return translate(() => new sqlite.DatabaseSync(url, { readOnly }));
}

class NodeSqliteConnection implements SqliteConnection {
  readonly #database: Database;
  readonly #statements: StatementCache<Statement>;
  #transaction = false;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = new StatementCache(
      (sql) => database.prepare(sql),
      () => {},
    );
  }

  all(sql: string, parameters: readonly SqlValue[] = []): SqlRow[] {
    return translate(() => {
      const statement = this.#statements.get(sql);
      try {
        return statement.all(...parameters) as SqlRow[];
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'ERR_OUT_OF_RANGE') throw error;
        return allWithBigIntegers(statement, parameters);
      }
    });
  }

  get(sql: string, parameters: readonly SqlValue[] = []): SqlRow | undefined {
    return this.all(sql, parameters)[0];
  }

  run(sql: string, parameters: readonly SqlValue[] = []): { changes: number; lastInsertRowid: number } {
    return translate(() => {
      const result = this.#statements.get(sql).run(...parameters);
      return { changes: Number(result.changes), lastInsertRowid: Number(result.lastInsertRowid) };
    });
  }

  exec(sql: string): void {
    translate(() => this.#database.exec(sql));
    if (/^BEGIN/i.test(sql)) this.#transaction = true;
    else if (/^(COMMIT|ROLLBACK)/i.test(sql)) this.#transaction = false;
  }

  get inTransaction(): boolean {
    return this.#transaction;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

function allWithBigIntegers(statement: Statement, parameters: readonly SqlValue[]): SqlRow[] {
  statement.setReadBigInts(true);
  try {
    const rows = statement.all(...parameters) as SqlRow[];
    for (const row of rows) {
      for (const [name, value] of Object.entries(row)) {
        if (typeof value === 'bigint' && BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))) {
          row[name] = Number(value);
        }
      }
    }
    return rows;
  } finally {
    statement.setReadBigInts(false);
  }
}

function translate<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SQLITE_ERROR') {
      throw new SqliteError((error as Error).message, { cause: error });
    }
    throw error;
  }
}

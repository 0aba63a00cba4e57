import { pathToFileURL } from 'node:url';
import type * as WasmSqliteModule from 'node-sqlite3-wasm';
import {
  SqliteError,
  type OpenConnectionOptions,
  type SqliteConnection,
  type SqliteDriver,
  type SqlRow,
  type SqlValue,
} from './connection.js';
import { StatementCache } from './statementCache.js';

type WasmSqlite = typeof WasmSqliteModule;
type Database = InstanceType<WasmSqlite['Database']>;
type Statement = ReturnType<Database['prepare']>;
type OpenFunction = (file: number, out: number, flags: number, vfs: number) => number;

/** SQLITE_OPEN_URI: the name may be a `file:` URI with parameters. */
const openUriFlag = 0x40;

let loaded: Promise<WasmSqlite> | undefined;

/**
 * SQLite compiled to WebAssembly, for runtimes without `node:sqlite`. By itself it locks by making a folder
 * `<file>.lock`, which no other SQLite program knows: connections are therefore opened without its locks, and
 * `WasmDatabase` takes care that nobody else writes meanwhile.
 */
export async function wasmSqliteDriver(): Promise<SqliteDriver> {
  loaded ??= loadWasmSqlite();
  const sqlite = await loaded;
  return {
    name: 'node-sqlite3-wasm',
    locksNatively: false,
    open: (file, options) => new WasmSqliteConnection(openDatabase(sqlite, file, options)),
  };
}

async function loadWasmSqlite(): Promise<WasmSqlite> {
  const module = (await import('node-sqlite3-wasm')) as WasmSqlite & { default?: WasmSqlite };
  const sqlite = module.default ?? module;
  const exports = sqlite as unknown as { _sqlite3_open_v2: OpenFunction };
  const open = exports._sqlite3_open_v2;
  exports._sqlite3_open_v2 = (file, out, flags, vfs) => open(file, out, flags | openUriFlag, vfs);
  return sqlite;
}

function openDatabase(sqlite: WasmSqlite, file: string, options: OpenConnectionOptions): Database {
  const url = pathToFileURL(file);
  if (options.immutable) url.searchParams.set('immutable', '1');
  else if (options.withoutLocks || options.mode === 'create') url.searchParams.set('nolock', '1');
  return translate(
    () =>
      new sqlite.Database(url.href, {
        readOnly: options.mode === 'read',
        fileMustExist: options.mode === 'write',
      }),
  );
}

class WasmSqliteConnection implements SqliteConnection {
  readonly #database: Database;
  readonly #statements: StatementCache<Statement>;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = new StatementCache((sql) => database.prepare(sql), finalize);
  }

  all(sql: string, parameters: readonly SqlValue[] = []): SqlRow[] {
    return this.#use(sql, (statement) => statement.all([...parameters]) as SqlRow[]);
  }

  get(sql: string, parameters: readonly SqlValue[] = []): SqlRow | undefined {
    return this.all(sql, parameters)[0];
  }

  run(sql: string, parameters: readonly SqlValue[] = []): { changes: number; lastInsertRowid: number } {
    const result = this.#use(sql, (statement) => statement.run([...parameters]));
    return { changes: result.changes, lastInsertRowid: Number(result.lastInsertRowid) };
  }

  /** A statement that failed reports its failure again when it is reset: it is not used again. */
  #use<T>(sql: string, action: (statement: Statement) => T): T {
    return translate(() => {
      try {
        return action(this.#statements.get(sql));
      } catch (error) {
        this.#statements.drop(sql);
        throw error;
      }
    });
  }

  exec(sql: string): void {
    translate(() => this.#database.exec(sql));
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** Finalizing repeats the statement's last error, which is known already. */
function finalize(statement: Statement): void {
  try {
    statement.finalize();
  } catch (error) {
    if (!isWasmError(error)) throw error;
  }
}

function isWasmError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'SQLite3Error';
}

function translate<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (isWasmError(error)) throw new SqliteError(error.message, { cause: error });
    throw error;
  }
}

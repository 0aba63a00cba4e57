/** A value in a column or a parameter. Integers outside the safe range arrive as `bigint`. */
export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

/** One open SQLite connection. Every call is synchronous and throws {@link SqliteError}. */
export interface SqliteConnection {
  all(sql: string, parameters?: readonly SqlValue[]): SqlRow[];
  get(sql: string, parameters?: readonly SqlValue[]): SqlRow | undefined;
  /** @returns the number of changed rows and the id of the last inserted one. */
  run(sql: string, parameters?: readonly SqlValue[]): { changes: number; lastInsertRowid: number };
  /** Runs statements without parameters. */
  exec(sql: string): void;
  readonly inTransaction: boolean;
  close(): void;
}

/** How a file is opened: for reading only, for writing into an existing file, or as a new file. */
export type OpenMode = 'read' | 'write' | 'create';

export interface OpenConnectionOptions {
  mode: OpenMode;
  /** Reads the file as if nobody could change it: no locks, no journal. The caller watches the file itself. */
  immutable?: boolean | undefined;
  /** Takes no lock of its own. The caller holds one. */
  withoutLocks?: boolean | undefined;
}

/** What a runtime offers to open SQLite files with. */
export interface SqliteDriver {
  readonly name: 'node:sqlite' | 'node-sqlite3-wasm';
  /** Whether its locks are those that every other SQLite program respects. */
  readonly locksNatively: boolean;
  open(file: string, options: OpenConnectionOptions): SqliteConnection;
}

/** What SQLite itself complained of, in SQLite's words. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';

  get isBusy(): boolean {
    return /^database (table |schema )?is locked/.test(this.message);
  }

  /** A unique, foreign key, check or not-null constraint. */
  get isConstraint(): boolean {
    return /constraint failed/.test(this.message);
  }

  get isUniqueConstraint(): boolean {
    return this.message.startsWith('UNIQUE constraint failed');
  }

  /** A writer died in the middle of a commit, and a connection that only reads cannot put the file right again. */
  get needsRecovery(): boolean {
    return this.message === 'attempt to write a readonly database' || this.message === 'disk I/O error';
  }

  get isNotADatabase(): boolean {
    return this.message === 'file is not a database';
  }
}

/** `?, ?, ?` for a list of parameters. */
export function placeholders(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}

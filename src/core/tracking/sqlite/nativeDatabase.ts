import { SqliteError, type SqliteConnection, type SqliteDriver } from './connection.js';
import { readDatabaseHeader, readFileState, statKey } from './databaseFile.js';
import { sessionPragmas, type SqliteDatabase } from './sqliteDatabase.js';
import { storeInterrupted, storeLocked, translateSqliteError } from './storeErrors.js';
import { Patience, Turnstile } from './waiting.js';

/** SQLite itself waits so long before it says that the file is locked; the rest of the wait leaves the thread free. */
const blockingTimeoutMs = 20;

/** A database through the runtime's own SQLite, whose locks every other SQLite program respects. */
export class NativeDatabase implements SqliteDatabase {
  readonly file: string;
  readonly #driver: SqliteDriver;
  readonly #busyTimeoutMs: number;
  readonly #writing = new Turnstile();
  #reader: SqliteConnection | undefined;
  #writer: SqliteConnection | undefined;
  #hasBegun = false;
  /** The file is in write-ahead-log mode and nobody had it open: read without making `-wal` and `-shm`. */
  #idleWalKey: string | undefined;

  constructor(file: string, driver: SqliteDriver, busyTimeoutMs: number) {
    this.file = file;
    this.#driver = driver;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  async read<T>(action: (connection: SqliteConnection) => T): Promise<T> {
    const patience = new Patience(this.#busyTimeoutMs);
    for (;;) {
      try {
        return inReadTransaction(this.#openReader(), action);
      } catch (error) {
        if (!(error instanceof SqliteError)) throw error;
        if (error.needsRecovery) {
          this.#recover(error);
        } else if (!error.isBusy) {
          throw translateSqliteError(this.file, error);
        }
        if (!(await patience.pause())) throw storeLocked(this.file, error);
      }
    }
  }

  /**
   * Once the right to write is held, everything happens in one go: closing any descriptor of the file, which other code of
   * this process may do, would drop the locks of all its connections (a rule of POSIX).
   */
  write<T>(action: (connection: SqliteConnection) => T): Promise<T> {
    return this.#writing.run(async () => {
      const patience = new Patience(this.#busyTimeoutMs);
      for (;;) {
        try {
          return this.#inWriteTransaction(this.#begin(), action);
        } catch (error) {
          const isWaiting = error instanceof SqliteError && error.isBusy && !this.#hasBegun;
          if (!isWaiting) throw translateSqliteError(this.file, error);
          if (!(await patience.pause())) throw storeLocked(this.file, error);
        }
      }
    });
  }

  async changeToken(): Promise<string> {
    const before = statKey(this.file);
    try {
      const version = this.#openReader().get('PRAGMA data_version')?.['data_version'];
      return `${before}/${String(version)}`;
    } catch (error) {
      if (error instanceof SqliteError && error.isBusy) return `${before}/${Date.now()}`;
      throw translateSqliteError(this.file, error);
    }
  }

  async close(): Promise<void> {
    await this.#writing.run(async () => {
      this.#closeReader();
      this.#writer?.close();
      this.#writer = undefined;
    });
  }

  #begin(): SqliteConnection {
    this.#hasBegun = false;
    this.#writer ??= this.#open('write', false);
    this.#writer.exec('BEGIN IMMEDIATE');
    this.#hasBegun = true;
    return this.#writer;
  }

  /** Readers of other programs are waited for as long as MLflow does. */
  #inWriteTransaction<T>(connection: SqliteConnection, action: (connection: SqliteConnection) => T): T {
    try {
      const result = action(connection);
      connection.exec(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`);
      connection.exec('COMMIT');
      return result;
    } catch (error) {
      rollBack(connection);
      throw error;
    } finally {
      connection.exec(`PRAGMA busy_timeout = ${blockingTimeoutMs}`);
    }
  }

  #openReader(): SqliteConnection {
    if (this.#idleWalKey !== undefined && this.#idleWalKey !== readFileState(this.file).key) this.#closeReader();
    if (this.#reader !== undefined) return this.#reader;
    const isIdleWal = readDatabaseHeader(this.file).usesWal && !readFileState(this.file).hasWal;
    if (isIdleWal) this.#idleWalKey = readFileState(this.file).key;
    this.#reader = this.#open('read', isIdleWal);
    return this.#reader;
  }

  #open(mode: 'read' | 'write', immutable: boolean): SqliteConnection {
    const connection = this.#driver.open(this.file, { mode, immutable });
    connection.exec(`PRAGMA busy_timeout = ${blockingTimeoutMs}; ${sessionPragmas}`);
    return connection;
  }

  #closeReader(): void {
    this.#reader?.close();
    this.#reader = undefined;
    this.#idleWalKey = undefined;
  }

  /** A writer died: any connection that may write puts the file right, as every SQLite program does. */
  #recover(cause: SqliteError): void {
    this.#closeReader();
    try {
      this.#writer ??= this.#open('write', false);
      this.#writer.get('SELECT count(*) FROM sqlite_master');
    } catch (error) {
      if (error instanceof SqliteError && error.isBusy) return;
      throw storeInterrupted(this.file, cause);
    }
  }
}

function inReadTransaction<T>(connection: SqliteConnection, action: (connection: SqliteConnection) => T): T {
  connection.exec('BEGIN');
  try {
    return action(connection);
  } finally {
    rollBack(connection);
  }
}

/** SQLite may have ended the transaction by itself, when the disk was full. */
function rollBack(connection: SqliteConnection): void {
  try {
    connection.exec('ROLLBACK');
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
  }
}

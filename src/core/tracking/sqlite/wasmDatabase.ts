import { accessSync, constants } from 'node:fs';
import type { SqliteConnection, SqliteDriver } from './connection.js';
import { readFileState, type FileState } from './databaseFile.js';
import { LockHelper, type LockAnswer, type LockKind } from './lockHelper.js';
import { sessionPragmas, type SqliteDatabase } from './sqliteDatabase.js';
import {
  storeInterrupted,
  storeLocked,
  storeNotWritable,
  translateSqliteError,
  walNeedsNativeSqlite,
  writingNeedsNativeSqlite,
} from './storeErrors.js';
import { Patience, Turnstile } from './waiting.js';

/** After so many reads that a writer spoilt, a real lock is taken. */
const optimisticAttempts = 8;

/**
 * A database through WebAssembly, which has no locks that other programs know.
 *
 * Reading opens the file as immutable (no lock, no journal, nothing created) and looks at the file's state before and
 * after: when somebody wrote in between, the result is thrown away and read again. Writing first takes SQLite's own
 * locks through {@link LockHelper}; where there is none it is refused.
 */
export class WasmDatabase implements SqliteDatabase {
  readonly file: string;
  readonly #driver: SqliteDriver;
  readonly #busyTimeoutMs: number;
  readonly #locking = new Turnstile();
  #reader: { connection: SqliteConnection; key: string } | undefined;
  #writer: SqliteConnection | undefined;
  #helper: LockHelper | null | undefined;

  constructor(file: string, driver: SqliteDriver, busyTimeoutMs: number) {
    this.file = file;
    this.#driver = driver;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  async read<T>(action: (connection: SqliteConnection) => T): Promise<T> {
    const patience = new Patience(this.#busyTimeoutMs);
    for (let attempt = 0; attempt < optimisticAttempts; attempt++) {
      const outcome = this.#tryRead(action);
      if (outcome !== undefined) return outcome.result;
      if (!(await patience.pause())) throw storeLocked(this.file);
    }
    return this.#locking.run(() => this.#readWithLock(action, patience));
  }

  write<T>(action: (connection: SqliteConnection) => T): Promise<T> {
    return this.#locking.run(async () => {
      this.#assertWritable();
      return this.#withLock('exclusive', new Patience(this.#busyTimeoutMs), () => this.#inTransaction(action));
    });
  }

  async changeToken(): Promise<string> {
    return readFileState(this.file).key;
  }

  async close(): Promise<void> {
    await this.#locking.run(async () => {
      this.#closeReader();
      this.#writer?.close();
      this.#writer = undefined;
      this.#helper?.close();
      this.#helper = undefined;
    });
  }

  /** `undefined` when a writer was at work. */
  #tryRead<T>(action: (connection: SqliteConnection) => T): { result: T } | undefined {
    const before = this.#checkedState();
    if (before.hasJournal) return undefined;
    try {
      const result = action(this.#openReader(before.key));
      return this.#isUnchanged(before) ? { result } : undefined;
    } catch (error) {
      if (!this.#isUnchanged(before)) return undefined;
      throw translateSqliteError(this.file, error);
    }
  }

  #isUnchanged(before: FileState): boolean {
    const after = readFileState(this.file);
    return after.key === before.key && !after.hasJournal;
  }

  #checkedState(): FileState {
    const state = readFileState(this.file);
    if (state.hasWal) throw walNeedsNativeSqlite(this.file);
    return state;
  }

  #openReader(key: string): SqliteConnection {
    if (this.#reader?.key === key) return this.#reader.connection;
    this.#closeReader();
    const connection = this.#driver.open(this.file, { mode: 'read', immutable: true });
    connection.exec(sessionPragmas);
    this.#reader = { connection, key };
    return connection;
  }

  #closeReader(): void {
    this.#reader?.connection.close();
    this.#reader = undefined;
  }

  /** Writers are kept out, so that even a steady stream of commits cannot starve a reader. */
  async #readWithLock<T>(action: (connection: SqliteConnection) => T, patience: Patience): Promise<T> {
    if ((await this.#startHelper()) === null) {
      for (;;) {
        const outcome = this.#tryRead(action);
        if (outcome !== undefined) return outcome.result;
        if (!(await patience.pause())) throw this.#readFailure();
      }
    }
    const outcome = await this.#withLock('shared', patience, (answer) => this.#readUnderLock(action, answer));
    if (outcome !== 'interrupted') return outcome.result;
    await this.#withLock('exclusive', patience, () => this.#recover());
    return this.#withLock('shared', patience, () => this.#readFresh(action));
  }

  #readUnderLock<T>(action: (connection: SqliteConnection) => T, answer: LockAnswer): { result: T } | 'interrupted' {
    if (this.#checkedState().hasJournal && !answer.isReserved) return 'interrupted';
    return { result: this.#readFresh(action) };
  }

  #readFresh<T>(action: (connection: SqliteConnection) => T): T {
    this.#closeReader();
    try {
      return action(this.#openReader(readFileState(this.file).key));
    } catch (error) {
      throw translateSqliteError(this.file, error);
    }
  }

  #readFailure(): Error {
    return readFileState(this.file).hasJournal ? storeInterrupted(this.file) : storeLocked(this.file);
  }

  /** Opening for writing rolls a dead writer's journal back. */
  #recover(): void {
    try {
      this.#openWriter().get('SELECT count(*) FROM sqlite_master');
    } catch (error) {
      throw storeInterrupted(this.file, error);
    }
  }

  #assertWritable(): void {
    try {
      accessSync(this.file, constants.W_OK);
    } catch (error) {
      throw storeNotWritable(this.file, error);
    }
  }

  #openWriter(): SqliteConnection {
    if (this.#writer !== undefined) return this.#writer;
    const connection = this.#driver.open(this.file, { mode: 'write', withoutLocks: true });
    connection.exec(sessionPragmas);
    this.#writer = connection;
    return connection;
  }

  #inTransaction<T>(action: (connection: SqliteConnection) => T): T {
    this.#checkedState();
    try {
      const connection = this.#openWriter();
      connection.exec('BEGIN IMMEDIATE');
      try {
        const result = action(connection);
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        if (connection.inTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    } catch (error) {
      throw translateSqliteError(this.file, error);
    }
  }

  async #withLock<T>(kind: LockKind, patience: Patience, action: (answer: LockAnswer) => T): Promise<T> {
    const helper = await this.#startHelper();
    if (helper === null) throw writingNeedsNativeSqlite(this.file);
    for (;;) {
      const answer = await helper.tryLock(kind);
      if (answer.isGranted) {
        try {
          return action(answer);
        } finally {
          await helper.unlock();
        }
      }
      if (!(await patience.pause())) throw storeLocked(this.file);
    }
  }

  async #startHelper(): Promise<LockHelper | null> {
    this.#helper ??= await LockHelper.start(this.file);
    return this.#helper;
  }
}

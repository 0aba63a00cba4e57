import { statSync } from 'node:fs';
import type { SqliteConnection, SqliteDriver } from './connection.js';
import { readDatabaseHeader } from './databaseFile.js';
import { NativeDatabase } from './nativeDatabase.js';
import { nodeSqliteDriver } from './nodeSqliteDriver.js';
import { notADatabase, storeMissing } from './storeErrors.js';
import { WasmDatabase } from './wasmDatabase.js';
import { wasmSqliteDriver } from './wasmSqliteDriver.js';

/** How long one operation waits for another program's lock, as MLflow does. */
const defaultBusyTimeoutMs = 20_000;

export interface SqliteDatabaseOptions {
  /** Which SQLite to use; by default the runtime's own where there is one. */
  driver?: SqliteDriver['name'] | undefined;
  busyTimeoutMs?: number | undefined;
}

/** A database file that other programs may use at the same time. The actions are synchronous. */
export interface SqliteDatabase {
  readonly file: string;
  /** Runs queries over one consistent state of the file. The action may run again when somebody wrote meanwhile. */
  read<T>(action: (connection: SqliteConnection) => T): Promise<T>;
  /** Runs one transaction: all of it is stored, or (when the action throws) nothing. */
  write<T>(action: (connection: SqliteConnection) => T): Promise<T>;
  /** A text that differs after every commit of anybody. Takes no lock that a writer could wait for. */
  changeToken(): Promise<string>;
  close(): Promise<void>;
}

/** What every connection of MLflow sets. Source: mlflow.store.db.utils. */
export const sessionPragmas = 'PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON;';

export async function sqliteDriver(name?: SqliteDriver['name']): Promise<SqliteDriver> {
  const native = name === 'node-sqlite3-wasm' ? null : nodeSqliteDriver();
  return native ?? (await wasmSqliteDriver());
}

/**
 * Opens an existing database file. Nothing is created or changed.
 * @throws storeMissing, or storeForeign for a file that is not SQLite.
 */
export async function openSqliteDatabase(file: string, options: SqliteDatabaseOptions = {}): Promise<SqliteDatabase> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw storeMissing(file);
  if (!readDatabaseHeader(file).isSqlite) throw notADatabase(file);
  const driver = await sqliteDriver(options.driver);
  const busyTimeoutMs = options.busyTimeoutMs ?? defaultBusyTimeoutMs;
  return driver.locksNatively
    ? new NativeDatabase(file, driver, busyTimeoutMs)
    : new WasmDatabase(file, driver, busyTimeoutMs);
}

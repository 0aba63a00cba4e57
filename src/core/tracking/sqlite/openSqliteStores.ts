import path from 'node:path';
import { resolveUriIfLocal } from '../../artifacts/uri.js';
import type { RegistryStore } from '../../registry/registryStore.js';
import { SqliteRegistryStore } from '../../registry/sqlite/sqliteRegistryStore.js';
import type { TrackingStore } from '../trackingStore.js';
import { createDatabase } from './createDatabase.js';
import { openSqliteDatabase, sqliteDriver, type SqliteDatabaseOptions } from './sqliteDatabase.js';
import { SqliteTrackingStore } from './sqliteTrackingStore.js';
import { sqliteFileOfUri, sqliteUriOfFile } from './sqliteUri.js';
import { StoreFile } from './storeFile.js';

export interface OpenSqliteStoresOptions extends SqliteDatabaseOptions {
  /** What relative URIs and locations are relative to. Default: the process's working directory. */
  cwd?: string | undefined;
  /** Makes a database that is missing. Default false: nothing is created or changed by opening. */
  create?: boolean | undefined;
  /** Where artifacts of new experiments go. Default: `mlruns` in the working directory, as in Python. */
  artifactRoot?: string | undefined;
}

/**
 * Opens both halves of the MLflow database that a `sqlite:` URI names. Closing both closes the file.
 * @throws MlflowError storeMissing, storeForeign (not SQLite, or not MLflow's), storeLocked
 */
export async function openSqliteStores(
  uri: string,
  options: OpenSqliteStoresOptions = {},
): Promise<{ tracking: TrackingStore; registry: RegistryStore }> {
  const cwd = options.cwd ?? process.cwd();
  const file = sqliteFileOfUri(uri, cwd);
  const artifactRoot = resolveUriIfLocal(options.artifactRoot ?? path.join(cwd, 'mlruns'), cwd);
  if (options.create) createDatabase(file, await sqliteDriver(options.driver), artifactRoot);
  const database = await openSqliteDatabase(file, options);
  const storeFile = new StoreFile(database);
  try {
    await storeFile.read(() => {});
  } catch (error) {
    await database.close();
    throw error;
  }
  const release = sharedClose(2, () => database.close());
  const absoluteUri = sqliteUriOfFile(file);
  return {
    tracking: new SqliteTrackingStore(absoluteUri, storeFile, { artifactRoot, cwd }, release()),
    registry: new SqliteRegistryStore(absoluteUri, storeFile, release()),
  };
}

/** Closers for several owners: the last one to close closes the thing. Closing twice counts once. */
function sharedClose(owners: number, close: () => Promise<void>): () => () => Promise<void> {
  let open = owners;
  return () => {
    let isOpen = true;
    return async () => {
      if (!isOpen) return;
      isOpen = false;
      open -= 1;
      if (open === 0) await close();
    };
  };
}

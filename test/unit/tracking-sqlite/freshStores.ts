import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqliteStores } from '../../../src/core/tracking/sqlite/openSqliteStores.js';
import type { RegistryStore } from '../../../src/core/registry/registryStore.js';
import type { TrackingStore } from '../../../src/core/tracking/trackingStore.js';

export interface FreshStores {
  folder: string;
  file: string;
  tracking: TrackingStore;
  registry: RegistryStore;
  remove(): Promise<void>;
}

/** Stores of a database of their own, with the SQLite of the runtime that runs the tests. */
export async function openFreshStores(): Promise<FreshStores> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sqlite-unit-'));
  const file = path.join(folder, 'mlflow.db');
  const { tracking, registry } = await openSqliteStores('sqlite:///mlflow.db', { cwd: folder, create: true });
  return {
    folder,
    file,
    tracking,
    registry,
    remove: async () => {
      await tracking.close();
      await registry.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

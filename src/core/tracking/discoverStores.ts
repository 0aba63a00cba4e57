import { opendir } from 'node:fs/promises';
import { openSync, readSync, closeSync, existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileUri } from '../artifacts/uri.js';
import { throwIfCancelled } from '../errors.js';

export interface DiscoverLimits {
  /** Levels of folders below the given one. Default 5. */
  maxDepth?: number;
  /** Folders read at most. Default 5000. */
  maxFolders?: number;
  signal?: AbortSignal | undefined;
}

export interface DiscoveredStores {
  /** Tracking URIs of databases and `mlruns` folders, nearest first. */
  stores: { kind: 'sqlite' | 'file'; uri: string; path: string }[];
  /** Folders with an `MLmodel` file that belong to no store found. */
  models: string[];
  /** A limit was reached: there may be more. */
  isTruncated: boolean;
}

const skippedFolders = new Set(['node_modules', '__pycache__', 'site-packages', 'dist-packages', 'venv', 'env']);

/** Finds MLflow databases, `mlruns` folders and saved models below a folder, breadth first; links are not followed. */
export async function discoverStores(folder: string, limits: DiscoverLimits = {}): Promise<DiscoveredStores> {
  const { maxDepth = 5, maxFolders = 5000, signal } = limits;
  const result: DiscoveredStores = { stores: [], models: [], isTruncated: false };
  let level = [path.resolve(folder)];
  let read = 0;
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const current of level) {
      throwIfCancelled(signal);
      if (++read > maxFolders) return { ...result, isTruncated: true };
      next.push(...(await visit(current, result)));
    }
    if (depth === maxDepth && next.length > 0) return { ...result, isTruncated: true };
    level = next;
  }
  return result;
}

/** Notes what a folder is or holds. @returns the folders below that are still to be visited */
async function visit(folder: string, result: DiscoveredStores): Promise<string[]> {
  const files: string[] = [];
  const folders: string[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.isFile()) files.push(entry.name);
      else if (entry.isDirectory()) folders.push(entry.name);
    }
  } catch {
    return [];
  }
  if (files.includes('MLmodel')) {
    result.models.push(folder);
    return [];
  }
  if (isFileStore(folder, folders)) {
    result.stores.push({ kind: 'file', uri: pathToFileUri(folder), path: folder });
    return [];
  }
  const databases = files.filter((name) => isDatabase(path.join(folder, name)));
  for (const name of databases.sort()) {
    const file = path.join(folder, name);
    result.stores.push({ kind: 'sqlite', uri: `sqlite:///${file.replaceAll('\\', '/')}`, path: file });
  }
  const isArtifactFolder = (name: string) => databases.length > 0 && (name === 'mlruns' || name === 'mlartifacts');
  return folders
    .filter((name) => !name.startsWith('.') && !skippedFolders.has(name))
    .filter((name) => !isArtifactFolder(name) || holdsExperiment(path.join(folder, name)))
    .sort()
    .map((name) => path.join(folder, name));
}

function holdsExperiment(folder: string): boolean {
  return existsSync(path.join(folder, '0', 'meta.yaml')) || existsSync(path.join(folder, '.trash'));
}

function isFileStore(folder: string, folders: readonly string[]): boolean {
  return folders.some((name) => /^\d+$/.test(name) && existsSync(path.join(folder, name, 'meta.yaml')));
}

const sqliteMagic = 'SQLite format 3\0';

function isDatabase(file: string): boolean {
  if (!/^(?:mlflow|mlruns).*\.(?:db|sqlite3?)$/.test(path.basename(file))) return false;
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(sqliteMagic.length);
      readSync(handle, bytes, 0, bytes.length, 0);
      return bytes.toString('latin1') === sqliteMagic;
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  }
}

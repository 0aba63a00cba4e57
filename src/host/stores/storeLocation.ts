import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Who named a store. */
export type StoreOrigin = 'workspace' | 'setting' | 'environment';

export interface StoreLocation {
  /** Absolute tracking URI, as MLflow would be given it. */
  uri: string;
  /** Short name: the file, the folder, or the server. */
  label: string;
  /** What kind of store, and where. */
  description: string;
  origin: StoreOrigin;
}

/**
 * A tracking URI as a person writes it (a path, `sqlite:///mlflow.db`, `file:`, `http(s):`) made absolute against `folder`.
 * @returns `undefined` for empty text and for schemes that are no tracking store of ours.
 */
export function normalizeTrackingUri(text: string, folder: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const sqlite = /^sqlite:\/\/\/(.+)$/.exec(trimmed);
  if (sqlite?.[1] !== undefined) return sqliteUri(path.resolve(folder, sqlite[1]));
  if (trimmed.startsWith('file:')) return fileUri(trimmed, folder);
  if (/^https?:\/\/[^/]/.test(trimmed)) return trimmed.replace(/\/+$/, '');
  if (/^[a-z][a-z0-9+.-]+:/i.test(trimmed)) return undefined;
  const absolute = path.resolve(folder, trimmed);
  return /\.(db|sqlite|sqlite3)$/.test(absolute) ? sqliteUri(absolute) : pathToFileURL(absolute).href;
}

/** `sqlite:////abs/mlflow.db`, as SQLAlchemy writes an absolute path. */
export function sqliteUri(file: string): string {
  return `sqlite:///${file.replace(/\\/g, '/')}`;
}

function fileUri(text: string, folder: string): string {
  try {
    return pathToFileURL(fileURLToPath(text)).href;
  } catch {
    return pathToFileURL(path.resolve(folder, text.replace(/^file:(\/\/)?/, ''))).href;
  }
}

/** The file or folder a store lies in; `undefined` for a server. */
export function storePath(uri: string): string | undefined {
  if (uri.startsWith('sqlite:///')) return uri.slice('sqlite:///'.length);
  if (uri.startsWith('file:')) return fileURLToPath(uri);
  return undefined;
}

/** A location with the words the tree shows. `folders` shorten paths below them. */
export function describeStore(uri: string, origin: StoreOrigin, folders: readonly string[]): StoreLocation {
  const file = storePath(uri);
  if (file === undefined) {
    const url = new URL(uri);
    return { uri, label: url.host, description: 'tracking server', origin };
  }
  const kind = uri.startsWith('sqlite:') ? 'sqlite' : 'file store';
  const parent = shortPath(path.dirname(file), folders);
  return { uri, label: path.basename(file), description: parent === '' ? kind : `${kind} · ${parent}`, origin };
}

function shortPath(folder: string, folders: readonly string[]): string {
  const root = folders.find((candidate) => folder === candidate || folder.startsWith(`${candidate}${path.sep}`));
  return root === undefined ? folder : path.relative(root, folder);
}

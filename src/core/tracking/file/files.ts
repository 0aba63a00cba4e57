import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import path from 'node:path';
import { MlflowError } from '../../errors.js';
import { dumpMeta, parseMeta, type Meta } from './metaYaml.js';

const buffer = Buffer.allocUnsafe(64 * 1024);
const emptyFileRetryMs = 20;

/** A whole text file; undefined when there is none. One open, one read and one close for small files. */
export function readText(file: string): string | undefined {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(file, error);
  }
  try {
    const length = readSync(handle, buffer, 0, buffer.length, 0);
    if (length < buffer.length) return buffer.toString('utf8', 0, length);
    const parts = [Buffer.from(buffer)];
    for (let position = length; ;) {
      const more = readSync(handle, buffer, 0, buffer.length, position);
      if (more === 0) return Buffer.concat(parts).toString('utf8');
      parts.push(Buffer.from(buffer.subarray(0, more)));
      position += more;
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(file, error);
  } finally {
    closeSync(handle);
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}

function unreadable(file: string, error: unknown): MlflowError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MlflowError(`${file} cannot be read: ${reason}. Check the permissions of the file.`, 'PERMISSION_DENIED', {
    reason: 'fileUnreadable',
    details: { path: file },
    cause: error,
  });
}

/** `<folder>/meta.yaml`; undefined when it is missing, empty (also a moment later) or no mapping. */
export function readMeta(folder: string): Meta | undefined {
  const file = path.join(folder, 'meta.yaml');
  const text = readText(file);
  if (text === undefined) return undefined;
  if (text.trim() !== '') return parseMeta(text);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, emptyFileRetryMs);
  const later = readText(file);
  return later === undefined || later.trim() === '' ? undefined : parseMeta(later);
}

export function writeMeta(folder: string, meta: Meta): void {
  writeText(path.join(folder, 'meta.yaml'), dumpMeta(meta), folder);
}

/**
 * Writes a file so that a reader sees the old text or the new one. The temporary file lies in `temporaryFolder`, which must
 * not be one whose files are taken for params or tags.
 */
export function writeText(file: string, text: string, temporaryFolder: string): void {
  const temporary = path.join(temporaryFolder, `.${randomUUID()}.tmp`);
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(temporary, text, { flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw notWritable(file, error);
  }
}

export function appendText(file: string, text: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    appendFileSync(file, text);
  } catch (error) {
    throw notWritable(file, error);
  }
}

export function makeFolder(...parts: string[]): string {
  const folder = path.join(...parts);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw notWritable(folder, error);
  }
  return folder;
}

function notWritable(file: string, error: unknown): MlflowError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') {
    return new MlflowError(`There is no space left on the disk of ${file}.`, 'INTERNAL_ERROR', {
      reason: 'diskFull',
      details: { path: file },
      cause: error,
    });
  }
  return new MlflowError(
    `${file} cannot be written: ${message}.`,
    code === 'EACCES' ? 'PERMISSION_DENIED' : 'INTERNAL_ERROR',
    {
      details: { path: file },
      cause: error,
    },
  );
}

/** Names of the folders directly below, links to folders included, sorted; empty when there is no such folder. */
export function subfolders(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && isFolder(path.join(folder, entry.name))))
    .map((entry) => entry.name)
    .sort();
}

export function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder, error);
  }
}

/** Paths of all files below a folder, relative to it and with `/`, sorted: the keys of params, tags and metrics. */
export function keysBelow(folder: string): string[] {
  const keys: string[] = [];
  collect(folder, '', keys);
  return keys.sort();
}

function collect(folder: string, prefix: string, keys: string[]): void {
  for (const entry of entriesOf(folder)) {
    if (entry.isDirectory()) collect(path.join(folder, entry.name), `${prefix}${entry.name}/`, keys);
    else keys.push(prefix + entry.name);
  }
}

/** Texts by key of a folder of params, tags or aliases. */
export function readKeyFiles(folder: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const key of keysBelow(folder)) {
    const text = readText(`${folder}${path.sep}${key}`);
    if (text !== undefined)
      Object.defineProperty(values, key, { value: text, enumerable: true, writable: true, configurable: true });
  }
  return values;
}

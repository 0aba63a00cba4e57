import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';

const marker = '.mlflow-part-';

/**
 * Builds a folder out of sight and shows it under its name only when it is complete: `build` fills a temporary folder
 * beside `target`, which is then synced and renamed. When `build` throws, nothing remains.
 * @throws MlflowError RESOURCE_ALREADY_EXISTS (Python's text) when `target` exists and is not empty.
 */
export async function buildFolder<T>(target: string, build: (folder: string) => Promise<T>): Promise<T> {
  await refuseFilledTarget(target);
  const parent = path.dirname(target);
  await mkdir(parent, { recursive: true });
  await removeAbandonedFolders(parent);
  const folder = await makeHiddenFolder(parent);
  try {
    const result = await build(folder);
    await syncTree(folder);
    await refuseFilledTarget(target);
    // An empty folder may stand there; renaming over it fails on Windows.
    await rmdir(target).catch(ignoreAbsent);
    await rename(folder, target);
    await syncFolder(parent);
    return result;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw describeFileError(error, target);
  }
}

/**
 * Builds folders of one parent out of sight, and shows them one right after the other when all are complete; those of the
 * same names go. When one cannot be built, all is as before.
 * @param builds by name; they run and appear in this order
 */
export async function replaceFolders(
  parent: string,
  builds: Readonly<Record<string, (folder: string) => Promise<unknown>>>,
): Promise<void> {
  await removeAbandonedFolders(parent);
  const hidden = await makeHiddenFolder(parent);
  try {
    for (const [name, build] of Object.entries(builds)) {
      await mkdir(path.join(hidden, name));
      await build(path.join(hidden, name));
    }
    await syncTree(hidden);
    for (const name of Object.keys(builds)) {
      await rm(path.join(parent, name), { recursive: true, force: true });
      await rename(path.join(hidden, name), path.join(parent, name));
    }
    await syncFolder(parent);
  } catch (error) {
    throw describeFileError(error, parent);
  } finally {
    await rm(hidden, { recursive: true, force: true });
  }
}

/** An empty folder that {@link removeAbandonedFolders} knows when this process is killed. */
export async function makeHiddenFolder(parent: string): Promise<string> {
  const folder = path.join(parent, `${marker}${process.pid}-${randomBytes(6).toString('hex')}`);
  await mkdir(folder);
  return folder;
}

/** Removes temporary folders in `parent` whose process has ended without finishing them. */
export async function removeAbandonedFolders(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [] as string[]);
  for (const name of names) {
    const owner = name.startsWith(marker) ? Number(name.slice(marker.length).split('-')[0]) : NaN;
    if (Number.isInteger(owner) && !isAlive(owner)) await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

/** Turns an operating system's error into a sentence with a remedy; other errors pass through. */
export function describeFileError(error: unknown, target: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (MlflowError.is(error)) return error;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new MlflowError(
        `The disk is full: ${target} could not be written. Free some space, or choose another folder.`,
        'RESOURCE_EXHAUSTED',
        { reason: 'diskFull', details: { path: target }, cause: error },
      );
    case 'EFBIG':
      return new MlflowError(
        `${target} could not be written: a file of it is larger than the file system takes, or than the limit of this user. Choose a folder on another disk, or raise the limit.`,
        'RESOURCE_EXHAUSTED',
        { reason: 'diskFull', details: { path: target }, cause: error },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new MlflowError(
        `${target} could not be written: the folder is read-only for this user. Change its permissions, or choose another folder.`,
        'PERMISSION_DENIED',
        { reason: 'fileUnreadable', details: { path: target }, cause: error },
      );
    default:
      return error;
  }
}

async function refuseFilledTarget(target: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw describeFileError(error, target);
    names = [target];
  }
  if (names.length > 0) {
    throw new MlflowError(`Path '${target}' already exists and is not empty`, 'RESOURCE_ALREADY_EXISTS', {
      reason: 'targetExists',
      details: { path: target },
    });
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Flushes files and folders, so that a crash after the rename cannot leave empty files under the final name. */
async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  await Promise.all(
    entries.map((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? syncTree(file) : entry.isFile() ? syncFile(file) : undefined;
    }),
  );
  await syncFolder(folder);
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // A file system without fsync (or a read-only handle on Windows) has nothing to flush.
    if (!['EINVAL', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== 'win32') await syncFile(folder);
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

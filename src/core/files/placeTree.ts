import { mkdir, readdir, realpath, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError, throwIfCancelled } from '../errors.js';
import type { LongRunningOptions } from '../ports.js';
import { placeFile, type Placement } from './placeFile.js';

export interface PlaceTreeOptions extends LongRunningOptions {
  allowHardLinks?: boolean | undefined;
  /** Which files to take, by path relative to the source with `/`; all when absent. */
  filter?: ((relativePath: string) => boolean) | undefined;
}

export interface PlacedTree {
  sizeBytes: number;
  fileCount: number;
  /** Bytes by the way they came. */
  bytesByPlacement: Record<Placement, number>;
}

/** A file of a folder, with its path below it (`/` between the parts). */
export interface TreeFile {
  relativePath: string;
  source: string;
  sizeBytes: number;
}

/**
 * Copies a folder (reflinks, links or streams its files). Symbolic links are followed, as Python's `copytree` does: a Hub
 * cache snapshot becomes real files.
 * @throws MlflowError when the target lies inside the source, a link leads in a circle, or the disk has too little room.
 */
export async function placeTree(source: string, target: string, options: PlaceTreeOptions = {}): Promise<PlacedTree> {
  await refuseNesting(source, target);
  const files = await treeFiles(source, options);
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  await mkdir(target, { recursive: true });
  if (!options.allowHardLinks) await requireSpace(target, sizeBytes);
  const placed: PlacedTree = {
    sizeBytes,
    fileCount: files.length,
    bytesByPlacement: { reflink: 0, hardlink: 0, copy: 0 },
  };
  let doneBytes = 0;
  const place = async (file: TreeFile): Promise<void> => {
    throwIfCancelled(options.signal);
    const message = `Copying ${file.relativePath}`;
    const destination = path.join(target, ...file.relativePath.split('/'));
    await mkdir(path.dirname(destination), { recursive: true });
    const placement = await placeFile(file.source, destination, {
      allowHardLinks: options.allowHardLinks,
      signal: options.signal,
      onBytes: (bytes) => {
        doneBytes += bytes;
        options.onProgress?.({ message, done: doneBytes, total: sizeBytes, unit: 'bytes' });
      },
    });
    placed.bytesByPlacement[placement] += file.sizeBytes;
  };
  await sideBySide(files, place);
  return placed;
}

/** Files on their way at a time: small ones pass while a large one is copied. */
const parallelFiles = 3;

/** Runs `place` for every file, the largest first. After a failure no further one begins, and those under way end first. */
async function sideBySide(files: readonly TreeFile[], place: (file: TreeFile) => Promise<void>): Promise<void> {
  const waiting = [...files].sort((a, b) => b.sizeBytes - a.sizeBytes);
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file && failures.length === 0; file = waiting.shift()) {
      await place(file).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: parallelFiles }, work));
  if (failures.length > 0) throw failures[0];
}

/** @throws MlflowError RESOURCE_EXHAUSTED, reason `diskFull`, when the disk of `folder` has less room than `neededBytes`. */
export async function requireSpace(folder: string, neededBytes: number): Promise<void> {
  const disk = await statfs(folder).catch(() => undefined);
  if (!disk) return;
  const freeBytes = disk.bavail * disk.bsize;
  if (freeBytes < neededBytes) {
    throw new MlflowError(
      `${folder} has ${freeBytes} bytes free, ${neededBytes} are needed. Free some space, or choose a folder on another disk.`,
      'RESOURCE_EXHAUSTED',
      { reason: 'diskFull', details: { path: folder, neededBytes, freeBytes } },
    );
  }
}

async function refuseNesting(source: string, target: string): Promise<void> {
  const realSource = await realpath(source);
  let existing = path.resolve(target);
  // The target need not exist yet: its nearest existing ancestor decides where it really lies.
  while (path.dirname(existing) !== existing && !(await stat(existing).catch(() => undefined)))
    existing = path.dirname(existing);
  const relative = path.relative(realSource, await realpath(existing));
  if (relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative))) {
    throw MlflowError.invalidParameter(
      `The target ${target} lies inside the folder ${source} that is to be copied. Choose a target outside of it.`,
      { details: { source, target } },
    );
  }
}

/** The files of a folder and its subfolders, symbolic links followed. @throws MlflowError when a link leads in a circle. */
export async function treeFiles(root: string, options: PlaceTreeOptions = {}): Promise<TreeFile[]> {
  const files: TreeFile[] = [];
  const visit = async (folder: string, prefix: string, ancestors: readonly string[]): Promise<void> => {
    throwIfCancelled(options.signal);
    const real = await realpath(folder);
    if (ancestors.includes(real)) {
      throw MlflowError.invalidParameter(`${folder} is a symbolic link that leads back to ${real}. Remove the link.`);
    }
    for (const name of (await readdir(folder)).sort()) {
      const source = path.join(folder, name);
      const relativePath = prefix === '' ? name : `${prefix}/${name}`;
      const info = await stat(source);
      if (info.isDirectory()) await visit(source, relativePath, [...ancestors, real]);
      else if (info.isFile() && (options.filter?.(relativePath) ?? true)) {
        files.push({ relativePath, source, sizeBytes: info.size });
      }
    }
  };
  await visit(root, '', []);
  return files;
}

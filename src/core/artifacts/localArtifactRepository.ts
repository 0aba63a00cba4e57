import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError, throwIfCancelled } from '../errors.js';
import type { LongRunningOptions } from '../ports.js';
import type { FileInfo } from '../tracking/entities.js';
import type { ArtifactRepository } from './artifactRepository.js';
import { validatePathIsSafe, validateWithin, verifyArtifactPath } from './artifactPath.js';
import { preparedDestination } from './destination.js';
import { localPathOf } from './uri.js';

/** Name prefix of files that are still being written; never listed. */
const temporaryPrefix = '.artifact.uploading.';

/** Artifacts in a local folder. Source: mlflow.store.artifact.local_artifact_repo */
export class LocalArtifactRepository implements ArtifactRepository {
  readonly localPath: string;

  /** @param folder where the files lie, when that is not what the URI says (a store that was moved) */
  constructor(
    readonly artifactUri: string,
    folder?: string,
  ) {
    this.localPath = path.resolve(folder ?? localPathOf(artifactUri));
  }

  async list(artifactPath?: string): Promise<FileInfo[]> {
    const folder = this.within(artifactPath);
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    });
    const infos: FileInfo[] = [];
    for (const name of names) {
      if (name.startsWith(temporaryPrefix)) continue;
      const full = path.join(folder, name);
      const info = await stat(full).catch(() => undefined);
      if (info === undefined) continue;
      const relative = path.relative(this.localPath, full).split(path.sep).join('/');
      infos.push({ path: relative, isDir: info.isDirectory(), fileSize: info.isDirectory() ? null : info.size });
    }
    return infos.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  async read(artifactPath: string, range?: { offset: number; length: number }): Promise<Uint8Array> {
    const file = await open(this.existing(validatePathIsSafe(artifactPath))).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? noSuchArtifact(artifactPath) : error;
    });
    try {
      const { size } = await file.stat();
      const offset = range?.offset ?? 0;
      const length = Math.max(0, Math.min(range?.length ?? size, size - offset));
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    } finally {
      await file.close();
    }
  }

  async download(
    artifactPath: string,
    options: { dstPath?: string | undefined } & LongRunningOptions = {},
  ): Promise<string> {
    const source = this.existing(validatePathIsSafe(artifactPath));
    const info = await stat(source).catch(() => undefined);
    if (info === undefined) throw noSuchArtifact(artifactPath);
    if (options.dstPath === undefined) return source;
    const destination = await preparedDestination(options.dstPath);
    const target =
      artifactPath === '' ? destination : validateWithin(destination, path.join(destination, artifactPath));
    if (info.isDirectory()) await this.copyTree(source, target, options);
    else await copyFileInto(source, target, options);
    return target;
  }

  async uploadFile(localFile: string, artifactPath?: string, options: LongRunningOptions = {}): Promise<void> {
    const name = path.basename(localFile);
    if (name.startsWith(temporaryPrefix)) {
      throw MlflowError.invalidParameter(
        `Invalid artifact file name: '${localFile}'. Artifact names starting with '${temporaryPrefix}' are reserved.`,
      );
    }
    const folder = await this.folderFor(artifactPath);
    const target = validateWithin(this.localPath, path.join(folder, name));
    if (path.resolve(localFile) === path.resolve(target)) return;
    await copyFileInto(localFile, target, options);
  }

  async uploadFolder(localFolder: string, artifactPath?: string, options: LongRunningOptions = {}): Promise<void> {
    await this.copyTree(localFolder, await this.folderFor(artifactPath), options);
  }

  async delete(artifactPath: string): Promise<void> {
    await rm(this.within(artifactPath), { recursive: true, force: true });
  }

  private async folderFor(artifactPath: string | undefined): Promise<string> {
    verifyArtifactPath(artifactPath);
    const folder = this.within(artifactPath);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  private within(artifactPath: string | undefined): string {
    if (artifactPath === undefined || artifactPath === '') return this.localPath;
    return validateWithin(this.localPath, path.join(this.localPath, artifactPath));
  }

  /** The path as it is written, else with its percent escapes decoded, as Python reads it. */
  private existing(artifactPath: string): string {
    return localPathOf(this.within(artifactPath));
  }

  private async copyTree(source: string, target: string, options: LongRunningOptions): Promise<void> {
    throwIfCancelled(options.signal);
    await mkdir(target, { recursive: true });
    for (const entry of await readdir(source, { withFileTypes: true })) {
      if (entry.name.startsWith(temporaryPrefix)) continue;
      const from = path.join(source, entry.name);
      const to = path.join(target, entry.name);
      const isDirectory = entry.isSymbolicLink() ? (await stat(from)).isDirectory() : entry.isDirectory();
      if (isDirectory) await this.copyTree(from, to, options);
      else await copyFileInto(from, to, options);
    }
  }
}

function noSuchArtifact(artifactPath: string): MlflowError {
  return MlflowError.doesNotExist(`No such artifact: '${artifactPath}'`, { reason: 'fileMissing' });
}

/** Copies by reflink where the file system can, under a temporary name first; keeps the modification time. */
async function copyFileInto(source: string, target: string, options: LongRunningOptions): Promise<void> {
  throwIfCancelled(options.signal);
  await mkdir(path.dirname(target), { recursive: true });
  const temporary = path.join(path.dirname(target), `${temporaryPrefix}${randomUUID()}`);
  const info = await stat(source);
  options.onProgress?.({ message: `Copying ${path.basename(source)}`, done: 0, total: info.size, unit: 'bytes' });
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    await utimes(temporary, info.atime, info.mtime);
    throwIfCancelled(options.signal);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  options.onProgress?.({
    message: `Copied ${path.basename(source)}`,
    done: info.size,
    total: info.size,
    unit: 'bytes',
  });
}

import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { placeFile } from '../files/placeFile.js';
import { placeTree } from '../files/placeTree.js';
import type { LongRunningOptions } from '../ports.js';
import type { FileInfo } from '../tracking/entities.js';
import { parseHubUri } from '../transformers/hubUri.js';
import type { ArtifactRepository } from './artifactRepository.js';
import { validatePathIsSafe, validateWithin } from './artifactPath.js';
import { preparedDestination } from './destination.js';

type AtRevision = LongRunningOptions & { revision?: string | undefined };

/** What is asked of the Hugging Face Hub; `HubClient` answers. */
export interface HubFiles {
  /** Every file of a revision. */
  filesOf(repositoryId: string, options?: AtRevision): Promise<readonly { name: string; sizeBytes: number }[]>;
  readRange(
    repositoryId: string,
    fileName: string,
    range: { offset: number; length: number },
    options?: AtRevision,
  ): Promise<Uint8Array>;
  /** A local copy of one file, in the shared cache. */
  downloadFile(repositoryId: string, fileName: string, options?: AtRevision): Promise<string>;
  downloadSnapshot(
    repositoryId: string,
    options?: AtRevision & { filter?: ((fileName: string) => boolean) | undefined },
  ): Promise<{ folder: string; commit: string }>;
}

/**
 * The files of a Hub repository behind `hf:/owner/name` or `hf:/owner/name@revision`, read only. They are downloaded into the
 * cache that is shared with Python; a destination gets real files, no links.
 * Source: the `hf:/` artifacts of mlflow.pyfunc.model.
 */
export class HubArtifactRepository implements ArtifactRepository {
  readonly localPath = undefined;

  constructor(
    readonly artifactUri: string,
    private readonly hub: HubFiles,
  ) {}

  async list(artifactPath = ''): Promise<FileInfo[]> {
    const prefix = artifactPath === '' ? '' : `${artifactPath.replace(/\/+$/, '')}/`;
    const { repository, revision } = this.place();
    const found = new Map<string, FileInfo>();
    for (const { name, sizeBytes } of await this.hub.filesOf(repository, { revision })) {
      if (!name.startsWith(prefix)) continue;
      const [first = '', ...rest] = name.slice(prefix.length).split('/');
      const isDir = rest.length > 0;
      found.set(first, { path: prefix + first, isDir, fileSize: isDir ? null : sizeBytes });
    }
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async read(artifactPath: string, range?: { offset: number; length: number }): Promise<Uint8Array> {
    const { repository, revision } = this.place();
    const name = validatePathIsSafe(artifactPath);
    if (range !== undefined) return this.hub.readRange(repository, name, range, { revision });
    return readFile(await this.hub.downloadFile(repository, name, { revision }));
  }

  /** @throws MlflowError INVALID_PARAMETER_VALUE with MLflow's words before the cause; CANCELLED. */
  async download(
    artifactPath: string,
    options: { dstPath?: string | undefined } & LongRunningOptions = {},
  ): Promise<string> {
    const { signal, onProgress } = options;
    try {
      const { repository, revision } = this.place();
      const wanted = validatePathIsSafe(artifactPath).replace(/\/+$/, '');
      const filter = (name: string): boolean => wanted === '' || name === wanted || name.startsWith(`${wanted}/`);
      const snapshot = await this.hub.downloadSnapshot(repository, { revision, filter, signal, onProgress });
      const source = path.join(snapshot.folder, ...wanted.split('/'));
      const info = await stat(source).catch(() => undefined);
      if (info === undefined) throw MlflowError.doesNotExist(`'${repository}' has no file '${artifactPath}'.`);
      if (options.dstPath === undefined) return source;
      const destination = await preparedDestination(options.dstPath);
      const target = validateWithin(destination, path.join(destination, wanted));
      await mkdir(path.dirname(target), { recursive: true });
      if (info.isDirectory()) await placeTree(source, target, { signal, onProgress });
      else await placeFile(source, target, { signal });
      return target;
    } catch (error) {
      if (signal?.aborted) throw MlflowError.cancelled();
      throw this.downloadFailed(error);
    }
  }

  async uploadFile(): Promise<void> {
    throw this.readOnly();
  }

  async uploadFolder(): Promise<void> {
    throw this.readOnly();
  }

  async delete(): Promise<void> {
    throw this.readOnly();
  }

  private place(): { repository: string; revision: string | undefined } {
    const named = parseHubUri(this.artifactUri);
    if (named === undefined) throw MlflowError.invalidParameter(`'${this.artifactUri}' is no address of the Hub.`);
    return named;
  }

  private downloadFailed(cause: unknown): MlflowError {
    const { message, reason, details } = MlflowError.from(cause);
    return MlflowError.invalidParameter(
      `Failed to download snapshot from Hugging Face Hub with artifact_uri: ${this.artifactUri}. Error: ${message}`,
      { reason, details, cause },
    );
  }

  private readOnly(): MlflowError {
    return new MlflowError(
      `Nothing can be written to ${this.artifactUri}: repositories of the Hub are read only here. Use a local artifact location.`,
      'NOT_IMPLEMENTED',
      { reason: 'artifactSchemeUnsupported' },
    );
  }
}

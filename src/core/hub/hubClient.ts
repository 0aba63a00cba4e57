import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { requireSpace } from '../files/placeTree.js';
import type { Environment, Fetch, LongRunningOptions } from '../ports.js';
import { withFileReader } from '../safetensors/rangeReader.js';
import type { HubAccess } from '../transformers/hubAccess.js';
import { isWholeCheckpoint } from './cachedCheckpoint.js';
import { downloadBlob, removeUnfinished } from './downloadBlob.js';
import { downloadSizeOf, isWeightsShard, type DownloadSize } from './downloadSize.js';
import { HubCache } from './hubCache.js';
import { HubConnection } from './hubConnection.js';
import { fileUrl, listCommit, resolveCommit } from './hubListing.js';
import { checkFileName, checkRepositoryId, checkRevision, isCommitHash, type HubFile } from './hubNames.js';
import { hubRangeReader } from './hubRangeReader.js';
import { hubSettings } from './hubSettings.js';
import { partBytes } from './partMap.js';
import { settleBlobs, unfinishedFiles } from './settling.js';

export interface HubClientOptions {
  /** HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_ENDPOINT, HF_TOKEN, ... */
  environment?: Environment | undefined;
  homeFolder?: string | undefined;
  fetch?: Fetch | undefined;
  /** Waits between two attempts; tests need not really wait. */
  wait?: ((durationMs: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

interface SnapshotOptions extends LongRunningOptions {
  revision?: string | undefined;
  filter?: ((fileName: string) => boolean) | undefined;
}

const connectionsPerFile = 4;
const parallelSmallFiles = 6;
const defaultRevision = 'main';

/**
 * The Hugging Face Hub with the cache that all its libraries on this machine share. Files of a commit are downloaded once;
 * without network the cache answers.
 */
export class HubClient implements HubAccess {
  readonly cache: HubCache;
  private readonly connection: HubConnection;

  constructor(options: HubClientOptions = {}) {
    const settings = hubSettings(options.environment ?? {}, options.homeFolder);
    this.connection = new HubConnection(settings, options.fetch, options.wait);
    this.cache = new HubCache(settings.cacheFolder, settings.avoidsSymlinks);
  }

  get isOffline(): boolean {
    return this.connection.settings.isOffline;
  }

  async latestCommit(repositoryId: string, { signal }: LongRunningOptions = {}): Promise<string> {
    checkRepositoryId(repositoryId);
    return resolveCommit(this.connection, repositoryId, defaultRevision, signal);
  }

  async modelCard(repositoryId: string, options: LongRunningOptions = {}): Promise<string | null> {
    try {
      return await readFile(await this.downloadFile(repositoryId, 'README.md', options), 'utf8');
    } catch (error) {
      if (MlflowError.is(error) && error.reason === 'fileMissing') return null;
      throw error;
    }
  }

  async listFiles(
    repositoryId: string,
    { revision, signal }: LongRunningOptions & { revision?: string | undefined } = {},
  ): Promise<string[]> {
    return (await this.list(repositoryId, revision, signal)).files.map((file) => file.name);
  }

  /** Every file of a revision, with its size and hash. */
  async filesOf(
    repositoryId: string,
    { revision, signal }: LongRunningOptions & { revision?: string | undefined } = {},
  ): Promise<readonly HubFile[]> {
    return (await this.list(repositoryId, revision, signal)).files;
  }

  /** `length` bytes of a file from `offset`, fewer at its end: from the cache, else by range without downloading the file. */
  async readRange(
    repositoryId: string,
    fileName: string,
    { offset, length }: { offset: number; length: number },
    { revision, signal }: LongRunningOptions & { revision?: string | undefined } = {},
  ): Promise<Uint8Array> {
    const { commit, files } = await this.list(repositoryId, revision, signal);
    const file = files.find((candidate) => candidate.name === fileName);
    if (!file) throw fileMissing(repositoryId, fileName, revision);
    const readableLength = Math.max(0, Math.min(length, file.sizeBytes - offset));
    const cached = await this.cache.cachedFile(repositoryId, commit, fileName);
    if (cached !== undefined) return withFileReader(cached, (reader) => reader.read(offset, readableLength));
    const url = fileUrl(this.connection.settings.endpoint, repositoryId, commit, fileName);
    return hubRangeReader(this.connection, url, file, signal).read(offset, readableLength);
  }

  async downloadFile(
    repositoryId: string,
    fileName: string,
    options: LongRunningOptions & { revision?: string | undefined } = {},
  ): Promise<string> {
    checkFileName(repositoryId, fileName);
    const known = await this.cachedFile(repositoryId, fileName, options.revision);
    if (known !== undefined && (this.isOffline || isCommitHash(options.revision ?? ''))) return known;
    const listed = await this.list(repositoryId, options.revision, options.signal).catch((error: unknown) => {
      if (known !== undefined && isNetworkFailure(error)) return null;
      throw offlineWithoutCache(error, `'${fileName}' of '${repositoryId}'`, options.revision ?? defaultRevision);
    });
    if (listed === null) return known!;
    const file = listed.files.find((candidate) => candidate.name === fileName);
    if (!file) throw fileMissing(repositoryId, fileName, options.revision);
    const [downloaded = ''] = await this.fetchFiles(repositoryId, listed.commit, [file], options);
    await this.cache.writeRef(repositoryId, options.revision ?? defaultRevision, listed.commit);
    return downloaded;
  }

  async downloadSnapshot(
    repositoryId: string,
    options: SnapshotOptions = {},
  ): Promise<{ folder: string; commit: string }> {
    const revision = options.revision ?? defaultRevision;
    let listed: { commit: string; files: HubFile[] };
    try {
      listed = await this.list(repositoryId, revision, options.signal);
    } catch (error) {
      const cached = isNetworkFailure(error) ? await this.cachedSnapshot(repositoryId, revision) : undefined;
      if (cached === undefined) throw offlineWithoutCache(error, `'${repositoryId}'`, revision);
      return cached;
    }
    const { commit, files } = listed;
    const wanted = files.filter((file) => options.filter?.(file.name) ?? true);
    await mkdir(this.cache.snapshotFolder(repositoryId, commit), { recursive: true });
    await this.fetchFiles(repositoryId, commit, wanted, options);
    await this.cache.writeRef(repositoryId, revision, commit);
    return { folder: this.cache.snapshotFolder(repositoryId, commit), commit };
  }

  /** The snapshot of a revision, when the cache has its weights as a whole. Asks no network. */
  async cachedSnapshot(
    repositoryId: string,
    revision: string = defaultRevision,
  ): Promise<{ folder: string; commit: string } | undefined> {
    const commit = await this.cache.commitOf(repositoryId, revision);
    if (commit === undefined) return undefined;
    await settleBlobs(this.cache.blobFolder(repositoryId));
    const folder = this.cache.snapshotFolder(repositoryId, commit);
    return (await isWholeCheckpoint(folder)) ? { folder, commit } : undefined;
  }

  /** The folder of a revision in the cache, whatever of it is there. Asks no network. */
  async cachedFolder(repositoryId: string, revision: string = defaultRevision): Promise<string | undefined> {
    const commit = await this.cache.commitOf(repositoryId, revision);
    if (commit === undefined) return undefined;
    await settleBlobs(this.cache.blobFolder(repositoryId));
    const folder = this.cache.snapshotFolder(repositoryId, commit);
    return (await stat(folder).catch(() => undefined))?.isDirectory() ? folder : undefined;
  }

  /**
   * Exactly what a download of the model at a revision would bring; only file listings and weight headers are read.
   * @throws MlflowError `pickledWeights`, `shardMissing`, `safetensorsInvalid`, or as the Hub answers.
   */
  async sizeBeforeDownload(
    repositoryId: string,
    revision: string = defaultRevision,
    options: LongRunningOptions = {},
  ): Promise<DownloadSize> {
    const { commit, files } = await this.list(repositoryId, revision, options.signal);
    const tools = {
      isCached: async (file: HubFile) => (await this.cache.cachedFile(repositoryId, commit, file.name)) !== undefined,
      download: (name: string) => this.downloadFile(repositoryId, name, { ...options, revision: commit }),
    };
    return downloadSizeOf(this.connection, repositoryId, commit, files, tools, options);
  }

  private async list(
    repositoryId: string,
    revision: string = defaultRevision,
    signal?: AbortSignal,
  ): Promise<{ commit: string; files: HubFile[] }> {
    checkRepositoryId(repositoryId);
    checkRevision(repositoryId, revision);
    const commit = isCommitHash(revision)
      ? revision
      : await resolveCommit(this.connection, repositoryId, revision, signal);
    return { commit, files: await listCommit(this.connection, repositoryId, commit, signal) };
  }

  private async cachedFile(
    repositoryId: string,
    fileName: string,
    revision = defaultRevision,
  ): Promise<string | undefined> {
    const commit = await this.cache.commitOf(repositoryId, revision);
    if (commit === undefined) return undefined;
    await settleBlobs(this.cache.blobFolder(repositoryId));
    return this.cache.cachedFile(repositoryId, commit, fileName);
  }

  /** Small files first and side by side, then the weights one after the other: whoever finds the weights finds all. */
  private async fetchFiles(
    repositoryId: string,
    commit: string,
    files: readonly HubFile[],
    options: LongRunningOptions,
  ): Promise<string[]> {
    await settleBlobs(this.cache.blobFolder(repositoryId));
    const missing: HubFile[] = [];
    for (const file of files) {
      if ((await this.cache.cachedFile(repositoryId, commit, file.name)) === undefined) missing.push(file);
      else if (isLarge(file)) {
        const { target, lockFile } = this.blobPlace(repositoryId, file);
        await removeUnfinished(target, lockFile, options.signal);
      }
    }
    const total = missing.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (missing.length > 0) await this.requireSpaceFor(repositoryId, missing);
    let done = 0;
    const fetchOne = (file: HubFile): Promise<void> =>
      this.fetchFile(repositoryId, commit, file, options.signal, (bytes) => {
        done += bytes;
        options.onProgress?.({ message: `Downloading ${file.name}`, done, total, unit: 'bytes' });
      });
    await inParallel(
      parallelSmallFiles,
      missing.filter((file) => !isLarge(file)),
      fetchOne,
    );
    await inParallel(1, missing.filter(isLarge), fetchOne);
    return files.map((file) => path.join(this.cache.snapshotFolder(repositoryId, commit), ...file.name.split('/')));
  }

  private async fetchFile(
    repositoryId: string,
    commit: string,
    file: HubFile,
    signal: AbortSignal | undefined,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const { target, lockFile } = this.blobPlace(repositoryId, file);
    const wasThere = (await stat(target).catch(() => undefined)) !== undefined;
    await downloadBlob({
      connection: this.connection,
      url: fileUrl(this.connection.settings.endpoint, repositoryId, commit, file.name),
      file,
      target,
      lockFile,
      connectionCount: connectionsPerFile,
      signal,
      onBytes,
    });
    await this.cache.point(repositoryId, commit, file.name, file.blobId, !wasThere);
  }

  private blobPlace(repositoryId: string, { blobId }: HubFile): { target: string; lockFile: string } {
    const repositoryName = path.basename(this.cache.repositoryFolder(repositoryId));
    const lockFile = path.join(this.cache.folder, '.locks', repositoryName, `${blobId}.lock`);
    return { target: this.cache.blobFile(repositoryId, blobId), lockFile };
  }

  private async requireSpaceFor(repositoryId: string, files: readonly HubFile[]): Promise<void> {
    const folder = this.cache.blobFolder(repositoryId);
    await mkdir(folder, { recursive: true });
    let neededBytes = 0;
    for (const file of files) {
      const { data } = unfinishedFiles(path.join(folder, file.blobId));
      const begun = await stat(data).catch(() => undefined);
      neededBytes += Math.max(0, file.sizeBytes - (begun?.blocks ?? 0) * 512);
    }
    await requireSpace(folder, neededBytes);
  }
}

async function inParallel<T>(limit: number, items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(limit, items.length) }, async () => {
      try {
        for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function fileMissing(repository: string, file: string, revision = defaultRevision): MlflowError {
  return MlflowError.doesNotExist(`'${repository}' has no file '${file}' at ${revision}. Check the name.`, {
    reason: 'fileMissing',
    details: { repository, file },
  });
}

function isLarge(file: HubFile): boolean {
  return file.sizeBytes > partBytes || isWeightsShard(file.name);
}

function isNetworkFailure(error: unknown): boolean {
  return MlflowError.is(error, 'TEMPORARILY_UNAVAILABLE') || MlflowError.is(error, 'REQUEST_LIMIT_EXCEEDED');
}

function offlineWithoutCache(error: unknown, wanted: string, revision: string): unknown {
  if (!MlflowError.is(error) || error.reason !== 'hubOffline') return error;
  return new MlflowError(
    `${wanted} at ${revision} is not in the cache, and HF_HUB_OFFLINE is set. Unset it to download what is missing.`,
    'TEMPORARILY_UNAVAILABLE',
    { reason: 'hubOffline', details: { wanted, revision }, cause: error },
  );
}

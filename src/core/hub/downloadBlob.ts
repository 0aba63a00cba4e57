import { constants } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError, throwIfCancelled } from '../errors.js';
import { describeFileError } from '../files/atomicFolder.js';
import { requireSpace } from '../files/placeTree.js';
import { beginBlobHash, FollowingHash } from './blobHash.js';
import { BlobSource, ChangedFileError, lyingFile, RangesRefusedError } from './blobSource.js';
import { withDownloadLock } from './downloadLock.js';
import { HashThread } from './hashThread.js';
import type { HubConnection } from './hubConnection.js';
import type { HubFile } from './hubNames.js';
import { partBytes, PartMap } from './partMap.js';
import { BatchPool, receivePart } from './receivePart.js';

/** From here on a hash is worth a thread. */
const threadedHashBytes = 16 * 1024 * 1024;

export interface DownloadBlobOptions {
  connection: HubConnection;
  url: string;
  file: HubFile;
  /** Where the content goes, under the name of its hash. */
  target: string;
  lockFile: string;
  /** Parallel connections for a file of several parts. */
  connectionCount: number;
  signal?: AbortSignal | undefined;
  /** Bytes that came to disk since the last call, those of an earlier process included. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Downloads one content of the Hub in parallel ranges and shows it under its name when its hash is right. What an earlier
 * process has stored is not asked for again.
 * @throws MlflowError DATA_LOSS when size or hash are not the listed ones, `diskFull`, CANCELLED, or as HubConnection.request.
 */
export async function downloadBlob(options: DownloadBlobOptions): Promise<void> {
  await mkdir(path.dirname(options.target), { recursive: true });
  await withDownloadLock(options.lockFile, options.signal, async () => {
    if (await isThere(options)) return options.onBytes?.(options.file.sizeBytes);
    try {
      await downloadInto(options);
    } catch (error) {
      throw describeFileError(error, options.target);
    }
  });
}

async function isThere({ target, file }: DownloadBlobOptions): Promise<boolean> {
  const info = await stat(target).catch(() => undefined);
  return info?.isFile() === true && info.size === file.sizeBytes;
}

async function downloadInto(options: DownloadBlobOptions): Promise<void> {
  const { target, file } = options;
  const dataFile = `${target}.parts.incomplete`;
  const mapFile = `${target}.parts.map`;
  if (await adoptPrefix(options, dataFile, mapFile)) await rm(`${target}.incomplete`, { force: true });
  const hasData = await stat(dataFile).then(
    () => true,
    () => false,
  );
  if (!hasData) await rm(mapFile, { force: true });
  const data = await open(dataFile, constants.O_RDWR | constants.O_CREAT);
  try {
    const map = await PartMap.open(mapFile, file);
    try {
      await receiveVerified(options, data, map);
    } finally {
      await map.close();
    }
    await data.truncate(file.sizeBytes);
    await data.sync();
  } catch (error) {
    if (MlflowError.is(error, 'DATA_LOSS'))
      await Promise.all([dataFile, mapFile].map((name) => rm(name, { force: true })));
    throw error;
  } finally {
    await data.close();
  }
  await rename(dataFile, target);
  await rm(mapFile, { force: true });
}

/** A download that an older Python client left unfinished is a prefix of the file. */
async function adoptPrefix({ target, file }: DownloadBlobOptions, dataFile: string, mapFile: string): Promise<boolean> {
  const prefix = await stat(`${target}.incomplete`).catch(() => undefined);
  const isAbandoned = prefix !== undefined && Date.now() - prefix.mtimeMs > 60_000 && prefix.size <= file.sizeBytes;
  if (!isAbandoned || prefix.size === 0 || (await stat(dataFile).catch(() => undefined))) return false;
  await rename(`${target}.incomplete`, dataFile);
  await rm(mapFile, { force: true });
  const map = await PartMap.open(mapFile, file);
  try {
    for (let part = 0; part < map.partCount; part++) {
      await map.record(part, Math.max(0, Math.min(map.length(part), prefix.size - part * partBytes)));
    }
  } finally {
    await map.close();
  }
  return true;
}

/** Bytes that an earlier process stored may be wrong, and a file may change meanwhile: then all is asked for once more. */
async function receiveVerified(options: DownloadBlobOptions, data: FileHandle, map: PartMap): Promise<void> {
  let mayRestart = map.totalDoneBytes > 0;
  for (;;) {
    await requireSpace(path.dirname(options.target), options.file.sizeBytes - map.totalDoneBytes);
    const counter = { bytes: 0 };
    try {
      const digest = await receive(options, data, map, counter);
      if (digest === options.file.blobId) return;
      throw new ChangedFileError(`its bytes have the hash ${digest}`);
    } catch (error) {
      if (error instanceof RangesRefusedError) return receiveWhole(options, data);
      if (!(error instanceof ChangedFileError)) throw error;
      if (!mayRestart) throw lyingFile(options.url, options.file, error.message);
      mayRestart = false;
      options.onBytes?.(-counter.bytes);
      await map.reset();
    }
  }
}

async function receive(
  options: DownloadBlobOptions,
  data: FileHandle,
  map: PartMap,
  counter: { bytes: number },
): Promise<string> {
  const { connection, url, file } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const source = new BlobSource(connection, url, file, map.remoteTag);
  const hash =
    file.blobId.length === 64 && file.sizeBytes >= threadedHashBytes
      ? new HashThread(data.fd, file.sizeBytes, () => map.frontier())
      : new FollowingHash(data, file.blobId, file.sizeBytes, (from) => map.frontier(from));
  const onBytes = (bytes: number): void => {
    counter.bytes += bytes;
    options.onBytes?.(bytes);
    hash.follow();
  };
  onBytes(map.totalDoneBytes);
  const batches = new BatchPool();
  let nextPart = 0;
  const work = async (): Promise<void> => {
    while (nextPart < map.partCount) {
      const part = nextPart++;
      if (map.done(part) < map.length(part)) await receivePart({ source, data, map, part, signal, batches, onBytes });
    }
  };
  const workers = Array.from({ length: Math.min(options.connectionCount, map.partCount) }, async () => {
    try {
      await work();
    } catch (error) {
      // The first failure ends the others; theirs is only its echo.
      if (!stop.signal.aborted) stop.abort(error);
      throw error;
    }
  });
  try {
    const results = await Promise.allSettled(workers);
    throwIfCancelled(options.signal);
    if (results.some((result) => result.status === 'rejected')) throw stop.signal.reason;
    // What is on its way to the disk need not wait for the hash.
    const [digest] = await Promise.all([hash.digest(), data.sync()]);
    return digest;
  } finally {
    await hash.close();
  }
}

/** For servers without ranges: one stream from the beginning. */
async function receiveWhole(options: DownloadBlobOptions, data: FileHandle): Promise<void> {
  const { connection, url, file } = options;
  const hash = beginBlobHash(file.blobId, file.sizeBytes);
  const signal = options.signal ?? new AbortController().signal;
  let position = 0;
  try {
    const body = await new BlobSource(connection, url, file).openWhole(signal);
    await body.read(async (lent) => {
      throwIfCancelled(options.signal);
      if (position + lent.byteLength > file.sizeBytes) throw new ChangedFileError('it is longer');
      const chunk = Buffer.from(lent);
      await data.write(chunk, 0, chunk.byteLength, position);
      hash.update(chunk);
      position += chunk.byteLength;
      options.onBytes?.(chunk.byteLength);
    });
  } catch (error) {
    throwIfCancelled(options.signal);
    if (error instanceof ChangedFileError) throw lyingFile(url, file, error.message);
    throw error;
  }
  if (position !== file.sizeBytes) throw lyingFile(url, file, `it ends after ${position} bytes`);
  const digest = hash.digest('hex');
  if (digest !== file.blobId) throw lyingFile(url, file, `its bytes have the hash ${digest}`);
}

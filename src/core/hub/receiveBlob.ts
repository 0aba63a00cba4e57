import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { throwIfCancelled } from '../errors.js';
import { requireSpace } from '../files/placeTree.js';
import { BatchPool, BatchWriter } from './batchWriter.js';
import { hashBehindWriter } from './blobHash.js';
import { BlobSource, ChangedFileError, lyingFile, RangesRefusedError } from './blobSource.js';
import type { HubConnection } from './hubConnection.js';
import type { HubFile } from './hubNames.js';
import type { PartMap } from './partMap.js';
import { receivePart, throughFailures } from './receivePart.js';

export interface ReceiveBlobOptions {
  connection: HubConnection;
  url: string;
  file: HubFile;
  /** Where the content goes, under the name of its hash. */
  target: string;
  /** Parallel connections for a file of several parts. */
  connectionCount: number;
  signal?: AbortSignal | undefined;
  /** Bytes that came to disk since the last call, those of an earlier process included. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** Brings the bytes that are not there; tells of each that came to the file. */
type Receive = (
  options: ReceiveBlobOptions,
  data: FileHandle,
  map: PartMap,
  onStored: (bytes: number) => void,
) => Promise<void>;

/**
 * Brings one content of the Hub into a file, as far as the map says that it is not there yet.
 * @throws MlflowError DATA_LOSS when size or hash are not the listed ones, `diskFull`, CANCELLED, or as HubConnection.request.
 */
export async function receiveBlob(options: ReceiveBlobOptions, data: FileHandle, map: PartMap): Promise<void> {
  let receive: Receive = receiveParts;
  // Bytes that an earlier process stored may be wrong, and a file may change meanwhile: then all is asked for once more.
  let mayRestart = map.totalDoneBytes > 0;
  for (;;) {
    await requireSpace(path.dirname(options.target), options.file.sizeBytes - map.totalDoneBytes);
    let toldBytes = 0;
    const onBytes = (bytes: number): void => {
      toldBytes += bytes;
      options.onBytes?.(bytes);
    };
    try {
      return await receiveChecked({ ...options, onBytes }, data, map, receive);
    } catch (error) {
      throwIfCancelled(options.signal);
      if (error instanceof RangesRefusedError) receive = receiveWhole;
      else if (!(error instanceof ChangedFileError)) throw error;
      else if (!mayRestart) throw lyingFile(options.url, options.file, error.message);
      else mayRestart = false;
      options.onBytes?.(-toldBytes);
      await map.reset();
    }
  }
}

/** Hashes behind what is received. */
async function receiveChecked(
  options: ReceiveBlobOptions,
  data: FileHandle,
  map: PartMap,
  receive: Receive,
): Promise<void> {
  const hash = hashBehindWriter(data, options.file, () => map.frontier());
  const onStored = (bytes: number): void => {
    options.onBytes?.(bytes);
    hash.follow();
  };
  try {
    onStored(map.totalDoneBytes);
    await receive(options, data, map, onStored);
    const digest = await hash.digest();
    if (digest !== options.file.blobId) throw new ChangedFileError(`its bytes have the hash ${digest}`);
  } finally {
    await hash.close();
  }
}

/** A server that fills these gains nothing from more: each leaves a part open that the hash has to wait for. */
const firstConnections = 2;
const furtherConnectionsMs = 100;

/** In parallel ranges. */
const receiveParts: Receive = async ({ connection, url, file, connectionCount, signal }, data, map, onBytes) => {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const source = new BlobSource(connection, url, file, map.remoteTag);
  const batches = new BatchPool();
  let nextPart = 0;
  const work = async (): Promise<void> => {
    while (nextPart < map.partCount) {
      const part = nextPart++;
      await receivePart({ source, data, map, part, signal: either, batches, onBytes });
    }
  };
  // The first failure ends the others; theirs is only its echo.
  const begin = (): Promise<void> => work().catch((error: unknown) => stop.abort(error));
  const count = Math.min(connectionCount, map.partCount);
  const workers = Array.from({ length: Math.min(count, firstConnections) }, begin);
  const timer = setTimeout(() => {
    while (workers.length < count) workers.push(begin());
  }, furtherConnectionsMs);
  await Promise.all([...workers]);
  clearTimeout(timer);
  await Promise.all(workers);
  throwIfCancelled(signal);
  if (stop.signal.aborted) throw stop.signal.reason;
};

/** In one stream from the beginning, from a server that knows no ranges. */
const receiveWhole: Receive = async (options, data, map, onStored) => {
  const { connection, url, file, signal = new AbortController().signal } = options;
  const attempt = async (): Promise<void> => {
    const body = await new BlobSource(connection, url, file).openWhole(signal);
    let [receivedBytes, storedBytes] = [0, 0];
    const writer = new BatchWriter(data, 0, new BatchPool(), (bytes) => {
      storedBytes += bytes;
      map.recordPrefix(storedBytes);
      onStored(bytes);
    });
    try {
      await body.readInto({
        room: () => writer.room(),
        filled(count) {
          receivedBytes += count;
          if (receivedBytes > file.sizeBytes) throw new ChangedFileError('it is longer');
          return writer.filled(count);
        },
      });
      await writer.flush();
    } catch (error) {
      await writer.flush();
      onStored(-storedBytes);
      throw error;
    }
    if (receivedBytes !== file.sizeBytes) throw new ChangedFileError(`it ends after ${receivedBytes} bytes`);
  };
  await throughFailures(attempt, () => 0, signal);
};

import type { FileHandle } from 'node:fs/promises';
import { MlflowError, throwIfCancelled } from '../errors.js';
import { BatchWriter, StorageError, type BatchPool } from './batchWriter.js';
import { ChangedFileError, RangesRefusedError, type BlobSource } from './blobSource.js';
import { partBytes, type PartMap } from './partMap.js';

export interface ReceivePartOptions {
  source: BlobSource;
  data: FileHandle;
  map: PartMap;
  part: number;
  signal: AbortSignal;
  batches: BatchPool;
  /** So many more bytes are in the file. */
  onBytes: (bytes: number) => void;
}

const maximumFailures = 5;
const stallMs = 30_000;

/**
 * Brings one part to its end; a connection that breaks goes on where it was.
 * @throws as {@link throughFailures}
 */
export async function receivePart(options: ReceivePartOptions): Promise<void> {
  const { map, part, signal } = options;
  if (map.done(part) < map.length(part)) {
    await throughFailures(
      () => receiveOnce(options),
      () => map.done(part),
      signal,
    );
  }
}

/**
 * Repeats what a broken connection ended.
 * @param doneBytes tells whether an attempt brought anything
 * @throws ChangedFileError, RangesRefusedError; MlflowError TEMPORARILY_UNAVAILABLE after five failures in a row; the
 *   file system's errors.
 */
export async function throughFailures(
  attempt: () => Promise<void>,
  doneBytes: () => number,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; ;) {
    const before = doneBytes();
    try {
      return await attempt();
    } catch (error) {
      throwIfCancelled(signal);
      if (error instanceof StorageError) throw error.cause;
      if (error instanceof ChangedFileError || error instanceof RangesRefusedError || MlflowError.is(error))
        throw error;
      failures = doneBytes() > before ? 1 : failures + 1;
      if (failures > maximumFailures) throw broken(error);
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** failures));
    }
  }
}

async function receiveOnce(options: ReceivePartOptions): Promise<void> {
  const { source, data, map, part, signal, batches, onBytes } = options;
  const stall = new AbortController();
  const begin = part * partBytes;
  const end = begin + map.length(part);
  let position = begin + map.done(part);
  const { body, tag } = await source.open(position, end, AbortSignal.any([signal, stall.signal]));
  if (tag !== null && map.remoteTag === null) await map.setRemoteTag(tag);
  const writer = new BatchWriter(data, position, batches, async (bytes) => {
    await map.record(part, map.done(part) + bytes);
    onBytes(bytes);
  });
  const timer = setTimeout(() => stall.abort(new Error(`no byte came for ${stallMs / 1000} seconds`)), stallMs);
  try {
    await body.readInto({
      room: () => writer.room(),
      filled: (count) => {
        timer.refresh();
        position += count;
        if (position > end) throw new ChangedFileError('it sends more bytes than were asked for');
        return writer.filled(count);
      },
    });
  } finally {
    clearTimeout(timer);
    await writer.flush();
  }
  if (position < end) throw new Error('the connection ended early');
}

function broken(error: unknown): MlflowError {
  return new MlflowError(
    `The download broke off ${maximumFailures} times in a row: ${error instanceof Error ? error.message : String(error)}. ` +
      'Start it again: it goes on where it was.',
    'TEMPORARILY_UNAVAILABLE',
    { cause: error },
  );
}

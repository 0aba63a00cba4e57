import type { FileHandle } from 'node:fs/promises';
import { MlflowError, throwIfCancelled } from '../errors.js';
import { ChangedFileError, RangesRefusedError, type BlobSource } from './blobSource.js';
import { partBytes, type PartMap } from './partMap.js';

export interface ReceivePartOptions {
  source: BlobSource;
  data: FileHandle;
  map: PartMap;
  part: number;
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
}

const maximumFailures = 5;
const stallMs = 30_000;
/** What may wait in memory while the disk is busy. */
const pendingLimitBytes = 4 * 1024 * 1024;
/** What is worth a write of its own; less is written when it has waited for a moment. */
const batchBytes = 1024 * 1024;
const batchWaitMs = 50;

/**
 * Brings one part to its end; a connection that breaks goes on where it was.
 * @throws ChangedFileError, RangesRefusedError; MlflowError TEMPORARILY_UNAVAILABLE after five failures in a row.
 */
export async function receivePart(options: ReceivePartOptions): Promise<void> {
  const { map, part, signal } = options;
  let failures = 0;
  while (map.done(part) < map.length(part)) {
    const before = map.done(part);
    try {
      await receiveOnce(options);
    } catch (error) {
      throwIfCancelled(signal);
      if (error instanceof ChangedFileError || error instanceof RangesRefusedError || MlflowError.is(error))
        throw error;
      if ((error as NodeJS.ErrnoException).syscall === 'write') throw error;
      failures = map.done(part) > before ? 1 : failures + 1;
      if (failures > maximumFailures) throw broken(error);
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** failures));
    }
  }
}

async function receiveOnce({ source, data, map, part, signal, onBytes }: ReceivePartOptions): Promise<void> {
  const stall = new AbortController();
  const begin = part * partBytes;
  const end = begin + map.length(part);
  let position = begin + map.done(part);
  const { body, tag } = await source.open(position, end, AbortSignal.any([signal, stall.signal]));
  if (tag !== null && map.remoteTag === null) await map.setRemoteTag(tag);
  const writer = new PartWriter(data, map, part, onBytes);
  let timer = setTimeout(() => undefined, 0);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(new Error(`no byte came for ${stallMs / 1000} seconds`)), stallMs);
      position += chunk.byteLength;
      if (position > end) throw new ChangedFileError('it sends more bytes than were asked for');
      await writer.push(chunk);
    }
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

/** Writes what has come while the next chunks come; the map moves on only behind the data. */
class PartWriter {
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private writing: Promise<void> | undefined;
  private failure: unknown;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly data: FileHandle,
    private readonly map: PartMap,
    private readonly part: number,
    private readonly onBytes: (bytes: number) => void,
  ) {}

  async push(chunk: Uint8Array): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.pending.push(chunk);
    this.pendingBytes += chunk.byteLength;
    if (this.pendingBytes >= batchBytes) this.write();
    else this.timer ??= setTimeout(() => this.write(), batchWaitMs);
    if (this.pendingBytes > pendingLimitBytes) await this.writing;
  }

  async flush(): Promise<void> {
    this.write();
    await this.writing;
    if (this.failure !== undefined) throw this.failure;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing ??= this.drain();
  }

  private async drain(): Promise<void> {
    try {
      while (this.pending.length > 0 && this.failure === undefined) {
        const [chunks, bytes] = [this.pending, this.pendingBytes];
        [this.pending, this.pendingBytes] = [[], 0];
        await writeAll(this.data, chunks, this.part * partBytes + this.map.done(this.part));
        await this.map.record(this.part, this.map.done(this.part) + bytes);
        this.onBytes(bytes);
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.writing = undefined;
    }
  }
}

async function writeAll(data: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  let [rest, at] = [[...chunks], position];
  while (rest.length > 0) {
    const batch = rest.slice(0, 512);
    let { bytesWritten } = await data.writev(batch, at);
    at += bytesWritten;
    while (rest[0] && bytesWritten >= rest[0].byteLength) bytesWritten -= rest.shift()!.byteLength;
    if (bytesWritten > 0 && rest[0]) rest = [rest[0].subarray(bytesWritten), ...rest.slice(1)];
  }
}

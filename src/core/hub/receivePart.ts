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
  batches: BatchPool;
  /** So many more bytes are in the file. */
  onBytes: (bytes: number) => void;
}

const maximumFailures = 5;
const stallMs = 30_000;
/** What is worth a write of its own; less is written when it has waited for a moment. */
const batchBytes = 1024 * 1024;
const batchWaitMs = 50;

/** Buffers for what is on its way to disk, used again and again. */
export class BatchPool {
  private readonly free: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(batchBytes);
  }

  giveBack(batch: Uint8Array): void {
    this.free.push(Buffer.from(batch.buffer));
  }
}

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

async function receiveOnce(options: ReceivePartOptions): Promise<void> {
  const { source, map, part, signal } = options;
  const stall = new AbortController();
  const begin = part * partBytes;
  const end = begin + map.length(part);
  let position = begin + map.done(part);
  const { body, tag } = await source.open(position, end, AbortSignal.any([signal, stall.signal]));
  if (tag !== null && map.remoteTag === null) await map.setRemoteTag(tag);
  const writer = new PartWriter(options);
  const timer = setTimeout(() => stall.abort(new Error(`no byte came for ${stallMs / 1000} seconds`)), stallMs);
  try {
    await body.read((chunk) => {
      timer.refresh();
      position += chunk.byteLength;
      if (position > end) throw new ChangedFileError('it sends more bytes than were asked for');
      return writer.push(chunk);
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

/** Writes what has come while the next chunks come; the map moves on only behind the data. */
class PartWriter {
  private batch: Buffer | undefined;
  private batchLength = 0;
  private readonly full: Uint8Array[] = [];
  private writing: Promise<void> | undefined;
  private failure: unknown;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ReceivePartOptions) {}

  /** Copies the chunk. The answer, if any, settles when there is room for more. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (this.failure !== undefined) throw this.failure;
    for (let taken = 0; taken < chunk.byteLength;) {
      this.batch ??= this.options.batches.take();
      const piece = chunk.subarray(taken, taken + batchBytes - this.batchLength);
      this.batch.set(piece, this.batchLength);
      this.batchLength += piece.byteLength;
      taken += piece.byteLength;
      if (this.batchLength === batchBytes) this.write();
    }
    this.timer ??= setTimeout(() => this.write(), batchWaitMs);
    return this.full.length > 1 ? this.writing : undefined;
  }

  async flush(): Promise<void> {
    this.write();
    await this.writing;
    if (this.failure !== undefined) throw this.failure;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.batch) this.full.push(this.batch.subarray(0, this.batchLength));
    [this.batch, this.batchLength] = [undefined, 0];
    if (this.full.length > 0) this.writing ??= this.drain();
  }

  private async drain(): Promise<void> {
    try {
      for (let batch = this.full.shift(); batch; batch = this.full.shift()) {
        await this.store(batch);
        this.options.batches.giveBack(batch);
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.writing = undefined;
    }
  }

  private async store(bytes: Uint8Array): Promise<void> {
    const { data, map, part, onBytes } = this.options;
    const begin = part * partBytes + map.done(part);
    for (let written = 0; written < bytes.byteLength;)
      written += (await data.write(bytes, written, bytes.byteLength - written, begin + written)).bytesWritten;
    await map.record(part, map.done(part) + bytes.byteLength);
    onBytes(bytes.byteLength);
  }
}

import type { FileHandle } from 'node:fs/promises';
import type { ByteSink } from './byteTransport.js';

/** What is worth a write of its own; less is written when it has waited for a moment. */
const batchBytes = 1024 * 1024;
const batchWaitMs = 50;
/** Batches that wait for the disk before their writer takes no more. */
const maximumWaiting = 2;

/** Buffers for what is on its way to disk, used again and again. */
export class BatchPool {
  private readonly free: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(batchBytes);
  }

  giveBack(batch: Buffer): void {
    this.free.push(batch);
  }
}

/** The disk did not take what was to be written; the cause says why. */
export class StorageError extends Error {}

/** A part of a batch that is on its way to disk. */
interface Piece {
  batch: Buffer;
  begin: number;
  end: number;
}

/** Writes a stream into a file while its next bytes come; they are received straight into the batches. */
export class BatchWriter implements ByteSink {
  private batch: Buffer | undefined;
  /** How far the batch was handed to the disk, and how far it is filled. */
  private handedOver = 0;
  private length = 0;
  private readonly waiting: Piece[] = [];
  private writing: Promise<void> | undefined;
  private failure: StorageError | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly data: FileHandle,
    /** Where the next byte goes. */
    private position: number,
    private readonly batches: BatchPool,
    /** So many more bytes are in the file. */
    private readonly onStored: (bytes: number) => Promise<void> | void,
  ) {}

  room(): Uint8Array {
    this.batch ??= this.batches.take();
    return this.batch.subarray(this.length);
  }

  filled(count: number): Promise<void> | undefined {
    if (this.failure) throw this.failure;
    this.length += count;
    if (this.length === batchBytes) this.handOver();
    else this.timer ??= setTimeout(() => this.handOver(), batchWaitMs);
    return this.waiting.length >= maximumWaiting ? this.writing : undefined;
  }

  /** Ends when all is in the file. @throws StorageError */
  async flush(): Promise<void> {
    this.handOver();
    await this.writing;
    if (this.batch) this.batches.giveBack(this.batch);
    this.batch = undefined;
    if (this.failure) throw this.failure;
  }

  /** The rest of a batch may be lent at the moment: it stays with this writer until it is full. */
  private handOver(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { batch, handedOver: begin, length: end } = this;
    if (!batch || end === begin) return;
    this.waiting.push({ batch, begin, end });
    this.handedOver = end;
    if (end === batchBytes) [this.batch, this.handedOver, this.length] = [undefined, 0, 0];
    this.writing ??= this.drain();
  }

  private async drain(): Promise<void> {
    try {
      for (let piece = this.waiting.shift(); piece; piece = this.waiting.shift()) {
        await this.store(piece);
        if (piece.end === batchBytes) this.batches.giveBack(piece.batch);
      }
    } catch (error) {
      this.failure = new StorageError('the disk failed', { cause: error });
    } finally {
      this.writing = undefined;
    }
  }

  private async store({ batch, begin, end }: Piece): Promise<void> {
    for (let at = begin; at < end;) {
      const { bytesWritten } = await this.data.write(batch, at, end - at, this.position);
      at += bytesWritten;
      this.position += bytesWritten;
    }
    await this.onStored(end - begin);
  }
}

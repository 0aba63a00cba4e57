import type { FileHandle } from 'node:fs/promises';

/** So much is worth a flush of its own. */
const stepBytes = 32 * 1024 * 1024;

/** Flushes a file to disk while it is being written, so that little is left to wait for at its end. */
export class SteadySync {
  private unsyncedBytes = 0;
  private running: Promise<void> | undefined;
  private failure: unknown;

  constructor(private readonly data: FileHandle) {}

  /** So many more bytes are in the file. */
  follow(bytes: number): void {
    this.unsyncedBytes += bytes;
    if (this.running || this.unsyncedBytes < stepBytes) return;
    this.unsyncedBytes = 0;
    this.running = this.data
      .datasync()
      // The system tells of bytes that it could not write only once.
      .catch((error: unknown) => (this.failure ??= error))
      .then(() => (this.running = undefined));
  }

  /** Ends when all is on disk. */
  async finish(): Promise<void> {
    await this.running;
    if (this.failure !== undefined) throw this.failure;
    await this.data.sync();
  }

  /** Ends what runs; the file may be closed afterwards. */
  async close(): Promise<void> {
    await this.running;
  }
}

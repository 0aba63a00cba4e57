import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const readBytes = 4 * 1024 * 1024;

/** Begins the hash that the Hub names a content by: SHA-256 of a large file's bytes, git's SHA-1 of a small one's. */
export function beginBlobHash(blobId: string, sizeBytes: number): Hash {
  return blobId.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${sizeBytes}\0`);
}

/** Hashes a file that is still being written, as far as it is there without a hole. */
export class FollowingHash {
  private readonly hash: Hash;
  private buffer: Buffer | undefined;
  private hashedBytes = 0;
  private running: Promise<void> | undefined;
  private failure: unknown;

  constructor(
    private readonly handle: FileHandle,
    blobId: string,
    sizeBytes: number,
    /** Bytes that are there, from the beginning; asked with what is hashed already. */
    private readonly frontier: (hashedBytes: number) => number,
  ) {
    this.hash = beginBlobHash(blobId, sizeBytes);
  }

  /** Goes on in the background when there is enough to read. */
  follow(): void {
    if (this.running || this.failure !== undefined || this.frontier(this.hashedBytes) - this.hashedBytes < readBytes)
      return;
    this.running = this.advance()
      .catch((error: unknown) => (this.failure = error))
      .then(() => (this.running = undefined));
  }

  /** The hash of the whole file, when all of it is there. */
  async digest(): Promise<string> {
    await this.running;
    if (this.failure !== undefined) throw this.failure;
    await this.advance();
    return this.hash.digest('hex');
  }

  /** Ends the reading; the file may be closed afterwards. */
  async close(): Promise<void> {
    await this.running;
  }

  private async advance(): Promise<void> {
    for (;;) {
      const available = Math.min(readBytes, this.frontier(this.hashedBytes) - this.hashedBytes);
      if (available <= 0) return;
      this.buffer ??= Buffer.allocUnsafeSlow(readBytes);
      const { bytesRead } = await this.handle.read(this.buffer, 0, available, this.hashedBytes);
      if (bytesRead === 0) throw new Error('the file became shorter while it was downloaded');
      this.hash.update(this.buffer.subarray(0, bytesRead));
      this.hashedBytes += bytesRead;
    }
  }
}

import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ChangedFileError } from './blobSource.js';
import type { HubFile } from './hubNames.js';
import { HashThread } from './hashThread.js';

/** The hash of a file that is still being written, read behind the writer. */
export interface FollowingHash {
  /** More of the file may be there. */
  follow(): void;
  /** The hash of the whole file, when all of it is there. @throws ChangedFileError for a file that is shorter. */
  digest(): Promise<string>;
  /** Ends the reading; the file may be closed afterwards. */
  close(): Promise<void>;
}

/** From here on a hash is worth a thread. */
const threadedBytes = 16 * 1024 * 1024;

/**
 * The hash that the Hub names a content by: SHA-256 of a large file's bytes, git's SHA-1 of a small one's.
 * @param frontier how many bytes from the beginning are there without a hole
 */
export function hashBehindWriter(data: FileHandle, file: HubFile, frontier: () => number): FollowingHash {
  return file.blobId.length === 64 && file.sizeBytes >= threadedBytes
    ? new HashThread(data.fd, file.sizeBytes, frontier)
    : new HashAtEnd(data, file);
}

const readBytes = 1024 * 1024;

/** A file so small that it is read when all of it is there. */
class HashAtEnd implements FollowingHash {
  constructor(
    private readonly data: FileHandle,
    private readonly file: HubFile,
  ) {}

  follow(): void {
    // Nothing is gained by reading it in pieces.
  }

  async digest(): Promise<string> {
    const { sizeBytes } = this.file;
    const hash = beginHash(this.file);
    const buffer = Buffer.allocUnsafe(Math.min(readBytes, sizeBytes));
    for (let hashedBytes = 0; hashedBytes < sizeBytes;) {
      const { bytesRead } = await this.data.read(
        buffer,
        0,
        Math.min(buffer.length, sizeBytes - hashedBytes),
        hashedBytes,
      );
      if (bytesRead === 0) throw new ChangedFileError('the stored part of it became shorter');
      hash.update(buffer.subarray(0, bytesRead));
      hashedBytes += bytesRead;
    }
    return hash.digest('hex');
  }

  async close(): Promise<void> {
    // Nothing runs outside of digest().
  }
}

function beginHash({ blobId, sizeBytes }: HubFile): Hash {
  return blobId.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${sizeBytes}\0`);
}

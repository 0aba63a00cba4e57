import { open } from 'node:fs/promises';
import { MlflowError } from '../errors.js';

/** Bytes of one file, read by range: a local file, or a remote one over HTTP ranges. */
export interface RangeReader {
  /** Name for messages: a path or an address. */
  readonly name: string;
  /** Size of the whole file in bytes; absent while it is unknown. */
  readonly sizeBytes: number | undefined;
  /** Up to `length` bytes from `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Opens a local file for ranged reads for the time of `use`.
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST (reason `fileMissing`), PERMISSION_DENIED or INTERNAL_ERROR (`fileUnreadable`).
 */
export async function withFileReader<T>(file: string, use: (reader: RangeReader) => Promise<T>): Promise<T> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadableFile(file, error);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw unreadableFile(file, new Error('it is not a file'));
    return await use({
      name: file,
      sizeBytes: stat.size,
      async read(offset, length) {
        const buffer = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return buffer.subarray(0, done);
      },
    });
  } finally {
    await handle.close();
  }
}

function unreadableFile(file: string, error: unknown): MlflowError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return MlflowError.doesNotExist(
      `The weights file ${file} does not exist. Restore it, or download or log the model again.`,
      { reason: 'fileMissing', details: { file }, cause: error },
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new MlflowError(
    `The weights file ${file} cannot be read: ${message}. Check the file's permissions and the disk.`,
    code === 'EACCES' || code === 'EPERM' ? 'PERMISSION_DENIED' : 'INTERNAL_ERROR',
    { reason: 'fileUnreadable', details: { file }, cause: error },
  );
}

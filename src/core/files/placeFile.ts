import { constants } from 'node:fs';
import { copyFile, link, open, stat, utimes, type FileHandle } from 'node:fs/promises';
import { MlflowError, throwIfCancelled } from '../errors.js';

/** How a file came to its new place: sharing blocks, sharing the file, or as a copy. */
export type Placement = 'reflink' | 'hardlink' | 'copy';

export interface PlaceFileOptions {
  /** A hard link is the same file under two names: a later change in place changes both. Off unless the user allowed it. */
  allowHardLinks?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the bytes that came since the last call. */
  onBytes?: ((bytes: number) => void) | undefined;
}

const bufferBytes = 8 * 1024 * 1024;

/**
 * Puts the content of `source` at `target` without passing it through much memory: a reflink where the file system can,
 * else a hard link where allowed, else a streamed copy (two buffers of 8 MiB).
 * @throws MlflowError INVALID_STATE when the source changes while it is read, CANCELLED when the signal is aborted.
 */
export async function placeFile(source: string, target: string, options: PlaceFileOptions = {}): Promise<Placement> {
  throwIfCancelled(options.signal);
  const before = await stat(source);
  if (await tryReflink(source, target)) {
    options.onBytes?.(before.size);
    return 'reflink';
  }
  if (options.allowHardLinks && (await tryLink(source, target))) {
    options.onBytes?.(before.size);
    return 'hardlink';
  }
  const copied = await copyStreamed(source, target, options);
  const after = await stat(source);
  if (after.mtimeMs !== before.mtimeMs || after.size !== before.size || copied !== before.size) {
    throw new MlflowError(
      `${source} changed while it was being copied. Wait until whatever writes it has finished, then try again.`,
      'INVALID_STATE',
      { details: { path: source } },
    );
  }
  await utimes(target, before.atime, before.mtime);
  return 'copy';
}

async function tryReflink(source: string, target: string): Promise<boolean> {
  return copyFile(source, target, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  );
}

async function tryLink(source: string, target: string): Promise<boolean> {
  return link(source, target).then(
    () => true,
    () => false,
  );
}

async function copyStreamed(source: string, target: string, options: PlaceFileOptions): Promise<number> {
  const input = await open(source, 'r');
  try {
    const output = await open(target, 'w');
    try {
      return await pump(input, output, options);
    } finally {
      await output.close();
    }
  } finally {
    await input.close();
  }
}

/** Reads into one buffer while the other is written. */
async function pump(input: FileHandle, output: FileHandle, options: PlaceFileOptions): Promise<number> {
  let [reading, writing] = [Buffer.allocUnsafe(bufferBytes), Buffer.allocUnsafe(bufferBytes)];
  let position = 0;
  let { bytesRead } = await input.read(reading, 0, bufferBytes, 0);
  while (bytesRead > 0) {
    throwIfCancelled(options.signal);
    [reading, writing] = [writing, reading];
    const written = writeAll(output, writing, bytesRead, position);
    position += bytesRead;
    options.onBytes?.(bytesRead);
    const next = input.read(reading, 0, bufferBytes, position);
    const [, result] = await Promise.all([written, next]);
    bytesRead = result.bytesRead;
  }
  return position;
}

async function writeAll(output: FileHandle, buffer: Buffer, lengthBytes: number, position: number): Promise<void> {
  let done = 0;
  while (done < lengthBytes) {
    const { bytesWritten } = await output.write(buffer, done, lengthBytes - done, position + done);
    done += bytesWritten;
  }
}

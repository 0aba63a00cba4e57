import { constants } from 'node:fs';
import { copyFile, link, stat, unlink, utimes } from 'node:fs/promises';
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

/**
 * Puts the content of `source` at `target` without passing it through much memory: a reflink where the file system can,
 * else a hard link where allowed, else a copy made by the operating system.
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
  await copyObserved(source, target, options);
  const after = await stat(source);
  const copied = await stat(target);
  if (after.mtimeMs !== before.mtimeMs || after.size !== before.size || copied.size !== before.size) {
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

/** How often a running copy is asked how far it has come. */
const observeEveryMs = 100;

/**
 * Copies in the kernel. Such a copy cannot be stopped; when it is cancelled, the target is unlinked under it, so that its
 * space is freed when the copy ends.
 */
async function copyObserved(source: string, target: string, options: PlaceFileOptions): Promise<void> {
  let seenBytes = 0;
  const tell = (sizeBytes: number): void => {
    if (sizeBytes > seenBytes) options.onBytes?.(sizeBytes - seenBytes);
    seenBytes = Math.max(seenBytes, sizeBytes);
  };
  const timer = setInterval(() => void stat(target).then(({ size }) => tell(size), ignore), observeEveryMs);
  let cancel: () => void = ignore;
  const cancelled = new Promise<never>((_, reject) => (cancel = () => reject(MlflowError.cancelled())));
  cancelled.catch(ignore);
  options.signal?.addEventListener('abort', cancel);
  try {
    const copying = copyFile(source, target);
    copying.catch(ignore);
    await Promise.race([copying, cancelled]);
    tell((await stat(target)).size);
    throwIfCancelled(options.signal);
  } catch (error) {
    if (options.signal?.aborted) await unlink(target).catch(ignore);
    throw error;
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener('abort', cancel);
  }
}

function ignore(): void {
  // Another result decides.
}

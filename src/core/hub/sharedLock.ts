import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { throwIfCancelled } from '../errors.js';

const pollMs = 200;
/** Flags of `open` that lock the file as well; libuv passes them on. Linux has none. */
const lockingFlags: Partial<Record<NodeJS.Platform, number>> = {
  darwin: constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | 0x20,
  win32: constants.O_RDWR | constants.O_CREAT | 0x1000_0000,
};

/**
 * Runs with the lock that Python's client takes while it downloads the same content, so that neither fetches what the other
 * does. Nothing depends on it but traffic: where the system has no such lock, it runs without. The file stays, as Python's does.
 * Source: huggingface_hub.utils.WeakFileLock, filelock (`flock` of the whole file).
 * @throws MlflowError CANCELLED while waiting.
 */
export async function withSharedLock<T>(
  lockFile: string,
  signal: AbortSignal | undefined,
  run: () => Promise<T>,
): Promise<T> {
  await mkdir(path.dirname(lockFile), { recursive: true });
  const flags = lockingFlags[process.platform];
  const handle = flags === undefined ? await openAndLock(lockFile, signal) : await openLocked(lockFile, flags, signal);
  try {
    throwIfCancelled(signal);
    return await run();
  } finally {
    // The lock ends with the open file, also when the process is killed.
    await handle?.close();
  }
}

async function openLocked(
  lockFile: string,
  flags: number,
  signal: AbortSignal | undefined,
): Promise<FileHandle | undefined> {
  for (;;) {
    throwIfCancelled(signal);
    try {
      return await open(lockFile, flags, 0o664);
    } catch (error) {
      if (!['EAGAIN', 'EWOULDBLOCK', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
}

/** The lock belongs to the open file and not to the process that asks for it: `flock` takes it for the handle it is given. */
async function openAndLock(lockFile: string, signal: AbortSignal | undefined): Promise<FileHandle | undefined> {
  throwIfCancelled(signal);
  const handle = await open(lockFile, 'a+', 0o664).catch(() => undefined);
  if (!handle) return undefined;
  const waiting = spawn('flock', ['-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', handle.fd] });
  const stop = (): void => void waiting.kill();
  signal?.addEventListener('abort', stop, { once: true });
  // Without the command, or on a file system without locks, it ends at once.
  await once(waiting, 'close').catch(() => undefined);
  signal?.removeEventListener('abort', stop);
  return handle;
}

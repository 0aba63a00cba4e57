import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { throwIfCancelled } from '../errors.js';

const pollMs = 200;
const heldHere = new Map<string, Promise<unknown>>();

/**
 * Lets one download of a content run at a time, in this process and among the processes of this machine. The lock of a
 * process that has ended is taken over.
 * @throws MlflowError CANCELLED while waiting.
 */
export async function withDownloadLock<T>(
  lockFile: string,
  signal: AbortSignal | undefined,
  run: () => Promise<T>,
): Promise<T> {
  const before = heldHere.get(lockFile) ?? Promise.resolve();
  const turn = before.then(() => lockedRun(lockFile, signal, run));
  const settled = turn.catch(() => undefined);
  heldHere.set(lockFile, settled);
  void settled.then(() => {
    if (heldHere.get(lockFile) === settled) heldHere.delete(lockFile);
  });
  return turn;
}

async function lockedRun<T>(lockFile: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(lockFile), { recursive: true });
  while (!(await tryTake(lockFile))) {
    throwIfCancelled(signal);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  try {
    return await run();
  } finally {
    await rm(lockFile, { force: true });
  }
}

async function tryTake(lockFile: string): Promise<boolean> {
  try {
    const handle = await open(lockFile, 'wx');
    await handle.writeFile(`${process.pid} ${hostname()}`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (await isAbandoned(lockFile)) await rm(lockFile, { force: true });
    return false;
  }
}

async function isAbandoned(lockFile: string): Promise<boolean> {
  const text = await readFile(lockFile, 'utf8').catch(() => '');
  const [processId, host] = text.split(' ');
  if (text === '') return Date.now() - ((await stat(lockFile).catch(() => undefined))?.mtimeMs ?? Infinity) > 10_000;
  if (host !== hostname() || !Number.isInteger(Number(processId))) return false;
  // A process of this machine: this one holds no lock here, or it would have waited in its own queue.
  if (Number(processId) === process.pid) return true;
  try {
    process.kill(Number(processId), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}

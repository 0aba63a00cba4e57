import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { hashBehindWriter } from './blobHash.js';

/** Where the bytes of a content are, and which of them, until all are there. Python's client counts and prunes both. */
export function unfinishedFiles(target: string): { data: string; map: string } {
  return { data: `${target}${dataSuffix}`, map: `${target}${mapSuffix}` };
}

const dataSuffix = '.parts.incomplete';
const mapSuffix = '.parts.map.incomplete';

/** Contents that are shown under their names and on their way to the disk. */
const settling = new Set<string>();

/**
 * Flushes a content that is shown already, and closes it. Nobody waits for the disk: until its bytes are there the map stays,
 * and tells {@link settleBlobs} after a power failure that they may be others.
 */
export function settleInBackground(target: string, data: FileHandle): void {
  settling.add(target);
  void settle(target, data)
    .catch(() => undefined)
    .then(() => settling.delete(target));
}

async function settle(target: string, data: FileHandle): Promise<void> {
  try {
    await data.sync();
  } finally {
    await data.close();
  }
  await rm(unfinishedFiles(target).map, { force: true });
}

/** Looks at the contents of a folder that were shown and perhaps never reached the disk; removes those that did not. */
export async function settleBlobs(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [] as string[]);
  for (const name of names) {
    if (!name.endsWith(mapSuffix)) continue;
    const blobId = name.slice(0, -mapSuffix.length);
    const target = path.join(folder, blobId);
    const isUnfinished = names.includes(blobId + dataSuffix);
    if (!isUnfinished && !settling.has(target)) await settleBlob(target, blobId);
  }
}

async function settleBlob(target: string, blobId: string): Promise<void> {
  const data = await open(target, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  // Without links the content lies in the snapshot: nothing here tells its name.
  if (!data) return rm(unfinishedFiles(target).map, { force: true });
  let isIntact = false;
  try {
    const { size: sizeBytes } = await data.stat();
    const hash = hashBehindWriter(data, { name: blobId, blobId, sizeBytes }, () => sizeBytes);
    isIntact = (await hash.digest().finally(() => hash.close())) === blobId;
  } finally {
    if (!isIntact) await data.close();
  }
  if (isIntact) return settle(target, data);
  await rm(target, { force: true });
  await rm(unfinishedFiles(target).map, { force: true });
}

import { constants } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { describeFileError } from '../files/atomicFolder.js';
import { withDownloadLock } from './downloadLock.js';
import { PartMap } from './partMap.js';
import { receiveBlob, type ReceiveBlobOptions } from './receiveBlob.js';
import { settleInBackground, unfinishedFiles } from './settling.js';
import { withSharedLock } from './sharedLock.js';

export interface DownloadBlobOptions extends ReceiveBlobOptions {
  /** The file that Python's client locks for this content. */
  lockFile: string;
}

/** From here on a download lasts long enough for another program to begin the same one. */
const sharedLockBytes = 1024 * 1024;

/**
 * Downloads one content of the Hub in parallel ranges and shows it under its name when its hash is right. What an earlier
 * process has stored is not asked for again.
 * @throws MlflowError DATA_LOSS when size or hash are not the listed ones, `diskFull`, CANCELLED, or as HubConnection.request.
 */
export async function downloadBlob(options: DownloadBlobOptions): Promise<void> {
  await mkdir(path.dirname(options.target), { recursive: true });
  const { lockFile, signal } = options;
  const run = async (): Promise<void> => {
    if (await isThere(options)) return options.onBytes?.(options.file.sizeBytes);
    try {
      await downloadInto(options);
    } catch (error) {
      throw describeFileError(error, options.target);
    }
  };
  await withDownloadLock(ownLock(lockFile), signal, () =>
    options.file.sizeBytes < sharedLockBytes ? run() : withSharedLock(lockFile, signal, run),
  );
}

/** Removes what a download left that another program completed in the end. */
export async function removeUnfinished(target: string, lockFile: string, signal?: AbortSignal): Promise<void> {
  const { data, map } = unfinishedFiles(target);
  if (!(await isFile(data)) || !(await isFile(target))) return;
  await withDownloadLock(ownLock(lockFile), signal, () => removeFiles(data, map));
}

function ownLock(lockFile: string): string {
  return lockFile.replace(/(\.lock)?$/, '.parts.lock');
}

async function removeFiles(...files: string[]): Promise<void> {
  await Promise.all(files.map((file) => rm(file, { force: true })));
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (info) => info.isFile(),
    () => false,
  );
}

async function isThere({ target, file }: DownloadBlobOptions): Promise<boolean> {
  const info = await stat(target).catch(() => undefined);
  return info?.isFile() === true && info.size === file.sizeBytes;
}

async function downloadInto(options: DownloadBlobOptions): Promise<void> {
  const { target, file } = options;
  const { data: dataFile, map: mapFile } = unfinishedFiles(target);
  await adoptPrefix(options, dataFile, mapFile);
  if (!(await isFile(dataFile))) await removeFiles(mapFile);
  const data = await open(dataFile, constants.O_RDWR | constants.O_CREAT);
  let keptBytes = 0;
  try {
    const map = await PartMap.open(mapFile, file);
    try {
      const { size } = await data.stat();
      if (size > file.sizeBytes) await data.truncate(file.sizeBytes);
      map.limitTo(size);
      await receiveBlob(options, data, map);
    } finally {
      keptBytes = map.totalDoneBytes;
      await map.close();
    }
    await rename(dataFile, target);
  } catch (error) {
    await data.close();
    if (keptBytes === 0 || MlflowError.is(error, 'DATA_LOSS')) await removeFiles(dataFile, mapFile);
    throw error;
  }
  settleInBackground(target, data);
}

/** A download that an older Python client left unfinished is a prefix of the file. */
async function adoptPrefix({ target, file }: DownloadBlobOptions, dataFile: string, mapFile: string): Promise<void> {
  const prefix = await stat(`${target}.incomplete`).catch(() => undefined);
  const isAbandoned = prefix !== undefined && Date.now() - prefix.mtimeMs > 60_000 && prefix.size <= file.sizeBytes;
  if (!isAbandoned || prefix.size === 0 || (await isFile(dataFile))) return;
  await rename(`${target}.incomplete`, dataFile);
  await removeFiles(mapFile);
  const map = await PartMap.open(mapFile, file);
  try {
    map.recordPrefix(prefix.size);
  } finally {
    await map.close();
  }
}

import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MlflowError } from '../errors.js';

/**
 * The folder to download into: an existing one, or a new temporary one.
 * @throws MlflowError with Python's texts when it is missing or no folder
 */
export async function preparedDestination(dstPath: string | undefined): Promise<string> {
  if (dstPath === undefined) return mkdtemp(path.join(tmpdir(), 'mlflow-artifacts-'));
  const absolute = path.resolve(dstPath);
  const info = await stat(absolute).catch(() => undefined);
  if (info === undefined) {
    throw MlflowError.doesNotExist(
      `The destination path for downloaded artifacts does not exist! Destination path: ${absolute}`,
    );
  }
  if (!info.isDirectory()) {
    throw MlflowError.invalidParameter(
      `The destination path for downloaded artifacts must be a directory! Destination path: ${absolute}`,
    );
  }
  return absolute;
}

import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { describeFileError } from '../files/atomicFolder.js';

/**
 * Writes a file so that readers see either the old or the new content: a temporary file beside it, synced and renamed.
 * An existing file keeps its permissions.
 * @throws MlflowError when the disk is full or the folder is read-only; nothing is left behind
 */
export async function writeFileAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const mode = await stat(file).then(
      (stats) => stats.mode & 0o777,
      () => 0o666,
    );
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw describeFileError(error, file);
  }
}

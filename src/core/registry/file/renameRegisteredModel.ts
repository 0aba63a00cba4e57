import { renameSync } from 'node:fs';
import path from 'node:path';
import { readMeta, subfolders, writeMeta } from '../../tracking/file/files.js';

/**
 * Renames the folder of a registered model and the names in it. Tags and aliases stay: Python loses them, and stops half way
 * where a version has tags.
 */
export function renameRegisteredModelFolder(folder: string, target: string, newName: string, now: number): void {
  renameSync(folder, target);
  const versions = subfolders(target).filter((name) => name.startsWith('version-'));
  for (const part of [...versions.map((name) => path.join(target, name)), target]) {
    const meta = readMeta(part);
    if (meta !== undefined) writeMeta(part, { ...meta, name: newName, last_updated_timestamp: now });
  }
}

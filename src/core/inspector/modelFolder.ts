import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FileEntry } from './inspectorModel.js';

/** Files listed at most: a model folder of more holds something else. */
const maxFiles = 5000;

/** Every file below a folder with its size, by path. Links are not followed. */
export async function listFiles(folder: string): Promise<FileEntry[]> {
  const files: FileEntry[] = [];
  const visit = async (relative: string): Promise<void> => {
    const entries = await readdir(path.join(folder, relative), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (files.length >= maxFiles) return;
      const name = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) await visit(name);
      else if (entry.isFile() || entry.isSymbolicLink()) {
        const sizeBytes = await stat(path.join(folder, name)).then(
          (stats) => stats.size,
          () => 0,
        );
        files.push({ path: name, sizeBytes });
      }
    }
  };
  await visit('');
  return files.sort((left, right) => left.path.localeCompare(right.path));
}

/** The first `maxBytes` of a text file below the folder; `undefined` when there is none. */
export async function readText(
  folder: string,
  name: string,
  maxBytes = 1024 * 1024,
): Promise<{ text: string; isCut: boolean } | undefined> {
  const file = safeJoin(folder, name);
  const handle = file === undefined ? undefined : await open(file).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return { text: bytes.subarray(0, bytesRead).toString('utf8'), isCut: size > maxBytes };
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}

/** A path that a file names, kept inside the folder. */
export function safeJoin(folder: string, name: string): string | undefined {
  const file = path.resolve(folder, name);
  return file === folder || file.startsWith(`${path.resolve(folder)}${path.sep}`) ? file : undefined;
}

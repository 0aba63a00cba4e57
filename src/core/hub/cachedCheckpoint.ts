import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Whether a folder holds a checkpoint as a whole: configuration, and every weight file that it names. A folder of the cache
 * may be the rest of a download that was broken off.
 */
export async function isWholeCheckpoint(folder: string): Promise<boolean> {
  if (!(await isFile(path.join(folder, 'config.json')))) return false;
  if (await isFile(path.join(folder, 'model.safetensors'))) return true;
  const index = await readFile(path.join(folder, 'model.safetensors.index.json'), 'utf8').catch(() => undefined);
  if (index === undefined) return hasOnnx(folder);
  try {
    const { weight_map: map } = JSON.parse(index) as { weight_map: Record<string, string> };
    for (const name of new Set(Object.values(map))) if (!(await isFile(path.join(folder, name)))) return false;
    return true;
  } catch {
    return false;
  }
}

async function hasOnnx(folder: string): Promise<boolean> {
  for (const place of [folder, path.join(folder, 'onnx')]) {
    const names = await readdir(place).catch(() => [] as string[]);
    if (names.some((name) => name.endsWith('.onnx'))) return true;
  }
  return false;
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (info) => info.isFile(),
    () => false,
  );
}

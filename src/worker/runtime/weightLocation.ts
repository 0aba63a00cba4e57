import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';

/** The folder that a session is told, and each weight file's place below it. */
export interface WeightLocation {
  folder: string;
  locate(file: string): string;
}

/**
 * Finds one folder above all weight files. Links are resolved first: onnxruntime refuses those that leave the folder,
 * and a Hugging Face cache is made of them.
 * @throws MlflowError where the files lie on different drives.
 */
export async function locateWeights(files: readonly string[]): Promise<WeightLocation> {
  const realFiles = new Map<string, string>();
  for (const file of files) realFiles.set(file, await realpath(file));
  const folders = [...realFiles.values()].map((file) => path.dirname(file));
  const folder = folders.reduce(commonFolder, folders[0] ?? path.resolve('.'));
  return {
    folder,
    locate(file) {
      const real = realFiles.get(file);
      if (real === undefined)
        throw new MlflowError(`The weight file ${file} was not located before its graph was written.`);
      return path.relative(folder, real).split(path.sep).join('/');
    },
  };
}

function commonFolder(a: string, b: string): string {
  let common = a;
  while (b !== common && !b.startsWith(common.endsWith(path.sep) ? common : common + path.sep)) {
    const parent = path.dirname(common);
    if (parent === common) {
      throw MlflowError.invalidParameter(
        `The weights lie on different drives (${a} and ${b}). Put the model and its adapter on one drive.`,
      );
    }
    common = parent;
  }
  return common;
}

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { placeFile } from '../files/placeFile.js';
import { placeTree } from '../files/placeTree.js';
import { mkdir } from 'node:fs/promises';
import type { LongRunningOptions } from '../ports.js';
import { pythonTypeName } from '../serialization/pythonRepr.js';

/**
 * Copies the user's code files and folders to `code/`. They are stored for Python; nothing here ever runs them.
 * Source: mlflow.utils.model_utils._validate_and_copy_code_paths.
 * @returns `code`, or `null` when no paths were given.
 */
export async function copyCodePaths(
  codePaths: unknown,
  folder: string,
  options: LongRunningOptions = {},
): Promise<string | null> {
  if (codePaths === undefined || codePaths === null) return null;
  if (!Array.isArray(codePaths)) {
    throw MlflowError.invalidParameter(
      `Argument code_paths should be a list, not <class '${pythonTypeName(codePaths)}'>`,
    );
  }
  const target = path.join(folder, 'code');
  if (codePaths.length > 0) await mkdir(target, { recursive: true });
  for (const codePath of codePaths as string[]) {
    try {
      const destination = path.join(target, path.basename(path.resolve(codePath)));
      const info = await stat(codePath);
      if (info.isDirectory()) {
        await placeTree(codePath, destination, {
          ...options,
          filter: (name) => !name.split('/').includes('__pycache__'),
        });
      } else await placeFile(codePath, destination, { signal: options.signal });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw MlflowError.invalidParameter(
        `("Failed to copy the specified code path '${codePath}' into the model artifacts. It appears that your code path includes ` +
          'file(s) that cannot be copied. Please specify a code path that does not include such files and try again.",)',
        { cause: error },
      );
    }
  }
  return 'code';
}

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readCheckpointTensors } from '../core/safetensors/checkpoint.js';
import { MlflowError } from '../core/errors.js';
import { Model } from '../core/mlmodel/model.js';

/** What `mlflow-transformers inspect` prints: the document, the files with sizes, and what the weights' headers say. */
export async function inspectModel(folder: string): Promise<unknown> {
  const model = await Model.load(folder);
  const weights = model.transformersFlavor?.weights;
  return {
    path: folder,
    model: model.toDict(),
    files: await filesOf(folder),
    weights: weights?.kind === 'stored' ? await weightsOf(path.join(folder, weights.folder)) : (weights ?? null),
  };
}

async function filesOf(folder: string): Promise<{ path: string; sizeBytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return Promise.all(
    files.sort().map(async (file) => ({ path: path.relative(folder, file), sizeBytes: (await stat(file)).size })),
  );
}

async function weightsOf(folder: string): Promise<unknown> {
  try {
    const { parameterCount, weightsBytes, parametersByDtype, tensors } = await readCheckpointTensors(folder);
    return { kind: 'stored', parameterCount, weightsBytes, parametersByDtype, tensorCount: tensors.size };
  } catch (error) {
    return { kind: 'stored', problem: MlflowError.from(error).message };
  }
}

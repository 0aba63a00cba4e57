import path from 'node:path';
import { readCheckpointTensors, type CheckpointTensor, type CheckpointTensors } from '../safetensors/checkpoint.js';

/** Tensors of an adapter that take the place of the base's, and the number of tokens before and after. */
export interface ResizedEmbeddings {
  tensors: ReadonlyMap<string, CheckpointTensor>;
  sizes: ReadonlyMap<number, number>;
}

/**
 * The embeddings that an adapter keeps with more or fewer rows than its base has: tokens were added in training. Python's save
 * stores the base as it was resized; without that the adapter does not fit when it is loaded.
 * @returns `null` where the base fits as it is, or the adapter's weights are not safetensors
 */
export async function resizedEmbeddings(
  adapterFolder: string,
  base: CheckpointTensors,
): Promise<ResizedEmbeddings | null> {
  const adapter = await readCheckpointTensors(path.resolve(adapterFolder), 'adapter_model').catch(() => null);
  const tensors = new Map<string, CheckpointTensor>();
  const sizes = new Map<number, number>();
  for (const [name, tensor] of adapter?.tensors ?? []) {
    const plain = name.replace(/^base_model\.model\./, '').replace(/\.(modules_to_save(\.default)?|base_layer)\./, '.');
    const [rows, ...rest] = tensor.shape;
    const [baseRows, ...baseRest] = base.tensors.get(plain)?.shape ?? [];
    if (rows === undefined || baseRows === undefined || rows === baseRows || rest.join() !== baseRest.join()) continue;
    tensors.set(plain, tensor);
    sizes.set(baseRows, rows);
  }
  return tensors.size === 0 ? null : { tensors, sizes };
}

/** The checkpoint with other tensors under some of its names. */
export function withTensors(
  checkpoint: CheckpointTensors,
  replacements: ReadonlyMap<string, CheckpointTensor>,
): CheckpointTensors {
  const entries = [...checkpoint.tensors].map(
    ([name, tensor]) => [name, { ...(replacements.get(name) ?? tensor), name }] as const,
  );
  return { ...checkpoint, tensors: new Map(entries) };
}

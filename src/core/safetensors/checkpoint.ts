import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { SafetensorsDtype } from './dtype.js';
import { readSafetensorsHeader, type SafetensorsEntry } from './header.js';
import { withFileReader } from './rangeReader.js';

export interface CheckpointTensor extends SafetensorsEntry {
  /** Path of the file that holds the tensor. */
  file: string;
}

/** What the headers of a checkpoint's weight files say. */
export interface CheckpointTensors {
  /** By name, in the order of files and data. */
  tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Paths of the weight files. */
  files: readonly string[];
  parameterCount: number;
  /** Bytes of the tensors (headers not counted). */
  weightsBytes: number;
  /** Parameters by element type. */
  parametersByDtype: Readonly<Partial<Record<SafetensorsDtype, number>>>;
  /** `__metadata__` of the first file. */
  metadata: Readonly<Record<string, string>>;
}

const indexSuffix = '.index.json';
const pickledName = /\.(bin|pt|pth|ckpt|h5|msgpack)$/;

/**
 * Lists the tensors of a checkpoint folder from `<name>.safetensors`, or from its shards through
 * `<name>.safetensors.index.json`, reading headers only. The single file wins where both exist, as in transformers.
 * @param baseName `model`, or `adapter_model` for PEFT adapters.
 * @throws MlflowError with reason `fileMissing`, `shardMissing`, `pickledWeights`, `fileUnreadable` or `safetensorsInvalid`.
 */
export async function readCheckpointTensors(folder: string, baseName = 'model'): Promise<CheckpointTensors> {
  const single = path.join(folder, `${baseName}.safetensors`);
  if (await exists(single)) return readFiles([single], null);
  const index = `${single}${indexSuffix}`;
  if (await exists(index)) return readShards(folder, index);
  throw await missingWeights(folder, single);
}

async function readShards(folder: string, index: string): Promise<CheckpointTensors> {
  const weightMap = await readWeightMap(index);
  const shardNames = [...new Set(weightMap.values())].sort();
  for (const shardName of shardNames) {
    if (!(await exists(path.join(folder, shardName)))) {
      throw MlflowError.doesNotExist(
        `The shard ${shardName} that ${index} names does not exist. Restore the file, or download or log the model again.`,
        { reason: 'shardMissing', details: { file: path.join(folder, shardName), index } },
      );
    }
  }
  return readFiles(
    shardNames.map((name) => path.join(folder, name)),
    { index, weightMap },
  );
}

async function readWeightMap(index: string): Promise<Map<string, string>> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(index, 'utf8'));
  } catch (error) {
    throw invalidIndex(index, `it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const weightMap =
    typeof document === 'object' && document !== null ? (document as { weight_map?: unknown }).weight_map : undefined;
  if (typeof weightMap !== 'object' || weightMap === null || Array.isArray(weightMap)) {
    throw invalidIndex(index, 'it has no `weight_map`');
  }
  const entries = Object.entries(weightMap as Record<string, unknown>);
  if (entries.length === 0) throw invalidIndex(index, 'its `weight_map` is empty');
  for (const [tensorName, shardName] of entries) {
    if (typeof shardName !== 'string' || !isPlainFileName(shardName)) {
      throw invalidIndex(
        index,
        `it places tensor "${tensorName}" in ${JSON.stringify(shardName)}, which is not a file name in the same folder`,
      );
    }
  }
  return new Map(entries as [string, string][]);
}

/** A name that stays in its folder on every platform. */
function isPlainFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\:\0]/.test(name);
}

async function readFiles(
  files: readonly string[],
  sharded: { index: string; weightMap: ReadonlyMap<string, string> } | null,
): Promise<CheckpointTensors> {
  const tensors = new Map<string, CheckpointTensor>();
  const parametersByDtype: Partial<Record<SafetensorsDtype, number>> = {};
  let [parameterCount, weightsBytes] = [0, 0];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [position, file] of files.entries()) {
    const header = await withFileReader(file, readSafetensorsHeader);
    if (position === 0) metadata = header.metadata;
    for (const entry of header.tensors) {
      if (sharded && sharded.weightMap.get(entry.name) !== path.basename(file)) continue;
      const elementCount = entry.shape.reduce((product, size) => product * size, 1);
      tensors.set(entry.name, { ...entry, file });
      parameterCount += elementCount;
      weightsBytes += entry.lengthBytes;
      parametersByDtype[entry.dtype] = (parametersByDtype[entry.dtype] ?? 0) + elementCount;
    }
  }
  if (sharded) checkIndexComplete(sharded.index, sharded.weightMap, tensors);
  return { tensors, files, parameterCount, weightsBytes, parametersByDtype, metadata };
}

function checkIndexComplete(
  index: string,
  weightMap: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, CheckpointTensor>,
): void {
  for (const [tensorName, shardName] of weightMap) {
    if (!tensors.has(tensorName)) {
      throw invalidIndex(index, `it places tensor "${tensorName}" in ${shardName}, which does not hold it`);
    }
  }
}

async function missingWeights(folder: string, single: string): Promise<MlflowError> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const pickled = names.filter((name) => pickledName.test(name) && name !== 'training_args.bin').sort();
  if (pickled.length > 0) {
    return new MlflowError(
      `${folder} holds its weights as ${pickled.join(', ')}, a format that can run code when it is read, and no safetensors. ` +
        'Load the model in Python and log it again (safetensors is the default there), or use the python engine.',
      'INVALID_PARAMETER_VALUE',
      { reason: 'pickledWeights', details: { folder, file: pickled[0] ?? '' } },
    );
  }
  return MlflowError.doesNotExist(
    `${folder} holds no weights: neither ${path.basename(single)} nor ${path.basename(single)}${indexSuffix} exists there. ` +
      'Persist or download the weights, or log the model again.',
    { reason: 'fileMissing', details: { folder, file: single } },
  );
}

function invalidIndex(index: string, fault: string): MlflowError {
  return MlflowError.invalidParameter(
    `The weight index ${index} is not valid: ${fault}. Copy, download or log the model's weights again.`,
    { reason: 'safetensorsInvalid', details: { file: index } },
  );
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

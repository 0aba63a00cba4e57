import { readFile } from 'node:fs/promises';
import { MlflowError } from '../errors.js';
import type { LongRunningOptions } from '../ports.js';
import type { SafetensorsDtype } from '../safetensors/dtype.js';
import { readSafetensorsHeader } from '../safetensors/header.js';
import { isCheckpointFile, isPickledWeights } from '../transformers/checkpointFiles.js';
import type { HubConnection } from './hubConnection.js';
import { fileUrl } from './hubListing.js';
import type { HubFile } from './hubNames.js';
import { hubRangeReader } from './hubRangeReader.js';

/** What a download of a model would bring, told before it begins. */
export interface DownloadSize {
  repository: string;
  commit: string;
  /** Bytes of all files that a model needs: weights, configuration, tokenizer, processors. */
  sizeBytes: number;
  /** The part of `sizeBytes` that is not in the cache yet. */
  remainingBytes: number;
  fileCount: number;
  /** Weight files. */
  shardCount: number;
  weightsBytes: number;
  parameterCount: number;
  parametersByDtype: Readonly<Partial<Record<SafetensorsDtype, number>>>;
  /** The element type of most parameters; `null` for a model without safetensors. */
  dtype: SafetensorsDtype | null;
}

const parallelHeaders = 4;

/** Whether a file holds weights of the model itself. */
export function isWeightsShard(name: string): boolean {
  return /^model(-\d{5}-of-\d{5})?\.safetensors$/.test(name);
}

/**
 * Adds up the listed sizes and reads the headers of the weight files by range.
 * @throws MlflowError `pickledWeights` where the only weights are pickled, `shardMissing`, `safetensorsInvalid`.
 */
export async function downloadSizeOf(
  connection: HubConnection,
  repository: string,
  commit: string,
  files: readonly HubFile[],
  tools: {
    isCached: (file: HubFile) => Promise<boolean>;
    download: (name: string) => Promise<string>;
  },
  { signal }: LongRunningOptions,
): Promise<DownloadSize> {
  const wanted = files.filter((file) => isCheckpointFile(file.name));
  const shards = await shardsOf(repository, wanted, files, tools.download);
  const parametersByDtype: Partial<Record<SafetensorsDtype, number>> = {};
  const queue = [...shards];
  const readNext = async (): Promise<void> => {
    for (let shard = queue.shift(); shard; shard = queue.shift()) {
      const url = fileUrl(connection.settings.endpoint, repository, commit, shard.name);
      const { tensors } = await readSafetensorsHeader(hubRangeReader(connection, url, shard, signal));
      for (const { dtype, shape } of tensors) {
        const count = shape.reduce((product, size) => product * size, 1);
        parametersByDtype[dtype] = (parametersByDtype[dtype] ?? 0) + count;
      }
    }
  };
  await Promise.all(Array.from({ length: parallelHeaders }, readNext));
  let remainingBytes = 0;
  for (const file of wanted) if (!(await tools.isCached(file))) remainingBytes += file.sizeBytes;
  const byCount = Object.entries(parametersByDtype).sort(([, a], [, b]) => b - a);
  return {
    repository,
    commit,
    sizeBytes: sum(wanted),
    remainingBytes,
    fileCount: wanted.length,
    shardCount: shards.length,
    weightsBytes: sum(shards),
    parameterCount: byCount.reduce((total, [, count]) => total + count, 0),
    parametersByDtype,
    dtype: (byCount[0]?.[0] as SafetensorsDtype | undefined) ?? null,
  };
}

async function shardsOf(
  repository: string,
  wanted: readonly HubFile[],
  all: readonly HubFile[],
  download: (name: string) => Promise<string>,
): Promise<HubFile[]> {
  const single = wanted.find((file) => file.name === 'model.safetensors');
  if (single) return [single];
  const index = wanted.find((file) => file.name === 'model.safetensors.index.json');
  if (!index) {
    const pickled = all.filter((file) => isPickledWeights(file.name));
    if (pickled.length === 0 || wanted.some((file) => file.name.endsWith('.onnx'))) return [];
    throw MlflowError.invalidParameter(
      `'${repository}' holds its weights only as ${pickled.map((file) => file.name).join(', ')}, a format that can run code when ` +
        'it is read. Convert them to safetensors in Python, or use the python engine.',
      { reason: 'pickledWeights', details: { repository } },
    );
  }
  const names = shardNames(repository, await readFile(await download(index.name), 'utf8'));
  return names.map((name) => {
    const shard = wanted.find((file) => file.name === name);
    if (shard) return shard;
    throw MlflowError.doesNotExist(
      `The index of '${repository}' names the shard ${name}, which the repository does not have. Choose another revision.`,
      { reason: 'shardMissing', details: { repository, file: name } },
    );
  });
}

/** @throws MlflowError `safetensorsInvalid` for an index that is no index, or names files elsewhere. */
function shardNames(repository: string, text: string): string[] {
  const refuse = (fault: string): MlflowError =>
    MlflowError.invalidParameter(
      `The weight index of '${repository}' is refused: ${fault}. Nothing else was downloaded; choose another revision.`,
      { reason: 'safetensorsInvalid', details: { repository } },
    );
  let map: unknown;
  try {
    map = (JSON.parse(text) as { weight_map?: unknown }).weight_map;
  } catch {
    throw refuse('it is not JSON');
  }
  if (typeof map !== 'object' || map === null) throw refuse('it has no `weight_map`');
  const names = [...new Set(Object.values(map as Record<string, unknown>))];
  for (const name of names) {
    if (typeof name !== 'string' || !/^[\w\-.]+\.safetensors$/.test(name))
      throw refuse(`it names ${JSON.stringify(name)}, which is no weight file of the same folder`);
  }
  return (names as string[]).sort();
}

function sum(files: readonly HubFile[]): number {
  return files.reduce((total, file) => total + file.sizeBytes, 0);
}

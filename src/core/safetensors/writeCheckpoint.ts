import { open, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError, throwIfCancelled } from '../errors.js';
import type { LongRunningOptions } from '../ports.js';
import type { CheckpointTensor, CheckpointTensors } from './checkpoint.js';
import { inShardOrder } from './shardOrder.js';
import { tensorSizeBytes, type SafetensorsDtype } from './dtype.js';
import { convertFloats, floatSizeBytes, isFloatDtype, type FloatDtype } from './floatConversion.js';

export interface WriteCheckpointOptions extends LongRunningOptions {
  /** Converts floating-point tensors; integers and booleans stay. */
  dtype?: FloatDtype | undefined;
  /** Floating-point tensors that get single precision instead. */
  staysSingle?: ((tensorName: string) => boolean) | undefined;
  /** A tensor larger than this gets a file of its own. Python's flavor writes `500MB`. */
  maxShardSizeBytes?: number | undefined;
  /** Whether the index of shards tells the number of parameters, as transformers 5 does. Default `true`. */
  countsParameters?: boolean | undefined;
}

interface PlannedTensor {
  source: CheckpointTensor;
  dtype: SafetensorsDtype;
  sizeBytes: number;
}

/** Elements converted at a time; two buffers of at most 32 MiB live at once. */
const chunkElements = 4 * 1024 * 1024;

/** Types from the one that must be aligned least; the reference library writes the others first. */
const dtypeOrder: SafetensorsDtype[] = [
  ...([
    'BOOL',
    'F4',
    'F6_E2M3',
    'F6_E3M2',
    'U8',
    'I8',
    'F8_E5M2',
    'F8_E4M3',
    'F8_E8M0',
    'F8_E4M3FNUZ',
    'F8_E5M2FNUZ',
  ] as const),
  ...(['I16', 'U16', 'F16', 'BF16', 'I32', 'U32', 'F32', 'C64', 'F64', 'I64', 'U64'] as const),
];

/**
 * Writes a checkpoint's tensors again, as `save_pretrained` names and lays them out: `model.safetensors`, or shards with
 * `model.safetensors.index.json`. Streamed, so memory does not grow with the model.
 * Source: huggingface_hub.split_torch_state_dict_into_shards; the safetensors format.
 * @returns the names of the files written.
 */
export async function writeCheckpoint(
  checkpoint: CheckpointTensors,
  folder: string,
  options: WriteCheckpointOptions = {},
): Promise<string[]> {
  const shards = planShards(checkpoint, options);
  const totalBytes = sizeOf(shards.flat());
  const names = shards.map((_, index) => shardName(index, shards.length));
  let doneBytes = 0;
  for (const [index, shard] of shards.entries()) {
    const name = names[index]!;
    await writeShard(path.join(folder, name), shard, { format: 'pt', ...checkpoint.metadata }, (bytes) => {
      throwIfCancelled(options.signal);
      doneBytes += bytes;
      options.onProgress?.({ message: `Writing ${name}`, done: doneBytes, total: totalBytes, unit: 'bytes' });
    });
  }
  if (shards.length === 1) return names;
  const indexName = 'model.safetensors.index.json';
  await writeFile(path.join(folder, indexName), indexText(shards, names, options));
  return [...names, indexName];
}

/** Bytes of all files that {@link writeCheckpoint} would write with these options. */
export function checkpointSizeBytes(
  checkpoint: CheckpointTensors,
  options: Omit<WriteCheckpointOptions, keyof LongRunningOptions>,
): number {
  const shards = planShards(checkpoint, options);
  const totalBytes = sizeOf(shards.flat());
  const metadata = { format: 'pt', ...checkpoint.metadata };
  const headers = shards.reduce((sum, shard) => sum + headerBytes(inFileOrder(shard), metadata).length, 0);
  if (shards.length === 1) return totalBytes + headers;
  const names = shards.map((_, index) => shardName(index, shards.length));
  return totalBytes + headers + Buffer.byteLength(indexText(shards, names, options));
}

/**
 * `"500MB"`, `"2GB"` (decimal units), `"1GiB"` or a number of bytes.
 * @throws MlflowError INVALID_PARAMETER_VALUE for anything else.
 */
export function parseShardSize(size: string | number): number {
  if (typeof size === 'number' && Number.isFinite(size) && size > 0) return size;
  const units: Record<string, number> = {
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
    KIB: 2 ** 10,
    MIB: 2 ** 20,
    GIB: 2 ** 30,
    TIB: 2 ** 40,
  };
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]i?B)$/i.exec(String(size).trim());
  const unit = match?.[2] === undefined ? undefined : units[match[2].toUpperCase()];
  if (!match?.[1] || unit === undefined) {
    throw MlflowError.invalidParameter(
      `The shard size '${size}' is not a size. Give a number of bytes, or text such as '500MB' or '2GB'.`,
    );
  }
  return Math.floor(Number(match[1]) * unit);
}

/** Shards of the tensors in the order in which transformers 5 writes them. */
function planShards(checkpoint: CheckpointTensors, options: WriteCheckpointOptions): PlannedTensor[][] {
  const blocks = inShardOrder([...checkpoint.tensors.values()]).map((block) =>
    block.map((source) => plan(source, options)),
  );
  return splitIntoShards(blocks, options.maxShardSizeBytes ?? Infinity);
}

function sizeOf(tensors: readonly PlannedTensor[]): number {
  return tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0);
}

function plan(source: CheckpointTensor, { dtype: wanted, staysSingle }: WriteCheckpointOptions): PlannedTensor {
  if (wanted === undefined || !isFloatDtype(source.dtype))
    return { source, dtype: source.dtype, sizeBytes: source.lengthBytes };
  const dtype = staysSingle?.(source.name) ? 'F32' : wanted;
  const sizeBytes = tensorSizeBytes(dtype, source.lengthBytes / floatSizeBytes(source.dtype));
  return { source, dtype, sizeBytes: sizeBytes ?? 0 };
}

function splitIntoShards(blocks: readonly PlannedTensor[][], limitBytes: number): PlannedTensor[][] {
  const shards: PlannedTensor[][] = [];
  let current: PlannedTensor[] = [];
  let currentBytes = 0;
  for (const block of blocks) {
    const blockBytes = sizeOf(block);
    if (blockBytes > limitBytes) {
      shards.push(block);
      continue;
    }
    if (currentBytes + blockBytes > limitBytes) {
      shards.push(current);
      [current, currentBytes] = [[], 0];
    }
    current.push(...block);
    currentBytes += blockBytes;
  }
  if (current.length > 0) shards.push(current);
  return shards.filter((shard) => shard.length > 0);
}

function shardName(index: number, count: number): string {
  if (count === 1) return 'model.safetensors';
  const number = (value: number): string => String(value).padStart(5, '0');
  return `model-${number(index + 1)}-of-${number(count)}.safetensors`;
}

function indexText(
  shards: readonly PlannedTensor[][],
  names: readonly string[],
  { countsParameters = true }: WriteCheckpointOptions,
): string {
  const entries = shards.flatMap((shard, index) => shard.map((tensor) => [tensor.source.name, names[index]!] as const));
  const weightMap = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  const tensors = shards.flat();
  const metadata = {
    ...(countsParameters && { total_parameters: parameterCount(tensors) }),
    total_size: sizeOf(tensors),
  };
  return `${JSON.stringify({ metadata, weight_map: weightMap }, null, 2)}\n`;
}

/** Statistics and positions that modules keep beside their parameters. */
const bufferName =
  /(^|\.)(running_mean|running_var|num_batches_tracked|position_ids|inv_freq|relative_position_index|e_score_correction_bias|layer_scalar)$/;

function parameterCount(tensors: readonly PlannedTensor[]): number {
  return tensors
    .filter(({ source }) => !bufferName.test(source.name))
    .reduce((sum, { source }) => sum + source.shape.reduce((product, size) => product * size, 1), 0);
}

async function writeShard(
  file: string,
  tensors: readonly PlannedTensor[],
  metadata: Readonly<Record<string, string>>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const ordered = inFileOrder(tensors);
  const output = await open(file, 'w');
  try {
    const header = headerBytes(ordered, metadata);
    await output.write(header, 0, header.length, 0);
    let position = header.length;
    for (const tensor of ordered) {
      await copyTensor(tensor, output, position, onBytes);
      position += tensor.sizeBytes;
    }
  } finally {
    await output.close();
  }
}

function inFileOrder(tensors: readonly PlannedTensor[]): PlannedTensor[] {
  return [...tensors].sort(
    (a, b) => dtypeOrder.indexOf(b.dtype) - dtypeOrder.indexOf(a.dtype) || (a.source.name < b.source.name ? -1 : 1),
  );
}

function headerBytes(tensors: readonly PlannedTensor[], metadata: Readonly<Record<string, string>>): Buffer {
  let begin = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const { source, dtype, sizeBytes } of tensors) {
    header[source.name] = { dtype, shape: source.shape, data_offsets: [begin, (begin += sizeBytes)] };
  }
  let text = JSON.stringify(header);
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([length, Buffer.from(text)]);
}

async function copyTensor(
  tensor: PlannedTensor,
  output: FileHandle,
  position: number,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { source } = tensor;
  const elementBytes = isFloatDtype(source.dtype) ? floatSizeBytes(source.dtype) : 1;
  const input = await open(source.file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(source.lengthBytes, chunkElements * elementBytes));
    for (let done = 0; done < source.lengthBytes; done += buffer.length) {
      const wanted = Math.min(buffer.length, source.lengthBytes - done);
      const { bytesRead } = await input.read(buffer, 0, wanted, source.offsetBytes + done);
      if (bytesRead < wanted)
        throw new MlflowError(`${source.file} ended while it was read. Copy or download it again.`, 'DATA_LOSS');
      const piece = buffer.subarray(0, wanted);
      const bytes =
        isFloatDtype(source.dtype) && isFloatDtype(tensor.dtype)
          ? convertFloats(piece, source.dtype, tensor.dtype)
          : piece;
      await output.write(bytes, 0, bytes.length, position);
      position += bytes.length;
      onBytes(bytes.length);
    }
  } finally {
    await input.close();
  }
}

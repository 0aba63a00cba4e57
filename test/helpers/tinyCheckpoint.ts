import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface TinyCheckpointOptions {
  config?: Record<string, unknown>;
  /** Further files by name; an object is written as JSON. `null` leaves one of the usual files out. */
  files?: Record<string, string | object | null>;
  dtype?: 'F32' | 'F16' | 'BF16';
  /** Values of each tensor. */
  tensorLength?: number;
}

/** Bytes of a safetensors file with two tensors. */
export function tinySafetensors({ dtype = 'F32', tensorLength = 8 }: TinyCheckpointOptions = {}): Buffer {
  const elementBytes = dtype === 'F32' ? 4 : 2;
  const sizeBytes = tensorLength * elementBytes;
  const header = JSON.stringify({
    __metadata__: { format: 'pt' },
    'bert.a': { dtype, shape: [tensorLength], data_offsets: [0, sizeBytes] },
    'bert.b': { dtype, shape: [tensorLength], data_offsets: [sizeBytes, 2 * sizeBytes] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const data = Buffer.alloc(2 * sizeBytes);
  if (dtype === 'F32') for (let i = 0; i < 2 * tensorLength; i++) data.writeFloatLE(i / 3, i * 4);
  return Buffer.concat([length, Buffer.from(header), data]);
}

/** Writes a small BERT classifier's folder, as transformers 5 saves it. */
export async function writeTinyCheckpoint(folder: string, options: TinyCheckpointOptions = {}): Promise<string> {
  await mkdir(folder, { recursive: true });
  const files: Record<string, string | object | null> = {
    'config.json': {
      architectures: ['BertForSequenceClassification'],
      dtype: 'float32',
      id2label: { 0: 'neg', 1: 'pos' },
      model_type: 'bert',
      ...options.config,
    },
    'tokenizer.json': { version: '1.0', model: { type: 'WordPiece', vocab: { '[UNK]': 0 } } },
    'tokenizer_config.json': { tokenizer_class: 'BertTokenizer' },
    ...options.files,
  };
  for (const [name, content] of Object.entries(files)) {
    if (content === null) continue;
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
  if (options.files?.['model.safetensors'] === undefined)
    await writeFile(path.join(folder, 'model.safetensors'), tinySafetensors(options));
  return folder;
}

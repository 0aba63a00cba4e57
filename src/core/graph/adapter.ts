import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { JsonObject } from '../ports.js';
import { readCheckpointTensors, type CheckpointTensor } from '../safetensors/checkpoint.js';
import { ModelConfig } from './modelConfig.js';

/** One low-rank update: `y += scaling * B(A(x))`. */
export interface LoraUpdate {
  a: CheckpointTensor;
  b: CheckpointTensor;
  bias: CheckpointTensor | undefined;
  scaling: number;
  isEmbedding: boolean;
}

export interface Adapter {
  folder: string;
  /** By module path, such as `model.layers.0.self_attn.q_proj`. */
  updates: ReadonlyMap<string, LoraUpdate>;
  /** Whole tensors that replace the base's, by name (`modules_to_save`, saved embeddings). */
  replacements: ReadonlyMap<string, CheckpointTensor>;
}

const wrapperPrefix = 'base_model.model.';
const unsupportedSettings = [
  'use_dora',
  'target_parameters',
  'trainable_token_indices',
  'layer_replication',
  'use_qalora',
  'alora_invocation_tokens',
  'arrow_config',
];

/**
 * Reads a PEFT LoRA adapter (`adapter_config.json`, `adapter_model.safetensors`).
 * Source: PEFT's `LoraConfig` and `LoraModel` (`alpha / r`, `alpha / sqrt(r)` with rslora, patterns by module).
 * @throws MlflowError NOT_IMPLEMENTED (reason `architectureUnsupported`) for other adapter kinds.
 */
export async function readAdapter(folder: string): Promise<Adapter> {
  const config = await readAdapterConfig(folder);
  checkSupported(folder, config);
  const { tensors } = await readCheckpointTensors(folder, 'adapter_model');
  const pairs = new Map<string, Partial<Record<'A' | 'B' | 'bias', CheckpointTensor>> & { isEmbedding: boolean }>();
  const replacements = new Map<string, CheckpointTensor>();
  for (const [name, tensor] of tensors) {
    const plain = name.startsWith(wrapperPrefix) ? name.slice(wrapperPrefix.length) : name;
    if (plain.includes('lora_magnitude_vector')) throw unsupported(folder, 'DoRA (`lora_magnitude_vector`)');
    const match = /^(.*)\.lora_(embedding_)?([AB])(?:\.default)?(?:\.(weight|bias))?$/.exec(plain);
    if (!match) {
      replacements.set(plain.replace(/\.modules_to_save(?:\.default)?\./, '.').replaceAll('.base_layer.', '.'), tensor);
      continue;
    }
    const [, module = '', embedding, side, leaf] = match;
    const pair = pairs.get(module) ?? { isEmbedding: embedding !== undefined };
    pair[leaf === 'bias' ? 'bias' : (side as 'A' | 'B')] = tensor;
    pairs.set(module, pair);
  }
  const updates = new Map<string, LoraUpdate>();
  for (const [module, { A, B, bias, isEmbedding }] of pairs) {
    if (!A || !B) {
      throw MlflowError.invalidParameter(
        `The adapter in ${folder} holds only one half of the update of ${module}. Save the adapter again.`,
        { reason: 'safetensorsInvalid', details: { folder, module } },
      );
    }
    updates.set(module, { a: A, b: B, bias, isEmbedding, scaling: scalingOf(config, module, A.shape[0] ?? 1) });
  }
  return { folder, updates, replacements };
}

async function readAdapterConfig(folder: string): Promise<ModelConfig> {
  const file = path.join(folder, 'adapter_config.json');
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw MlflowError.invalidParameter(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}. Save the adapter again.`,
      { reason: 'fileMissing', details: { file }, cause: error },
    );
  }
  return new ModelConfig((document ?? {}) as JsonObject);
}

function checkSupported(folder: string, config: ModelConfig): void {
  const kind = config.text('peft_type', '');
  if (kind !== 'LORA') throw unsupported(folder, `the PEFT kind ${kind || '(none named)'}`);
  for (const setting of unsupportedSettings) {
    const value = config.value(setting);
    const isSet = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== false;
    if (isSet) throw unsupported(folder, setting === 'use_dora' ? 'DoRA (`use_dora`)' : `\`${setting}\``);
  }
}

function scalingOf(config: ModelConfig, module: string, rank: number): number {
  const alphaPattern = config.nested('alpha_pattern')?.json ?? {};
  const key = Object.keys(alphaPattern).find((pattern) => new RegExp(`^(.*\\.)?(${pattern})$`).test(module));
  const alpha = key === undefined ? config.number('lora_alpha', 8) : Number(alphaPattern[key]);
  return alpha / (config.flag('use_rslora', false) ? Math.sqrt(rank) : rank);
}

function unsupported(folder: string, what: string): MlflowError {
  return new MlflowError(
    `The adapter in ${folder} uses ${what}, which generated graphs do not support yet. ` +
      'Merge it into the base model in Python (`merge_and_unload`) and log the result, or use the python engine.',
    'NOT_IMPLEMENTED',
    { reason: 'architectureUnsupported', details: { folder, adapter: what } },
  );
}

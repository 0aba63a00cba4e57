import { MlflowError } from '../errors.js';
import type { CheckpointTensor, CheckpointTensors } from '../safetensors/checkpoint.js';
import type { Adapter, LoraUpdate } from './adapter.js';

/**
 * The tensors of a checkpoint by the names their architecture gives them, whatever wrapped them when they were saved:
 * the base model's prefix present or not, PEFT's wrapping, the old names of normalization weights.
 */
export class ModelWeights {
  readonly #tensors = new Map<string, CheckpointTensor>();
  readonly #usedUpdates = new Set<string>();
  #basePrefixes: readonly string[] = [];

  constructor(
    checkpoint: CheckpointTensors,
    readonly folder: string,
    readonly adapter: Adapter | null = null,
  ) {
    const saved = new Map<string, CheckpointTensor>();
    for (const [name, tensor] of checkpoint.tensors) {
      if (/\.lora_[A-Za-z_]+(\.|$)/.test(name)) continue;
      const plain = plainName(name);
      if (name.includes('.modules_to_save.')) saved.set(plain, tensor);
      else this.#tensors.set(plain, tensor);
    }
    for (const [name, tensor] of saved) this.#tensors.set(name, tensor);
  }

  /** Declares under which names task classes hold the base model, such as `bert`; the first thing an architecture does. */
  setBasePrefix(...prefixes: string[]): void {
    this.#basePrefixes = prefixes.map((prefix) => `${prefix}.`);
    // Where an adapter's whole tensors go is known only now.
    for (const [name, tensor] of this.adapter?.replacements ?? []) {
      this.#tensors.set(this.#resolve(plainName(name)) ?? plainName(name), tensor);
    }
  }

  has(name: string): boolean {
    return this.#resolve(name) !== null;
  }

  /** @throws MlflowError naming the tensor when the checkpoint lacks it. */
  get(name: string): CheckpointTensor {
    const resolved = this.#resolve(name);
    const tensor = resolved === null ? undefined : this.#tensors.get(resolved);
    if (tensor) return tensor;
    throw MlflowError.invalidParameter(
      `The checkpoint in ${this.folder} holds no tensor "${name}", which its config.json asks for. ` +
        'Log the model with the class that its task needs, or restore the checkpoint.',
      { reason: 'safetensorsInvalid', details: { folder: this.folder, tensor: name } },
    );
  }

  /** One dimension of a tensor. */
  size(name: string, axis: number): number {
    return this.get(name).shape[axis] ?? 1;
  }

  /** The adapter's update of a module, if it has one. */
  updateOf(module: string): LoraUpdate | undefined {
    if (!this.adapter) return undefined;
    for (const candidate of this.#candidates(module)) {
      const update = this.adapter.updates.get(candidate);
      if (!update) continue;
      this.#usedUpdates.add(candidate);
      return update;
    }
    return undefined;
  }

  /** @throws MlflowError when the adapter belongs to another model. */
  checkAdapterUsed(): void {
    if (!this.adapter || this.adapter.updates.size === 0 || this.#usedUpdates.size > 0) return;
    const [module = ''] = this.adapter.updates.keys();
    throw MlflowError.invalidParameter(
      `The adapter in ${this.adapter.folder} changes "${module}", which the model in ${this.folder} does not have. ` +
        'Give the adapter the base model that it was trained on.',
      { details: { folder: this.adapter.folder, module } },
    );
  }

  #candidates(name: string): string[] {
    const prefixes = this.#basePrefixes;
    const own = prefixes.find((prefix) => name.startsWith(prefix));
    return own === undefined ? [name, ...prefixes.map((prefix) => prefix + name)] : [name, name.slice(own.length)];
  }

  #resolve(name: string): string | null {
    return this.#candidates(name).find((candidate) => this.#tensors.has(candidate)) ?? null;
  }
}

function plainName(name: string): string {
  return name
    .replace(/^base_model\.model\./, '')
    .replaceAll('.base_layer.', '.')
    .replace('.original_module.', '.')
    .replace(/\.modules_to_save(?:\.default)?\./, '.')
    .replace(/(LayerNorm|layer_norm)\.gamma$/, '$1.weight')
    .replace(/(LayerNorm|layer_norm)\.beta$/, '$1.bias');
}

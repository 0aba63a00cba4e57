import { MlflowError } from '../errors.js';
import type { CheckpointTensor } from '../safetensors/checkpoint.js';
import { absent, GraphBuilder, type Value } from './graphBuilder.js';
import type { LoraUpdate } from './adapter.js';
import type { ModelConfig } from './modelConfig.js';
import type { ModelWeights } from './modelWeights.js';
import type { ElementType } from './onnxModel.js';
import { quantizationBlockSize, QuantizationPlan, type QuantizedTensor } from './quantizationPlan.js';

export interface NetworkOptions {
  /** `webgpu` avoids operators that WebGPU lacks. */
  target: 'cpu' | 'webgpu';
  /** Linear layers and embeddings are quantized into a file of their own; `null`: weights stay where they lie. */
  quantization: QuantizationPlan | null;
}

/** Bias of a linear layer: added, or left to a fused operator after it. */
export interface LinearOptions {
  bias?: 'add' | 'leave';
  /** The weight lies as [in, out] (GPT-2's Conv1D). */
  isTransposed?: boolean;
}

const floatTypes: Partial<Record<string, ElementType>> = {
  F32: 'float',
  F16: 'float16',
  BF16: 'bfloat16',
  F64: 'double',
};

/** A graph under construction together with the weights it draws from: the layers that every architecture shares. */
export class NetworkBuilder extends GraphBuilder {
  readonly #fp32 = new Map<CheckpointTensor, Value>();
  readonly #names = new Set<string>();
  readonly #embedded = new Set<CheckpointTensor>();

  constructor(
    readonly weights: ModelWeights,
    readonly options: NetworkOptions,
  ) {
    super();
  }

  has(name: string): boolean {
    return this.weights.has(name);
  }

  /** A tensor as fp32: in place when it is stored so, cast in the graph otherwise. */
  weight(name: string): Value {
    return this.#tensor(this.weights.get(name));
  }

  /** `x W^T + b` (+ the adapter's update). The weight is `<module>.weight`, [out, in] as PyTorch has it. */
  linear(x: Value, module: string, options: LinearOptions = {}): Value {
    const { bias = 'add', isTransposed = false } = options;
    const result = this.#withUpdate(x, this.#product(x, this.weights.get(`${module}.weight`), isTransposed), module);
    return bias === 'add' && this.has(`${module}.bias`) ? this.add(result, this.weight(`${module}.bias`)) : result;
  }

  /**
   * The module whose weight scores the vocabulary: the head's own, or the input embedding's where both are tied.
   * Source: `tie_weights` (transformers 5 does not tie what is stored apart; 4 ties whatever is stored).
   */
  scoringModule(config: ModelConfig, own: string, embedding: string): string {
    if (!this.has(`${own}.weight`)) return embedding;
    if (this.weights.adapter?.replacements.size) return own;
    return config.isBefore(5) && config.flag('tie_word_embeddings', true) ? embedding : own;
  }

  /** Bias of a module as an optional operator input. */
  optionalBias(module: string): Value {
    return this.has(`${module}.bias`) ? this.weight(`${module}.bias`) : absent;
  }

  /** `a B^T` or `a B` for a weight value. */
  matMulWeight(x: Value, weight: Value, isTransposed = false, alpha = 1): Value {
    if (this.options.target === 'cpu') {
      return this.microsoft('FusedMatMul', [x, weight], {
        ...(isTransposed ? {} : { transB: 1 }),
        ...(alpha === 1 ? {} : { alpha: { float: alpha } }),
      });
    }
    return this.scale(this.matMul(x, isTransposed ? weight : this.transpose(weight, [1, 0])), alpha);
  }

  /** Rows of `<module>.weight` by index (+ the adapter's update). */
  embedding(ids: Value, module: string): Value {
    const tensor = this.weights.get(`${module}.weight`);
    const plan = this.options.quantization;
    const rows =
      plan && isLarge(tensor) && QuantizationPlan.accepts(tensor.shape, false)
        ? this.#gatherQuantized(ids, tensor, plan.quantize(tensor, 8, false))
        : this.gather(this.#tensor(tensor), ids);
    const update = this.weights.updateOf(module);
    if (!update?.isEmbedding) return rows;
    const low = this.op('Transpose', [this.gather(this.#tensor(update.a), ids, 1)], { perm: [1, 2, 0] });
    return this.add(rows, this.matMulWeight(low, this.#tensor(update.b), false, update.scaling));
  }

  layerNorm(x: Value, module: string, epsilon: number): Value {
    return this.layerNormBy(x, this.weight(`${module}.weight`), this.optionalBias(module), epsilon);
  }

  layerNormBy(x: Value, weight: Value, bias: Value, epsilon: number): Value {
    const inputs = bias === absent ? [x, weight] : [x, weight, bias];
    return this.op('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } });
  }

  /** `LayerNorm(x + skip + bias)` and the sum itself. */
  skipLayerNorm(x: Value, skip: Value, bias: Value, module: string, epsilon: number): { norm: Value; sum: Value } {
    const beta = this.has(`${module}.bias`) ? this.weight(`${module}.bias`) : absent;
    const [norm, , , sum] = this.microsoftAll(
      'SkipLayerNormalization',
      [x, skip, this.weight(`${module}.weight`), beta, bias],
      [null, absent, absent, null],
      { epsilon: { float: epsilon } },
    );
    return { norm: norm as Value, sum: sum as Value };
  }

  /** Root mean square normalization by a weight value. */
  rmsNorm(x: Value, weight: Value, epsilon: number): Value {
    return this.op('SimplifiedLayerNormalization', [x, weight], {
      axis: -1,
      epsilon: { float: epsilon },
      stash_type: 1,
    });
  }

  /** `RMSNorm(x + skip)` and the sum itself. */
  skipRmsNorm(x: Value, skip: Value, weight: Value, epsilon: number): { norm: Value; sum: Value } {
    const [norm, , , sum] = this.microsoftAll(
      'SkipSimplifiedLayerNormalization',
      [x, skip, weight],
      [null, absent, absent, null],
      { epsilon: { float: epsilon } },
    );
    return { norm: norm as Value, sum: sum as Value };
  }

  #tensor(tensor: CheckpointTensor): Value {
    const existing = this.#fp32.get(tensor);
    if (existing !== undefined) return existing;
    // An adapter's tensor may have the name of one of the base model.
    const name = this.#names.has(tensor.name) ? `${tensor.name}.${this.#names.size}` : tensor.name;
    this.#names.add(name);
    const value = this.#load(tensor, name);
    this.#fp32.set(tensor, value);
    return value;
  }

  #load(tensor: CheckpointTensor, name: string): Value {
    const type = floatTypes[tensor.dtype];
    if (type === undefined) throw unsupportedDtype(this.weights.folder, tensor);
    const plan = this.options.quantization;
    if (plan) return this.external(name, 'float', tensor.shape, plan.copy(tensor));
    const { file, offsetBytes, lengthBytes } = tensor;
    const stored = this.external(name, type, tensor.shape, { file, offsetBytes, lengthBytes });
    return type === 'float' ? stored : this.cast(stored, 'float');
  }

  #product(x: Value, tensor: CheckpointTensor, isTransposed: boolean): Value {
    const plan = this.options.quantization;
    if (!plan || !isLarge(tensor) || !QuantizationPlan.accepts(tensor.shape, isTransposed)) {
      return this.matMulWeight(x, this.#tensor(tensor), isTransposed);
    }
    const bits = this.#embedded.has(tensor) ? 8 : plan.bits;
    return this.#productQuantized(x, tensor, plan.quantize(tensor, bits, isTransposed));
  }

  #productQuantized(x: Value, tensor: CheckpointTensor, quantized: QuantizedTensor): Value {
    const { bits, rows, columns } = quantized;
    const blocks = columns / quantizationBlockSize;
    const name = `${tensor.name}.q${bits}`;
    const blobBytes = (quantizationBlockSize * bits) / 8;
    const inputs = [
      x,
      this.external(name, 'uint8', [rows, blocks, blobBytes], quantized.data),
      this.external(`${name}.scales`, 'float', [rows * blocks], quantized.scales),
    ];
    if (quantized.zeroPoints) {
      const zeroPointBytes = rows * Math.ceil(blocks / 2);
      inputs.push(this.external(`${name}.zeroPoints`, 'uint8', [zeroPointBytes], quantized.zeroPoints));
    }
    return this.microsoft('MatMulNBits', inputs, {
      K: columns,
      N: rows,
      bits,
      block_size: quantizationBlockSize,
      accuracy_level: 4,
    });
  }

  #gatherQuantized(ids: Value, tensor: CheckpointTensor, quantized: QuantizedTensor): Value {
    const { rows, columns } = quantized;
    this.#embedded.add(tensor);
    return this.microsoft(
      'GatherBlockQuantized',
      [
        this.external(`${tensor.name}.rows`, 'uint8', [rows, columns], quantized.data),
        ids,
        this.external(`${tensor.name}.rowScales`, 'float', [rows, columns / quantizationBlockSize], quantized.scales),
      ],
      { bits: 8, block_size: quantizationBlockSize, gather_axis: 0, quantize_axis: 1 },
    );
  }

  #withUpdate(x: Value, result: Value, module: string): Value {
    const update: LoraUpdate | undefined = this.weights.updateOf(module);
    if (!update || update.isEmbedding) return result;
    const low = this.matMulWeight(x, this.#tensor(update.a));
    const high = this.matMulWeight(low, this.#tensor(update.b), false, update.scaling);
    const sum = this.add(result, high);
    return update.bias ? this.add(sum, this.scale(this.#tensor(update.bias), update.scaling)) : sum;
  }
}

/** Small matrices (heads, position tables) keep fp32: they cost nothing and decide much. */
function isLarge(tensor: CheckpointTensor): boolean {
  return tensor.shape.reduce((product, size) => product * size, 1) >= 65536;
}

function unsupportedDtype(folder: string, tensor: CheckpointTensor): MlflowError {
  return new MlflowError(
    `The tensor "${tensor.name}" in ${folder} is stored as ${tensor.dtype}; generated graphs read F32, F16, BF16 and F64. ` +
      'Log the model unquantized, put an ONNX export into the folder, or use the python engine.',
    'NOT_IMPLEMENTED',
    { reason: 'architectureUnsupported', details: { tensor: tensor.name, dtype: tensor.dtype } },
  );
}

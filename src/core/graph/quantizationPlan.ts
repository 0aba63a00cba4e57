import type { CheckpointTensor } from '../safetensors/checkpoint.js';
import type { ExternalData } from './onnxModel.js';

/** Weights per scale. */
export const quantizationBlockSize = 32;

export interface QuantizedTensor {
  bits: 4 | 8;
  /** Output features. */
  rows: number;
  /** Input features. */
  columns: number;
  data: ExternalData;
  scales: ExternalData;
  /** Present for 4 bits: the blocks are asymmetric there. */
  zeroPoints: ExternalData | null;
}

export type PlanStep =
  | { kind: 'copy'; tensor: CheckpointTensor; target: ExternalData }
  /** `isTransposed`: the tensor lies as [in, out]. */
  | { kind: 'quantize'; tensor: CheckpointTensor; isTransposed: boolean; target: QuantizedTensor };

/** Name that stands for the weights file of a quantized graph until it has a path. */
export const quantizedFile = 'weights.bin';

/** Lays out the file of a quantized graph: every tensor it needs, quantized or as fp32. */
export class QuantizationPlan {
  readonly steps: PlanStep[] = [];
  readonly #copies = new Map<string, ExternalData>();
  readonly #quantized = new Map<string, QuantizedTensor>();
  #sizeBytes = 0;

  /** @param bits of linear layers; embeddings always keep 8. */
  constructor(readonly bits: 4 | 8) {}

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The tensor as fp32. */
  copy(tensor: CheckpointTensor): ExternalData {
    const key = tensorKey(tensor);
    const existing = this.#copies.get(key);
    if (existing) return existing;
    const target = this.#reserve(tensor.shape.reduce((product, size) => product * size, 4));
    this.#copies.set(key, target);
    this.steps.push({ kind: 'copy', tensor, target });
    return target;
  }

  quantize(tensor: CheckpointTensor, bits: 4 | 8, isTransposed: boolean): QuantizedTensor {
    const key = `${tensorKey(tensor)} ${bits}`;
    const existing = this.#quantized.get(key);
    if (existing) return existing;
    const [first = 0, second = 0] = tensor.shape;
    const [rows, columns] = isTransposed ? [second, first] : [first, second];
    const blocks = columns / quantizationBlockSize;
    const target: QuantizedTensor = {
      bits,
      rows,
      columns,
      data: this.#reserve((rows * columns * bits) / 8),
      scales: this.#reserve(rows * blocks * 4),
      zeroPoints: bits === 4 ? this.#reserve(rows * Math.ceil(blocks / 2)) : null,
    };
    this.#quantized.set(key, target);
    this.steps.push({ kind: 'quantize', tensor, isTransposed, target });
    return target;
  }

  static accepts(shape: readonly number[], isTransposed: boolean): boolean {
    return shape.length === 2 && (shape[isTransposed ? 0 : 1] ?? 0) % quantizationBlockSize === 0;
  }

  #reserve(lengthBytes: number): ExternalData {
    const alignment = lengthBytes >= 65536 ? 4096 : 64;
    const offsetBytes = Math.ceil(this.#sizeBytes / alignment) * alignment;
    this.#sizeBytes = offsetBytes + lengthBytes;
    return { file: quantizedFile, offsetBytes, lengthBytes };
  }
}

function tensorKey(tensor: CheckpointTensor): string {
  return `${tensor.file} ${tensor.offsetBytes}`;
}

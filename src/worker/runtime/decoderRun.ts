import { MlflowError } from '../../core/errors.js';
import {
  boolTensor,
  emptyTensor,
  float16Values,
  floatTensor,
  int64Tensor,
  type Feeds,
  type OnnxTensor,
  type Session,
} from './onnxRuntime.js';
import type { RopeCache } from './ropeCache.js';

/** Tokens of a batch padded on the left. */
export interface PaddedPrompt {
  rows: readonly (readonly number[])[];
  /** Padding tokens at the beginning of each row. */
  padding: readonly number[];
}

/**
 * One generation over a decoder session: feeds tokens, keeps the key-value cache, gives the logits of the last position.
 * The cache tensors of one step's output are the next step's input; nothing is copied in between.
 */
export class DecoderRun {
  #feeds: Feeds = {};
  #outputNames: string[];
  #caches: { past: string; present: string; isCross: boolean }[];
  #history: number[][] = [];
  #mask: Uint8Array[] = [];
  #lengths: number[] = [];
  #total = 0;

  constructor(
    readonly session: Session,
    readonly rope: RopeCache,
    fixedFeeds: Feeds = {},
  ) {
    Object.assign(this.#feeds, fixedFeeds);
    this.#caches = session.inputNames
      .filter((name) => name.startsWith('past_key_values.'))
      .map((past) => ({
        past,
        present: past.replace('past_key_values', 'present'),
        isCross: past.includes('.encoder.'),
      }));
    this.#outputNames = ['logits', ...this.#caches.map(({ present }) => present)];
  }

  get hasCache(): boolean {
    return this.#caches.length > 0;
  }

  /** Reads the prompt: [rows, vocabulary] logits of the last position. */
  async prompt({ rows, padding }: PaddedPrompt): Promise<Float32Array> {
    const length = rows[0]?.length ?? 0;
    this.#total = length;
    this.#history = rows.map((row) => [...row]);
    this.#lengths = rows.map((row, index) => row.length - (padding[index] ?? 0));
    this.#mask = padding.map((count) => new Uint8Array(length).fill(1).fill(0, 0, count));
    const inputs = this.session.inputMetadata;
    for (const { past } of this.#caches) {
      const metadata = inputs.find(({ name }) => name === past);
      if (!metadata?.isTensor) throw new MlflowError(`The decoder's input ${past} is not a tensor.`);
      const [, heads, , size] = metadata.shape;
      this.#feeds[past] = emptyTensor(metadata.type, [rows.length, Number(heads), 0, Number(size)]);
    }
    const positions = rows.flatMap((row, index) => row.map((_, column) => Math.max(column - (padding[index] ?? 0), 0)));
    return this.#run(rows.flat(), positions, length, true);
  }

  /** Appends one token a row. */
  async step(tokens: readonly number[]): Promise<Float32Array> {
    this.#total += 1;
    for (const [index, token] of tokens.entries()) {
      this.#history[index]?.push(token);
      this.#lengths[index] = (this.#lengths[index] ?? 0) + 1;
    }
    if (!this.hasCache) {
      const length = this.#history[0]?.length ?? 0;
      const positions = this.#history.flatMap((row, index) =>
        row.map((_, column) => Math.max(column - (length - (this.#lengths[index] ?? 0)), 0)),
      );
      return this.#run(this.#history.flat(), positions, length, true);
    }
    return this.#run(
      tokens,
      this.#lengths.map((length) => length - 1),
      1,
      false,
    );
  }

  /** Rows continue those of `parents` (beam search). */
  reorder(parents: readonly number[]): void {
    if (parents.every((parent, index) => parent === index)) return;
    this.#history = parents.map((parent) => [...(this.#history[parent] ?? [])]);
    this.#lengths = parents.map((parent) => this.#lengths[parent] ?? 0);
    this.#mask = parents.map((parent) => this.#mask[parent] as Uint8Array);
    for (const { past } of this.#caches) {
      const tensor = this.#feeds[past];
      if (tensor) this.#feeds[past] = gatherRows(tensor, parents);
    }
  }

  async #run(
    tokens: readonly number[],
    positions: readonly number[],
    length: number,
    isFirst: boolean,
  ): Promise<Float32Array> {
    const feeds = this.#feeds;
    const rows = tokens.length / length;
    const has = (name: string): boolean => this.session.inputNames.includes(name);
    feeds['input_ids'] = int64Tensor(BigInt64Array.from(tokens, BigInt), [rows, length]);
    if (has('attention_mask')) feeds['attention_mask'] = this.#maskTensor(rows);
    if (has('position_ids')) feeds['position_ids'] = int64Tensor(BigInt64Array.from(positions, BigInt), [rows, length]);
    if (has('num_logits_to_keep')) feeds['num_logits_to_keep'] = oneLogit;
    if (has('use_cache_branch')) feeds['use_cache_branch'] = boolTensor(!isFirst);
    this.rope.feed(feeds, this.#total);
    const outputs = await this.session.run(feeds, this.#outputNames);
    for (const { past, present, isCross } of this.#caches) {
      const tensor = outputs[present];
      if (tensor && (isFirst || !isCross)) feeds[past] = tensor;
    }
    return lastLogits(outputs['logits'] as OnnxTensor);
  }

  /** Everything after the prompt counts. */
  #maskTensor(rows: number): OnnxTensor {
    const total = this.#total;
    const data = new BigInt64Array(rows * total).fill(1n);
    for (const [row, mask] of this.#mask.entries()) {
      for (let column = 0; column < mask.length && mask[column] === 0; column++) data[row * total + column] = 0n;
    }
    return int64Tensor(data, [rows, total]);
  }
}

const oneLogit = int64Tensor(BigInt64Array.of(1n), [1]);

function lastLogits(logits: OnnxTensor): Float32Array {
  const data = logits.type === 'float16' ? float16Values(logits.data as Uint16Array) : (logits.data as Float32Array);
  const [rows = 1, length = 1, vocabulary = 1] = logits.dims;
  if (length === 1) return data;
  const last = new Float32Array(rows * vocabulary);
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * length * vocabulary;
    last.set(data.subarray(end - vocabulary, end), row * vocabulary);
  }
  return last;
}

function gatherRows(tensor: OnnxTensor, parents: readonly number[]): OnnxTensor {
  const source = tensor.data as Float32Array;
  const rowSize = source.length / (tensor.dims[0] ?? 1);
  const target = new Float32Array(rowSize * parents.length);
  for (const [index, parent] of parents.entries()) {
    target.set(source.subarray(parent * rowSize, (parent + 1) * rowSize), index * rowSize);
  }
  return floatTensor(target, [parents.length, ...tensor.dims.slice(1)]);
}

import { MlflowError } from '../../core/errors.js';
import { hiddenStatesOutput } from '../../core/graph/decoder.js';
import { float16Values } from './halfPrecision.js';
import {
  boolTensor,
  emptyTensor,
  tensorLike,
  int64Tensor,
  type Feeds,
  type OnnxTensor,
  type Session,
} from './onnxRuntime.js';
import type { RopeCache } from './ropeCache.js';

/** What the searches use of a run. */
export type TokenRun = Pick<DecoderRun, 'prompt' | 'step' | 'reorder' | 'givesHiddenStates' | 'hiddenStates'>;

/**
 * One generation over a decoder session: feeds tokens, keeps the key-value cache, gives the logits of the last position.
 * The cache tensors of one step's output are the next step's input; nothing is copied in between.
 */
export class DecoderRun {
  #feeds: Feeds = {};
  #outputNames: string[];
  #caches: { past: string; present: string; isCross: boolean }[];
  #history: number[][] = [];
  #padding: number[] = [];
  readonly #isFed: boolean;
  readonly #inputs: ReadonlySet<string>;
  #lengths: number[] = [];
  #total = 0;
  #hidden: Float32Array[][] = [];

  /** @param wantsHiddenStates whether they are kept of each pass, where the session gives them. */
  constructor(
    readonly session: Session,
    readonly rope: RopeCache,
    fixedFeeds: Feeds = {},
    wantsHiddenStates = false,
  ) {
    Object.assign(this.#feeds, fixedFeeds);
    this.#inputs = new Set(session.inputNames);
    this.#isFed = Object.keys(fixedFeeds).length > 0;
    this.#caches = session.inputNames
      .filter((name) => name.startsWith('past_key_values.'))
      .map((past) => ({
        past,
        present: past.replace('past_key_values', 'present'),
        isCross: past.includes('.encoder.'),
      }));
    this.#outputNames = ['logits', ...this.#caches.map(({ present }) => present)];
    if (wantsHiddenStates && session.outputNames.includes(hiddenStatesOutput))
      this.#outputNames.push(hiddenStatesOutput);
  }

  get givesHiddenStates(): boolean {
    return this.#outputNames.includes(hiddenStatesOutput);
  }

  /** Of the last pass: by row, a vector for each token that it read. */
  get hiddenStates(): readonly (readonly Float32Array[])[] {
    return this.#hidden;
  }

  get hasCache(): boolean {
    return this.#caches.length > 0;
  }

  /**
   * Reads prompts: [prompts * copies, vocabulary] logits of their last positions. Prompts of different lengths are read
   * apart, so that padding never enters a computation; their caches are then joined, padded on the left.
   * @param copies rows that continue each prompt (beams, or several sequences).
   */
  async prompt(prompts: readonly (readonly number[])[], copies: number): Promise<Float32Array> {
    const total = prompts.reduce((longest, prompt) => Math.max(longest, prompt.length), 0);
    const isEven = prompts.every(({ length }) => length === total);
    const order = prompts.flatMap((_, index) => Array.from({ length: copies }, () => index));
    // Encoder outputs come repeated already.
    if (this.#isFed) return this.#readTogether(order.map((index) => prompts[index] as readonly number[]));
    if (isEven && copies === 1) return this.#readTogether(prompts);
    const groups = groupByLength(prompts);
    const parts: PromptPart[] = [];
    for (const indexes of groups) {
      const logits = await this.#readTogether(indexes.map((index) => prompts[index] as readonly number[]));
      const caches = this.#caches.map(({ past }) => this.#feeds[past] as OnnxTensor);
      parts.push({ indexes, logits, caches, hidden: this.#hidden });
    }
    return this.#join(prompts, order, parts, total);
  }

  async #readTogether(prompts: readonly (readonly number[])[]): Promise<Float32Array> {
    const length = prompts[0]?.length ?? 0;
    this.#total = length;
    this.#history = prompts.map((prompt) => [...prompt]);
    this.#lengths = prompts.map(() => length);
    this.#padding = prompts.map(() => 0);
    for (const { past } of this.#caches) {
      const metadata = this.session.inputMetadata.find(({ name }) => name === past);
      if (!metadata?.isTensor) throw new MlflowError(`The decoder's input ${past} is not a tensor.`);
      const [, heads, , size] = metadata.shape;
      this.#feeds[past] = emptyTensor(metadata.type, [prompts.length, Number(heads), 0, Number(size)]);
    }
    const positions = prompts.flatMap((prompt) => prompt.map((_, column) => column));
    return this.#run(prompts.flat(), positions, length, true);
  }

  #join(
    prompts: readonly (readonly number[])[],
    order: readonly number[],
    parts: readonly PromptPart[],
    total: number,
  ): Float32Array {
    const places = new Map<number, { part: PromptPart; row: number }>();
    for (const part of parts) for (const [row, index] of part.indexes.entries()) places.set(index, { part, row });
    const rows = order.map((index) => places.get(index) as { part: PromptPart; row: number });
    this.#total = total;
    this.#lengths = order.map((index) => prompts[index]?.length ?? 0);
    this.#padding = this.#lengths.map((length) => total - length);
    this.#history = order.map((index, row) => [
      ...Array<number>(this.#padding[row] ?? 0).fill(0),
      ...(prompts[index] ?? []),
    ]);
    for (const [cacheIndex, { past }] of this.#caches.entries()) {
      this.#feeds[past] = joinCaches(
        rows.map(({ part, row }) => ({ tensor: part.caches[cacheIndex] as OnnxTensor, row })),
        total,
      );
    }
    this.#hidden = rows.map(({ part, row }) => part.hidden[row] ?? []);
    const vocabulary = rows[0] ? rows[0].part.logits.length / rows[0].part.indexes.length : 0;
    const logits = new Float32Array(rows.length * vocabulary);
    for (const [index, { part, row }] of rows.entries()) {
      logits.set(part.logits.subarray(row * vocabulary, (row + 1) * vocabulary), index * vocabulary);
    }
    return logits;
  }

  /** Appends one token a row. */
  async step(tokens: readonly number[]): Promise<Float32Array> {
    this.#total += 1;
    for (const [index, token] of tokens.entries()) {
      this.#history[index]?.push(token);
      this.#lengths[index] = (this.#lengths[index] ?? 0) + 1;
    }
    if (this.rope.isRenewedAt(this.#total)) {
      const rows = this.#history.map((row, index) => row.slice(this.#padding[index] ?? 0));
      return this.prompt(rows, 1);
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
    if (parents.length === this.#lengths.length && parents.every((parent, index) => parent === index)) return;
    this.#history = parents.map((parent) => [...(this.#history[parent] ?? [])]);
    this.#lengths = parents.map((parent) => this.#lengths[parent] ?? 0);
    this.#padding = parents.map((parent) => this.#padding[parent] ?? 0);
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
    const inputs = this.#inputs;
    feeds['input_ids'] = int64Tensor(BigInt64Array.from(tokens, BigInt), [rows, length]);
    if (inputs.has('attention_mask')) feeds['attention_mask'] = this.#maskTensor(rows);
    if (inputs.has('position_ids'))
      feeds['position_ids'] = int64Tensor(BigInt64Array.from(positions, BigInt), [rows, length]);
    if (inputs.has('num_logits_to_keep')) feeds['num_logits_to_keep'] = oneLogit;
    if (inputs.has('use_cache_branch')) feeds['use_cache_branch'] = boolTensor(!isFirst);
    this.rope.feed(feeds, this.#total);
    const outputs = await this.session.run(feeds, this.#outputNames);
    for (const { past, present, isCross } of this.#caches) {
      const tensor = outputs[present];
      if (tensor && (isFirst || !isCross)) feeds[past] = tensor;
    }
    const hidden = outputs[hiddenStatesOutput];
    if (hidden) this.#hidden = vectorsOf(hidden);
    return lastLogits(outputs['logits'] as OnnxTensor);
  }

  /** Everything after the prompt counts. */
  #maskTensor(rows: number): OnnxTensor {
    const total = this.#total;
    const data = new BigInt64Array(rows * total).fill(1n);
    for (const [row, padding] of this.#padding.entries()) data.fill(0n, row * total, row * total + padding);
    return int64Tensor(data, [rows, total]);
  }
}

const oneLogit = int64Tensor(BigInt64Array.of(1n), [1]);

function lastLogits(logits: OnnxTensor): Float32Array {
  const data = floatsOf(logits);
  const [rows = 1, length = 1, vocabulary = 1] = logits.dims;
  if (length === 1) return data;
  const last = new Float32Array(rows * vocabulary);
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * length * vocabulary;
    last.set(data.subarray(end - vocabulary, end), row * vocabulary);
  }
  return last;
}

/** [rows, length, size] as vectors. */
function vectorsOf(tensor: OnnxTensor): Float32Array[][] {
  const data = floatsOf(tensor);
  const [rows = 1, length = 1, size = 1] = tensor.dims;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length }, (_unused, column) =>
      data.slice((row * length + column) * size, (row * length + column + 1) * size),
    ),
  );
}

function floatsOf({ type, data }: OnnxTensor): Float32Array {
  return type === 'float16' ? float16Values(data as Uint16Array) : (data as Float32Array);
}

interface PromptPart {
  /** Prompts that were read together. */
  indexes: readonly number[];
  logits: Float32Array;
  caches: readonly OnnxTensor[];
  hidden: readonly Float32Array[][];
}

function groupByLength(prompts: readonly (readonly number[])[]): number[][] {
  const groups = new Map<number, number[]>();
  for (const [index, { length }] of prompts.entries()) groups.set(length, [...(groups.get(length) ?? []), index]);
  return [...groups.values()];
}

/** Rows of several caches [rows, heads, length, size] as one, padded on the left to `total` positions. */
function joinCaches(rows: readonly { tensor: OnnxTensor; row: number }[], total: number): OnnxTensor {
  const first = rows[0]?.tensor;
  const [, heads = 0, , size = 0] = first?.dims ?? [];
  const headSize = total * size;
  const isHalf = first?.type === 'float16';
  const target = isHalf
    ? new Uint16Array(rows.length * heads * headSize)
    : new Float32Array(rows.length * heads * headSize);
  for (const [index, { tensor, row }] of rows.entries()) {
    const length = tensor.dims[2] ?? 0;
    const source = tensor.data as Float32Array;
    for (let head = 0; head < heads; head++) {
      const from = (row * heads + head) * length * size;
      const to = (index * heads + head) * headSize + (total - length) * size;
      target.set(source.subarray(from, from + length * size), to);
    }
  }
  return tensorLike(first as OnnxTensor, target, [rows.length, heads, total, size]);
}

function gatherRows(tensor: OnnxTensor, parents: readonly number[]): OnnxTensor {
  const source = tensor.data as Float32Array;
  const rowSize = source.length / (tensor.dims[0] ?? 1);
  const target = new (source.constructor as Float32ArrayConstructor)(rowSize * parents.length);
  for (const [index, parent] of parents.entries()) {
    target.set(source.subarray(parent * rowSize, (parent + 1) * rowSize), index * rowSize);
  }
  return tensorLike(tensor, target, [parents.length, ...tensor.dims.slice(1)]);
}

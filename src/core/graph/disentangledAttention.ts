import { maskBias } from './encoderAttention.js';
import type { Value } from './graphBuilder.js';
import type { ModelConfig } from './modelConfig.js';
import type { NetworkBuilder } from './networkBuilder.js';

/** Distances that the graph's table of buckets reaches. */
const longestDistance = 4096;

/** How DeBERTa and its second version keep the projections of an attention module. */
export interface DisentangledProjections {
  /** Content of tokens, each [batch, heads, length, size]. */
  content(x: Value, module: string): { query: Value; key: Value; value: Value };
  /** Modules that project the embedded distances. */
  positionKey: string;
  positionQuery: string;
}

export interface DisentangledSettings extends DisentangledProjections {
  heads: number;
  headSize: number;
  /** Kinds of attention that the scale counts. */
  scaledKinds: number;
  /** Buckets of distances; below 1: each distance is its own. */
  buckets: number;
  ids: Value;
  mask: Value;
}

/** Kinds of attention between content and position: `c2p`, `p2c`. */
export function attentionKinds(config: ModelConfig): readonly unknown[] {
  return config.list('pos_att_type') ?? config.text('pos_att_type', '').toLowerCase().split('|').filter(Boolean);
}

/** Content and position attend to each other. Source: `DisentangledSelfAttention` of modeling_deberta and modeling_deberta_v2. */
export class DisentangledAttention {
  readonly #kinds: readonly unknown[];
  readonly #scale: number;
  readonly #mask: Value;
  readonly #relative: { embeddings: Value; contentToPosition: Value; positionToContent: Value } | null;

  constructor(
    readonly b: NetworkBuilder,
    readonly config: ModelConfig,
    readonly settings: DisentangledSettings,
  ) {
    this.#kinds = attentionKinds(config);
    this.#scale = (settings.headSize * (1 + settings.scaledKinds)) ** -0.5;
    this.#mask = maskBias(b, settings.mask);
    this.#relative = config.flag('relative_attention', false) ? this.#relativePositions() : null;
  }

  /** [batch, length, heads * size]. */
  attend(x: Value, module: string): Value {
    const { b } = this;
    const { heads, headSize } = this.settings;
    const { query, key, value } = this.settings.content(x, module);
    let scores = b.matMul(query, b.transpose(key, [0, 1, 3, 2]));
    if (this.#relative) scores = this.#addPositions(scores, query, key, module);
    const probabilities = b.op('Softmax', [b.add(b.scale(scores, this.#scale), this.#mask)], { axis: -1 });
    return b.reshape(b.transpose(b.matMul(probabilities, value), [0, 2, 1, 3]), [0, 0, heads * headSize]);
  }

  #addPositions(scores: Value, query: Value, key: Value, module: string): Value {
    const { b } = this;
    if (!this.#relative) return scores;
    const { embeddings, contentToPosition, positionToContent } = this.#relative;
    const projected = (name: string): Value =>
      b.transpose(this.byHead(b.linear(embeddings, `${module}.${name}`)), [0, 1, 3, 2]);
    let sum = scores;
    if (this.#kinds.includes('c2p')) {
      const all = b.matMul(query, projected(this.settings.positionKey));
      sum = b.add(sum, this.#pick(all, contentToPosition));
    }
    if (this.#kinds.includes('p2c')) {
      const all = b.matMul(key, projected(this.settings.positionQuery));
      sum = b.add(sum, b.transpose(this.#pick(all, positionToContent), [0, 1, 3, 2]));
    }
    return sum;
  }

  /** Of each row's scores for all distances, those of its distances to the keys. */
  #pick(all: Value, distances: Value): Value {
    const { b } = this;
    const shape = b.concat([b.dim(all, 0), b.int64s([this.settings.heads]), b.op('Shape', [distances])], 0);
    return b.op('GatherElements', [all, b.op('Expand', [distances, shape])], { axis: 3 });
  }

  byHead(x: Value): Value {
    return byHead(this.b, x, this.settings);
  }

  #relativePositions(): { embeddings: Value; contentToPosition: Value; positionToContent: Value } {
    const { b, config } = this;
    const { buckets, ids } = this.settings;
    const given = config.number('max_relative_positions', -1);
    const maxPosition = given < 1 ? config.number('max_position_embeddings') : given;
    const span = buckets > 0 ? buckets : maxPosition;
    const stored = b.slice(b.weight('encoder.rel_embeddings.weight'), 0, 2 * span, 0);
    const isNormed = config.text('norm_rel_ebd', 'none').includes('layer_norm') && b.has('encoder.LayerNorm.weight');
    const epsilon = config.number('layer_norm_eps');
    const rows = b.unsqueeze(isNormed ? b.layerNorm(stored, 'encoder.LayerNorm', epsilon) : stored, [0]);
    const places = b.range(b.dim(ids, 1));
    const distance = b.sub(b.unsqueeze(places, [1]), b.unsqueeze(places, [0]));
    const tableOf = (sign: 1 | -1): Value => {
      const indexes = bucketTable(buckets, maxPosition).map((bucket) =>
        Math.min(Math.max(sign * bucket + span, 0), 2 * span - 1),
      );
      return b.gather(b.int64s(indexes), b.add(distance, b.int64(longestDistance - 1)));
    };
    return { embeddings: rows, contentToPosition: tableOf(1), positionToContent: tableOf(-1) };
  }
}

/** [batch, length, heads * size] as [batch, heads, length, size]. */
export function byHead(b: NetworkBuilder, x: Value, { heads, headSize }: { heads: number; headSize: number }): Value {
  return b.transpose(b.reshape(x, [0, 0, heads, headSize]), [0, 2, 1, 3]);
}

/** Buckets of the distances from -(longest - 1) to longest - 1. Source: `make_log_bucket_position`. */
function bucketTable(buckets: number, maxPosition: number): number[] {
  const distances = Array.from({ length: 2 * longestDistance - 1 }, (_, index) => index - longestDistance + 1);
  if (buckets <= 0 || maxPosition <= 0) return distances;
  const middle = Math.floor(buckets / 2);
  const whole = Math.fround(Math.log(Math.fround((maxPosition - 1) / middle)));
  return distances.map((distance) => {
    const size = Math.abs(distance);
    if (size <= middle) return distance;
    const share = Math.fround(Math.fround(Math.log(Math.fround(size / middle))) / whole);
    return Math.sign(distance) * (Math.ceil(Math.fround(share * (middle - 1))) + middle);
  });
}

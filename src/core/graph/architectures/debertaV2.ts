import { activate } from '../activation.js';
import { maskBias } from '../encoderAttention.js';
import { encoderHead } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedSetting } from '../unsupported.js';

/** Distances that the graph's table of buckets reaches. */
const longestDistance = 4096;

/** DeBERTa v2 and v3: content and position attend to each other. Source: transformers' modeling_deberta_v2. */
export function debertaV2(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  if (config.number('conv_kernel_size', 0) > 0) {
    throw unsupportedSetting(config, 'conv_kernel_size', String(config.number('conv_kernel_size')));
  }
  const b = context.newBuilder();
  b.weights.setBasePrefix('deberta');
  const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = b.input('attention_mask', 'int64', ['batch_size', 'sequence_length']);
  const attention = new DisentangledAttention(b, config, mask, ids);
  const epsilon = config.number('layer_norm_eps', 1e-7);
  let hidden = embeddings(b, config, ids, mask, epsilon);
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    const layer = `encoder.layer.${index}`;
    const attended = attention.attend(hidden, `${layer}.attention.self`);
    const projected = b.linear(attended, `${layer}.attention.output.dense`);
    hidden = b.layerNorm(b.add(projected, hidden), `${layer}.attention.output.LayerNorm`, epsilon);
    const inner = activate(b, config.text('hidden_act', 'gelu'), b.linear(hidden, `${layer}.intermediate.dense`));
    hidden = b.layerNorm(b.add(b.linear(inner, `${layer}.output.dense`), hidden), `${layer}.output.LayerNorm`, epsilon);
  }
  const hiddenSize = config.number('hidden_size');
  const poolerActivation = config.text('pooler_hidden_act', 'gelu');
  encoderHead(b, context, { hidden, ids, hiddenSize, head, poolerActivation });
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

function embeddings(b: NetworkBuilder, config: ModelConfig, ids: Value, mask: Value, epsilon: number): Value {
  let sum = b.embedding(ids, 'embeddings.word_embeddings');
  if (config.flag('position_biased_input', true)) {
    sum = b.add(sum, b.gather(b.weight('embeddings.position_embeddings.weight'), b.range(b.dim(ids, 1))));
  }
  if (config.number('type_vocab_size', 0) > 0) {
    const types = b.input('token_type_ids', 'int64', ['batch_size', 'sequence_length']);
    sum = b.add(sum, b.gather(b.weight('embeddings.token_type_embeddings.weight'), types));
  }
  const projected = b.has('embeddings.embed_proj.weight') ? b.linear(sum, 'embeddings.embed_proj') : sum;
  const normed = b.layerNorm(projected, 'embeddings.LayerNorm', epsilon);
  return b.mul(normed, b.cast(b.unsqueeze(mask, [2]), 'float'));
}

class DisentangledAttention {
  readonly #heads: number;
  readonly #headSize: number;
  readonly #kinds: readonly unknown[];
  readonly #scale: number;
  readonly #mask: Value;
  readonly #relative: { embeddings: Value; contentToPosition: Value; positionToContent: Value } | null;

  constructor(
    readonly b: NetworkBuilder,
    readonly config: ModelConfig,
    mask: Value,
    ids: Value,
  ) {
    this.#heads = config.number('num_attention_heads');
    this.#headSize = config.number('attention_head_size', config.number('hidden_size') / this.#heads);
    const listed = config.text('pos_att_type', '');
    this.#kinds = config.list('pos_att_type') ?? listed.split('|').filter(Boolean);
    const isRelative = config.flag('relative_attention', false);
    const count = 1 + ['c2p', 'p2c'].filter((kind) => this.#kinds.includes(kind)).length;
    this.#scale = (this.#headSize * count) ** -0.5;
    this.#mask = maskBias(b, mask);
    this.#relative = isRelative ? this.#relativePositions(ids) : null;
  }

  attend(x: Value, module: string): Value {
    const { b } = this;
    const query = this.#byHead(b.linear(x, `${module}.query_proj`));
    const key = this.#byHead(b.linear(x, `${module}.key_proj`));
    const value = this.#byHead(b.linear(x, `${module}.value_proj`));
    let scores = b.matMul(query, b.transpose(key, [0, 1, 3, 2]));
    if (this.#relative) scores = this.#addPositions(scores, query, key, module);
    const probabilities = b.op('Softmax', [b.add(b.scale(scores, this.#scale), this.#mask)], { axis: -1 });
    const joined = b.transpose(b.matMul(probabilities, value), [0, 2, 1, 3]);
    return b.reshape(joined, [0, 0, this.#heads * this.#headSize]);
  }

  #addPositions(scores: Value, query: Value, key: Value, module: string): Value {
    const { b } = this;
    if (!this.#relative) return scores;
    const { embeddings, contentToPosition, positionToContent } = this.#relative;
    const isShared = this.config.flag('share_att_key', false);
    const projected = (own: string, shared: string): Value => {
      const rows = this.#byHead(b.linear(embeddings, `${module}.${isShared ? shared : own}`));
      return b.transpose(rows, [0, 1, 3, 2]);
    };
    let sum = scores;
    if (this.#kinds.includes('c2p')) {
      const all = b.matMul(query, projected('pos_key_proj', 'key_proj'));
      sum = b.add(sum, this.#pick(all, contentToPosition));
    }
    if (this.#kinds.includes('p2c')) {
      const all = b.matMul(key, projected('pos_query_proj', 'query_proj'));
      sum = b.add(sum, b.transpose(this.#pick(all, positionToContent), [0, 1, 3, 2]));
    }
    return sum;
  }

  /** Of each row's scores for all distances, those of its distances to the keys. */
  #pick(all: Value, distances: Value): Value {
    const { b } = this;
    const shape = b.concat([b.dim(all, 0), b.int64s([this.#heads]), b.op('Shape', [distances])], 0);
    return b.op('GatherElements', [all, b.op('Expand', [distances, shape])], { axis: 3 });
  }

  #byHead(x: Value): Value {
    return this.b.transpose(this.b.reshape(x, [0, 0, this.#heads, this.#headSize]), [0, 2, 1, 3]);
  }

  #relativePositions(ids: Value): { embeddings: Value; contentToPosition: Value; positionToContent: Value } {
    const { b, config } = this;
    const buckets = config.number('position_buckets', -1);
    const given = config.number('max_relative_positions', -1);
    const maxPosition = given < 1 ? config.number('max_position_embeddings', 512) : given;
    const span = buckets > 0 ? buckets : maxPosition;
    const stored = b.slice(b.weight('encoder.rel_embeddings.weight'), 0, 2 * span, 0);
    const isNormed = config.text('norm_rel_ebd', 'none').includes('layer_norm');
    const epsilon = config.number('layer_norm_eps', 1e-7);
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

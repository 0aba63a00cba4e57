import { activate } from '../activation.js';
import { encoderAttention, maskedScore } from '../encoderAttention.js';
import { firstToken } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { ropeOfLayerType, ropeTable } from '../rope.js';
import { rotate } from '../rotation.js';
import { unsupportedArchitecture } from '../unsupported.js';

const tokens = ['batch_size', 'sequence_length'] as const;

/** ModernBERT: rotary positions, and layers that see a window only. Source: transformers' modeling_modernbert. */
export function modernbert(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('model');
  const ids = b.input('input_ids', 'int64', tokens);
  const mask = b.input('attention_mask', 'int64', tokens);
  const epsilon = config.number('norm_eps');
  const layers = config.number('num_hidden_layers');
  const isLocal = localLayers(config, layers);
  const attentions = {
    local: newAttention(b, config, ids, mask, true),
    global: newAttention(b, config, ids, mask, false),
  };
  let hidden = b.layerNorm(b.embedding(ids, 'embeddings.tok_embeddings'), 'embeddings.norm', epsilon);
  for (let index = 0; index < layers; index++) {
    const layer = `layers.${index}`;
    // The embedding is normalized already.
    const normed = index === 0 ? hidden : b.layerNorm(hidden, `${layer}.attn_norm`, epsilon);
    const attend = isLocal(index) ? attentions.local : attentions.global;
    hidden = b.add(hidden, b.linear(attend(b.linear(normed, `${layer}.attn.Wqkv`)), `${layer}.attn.Wo`));
    const packed = b.linear(b.layerNorm(hidden, `${layer}.mlp_norm`, epsilon), `${layer}.mlp.Wi`);
    const size = config.number('intermediate_size');
    const [input, gate] = b.split(packed, [size, size], 2) as [Value, Value];
    const activated = b.mul(activate(b, config.text('hidden_activation', 'gelu'), input), gate);
    hidden = b.add(hidden, b.linear(activated, `${layer}.mlp.Wo`));
  }
  outputs(b, context, b.layerNorm(hidden, 'final_norm', epsilon), mask);
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

function localLayers(config: ModelConfig, layers: number): (index: number) => boolean {
  const types = config.isBefore(5) ? null : config.list('layer_types');
  if (types?.length === layers) return (index) => types[index] === 'sliding_attention';
  const interval = config.number('global_attn_every_n_layers', 3);
  return (index) => index % interval !== 0;
}

/** Attention over packed queries, keys and values, of the layers with a window or of those without. */
function newAttention(
  b: NetworkBuilder,
  config: ModelConfig,
  ids: Value,
  mask: Value,
  isLocal: boolean,
): (packed: Value) => Value {
  const hiddenSize = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  const headSize = hiddenSize / heads;
  const places = b.range(b.dim(ids, 1));
  const { cos, sin, halfSize } = rotaryTables(b, config, headSize, places, isLocal);
  const bias = isLocal ? windowBias(b, places, Math.floor(config.number('local_attention') / 2)) : undefined;
  const turn = (x: Value): Value => rotate(b, { x, heads, headSize, cos, sin, halfSize, isInterleaved: false });
  return (packed) => {
    const [query, key, value] = b.split(packed, [hiddenSize, hiddenSize, hiddenSize], 2) as [Value, Value, Value];
    const scale = headSize ** -0.5;
    return encoderAttention(b, { query: turn(query), key: turn(key), value, heads, scale, mask, bias });
  };
}

/** Cosine and sine of each position's angles, [1, length, 1, frequencies]. */
function rotaryTables(
  b: NetworkBuilder,
  config: ModelConfig,
  headSize: number,
  places: Value,
  isLocal: boolean,
): { cos: Value; sin: Value; halfSize: number } {
  const globalTheta = config.number('global_rope_theta', 160_000);
  // Before version 5, local layers without a base of their own have that of the others.
  const localTheta = config.number('local_rope_theta', config.isBefore(5) ? globalTheta : 10_000);
  const own = isLocal
    ? ropeOfLayerType(config, 'sliding_attention', localTheta, config.nested('rope_scaling')?.json)
    : ropeOfLayerType(config, 'full_attention', globalTheta, config.nested('rope_scaling')?.json);
  const table = ropeTable(
    config.isBefore(5) ? config.with({ rope_theta: isLocal ? localTheta : globalTheta }) : own,
    headSize,
  );
  const { inverse, scaling } = table.frequencies(1);
  const angles = b.mul(b.cast(b.unsqueeze(places, [0, 2, 3]), 'float'), b.floats(inverse, [inverse.length]));
  return {
    cos: b.scale(b.op('Cos', [angles]), scaling),
    sin: b.scale(b.op('Sin', [angles]), scaling),
    halfSize: table.halfSize,
  };
}

/** Only keys up to this distance count, [1, 1, queries, keys]. */
function windowBias(b: NetworkBuilder, places: Value, distance: number): Value {
  const distances = b.op('Abs', [b.sub(b.unsqueeze(places, [1]), b.unsqueeze(places, [0]))]);
  const isNear = b.op('LessOrEqual', [distances, b.int64(distance)]);
  return b.unsqueeze(b.where(isNear, b.float(0), b.float(maskedScore)), [0, 1]);
}

function outputs(b: NetworkBuilder, context: ArchitectureContext, hidden: Value, mask: Value): void {
  const { config } = context;
  const head = (x: Value): Value => {
    const dense = activate(b, config.text('classifier_activation', 'gelu'), b.linear(x, 'head.dense'));
    return b.layerNorm(dense, 'head.norm', config.number('norm_eps'));
  };
  switch (context.head) {
    case 'base':
      return b.output('last_hidden_state', hidden, [...tokens, config.number('hidden_size')]);
    case 'sequenceClassification': {
      const isMean = config.text('classifier_pooling', 'cls') === 'mean';
      const pooled = isMean ? meanOfTokens(b, hidden, mask) : firstToken(b, hidden);
      return b.output('logits', b.linear(head(pooled), 'classifier'), ['batch_size', 'labels']);
    }
    case 'tokenClassification':
      return b.output('logits', b.linear(head(hidden), 'classifier'), [...tokens, 'labels']);
    case 'questionAnswering': {
      const [start, end] = b.split(b.linear(head(hidden), 'classifier'), [1, 1], 2) as [Value, Value];
      b.output('start_logits', b.squeeze(start, [2]), tokens);
      return b.output('end_logits', b.squeeze(end, [2]), tokens);
    }
    case 'maskedLm': {
      const decoder = b.scoringModule(config, 'decoder', 'embeddings.tok_embeddings');
      const scores = b.linear(head(hidden), decoder, { bias: 'leave' });
      const logits = b.has('decoder.bias') ? b.add(scores, b.weight('decoder.bias')) : scores;
      return b.output('logits', logits, [...tokens, 'vocabulary']);
    }
    default:
      throw unsupportedArchitecture(config.modelType, context.modelClass);
  }
}

function meanOfTokens(b: NetworkBuilder, hidden: Value, mask: Value): Value {
  const counts = b.unsqueeze(b.cast(mask, 'float'), [2]);
  const sum = (x: Value): Value => b.op('ReduceSum', [x, b.int64s([1])], { keepdims: 0 });
  return b.op('Div', [sum(b.mul(hidden, counts)), sum(counts)]);
}

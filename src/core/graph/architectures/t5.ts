import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { encoderAttention } from '../encoderAttention.js';
import { encoderHead } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedGraph, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { relativeBias, relativeBuckets } from '../relativePositions.js';
import { crossAttention, outputCrossKeys, type CrossAttention } from '../sequenceToSequence.js';
import { unsupportedArchitecture } from '../unsupported.js';

interface T5Shape {
  hiddenSize: number;
  heads: number;
  headSize: number;
  layers: number;
  decoderLayers: number;
  epsilon: number;
  buckets: number;
  maxDistance: number;
  activation: string;
  /** UMT5 has a position table in every layer. */
  hasTableByLayer: boolean;
}

/** T5, mT5 and UMT5. Source: transformers' modeling_t5, modeling_umt5 (scores are not scaled, positions are relative). */
export function t5(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const shape = readShape(config);
  const isEncoderAlone = head === 'base' && context.modelClass.endsWith('EncoderModel');
  if (isEncoderAlone || head === 'tokenClassification') {
    return { main: encoderGraph(context, shape, true), encoder: null };
  }
  if (head !== 'conditionalGeneration') throw unsupportedArchitecture(config.modelType, context.modelClass);
  return { main: decoderGraph(context, shape), encoder: encoderGraph(context, shape, false) };
}

function readShape(config: ModelConfig): T5Shape {
  const layers = config.number('num_layers');
  const projection = config.text('feed_forward_proj', 'relu');
  return {
    hiddenSize: config.number('d_model'),
    heads: config.number('num_heads'),
    headSize: config.number('d_kv'),
    layers,
    decoderLayers: config.number('num_decoder_layers', layers),
    epsilon: config.number('layer_norm_epsilon'),
    buckets: config.number('relative_attention_num_buckets'),
    maxDistance: config.number('relative_attention_max_distance'),
    activation: projection === 'gated-gelu' ? 'gelu_new' : projection.replace('gated-', ''),
    hasTableByLayer: config.modelType === 'umt5',
  };
}

function newBuilder(context: ArchitectureContext): NetworkBuilder {
  const b = context.newBuilder();
  b.weights.setBasePrefix('transformer');
  return b;
}

function norm(b: NetworkBuilder, x: Value, module: string, { epsilon }: T5Shape): Value {
  return b.rmsNorm(x, b.weight(`${module}.weight`), epsilon);
}

function feedForward(b: NetworkBuilder, x: Value, module: string, shape: T5Shape): Value {
  const dense = `${module}.DenseReluDense`;
  const normed = norm(b, x, `${module}.layer_norm`, shape);
  const inner = b.has(`${dense}.wi.weight`)
    ? activate(b, shape.activation, b.linear(normed, `${dense}.wi`))
    : b.mul(activate(b, shape.activation, b.linear(normed, `${dense}.wi_0`)), b.linear(normed, `${dense}.wi_1`));
  return b.add(x, b.linear(inner, `${dense}.wo`));
}

function tokenModule(b: NetworkBuilder, stack: 'encoder' | 'decoder'): string {
  return b.has('shared.weight') ? 'shared' : `${stack}.embed_tokens`;
}

function encoderGraph(context: ArchitectureContext, shape: T5Shape, isAlone: boolean): GeneratedGraph {
  const b = newBuilder(context);
  const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = b.input('attention_mask', 'int64', ['batch_size', 'sequence_length']);
  const places = b.range(b.dim(ids, 1));
  const buckets = relativeBuckets(b, places, places, { ...shape, isBidirectional: true });
  let hidden = b.embedding(ids, tokenModule(b, 'encoder'));
  for (let index = 0; index < shape.layers; index++) {
    const layer = `encoder.block.${index}`;
    const attention = `${layer}.layer.0.SelfAttention`;
    const normed = norm(b, hidden, `${layer}.layer.0.layer_norm`, shape);
    const attended = encoderAttention(b, {
      query: b.linear(normed, `${attention}.q`),
      key: b.linear(normed, `${attention}.k`),
      value: b.linear(normed, `${attention}.v`),
      heads: shape.heads,
      scale: 1,
      mask,
      bias: relativeBias(b, positionTable('encoder', index, shape), buckets),
    });
    hidden = b.add(hidden, b.linear(attended, `${attention}.o`));
    hidden = feedForward(b, hidden, `${layer}.layer.1`, shape);
  }
  hidden = norm(b, hidden, 'encoder.final_layer_norm', shape);
  if (isAlone) encoderHead(b, context, { hidden, ids, hiddenSize: shape.hiddenSize, head: context.head });
  else {
    for (let index = 0; index < shape.decoderLayers; index++) {
      const attention = `decoder.block.${index}.layer.1.EncDecAttention`;
      outputCrossKeys(b, cross(index, shape), b.linear(hidden, `${attention}.k`), b.linear(hidden, `${attention}.v`));
    }
  }
  return { model: b.build(), decoder: null };
}

function positionTable(stack: string, index: number, { hasTableByLayer }: T5Shape): string {
  return `${stack}.block.${hasTableByLayer ? index : 0}.layer.0.SelfAttention.relative_attention_bias.weight`;
}

function cross(layer: number, { heads, headSize }: T5Shape): CrossAttention {
  return { layer, heads, width: heads * headSize, scale: 1 };
}

function decoderGraph(context: ArchitectureContext, shape: T5Shape): GeneratedGraph {
  const b = newBuilder(context);
  const { heads, headSize, decoderLayers } = shape;
  const decoder = new Decoder(b, { layers: decoderLayers, heads, keyValueHeads: heads, headSize, maxPositions: null });
  const keys = b.range(b.dim(decoder.mask, 1));
  const queries = b.op('Slice', [keys, b.op('Neg', [b.dim(decoder.ids, 1)]), b.int64s([Number.MAX_SAFE_INTEGER])]);
  const buckets = relativeBuckets(b, queries, keys, { ...shape, isBidirectional: false });
  let hidden = b.embedding(decoder.ids, tokenModule(b, 'decoder'));
  for (let index = 0; index < decoderLayers; index++) {
    const layer = `decoder.block.${index}`;
    const self = `${layer}.layer.0.SelfAttention`;
    const normed = norm(b, hidden, `${layer}.layer.0.layer_norm`, shape);
    const attended = decoder.attention(index, {
      query: b.linear(normed, `${self}.q`),
      key: b.linear(normed, `${self}.k`),
      value: b.linear(normed, `${self}.v`),
      scale: 1,
      rope: null,
      bias: relativeBias(b, positionTable('decoder', index, shape), buckets),
    });
    hidden = b.add(hidden, b.linear(attended, `${self}.o`));
    const over = `${layer}.layer.1.EncDecAttention`;
    const query = b.linear(norm(b, hidden, `${layer}.layer.1.layer_norm`, shape), `${over}.q`);
    hidden = b.add(hidden, b.linear(crossAttention(decoder, cross(index, shape), query, true), `${over}.o`));
    hidden = feedForward(b, hidden, `${layer}.layer.2`, shape);
  }
  const last = decoder.lastPositions(norm(b, hidden, 'decoder.final_layer_norm', shape));
  const scaled = b.scale(last, scalesOutput(context.config) ? shape.hiddenSize ** -0.5 : 1);
  const head = b.scoringModule(context.config, 'lm_head', tokenModule(b, 'decoder'));
  b.output('logits', b.linear(scaled, head), ['batch_size', 'kept_length', 'vocabulary']);
  return { model: b.build(), decoder: decoder.layout };
}

/** Whether the decoder's output is scaled before the head: where it is tied, or once was. */
function scalesOutput(config: ModelConfig): boolean {
  const isTied = config.flag('tie_word_embeddings', true);
  if (config.isBefore(5)) return isTied;
  if (config.modelType === 't5') return config.flag('scale_decoder_outputs', isTied);
  return config.modelType === 'umt5';
}

import { activate } from '../activation.js';
import { encoderAttention } from '../encoderAttention.js';
import { encoderHead } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import { relativeBias, relativeBuckets } from '../relativePositions.js';
import { positionsFromPadding } from './bertFamily.js';

/** MPNet. Source: transformers' modeling_mpnet (its relative buckets are always 32). */
export function mpnet(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('mpnet');
  const hiddenSize = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  const epsilon = config.number('layer_norm_eps');
  const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = b.input('attention_mask', 'int64', ['batch_size', 'sequence_length']);
  // The padding id of the embedding table is fixed in MPNet's code.
  const positionIds = positionsFromPadding(b, ids, 1);
  const positions = b.gather(b.weight('embeddings.position_embeddings.weight'), positionIds);
  const words = b.embedding(ids, 'embeddings.word_embeddings');
  let hidden = b.layerNorm(b.add(words, positions), 'embeddings.LayerNorm', epsilon);
  const places = b.range(b.dim(ids, 1));
  const buckets = relativeBuckets(b, places, places, { buckets: 32, maxDistance: 128, isBidirectional: true });
  const bias = relativeBias(b, 'encoder.relative_attention_bias.weight', buckets);
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    const layer = `encoder.layer.${index}`;
    const attended = encoderAttention(b, {
      query: b.linear(hidden, `${layer}.attention.attn.q`),
      key: b.linear(hidden, `${layer}.attention.attn.k`),
      value: b.linear(hidden, `${layer}.attention.attn.v`),
      heads,
      scale: (hiddenSize / heads) ** -0.5,
      mask,
      bias,
    });
    const projected = b.linear(attended, `${layer}.attention.attn.o`, { bias: 'leave' });
    const projectedBias = b.optionalBias(`${layer}.attention.attn.o`);
    hidden = b.skipLayerNorm(hidden, projected, projectedBias, `${layer}.attention.LayerNorm`, epsilon).norm;
    const inner = activate(b, config.text('hidden_act', 'gelu'), b.linear(hidden, `${layer}.intermediate.dense`));
    const output = b.linear(inner, `${layer}.output.dense`, { bias: 'leave' });
    const outputBias = b.optionalBias(`${layer}.output.dense`);
    hidden = b.skipLayerNorm(hidden, output, outputBias, `${layer}.output.LayerNorm`, epsilon).norm;
  }
  encoderHead(b, context, { hidden, ids, hiddenSize, head });
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

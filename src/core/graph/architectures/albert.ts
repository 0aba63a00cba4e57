import { activate } from '../activation.js';
import { distanceScores, hasAbsolutePositions } from '../distanceScores.js';
import { encoderAttention } from '../encoderAttention.js';
import { encoderHead } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';

/** ALBERT: a few layers used again and again. Source: transformers' modeling_albert. */
export function albert(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('albert');
  const hiddenSize = config.number('hidden_size');
  const headSize = hiddenSize / config.number('num_attention_heads');
  const layers = config.number('num_hidden_layers');
  const layersOfGroup = config.number('inner_group_num');
  const epsilon = config.number('layer_norm_eps');
  const shape = ['batch_size', 'sequence_length'] as const;
  const ids = b.input('input_ids', 'int64', shape);
  const mask = b.input('attention_mask', 'int64', shape);
  const types = b.input('token_type_ids', 'int64', shape);
  const words = b.embedding(ids, 'embeddings.word_embeddings');
  const typed = b.add(words, b.gather(b.weight('embeddings.token_type_embeddings.weight'), types));
  const positions = () => b.gather(b.weight('embeddings.position_embeddings.weight'), b.range(b.dim(ids, 1)));
  const placed = hasAbsolutePositions(config) ? b.add(typed, positions()) : typed;
  const embedded = b.layerNorm(placed, 'embeddings.LayerNorm', epsilon);
  let hidden = b.linear(embedded, 'encoder.embedding_hidden_mapping_in');
  for (let index = 0; index < layers; index++) {
    const group = Math.floor(index / (layers / config.number('num_hidden_groups')));
    for (let inner = 0; inner < layersOfGroup; inner++) {
      const layer = `encoder.albert_layer_groups.${group}.albert_layers.${inner}`;
      const module = `${layer}.attention`;
      // Heads may have been pruned.
      const heads = b.weights.size(`${module}.query.weight`, 0) / headSize;
      const query = b.linear(hidden, `${module}.query`);
      const key = b.linear(hidden, `${module}.key`);
      const value = b.linear(hidden, `${module}.value`);
      const bias = distanceScores(b, config, { query, key, heads, headSize, module }) ?? undefined;
      const attended = encoderAttention(b, { query, key, value, heads, scale: headSize ** -0.5, mask, bias });
      const projected = b.linear(attended, `${layer}.attention.dense`, { bias: 'leave' });
      const projectedBias = b.optionalBias(`${layer}.attention.dense`);
      hidden = b.skipLayerNorm(hidden, projected, projectedBias, `${layer}.attention.LayerNorm`, epsilon).norm;
      const expanded = activate(b, config.text('hidden_act', 'gelu_new'), b.linear(hidden, `${layer}.ffn`));
      const output = b.linear(expanded, `${layer}.ffn_output`, { bias: 'leave' });
      const outputBias = b.optionalBias(`${layer}.ffn_output`);
      hidden = b.skipLayerNorm(hidden, output, outputBias, `${layer}.full_layer_layer_norm`, epsilon).norm;
    }
  }
  encoderHead(b, context, { hidden, ids, hiddenSize, head });
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

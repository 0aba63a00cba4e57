import { activate } from '../activation.js';
import { encoderAttention } from '../encoderAttention.js';
import { encoderHead } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';

/** DistilBERT. Source: transformers' modeling_distilbert. */
export function distilbert(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('distilbert');
  const hiddenSize = config.number('dim');
  const headSize = hiddenSize / config.number('n_heads');
  const epsilon = 1e-12;
  const ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = b.input('attention_mask', 'int64', ['batch_size', 'sequence_length']);
  const positions = b.gather(b.weight('embeddings.position_embeddings.weight'), b.range(b.dim(ids, 1)));
  const words = b.embedding(ids, 'embeddings.word_embeddings');
  let hidden = b.layerNorm(b.add(words, positions), 'embeddings.LayerNorm', epsilon);
  for (let index = 0; index < config.number('n_layers'); index++) {
    const layer = `transformer.layer.${index}`;
    const attended = encoderAttention(b, {
      query: b.linear(hidden, `${layer}.attention.q_lin`),
      key: b.linear(hidden, `${layer}.attention.k_lin`),
      value: b.linear(hidden, `${layer}.attention.v_lin`),
      // Heads may have been pruned.
      heads: b.weights.size(`${layer}.attention.q_lin.weight`, 0) / headSize,
      scale: headSize ** -0.5,
      mask,
    });
    const projected = b.linear(attended, `${layer}.attention.out_lin`, { bias: 'leave' });
    const projectedBias = b.optionalBias(`${layer}.attention.out_lin`);
    hidden = b.skipLayerNorm(hidden, projected, projectedBias, `${layer}.sa_layer_norm`, epsilon).norm;
    const inner = activate(b, config.text('activation', 'gelu'), b.linear(hidden, `${layer}.ffn.lin1`));
    const output = b.linear(inner, `${layer}.ffn.lin2`, { bias: 'leave' });
    const outputBias = b.optionalBias(`${layer}.ffn.lin2`);
    hidden = b.skipLayerNorm(hidden, output, outputBias, `${layer}.output_layer_norm`, epsilon).norm;
  }
  encoderHead(b, context, { hidden, ids, hiddenSize, head });
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

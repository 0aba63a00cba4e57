import { activate } from '../activation.js';
import { alibiSlopes } from '../alibi.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { NetworkBuilder } from '../networkBuilder.js';

/** BLOOM: no positions, but a slope of scores over distance (ALiBi). Source: transformers' modeling_bloom. */
export function bloom(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('transformer');
  const hiddenSize = config.number(['n_embed', 'hidden_size']);
  const heads = config.number('n_head');
  const headSize = hiddenSize / heads;
  const layers = config.number('n_layer');
  const epsilon = config.number('layer_norm_epsilon');
  const decoder = new Decoder(b, { layers, heads, keyValueHeads: heads, headSize, maxPositions: null });
  const bias = alibi(b, decoder, heads);
  const afterNorm = config.flag('apply_residual_connection_post_layernorm', false);
  let hidden = b.layerNorm(b.embedding(decoder.ids, 'word_embeddings'), 'word_embeddings_layernorm', epsilon);
  for (let index = 0; index < layers; index++) {
    const layer = `h.${index}`;
    const normed = b.layerNorm(hidden, `${layer}.input_layernorm`, epsilon);
    const packed = b.linear(normed, `${layer}.self_attention.query_key_value`);
    const byHead = b.split(b.reshape(packed, [0, 0, heads, 3 * headSize]), Array(3).fill(headSize), 3);
    const [query, key, value] = byHead.map((part) => b.reshape(part, [0, 0, hiddenSize])) as [Value, Value, Value];
    const attended = decoder.attention(index, { query, key, value, scale: headSize ** -0.5, rope: null, bias });
    const attention = b.linear(attended, `${layer}.self_attention.dense`);
    const between = b.add(attention, afterNorm ? normed : hidden);
    const second = b.layerNorm(between, `${layer}.post_attention_layernorm`, epsilon);
    const inner = activate(b, 'gelu_new', b.linear(second, `${layer}.mlp.dense_h_to_4h`));
    hidden = b.add(b.linear(inner, `${layer}.mlp.dense_4h_to_h`), afterNorm ? second : between);
  }
  const normed = b.layerNorm(hidden, 'ln_f', epsilon);
  return decoderHead(context, decoder, { hidden: normed, hiddenSize, lmHead: 'lm_head', embedding: 'word_embeddings' });
}

/** Slope times key position, [1, heads, 1, keys]: a shift by padding changes nothing after the softmax. */
function alibi(b: NetworkBuilder, decoder: Decoder, heads: number): Value {
  const slopes = b.floats(Float32Array.from(alibiSlopes(heads)), [1, heads, 1, 1]);
  return b.mul(slopes, b.cast(b.range(b.dim(decoder.mask, 1)), 'float'));
}

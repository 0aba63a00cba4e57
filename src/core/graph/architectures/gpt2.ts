import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import { absent, type Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import { withTokenTypes } from '../tokenTypes.js';

/** GPT-2. Source: transformers' modeling_gpt2 (Conv1D weights lie as [in, out]). */
export function gpt2(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('transformer');
  const hiddenSize = config.number('n_embd');
  const heads = config.number('n_head');
  const layers = config.number('n_layer');
  const epsilon = config.number('layer_norm_epsilon');
  const headSize = hiddenSize / heads;
  const decoder = new Decoder(b, {
    layers,
    heads,
    keyValueHeads: heads,
    headSize,
    maxPositions: config.number('n_positions'),
  });
  const conv = { isTransposed: true };
  const embedded = b.add(b.embedding(decoder.ids, 'wte'), b.embedding(decoder.positionIds, 'wpe'));
  let sum = withTokenTypes(b, context.head, embedded, 'wte');
  let norm = b.layerNorm(sum, 'h.0.ln_1', epsilon);
  for (let index = 0; index < layers; index++) {
    const layer = `h.${index}`;
    const [query, key, value] = b.split(b.linear(norm, `${layer}.attn.c_attn`, conv), Array(3).fill(hiddenSize), 2) as [
      Value,
      Value,
      Value,
    ];
    const attended = decoder.attention(index, {
      query,
      key,
      value,
      scale: attentionScale(config, headSize, index),
      rope: null,
    });
    const projected = b.linear(attended, `${layer}.attn.c_proj`, conv);
    ({ norm, sum } = b.skipLayerNorm(sum, projected, absent, `${layer}.ln_2`, epsilon));
    const inner = activate(
      b,
      config.text('activation_function', 'gelu_new'),
      b.linear(norm, `${layer}.mlp.c_fc`, conv),
    );
    const output = b.linear(inner, `${layer}.mlp.c_proj`, conv);
    const next = index + 1 < layers ? `h.${index + 1}.ln_1` : 'ln_f';
    ({ norm, sum } = b.skipLayerNorm(sum, output, absent, next, epsilon));
  }
  return decoderHead(context, decoder, { hidden: norm, hiddenSize, lmHead: 'lm_head', embedding: 'wte' });
}

/** From 4.42 until 5, what computes attention by default did not know the settings of the scale. */
function attentionScale(config: ModelConfig, headSize: number, layer: number): number {
  if (config.isBefore(5) && !config.isBefore(4, 42)) return headSize ** -0.5;
  const scale = config.flag('scale_attn_weights', true) ? headSize ** -0.5 : 1;
  return config.flag('scale_attn_by_inverse_layer_idx', false) ? scale / (layer + 1) : scale;
}

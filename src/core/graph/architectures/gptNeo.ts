import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { ModelConfig } from '../modelConfig.js';
import { withTokenTypes } from '../tokenTypes.js';

/** GPT-Neo: scores are not scaled, every second layer sees a window only. Source: transformers' modeling_gpt_neo. */
export function gptNeo(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('transformer');
  const hiddenSize = config.number('hidden_size');
  const heads = config.number('num_heads');
  const layers = config.number('num_layers');
  const epsilon = config.number('layer_norm_epsilon');
  const kinds = layerKinds(config);
  const decoder = new Decoder(b, {
    layers,
    heads,
    keyValueHeads: heads,
    headSize: hiddenSize / heads,
    maxPositions: config.number('max_position_embeddings'),
  });
  const embedded = b.add(b.embedding(decoder.ids, 'wte'), b.embedding(decoder.positionIds, 'wpe'));
  let hidden = withTokenTypes(b, context.head, embedded, 'wte');
  for (let index = 0; index < layers; index++) {
    const layer = `h.${index}`;
    const attention = `${layer}.attn.attention`;
    const normed = b.layerNorm(hidden, `${layer}.ln_1`, epsilon);
    const attended = decoder.attention(index, {
      query: b.linear(normed, `${attention}.q_proj`),
      key: b.linear(normed, `${attention}.k_proj`),
      value: b.linear(normed, `${attention}.v_proj`),
      scale: 1,
      rope: null,
      window: kinds[index] === 'local' ? config.number('window_size') : null,
    });
    hidden = b.add(hidden, b.linear(attended, `${attention}.out_proj`));
    const second = b.layerNorm(hidden, `${layer}.ln_2`, epsilon);
    const inner = activate(b, config.text('activation_function', 'gelu_new'), b.linear(second, `${layer}.mlp.c_fc`));
    hidden = b.add(hidden, b.linear(inner, `${layer}.mlp.c_proj`));
  }
  const normed = b.layerNorm(hidden, 'ln_f', epsilon);
  return decoderHead(context, decoder, { hidden: normed, hiddenSize, lmHead: 'lm_head', embedding: 'wte' });
}

/** `[[["global", "local"], 12]]` says twelve times global, then local. */
function layerKinds(config: ModelConfig): unknown[] {
  const types = config.list('attention_types') ?? [[['global', 'local'], 12]];
  return types.flatMap((item) => {
    const [kinds, times] = Array.isArray(item) ? item : [];
    return Array.isArray(kinds) ? Array.from({ length: Number(times) }, () => kinds).flat() : [];
  });
}

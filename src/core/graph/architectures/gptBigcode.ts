import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { withTokenTypes } from '../tokenTypes.js';

/** GPTBigCode (StarCoder, SantaCoder): GPT-2 whose heads may share one key and value. Source: modeling_gpt_bigcode. */
export function gptBigcode(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('transformer');
  const hiddenSize = config.number('n_embd');
  const heads = config.number('n_head');
  const headSize = hiddenSize / heads;
  const layers = config.number('n_layer');
  const epsilon = config.number('layer_norm_epsilon');
  const isShared = config.flag('multi_query', true);
  const keyValueHeads = isShared ? 1 : heads;
  const maxPositions = config.number('n_positions');
  const decoder = new Decoder(b, { layers, heads, keyValueHeads, headSize, maxPositions });
  const scale = config.flag('scale_attn_weights', true) ? headSize ** -0.5 : 1;
  const embedded = b.add(b.embedding(decoder.ids, 'wte'), b.embedding(decoder.positionIds, 'wpe'));
  let hidden = withTokenTypes(b, context.head, embedded, 'wte');
  for (let index = 0; index < layers; index++) {
    const layer = `h.${index}`;
    const packed = b.linear(b.layerNorm(hidden, `${layer}.ln_1`, epsilon), `${layer}.attn.c_attn`);
    // With keys of their own, query, key and value of each head lie side by side.
    const parts = isShared
      ? b.split(packed, [hiddenSize, headSize, headSize], 2)
      : b
          .split(b.reshape(packed, [0, 0, heads, 3 * headSize]), [headSize, headSize, headSize], 3)
          .map((part) => b.reshape(part, [0, 0, hiddenSize]));
    const [query, key, value] = parts as [Value, Value, Value];
    const attended = decoder.attention(index, { query, key, value, scale, rope: null });
    hidden = b.add(hidden, b.linear(attended, `${layer}.attn.c_proj`));
    const second = b.layerNorm(hidden, `${layer}.ln_2`, epsilon);
    const activation = config.text('activation_function', 'gelu_pytorch_tanh');
    const inner = activate(b, activation, b.linear(second, `${layer}.mlp.c_fc`));
    hidden = b.add(hidden, b.linear(inner, `${layer}.mlp.c_proj`));
  }
  const normed = b.layerNorm(hidden, 'ln_f', epsilon);
  return decoderHead(context, decoder, { hidden: normed, hiddenSize, lmHead: 'lm_head', embedding: 'wte' });
}

import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import { absent, type Value } from '../graphBuilder.js';
import type { NetworkBuilder } from '../networkBuilder.js';

const epsilon = 1e-5;
/** Rows of the position table before the first position. */
const positionOffset = 2;

/** OPT. Source: transformers' modeling_opt. */
export function opt(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('model');
  const hiddenSize = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  const headSize = hiddenSize / heads;
  const layers = config.number('num_hidden_layers');
  const isPreNorm = config.flag('do_layer_norm_before', true);
  const maxPositions = config.number('max_position_embeddings');
  const decoder = new Decoder(b, { layers, heads, keyValueHeads: heads, headSize, maxPositions });
  const module = (name: string): string => `decoder.${name}`;
  const normalize = (x: Value, norm: string): Value => normalizeWith(b, x, norm, hiddenSize);
  const residual = (x: Value, norm: string, inner: (x: Value) => Value): Value =>
    isPreNorm ? b.add(x, inner(normalize(x, norm))) : normalize(b.add(x, inner(x)), norm);
  const rows = b.embedding(decoder.ids, module('embed_tokens'));
  const widened = b.has(`${module('project_in')}.weight`) ? b.linear(rows, module('project_in')) : rows;
  const places = b.add(decoder.positionIds, b.int64(positionOffset));
  let hidden = b.add(widened, b.gather(b.weight(`${module('embed_positions')}.weight`), places));
  for (let index = 0; index < layers; index++) {
    const layer = module(`layers.${index}`);
    hidden = residual(hidden, `${layer}.self_attn_layer_norm`, (x) => {
      const attended = decoder.attention(index, {
        query: b.linear(x, `${layer}.self_attn.q_proj`),
        key: b.linear(x, `${layer}.self_attn.k_proj`),
        value: b.linear(x, `${layer}.self_attn.v_proj`),
        scale: headSize ** -0.5,
        rope: null,
      });
      return b.linear(attended, `${layer}.self_attn.out_proj`);
    });
    hidden = residual(hidden, `${layer}.final_layer_norm`, (x) =>
      b.linear(activate(b, config.text('activation_function', 'relu'), b.linear(x, `${layer}.fc1`)), `${layer}.fc2`),
    );
  }
  const hasFinalNorm = isPreNorm && !config.flag('_remove_final_layer_norm', false);
  const normed = hasFinalNorm ? normalize(hidden, module('final_layer_norm')) : hidden;
  const narrowed = b.has(`${module('project_out')}.weight`) ? b.linear(normed, module('project_out')) : normed;
  return decoderHead(context, decoder, {
    hidden: narrowed,
    hiddenSize: config.number('word_embed_proj_dim', hiddenSize),
    lmHead: 'lm_head',
    embedding: module('embed_tokens'),
  });
}

/** Normalization may be without weights (`layer_norm_elementwise_affine`). */
function normalizeWith(b: NetworkBuilder, x: Value, module: string, size: number): Value {
  if (b.has(`${module}.weight`)) return b.layerNorm(x, module, epsilon);
  return b.layerNormBy(x, b.floats(new Float32Array(size).fill(1), [size]), absent, epsilon);
}

import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { ropeTable } from '../rope.js';
import { unsupportedSetting } from '../unsupported.js';
import { withTokenTypes } from '../tokenTypes.js';

/** CodeGen's weights are laid out for so many devices. */
const codegenParts = 4;

/** GPT-J and CodeGen: attention and MLP side by side, neighbouring elements rotated. Source: modeling_gptj, modeling_codegen. */
export function gptj(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  if (!config.has('rotary_dim')) throw unsupportedSetting(config, 'rotary_dim', 'null');
  const b = context.newBuilder();
  b.weights.setBasePrefix('transformer');
  const hiddenSize = config.number('n_embd');
  const heads = config.number('n_head');
  const headSize = hiddenSize / heads;
  const layers = config.number('n_layer');
  const epsilon = config.number('layer_norm_epsilon');
  const rope = ropeTable(config.with({ rope_scaling: null, rope_parameters: null }), config.number('rotary_dim'));
  const decoder = new Decoder(b, {
    layers,
    heads,
    keyValueHeads: heads,
    headSize,
    maxPositions: config.number('n_positions'),
    ropeTables: [rope],
    isRotaryInterleaved: true,
  });
  const projections = config.modelType === 'codegen' ? packedProjections : ownProjections;
  let hidden = withTokenTypes(b, context.head, b.embedding(decoder.ids, 'wte'), 'wte');
  for (let index = 0; index < layers; index++) {
    const layer = `h.${index}`;
    const normed = b.layerNorm(hidden, `${layer}.ln_1`, epsilon);
    const [query, key, value] = projections(b, normed, `${layer}.attn`, hiddenSize);
    const attended = decoder.attention(index, { query, key, value, scale: headSize ** -0.5, rope });
    const inner = activate(b, config.text('activation_function', 'gelu_new'), b.linear(normed, `${layer}.mlp.fc_in`));
    const sum = b.add(b.linear(attended, `${layer}.attn.out_proj`), b.linear(inner, `${layer}.mlp.fc_out`));
    hidden = b.add(sum, hidden);
  }
  const normed = b.layerNorm(hidden, 'ln_f', epsilon);
  return decoderHead(context, decoder, { hidden: normed, hiddenSize, lmHead: 'lm_head', embedding: 'wte' });
}

function ownProjections(b: NetworkBuilder, x: Value, module: string): [Value, Value, Value] {
  return [b.linear(x, `${module}.q_proj`), b.linear(x, `${module}.k_proj`), b.linear(x, `${module}.v_proj`)];
}

/** Each part holds queries, values and keys of some heads, in this order. */
function packedProjections(b: NetworkBuilder, x: Value, module: string, hiddenSize: number): [Value, Value, Value] {
  const part = hiddenSize / codegenParts;
  const packed = b.reshape(b.linear(x, `${module}.qkv_proj`), [0, 0, codegenParts, 3 * part]);
  const [query, value, key] = b.split(packed, [part, part, part], 3).map((x) => b.reshape(x, [0, 0, hiddenSize]));
  return [query as Value, key as Value, value as Value];
}

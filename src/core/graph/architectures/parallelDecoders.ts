import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { ropeTable } from '../rope.js';

/** GPT-NeoX (Pythia): attention and MLP side by side on the same input. Source: transformers' modeling_gpt_neox. */
export function gptNeox(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('gpt_neox');
  const hiddenSize = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  const headSize = hiddenSize / heads;
  const layers = config.number('num_hidden_layers');
  const epsilon = config.number('layer_norm_eps');
  const rope = ropeTable(config, headSize, {
    thetaKey: 'rotary_emb_base',
    partialKey: 'rotary_pct',
    defaultPartial: 0.25,
  });
  const decoder = new Decoder(b, {
    layers,
    heads,
    keyValueHeads: heads,
    headSize,
    maxPositions: null,
    ropeTables: [rope],
  });
  let hidden = b.embedding(decoder.ids, 'embed_in');
  for (let index = 0; index < layers; index++) {
    const layer = `layers.${index}`;
    const packed = b.linear(
      b.layerNorm(hidden, `${layer}.input_layernorm`, epsilon),
      `${layer}.attention.query_key_value`,
    );
    const byHead = b.split(b.reshape(packed, [0, 0, heads, 3 * headSize]), Array(3).fill(headSize), 3);
    const [query, key, value] = byHead.map((part) => b.reshape(part, [0, 0, hiddenSize])) as [Value, Value, Value];
    const attended = decoder.attention(index, { query, key, value, scale: headSize ** -0.5, rope });
    const attention = b.linear(attended, `${layer}.attention.dense`);
    const isParallel = config.flag('use_parallel_residual', true);
    const between = isParallel ? hidden : b.add(hidden, attention);
    const normed = b.layerNorm(between, `${layer}.post_attention_layernorm`, epsilon);
    const inner = activate(b, config.text('hidden_act', 'gelu'), b.linear(normed, `${layer}.mlp.dense_h_to_4h`));
    const output = b.linear(inner, `${layer}.mlp.dense_4h_to_h`);
    hidden = isParallel ? b.add(b.add(output, attention), hidden) : b.add(output, between);
  }
  const normed = b.layerNorm(hidden, 'final_layer_norm', epsilon);
  return decoderHead(context, decoder, { hidden: normed, hiddenSize, lmHead: 'embed_out', embedding: 'embed_in' });
}

/** Phi 1 and 2. Source: transformers' modeling_phi. */
export function phi(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('model');
  const hiddenSize = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  const shared = hiddenSize / heads;
  const headSize = config.isBefore(4, 48) ? shared : config.number('head_dim', shared);
  const keyValueHeads = config.number('num_key_value_heads', heads);
  const normByHead = (x: Value, module: string, count: number): Value => {
    if (!config.flag('qk_layernorm', false)) return x;
    const normed = b.layerNorm(b.reshape(x, [0, 0, count, headSize]), module, epsilon);
    return b.reshape(normed, [0, 0, count * headSize]);
  };
  const layers = config.number('num_hidden_layers');
  const epsilon = config.number('layer_norm_eps');
  const rope = ropeTable(config, headSize, { defaultPartial: 0.5 });
  const decoder = new Decoder(b, {
    layers,
    heads,
    keyValueHeads,
    headSize,
    maxPositions: null,
    ropeTables: [rope],
  });
  let hidden = b.embedding(decoder.ids, 'embed_tokens');
  for (let index = 0; index < layers; index++) {
    const layer = `layers.${index}`;
    const normed = b.layerNorm(hidden, `${layer}.input_layernorm`, epsilon);
    const attended = decoder.attention(index, {
      query: normByHead(b.linear(normed, `${layer}.self_attn.q_proj`), `${layer}.self_attn.q_layernorm`, heads),
      key: normByHead(b.linear(normed, `${layer}.self_attn.k_proj`), `${layer}.self_attn.k_layernorm`, keyValueHeads),
      value: b.linear(normed, `${layer}.self_attn.v_proj`),
      scale: headSize ** -0.5,
      rope,
    });
    const inner = activate(b, config.text('hidden_act', 'gelu_new'), b.linear(normed, `${layer}.mlp.fc1`));
    const sum = b.add(b.linear(attended, `${layer}.self_attn.dense`), b.linear(inner, `${layer}.mlp.fc2`));
    hidden = b.add(sum, hidden);
  }
  const normed = b.layerNorm(hidden, 'final_layernorm', epsilon);
  return decoderHead(context, decoder, { hidden: normed, hiddenSize, lmHead: 'lm_head', embedding: 'embed_tokens' });
}

import { activate } from '../activation.js';
import { alibiSlopes } from '../alibi.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { ropeTable } from '../rope.js';

/** Falcon: rotary positions or ALiBi, keys shared by all heads or by groups. Source: transformers' modeling_falcon. */
export function falcon(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('transformer');
  const hiddenSize = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  const headSize = hiddenSize / heads;
  const layers = config.number('num_hidden_layers');
  const epsilon = config.number('layer_norm_epsilon');
  const keyValueHeads = keyValueHeadsOf(config, heads);
  const hasSlopes = config.flag('alibi', false);
  const rope = hasSlopes ? null : ropeTable(config, headSize);
  const decoder = new Decoder(b, {
    layers,
    heads,
    keyValueHeads,
    headSize,
    maxPositions: null,
    ropeTables: rope ? [rope] : [],
  });
  const bias = hasSlopes ? { bias: b.scale(roundedSlopes(b, decoder.mask, heads), headSize ** -0.5) } : {};
  const activation = config.text('activation', 'gelu');
  const isParallel = config.flag('parallel_attn', true);
  const isNew = config.flag('new_decoder_architecture', false);
  let hidden = b.embedding(decoder.ids, 'word_embeddings');
  for (let index = 0; index < layers; index++) {
    const layer = `h.${index}`;
    const norm = (x: Value, name: string): Value => b.layerNorm(x, `${layer}.${name}`, epsilon);
    const hasTwoNorms = b.has(`${layer}.ln_attn.weight`);
    const normed = norm(hidden, hasTwoNorms ? 'ln_attn' : 'input_layernorm');
    const packed = b.linear(normed, `${layer}.self_attention.query_key_value`);
    const [query, key, value] = unpack(b, packed, { heads, keyValueHeads, headSize });
    const attended = decoder.attention(index, { query, key, value, scale: headSize ** -0.5, rope, ...bias });
    const attention = b.linear(attended, `${layer}.self_attention.dense`);
    const isSideBySide = isNew || isParallel;
    const residual = isSideBySide ? hidden : b.add(hidden, attention);
    const isShared = isSideBySide && !hasTwoNorms;
    const second = isShared ? normed : norm(residual, hasTwoNorms ? 'ln_mlp' : 'post_attention_layernorm');
    const inner = activate(b, activation, b.linear(second, `${layer}.mlp.dense_h_to_4h`));
    const output = b.linear(inner, `${layer}.mlp.dense_4h_to_h`);
    hidden = b.add(isSideBySide ? b.add(output, attention) : output, residual);
  }
  const normed = b.layerNorm(hidden, 'ln_f', epsilon);
  return decoderHead(context, decoder, { hidden: normed, hiddenSize, lmHead: 'lm_head', embedding: 'word_embeddings' });
}

function keyValueHeadsOf(config: ModelConfig, heads: number): number {
  if (config.flag('new_decoder_architecture', false)) return config.number('num_kv_heads', heads);
  return config.flag('multi_query', true) ? 1 : heads;
}

interface PackedShape {
  heads: number;
  keyValueHeads: number;
  headSize: number;
}

/** Each key's queries lie before it and its value. */
function unpack(
  b: NetworkBuilder,
  packed: Value,
  { heads, keyValueHeads, headSize }: PackedShape,
): [Value, Value, Value] {
  const queries = (heads / keyValueHeads) * headSize;
  const byKey = b.reshape(packed, [0, 0, keyValueHeads, queries + 2 * headSize]);
  const [query, key, value] = b.split(byKey, [queries, headSize, headSize], 3) as [Value, Value, Value];
  const joined = (x: Value, size: number): Value => b.reshape(x, [0, 0, size]);
  const keySize = keyValueHeads * headSize;
  return [joined(query, heads * headSize), joined(key, keySize), joined(value, keySize)];
}

/** Slope times position among the tokens, rounded to bfloat16 as Falcon does: [batch, heads, 1, keys]. */
function roundedSlopes(b: NetworkBuilder, mask: Value, heads: number): Value {
  const rounded = (x: Value): Value => b.cast(b.cast(x, 'bfloat16'), 'float');
  const slopes = rounded(b.floats(Float32Array.from(alibiSlopes(heads)), [1, heads, 1, 1]));
  const places = b.mul(b.sub(b.op('CumSum', [mask, b.int64(1)]), b.int64(1)), mask);
  return rounded(b.mul(slopes, rounded(b.cast(b.unsqueeze(places, [1, 2]), 'float'))));
}

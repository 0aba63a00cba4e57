import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import { absent, type Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { ropeTable } from '../rope.js';

/** How the members differ; all have Llama's attention. */
interface Variant {
  epsilonKey: string;
  /** Where the branches of a layer begin and what is normalized. */
  residual: (config: ModelConfig) => 'serial' | 'parallel' | 'afterwards';
  /** First minor version of transformers 4 that reads `rope_scaling`. */
  ropeScalingSince: number;
  defaultPartial?: number;
  isInterleaved?: boolean;
}

const variants: Readonly<Record<string, Variant>> = {
  cohere: { epsilonKey: 'layer_norm_eps', residual: () => 'parallel', ropeScalingSince: 45, isInterleaved: true },
  olmo: { epsilonKey: '', residual: () => 'serial', ropeScalingSince: 0 },
  olmo2: { epsilonKey: 'rms_norm_eps', residual: () => 'afterwards', ropeScalingSince: 0 },
  stablelm: {
    epsilonKey: 'layer_norm_eps',
    residual: (config) => (config.flag('use_parallel_residual', false) ? 'parallel' : 'serial'),
    ropeScalingSince: 0,
    defaultPartial: 0.25,
  },
  starcoder2: { epsilonKey: 'norm_epsilon', residual: () => 'serial', ropeScalingSince: 45 },
};

/**
 * Relatives of Llama that normalize otherwise: StableLM, StarCoder2, OLMo, OLMo 2 and Cohere.
 * Source: transformers' modeling files of these names.
 */
export function layerNormDecoder(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const variant = variants[config.modelType] as Variant;
  const b = context.newBuilder();
  b.weights.setBasePrefix('model');
  const hiddenSize = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  const layers = config.number('num_hidden_layers');
  const shared = hiddenSize / heads;
  const readsHeadSize = !config.isBefore(4, 48) && config.modelType !== 'stablelm';
  const headSize = readsHeadSize ? config.number('head_dim', shared) : shared;
  const keyValueHeads = config.number('num_key_value_heads', heads);
  const rope = ropeTable(config, headSize, {
    scalesSince: variant.ropeScalingSince,
    ...(variant.defaultPartial === undefined ? {} : { defaultPartial: variant.defaultPartial }),
  });
  const decoder = new Decoder(b, {
    layers,
    heads,
    keyValueHeads,
    headSize,
    maxPositions: null,
    ropeTables: [rope],
    isRotaryInterleaved: variant.isInterleaved ?? false,
  });
  const parts = new LayerParts(b, config, variant);
  const limit = config.modelType === 'olmo' ? config.number('clip_qkv', 0) : 0;
  const attend = (index: number, x: Value): Value => {
    const module = `layers.${index}.self_attn`;
    const projected = (name: string): Value => b.clip(b.linear(x, `${module}.${name}`), limit);
    const attended = decoder.attention(index, {
      query: parts.normHeads(projected('q_proj'), `${module}.q`, heads, headSize),
      key: parts.normHeads(projected('k_proj'), `${module}.k`, keyValueHeads, headSize),
      value: projected('v_proj'),
      scale: headSize ** -0.5,
      rope,
      // Before 4.46, StarCoder2's default way of computing attention did not know the window.
      window: config.isBefore(4, 46) ? null : config.number('sliding_window', 0) || null,
    });
    return b.linear(attended, `${module}.o_proj`);
  };
  let hidden = b.embedding(decoder.ids, 'embed_tokens');
  for (let index = 0; index < layers; index++) {
    const layer = `layers.${index}`;
    const attention = (x: Value): Value => attend(index, x);
    const mlp = (x: Value): Value => parts.mlp(x, `${layer}.mlp`);
    const norm = (x: Value, name: string): Value => parts.norm(x, `${layer}.${name}`);
    switch (variant.residual(config)) {
      case 'parallel': {
        const normed = norm(hidden, 'input_layernorm');
        hidden = b.add(b.add(hidden, attention(normed)), mlp(normed));
        break;
      }
      case 'serial':
        hidden = b.add(hidden, attention(norm(hidden, 'input_layernorm')));
        hidden = b.add(hidden, mlp(norm(hidden, 'post_attention_layernorm')));
        break;
      case 'afterwards':
        hidden = b.add(hidden, norm(attention(hidden), 'post_attention_layernorm'));
        hidden = b.add(hidden, norm(mlp(hidden), 'post_feedforward_layernorm'));
    }
  }
  const logitScale = config.modelType === 'cohere' ? config.number('logit_scale') : 1;
  return decoderHead(context, decoder, {
    hidden: parts.norm(hidden, 'norm'),
    hiddenSize,
    lmHead: 'lm_head',
    embedding: 'embed_tokens',
    finishLogits: (logits) => b.scale(logits, logitScale),
  });
}

class LayerParts {
  readonly #epsilon: number;

  constructor(
    readonly b: NetworkBuilder,
    readonly config: ModelConfig,
    readonly variant: Variant,
  ) {
    this.#epsilon = variant.epsilonKey === '' ? 1e-5 : config.number(variant.epsilonKey);
  }

  /** OLMo normalizes without weights, OLMo 2 by the root mean square. */
  norm(x: Value, module: string): Value {
    const { b, config } = this;
    if (config.modelType === 'olmo2') return b.rmsNorm(x, b.weight(`${module}.weight`), this.#epsilon);
    if (config.modelType !== 'olmo') return b.layerNorm(x, module, this.#epsilon);
    const size = config.number('hidden_size');
    return b.layerNormBy(x, b.floats(new Float32Array(size).fill(1), [size]), absent, this.#epsilon);
  }

  /** Queries or keys before rotation: over all heads (OLMo 2), or each head by weights of its own (Cohere, StableLM). */
  normHeads(x: Value, module: string, heads: number, headSize: number): Value {
    const { b } = this;
    if (this.config.modelType === 'olmo2') return b.rmsNorm(x, b.weight(`${module}_norm.weight`), this.#epsilon);
    const weight = this.#headWeights(module, heads);
    if (weight === null) return x;
    const ones = b.floats(new Float32Array(headSize).fill(1), [headSize]);
    const normed = b.layerNormBy(b.reshape(x, [0, 0, heads, headSize]), ones, absent, this.#epsilon);
    return b.reshape(b.mul(normed, weight), [0, 0, heads * headSize]);
  }

  /** [heads, size]. */
  #headWeights(module: string, heads: number): Value | null {
    const { b } = this;
    if (b.has(`${module}_norm.weight`)) return b.weight(`${module}_norm.weight`);
    const names = Array.from({ length: heads }, (_, head) => `${module}_layernorm.norms.${head}.weight`);
    if (!names.every((name) => b.has(name))) return null;
    return b.concat(
      names.map((name) => b.unsqueeze(b.weight(name), [0])),
      0,
    );
  }

  mlp(x: Value, module: string): Value {
    const { b, config } = this;
    const activation = config.text('hidden_act', 'silu');
    if (b.has(`${module}.c_fc.weight`)) {
      return b.linear(activate(b, activation, b.linear(x, `${module}.c_fc`)), `${module}.c_proj`);
    }
    const gate = activate(b, activation, b.linear(x, `${module}.gate_proj`));
    return b.linear(b.mul(gate, b.linear(x, `${module}.up_proj`)), `${module}.down_proj`);
  }
}

import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { ropeTable, type RopeTable } from '../rope.js';

/** What a layer's attention may look at. */
interface LayerPlan {
  rope: RopeTable | null;
  window: number | null;
}

/**
 * Llama and its relatives: RMS normalization before attention and a gated MLP, rotary positions, grouped keys and values.
 * Llama, Mistral, Qwen2, Qwen3, SmolLM3, Phi-3, Gemma, Gemma 2 and Gemma 3, Granite. Biases, query and key norms and packed
 * projections are recognised by their tensors. Source: transformers' modeling files of these names.
 */
export function llamaFamily(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('model');
  const shape = readShape(config);
  const { tables, layerPlan } = planLayers(config, shape.headSize);
  const decoder = new Decoder(b, { ...shape, maxPositions: null, ropeTables: tables });
  const family = new LlamaLayers(b, config, decoder, shape);
  const hidden = family.run(layerPlan);
  const softcap = config.number('final_logit_softcapping', 0);
  const divisor = config.number('logits_scaling', 1);
  return decoderHead(context, decoder, {
    hidden,
    hiddenSize: shape.hiddenSize,
    lmHead: 'lm_head',
    embedding: 'embed_tokens',
    finishLogits: (logits) => {
      if (softcap > 0) return b.scale(b.op('Tanh', [b.scale(logits, 1 / softcap)]), softcap);
      return b.scale(logits, 1 / divisor);
    },
  });
}

interface LlamaShape {
  layers: number;
  heads: number;
  keyValueHeads: number;
  headSize: number;
  hiddenSize: number;
}

function readShape(config: ModelConfig): LlamaShape {
  const heads = config.number('num_attention_heads');
  const hiddenSize = config.number('hidden_size');
  return {
    layers: config.number('num_hidden_layers'),
    heads,
    keyValueHeads: config.number('num_key_value_heads', heads),
    headSize: config.number('head_dim', hiddenSize / heads),
    hiddenSize,
  };
}

function planLayers(
  config: ModelConfig,
  headSize: number,
): { tables: RopeTable[]; layerPlan: (index: number) => LayerPlan } {
  const types = config.list('layer_types');
  const isLocal = (index: number): boolean =>
    types ? types[index] === 'sliding_attention' : isLocalByRule(config, index);
  const window = usesWindow(config) ? config.number('sliding_window', 0) || null : null;
  if (config.modelType === 'gemma3_text') {
    const global = ropeTable(config, headSize, { layerType: 'full_attention' });
    const theta = config.nested('rope_parameters')?.nested('sliding_attention')?.number('rope_theta');
    const local = ropeTable(config, headSize, {
      name: '_local',
      layerType: 'sliding_attention',
      theta: theta ?? config.number('rope_local_base_freq', 10000),
      unscaled: true,
    });
    return {
      tables: [global, local],
      layerPlan: (index) => ({ rope: isLocal(index) ? local : global, window: isLocal(index) ? window : null }),
    };
  }
  const table = ropeTable(config, headSize);
  const rotates = (index: number): boolean => {
    const flags = config.list('no_rope_layers');
    if (flags && flags.length > 0) return flags[index] === 1;
    const interval = config.modelType === 'smollm3' ? config.number('no_rope_layer_interval', 4) : 0;
    return interval === 0 || (index + 1) % interval !== 0;
  };
  return {
    tables: [table],
    layerPlan: (index) => ({ rope: rotates(index) ? table : null, window: isLocal(index) ? window : null }),
  };
}

function usesWindow(config: ModelConfig): boolean {
  return config.flag('use_sliding_window', !['qwen2', 'qwen3', 'smollm3'].includes(config.modelType));
}

/** Which layers see a window only, where config.json does not list the layer types. */
function isLocalByRule(config: ModelConfig, index: number): boolean {
  switch (config.modelType) {
    case 'gemma2':
      return index % 2 === 0;
    case 'gemma3_text':
      return (index + 1) % config.number(['sliding_window_pattern', '_sliding_window_pattern'], 6) !== 0;
    case 'qwen2':
    case 'qwen3':
      return index >= config.number('max_window_layers', 28);
    case 'mistral':
    case 'phi3':
      return true;
    default:
      return false;
  }
}

class LlamaLayers {
  readonly #isGemma: boolean;
  readonly #epsilon: number;

  constructor(
    readonly b: NetworkBuilder,
    readonly config: ModelConfig,
    readonly decoder: Decoder,
    readonly shape: LlamaShape,
  ) {
    this.#isGemma = config.modelType.startsWith('gemma');
    this.#epsilon = config.number('rms_norm_eps', 1e-6);
  }

  run(layerPlan: (index: number) => LayerPlan): Value {
    const { b, shape } = this;
    let sum = this.#embed();
    let norm = b.rmsNorm(sum, this.#normWeight('layers.0.input_layernorm'), this.#epsilon);
    for (let index = 0; index < shape.layers; index++) {
      const layer = `layers.${index}`;
      const hasOuterNorms = b.has(`${layer}.pre_feedforward_layernorm.weight`);
      const attended = this.#attention(index, norm, layerPlan(index));
      const beforeMlp = hasOuterNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
      const added = hasOuterNorms ? this.#norm(attended, `${layer}.post_attention_layernorm`) : attended;
      ({ norm, sum } = this.#addAndNorm(sum, added, `${layer}.${beforeMlp}`));
      const output = this.#mlp(norm, `${layer}.mlp`);
      const next = index + 1 < shape.layers ? `layers.${index + 1}.input_layernorm` : 'norm';
      const addedOutput = hasOuterNorms ? this.#norm(output, `${layer}.post_feedforward_layernorm`) : output;
      ({ norm, sum } = this.#addAndNorm(sum, addedOutput, next));
    }
    return norm;
  }

  #embed(): Value {
    const rows = this.b.embedding(this.decoder.ids, 'embed_tokens');
    const factor = this.#isGemma ? Math.sqrt(this.shape.hiddenSize) : this.config.number('embedding_multiplier', 1);
    return this.b.scale(rows, factor);
  }

  #addAndNorm(sum: Value, added: Value, module: string): { norm: Value; sum: Value } {
    const scaled = this.b.scale(added, this.config.number('residual_multiplier', 1));
    return this.b.skipRmsNorm(sum, scaled, this.#normWeight(module), this.#epsilon);
  }

  #norm(x: Value, module: string): Value {
    return this.b.rmsNorm(x, this.#normWeight(module), this.#epsilon);
  }

  /** Gemma stores the weight's distance from one. */
  #normWeight(module: string): Value {
    const weight = this.b.weight(`${module}.weight`);
    return this.#isGemma ? this.b.add(weight, this.b.float(1)) : weight;
  }

  #attention(index: number, x: Value, plan: LayerPlan): Value {
    const { config, decoder, shape } = this;
    const module = `layers.${index}.self_attn`;
    const [query, key, value] = this.#projections(x, module);
    const scalar = config.number('query_pre_attn_scalar', shape.headSize);
    const attended = decoder.attention(index, {
      query: this.#headNorm(query, `${module}.q_norm`, shape.heads),
      key: this.#headNorm(key, `${module}.k_norm`, shape.keyValueHeads),
      value,
      scale: config.number('attention_multiplier', scalar ** -0.5),
      rope: plan.rope,
      window: plan.window,
      softcap: config.number('attn_logit_softcapping', 0),
    });
    return this.b.linear(attended, `${module}.o_proj`);
  }

  #projections(x: Value, module: string): [Value, Value, Value] {
    const { b, shape } = this;
    if (b.has(`${module}.qkv_proj.weight`)) {
      const sizes = [shape.heads, shape.keyValueHeads, shape.keyValueHeads].map((count) => count * shape.headSize);
      return b.split(b.linear(x, `${module}.qkv_proj`), sizes, 2) as [Value, Value, Value];
    }
    return [b.linear(x, `${module}.q_proj`), b.linear(x, `${module}.k_proj`), b.linear(x, `${module}.v_proj`)];
  }

  /** Normalization of each head before rotation (Qwen3, Gemma 3). */
  #headNorm(x: Value, module: string, heads: number): Value {
    const { b, shape } = this;
    if (!b.has(`${module}.weight`)) return x;
    const normed = this.#norm(b.reshape(x, [0, 0, heads, shape.headSize]), module);
    return b.reshape(normed, [0, 0, heads * shape.headSize]);
  }

  #mlp(x: Value, module: string): Value {
    const { b, config } = this;
    const activation = config.text(
      this.#isGemma ? ['hidden_activation', 'hidden_act'] : 'hidden_act',
      this.#isGemma ? 'gelu_pytorch_tanh' : 'silu',
    );
    const [gate, up] = this.#gateAndUp(x, module);
    // The first Gemma's config.json says `gelu` where its code means the approximation.
    const isOldGemma = config.modelType === 'gemma' && activation === 'gelu';
    const activated = activate(b, isOldGemma ? 'gelu_pytorch_tanh' : activation, gate);
    return b.linear(b.mul(activated, up), `${module}.down_proj`);
  }

  #gateAndUp(x: Value, module: string): [Value, Value] {
    const { b, config } = this;
    if (!b.has(`${module}.gate_up_proj.weight`)) {
      return [b.linear(x, `${module}.gate_proj`), b.linear(x, `${module}.up_proj`)];
    }
    const size = config.number('intermediate_size');
    return b.split(b.linear(x, `${module}.gate_up_proj`), [size, size], 2) as [Value, Value];
  }
}

import { activate } from '../activation.js';
import { Decoder } from '../decoder.js';
import { decoderHead } from '../decoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { mixtureOf, mixtureOfExperts } from '../mixtureOfExperts.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { ropeOfLayerType, ropeTable, type RopeTable } from '../rope.js';
import { unsupportedSetting } from '../unsupported.js';

/** What a layer's attention may look at. */
interface LayerPlan {
  rope: RopeTable | null;
  window: number | null;
}

/** Since which minor version of transformers 4 an architecture's code reads a setting; none: always. */
interface LlamaVariant {
  ropeScalingSince?: number;
  headSizeSince?: number;
}

const variants: Readonly<Record<string, LlamaVariant>> = {
  gemma: { ropeScalingSince: 48 },
  gemma2: { ropeScalingSince: 48 },
  llama: { headSizeSince: 45 },
  mistral: { ropeScalingSince: 48 },
  phi3: { headSizeSince: 48 },
  mixtral: { ropeScalingSince: 48, headSizeSince: 48 },
  olmoe: {},
  qwen2: { ropeScalingSince: 45, headSizeSince: 48 },
  qwen2_moe: { ropeScalingSince: 45, headSizeSince: 51 },
};

/**
 * Llama and its relatives: RMS normalization before attention and a gated MLP, rotary positions, grouped keys and values.
 * Llama, Mistral, Mixtral, Qwen2, Qwen3 and their mixtures, SmolLM3, Phi-3, Gemma, Gemma 2 and Gemma 3, Granite, OLMoE. Biases,
 * query and key norms, packed projections and mixtures of experts are recognised by their tensors. Source: transformers'
 * modeling files of these names.
 */
export function llamaFamily(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const isBidirectional = config.flag('use_bidirectional_attention', false);
  if (isBidirectional && (config.modelType !== 'gemma3_text' || context.head === 'causalLm')) {
    throw unsupportedSetting(config, 'use_bidirectional_attention', 'true');
  }
  const b = context.newBuilder();
  // Question answering calls the base model otherwise in most of these files.
  b.weights.setBasePrefix('model', 'transformer');
  const shape = readShape(config);
  const { tables, layerPlan } = planLayers(config, shape);
  const decoder = new Decoder(b, { ...shape, maxPositions: null, ropeTables: tables, isBidirectional });
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
  const shared = Math.trunc(hiddenSize / heads);
  return {
    layers: config.number('num_hidden_layers'),
    heads,
    keyValueHeads: config.number('num_key_value_heads', heads),
    headSize: reads(config, 'headSizeSince') ? config.number('head_dim', shared) : shared,
    hiddenSize,
  };
}

function reads(config: ModelConfig, setting: keyof LlamaVariant): boolean {
  return !config.isBefore(4, variants[config.modelType]?.[setting] ?? 0);
}

function planLayers(
  config: ModelConfig,
  { headSize, layers }: LlamaShape,
): { tables: RopeTable[]; layerPlan: (index: number) => LayerPlan } {
  const rotates = rotatingLayers(config);
  const isLocal = localLayers(config, layers, rotates);
  const window = windowOf(config);
  const planFor = (table: (index: number) => RopeTable) => (index: number) => ({
    rope: rotates(index) ? table(index) : null,
    window: isLocal(index) ? window : null,
  });
  if (config.modelType === 'gemma3_text') {
    const globalTheta = config.number('rope_theta', 1_000_000);
    const localTheta = config.number('rope_local_base_freq', 10_000);
    const scaling = config.nested('rope_scaling')?.json;
    const global = ropeTable(ropeOfLayerType(config, 'full_attention', globalTheta, scaling), headSize);
    const local = ropeTable(ropeOfLayerType(config, 'sliding_attention', localTheta, undefined), headSize, {
      name: '_local',
    });
    return { tables: [global, local], layerPlan: planFor((index) => (isLocal(index) ? local : global)) };
  }
  const table = ropeTable(config, headSize, {
    scalesSince: variants[config.modelType]?.ropeScalingSince ?? 0,
    ...(config.modelType === 'phi3' ? { defaultPartial: 1 } : {}),
  });
  return { tables: [table], layerPlan: planFor(() => table) };
}

/** SmolLM3 leaves some layers without positions. */
function rotatingLayers(config: ModelConfig): (index: number) => boolean {
  if (config.modelType !== 'smollm3') return () => true;
  const flags = config.list('no_rope_layers');
  const interval = config.number('no_rope_layer_interval');
  return (index) => (flags ? flags[index] === 1 : (index + 1) % interval !== 0);
}

function windowOf(config: ModelConfig): number | null {
  const size = config.number('sliding_window', 0);
  const isUsed = config.flag('use_sliding_window', !/^(qwen|smollm3)/.test(config.modelType));
  if (!isUsed || size === 0) return null;
  return config.flag('use_bidirectional_attention', false) ? Math.floor(size / 2) + 1 : size;
}

/** Which layers see a window only. */
function localLayers(
  config: ModelConfig,
  layers: number,
  rotates: (index: number) => boolean,
): (index: number) => boolean {
  const types = config.isBefore(4, 53) ? null : config.list('layer_types');
  const unknown = types?.find((type) => type !== 'full_attention' && type !== 'sliding_attention');
  if (unknown !== undefined) throw unsupportedSetting(config, 'layer_types', String(unknown));
  if (types?.length === layers) return (index) => types[index] === 'sliding_attention';
  switch (config.modelType) {
    case 'gemma2':
      return (index) => index % 2 === 0;
    case 'gemma3_text': {
      const pattern = config.number(['sliding_window_pattern', '_sliding_window_pattern'], 6);
      return (index) => (index + 1) % pattern !== 0;
    }
    case 'qwen2_moe': {
      if (config.isBefore(5)) return () => !config.isBefore(4, 48);
      const last = config.number('max_window_layers');
      return (index) => index % 2 === 0 && index < last;
    }
    case 'qwen2':
    case 'qwen3': {
      const first = config.number('max_window_layers');
      // Before 4.53 only one way of computing attention knew the window, and not the default one.
      return (index) => !config.isBefore(4, 53) && index >= first;
    }
    case 'smollm3':
      return (index) => !rotates(index);
    case 'mixtral':
    case 'phi3':
      return () => !config.isBefore(4, 46);
    case 'mistral':
    case 'qwen3_moe':
      return () => true;
    default:
      return () => false;
  }
}

/** What computes attention by default in these versions knows no cap. */
function capsScores(config: ModelConfig): boolean {
  return !config.isBefore(4, 45) && (config.isBefore(4, 48) || !config.isBefore(5));
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
    this.#epsilon = config.number('rms_norm_eps');
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
      const output = this.#mlp(norm, layer);
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
    const clip = (projected: Value): Value => this.b.clip(projected, config.number('clip_qkv', 0));
    const scalar = config.number('query_pre_attn_scalar', shape.headSize);
    const attended = decoder.attention(index, {
      query: clip(this.#headNorm(query, `${module}.q_norm`, shape.heads)),
      key: clip(this.#headNorm(key, `${module}.k_norm`, shape.keyValueHeads)),
      value: clip(value),
      scale: config.number('attention_multiplier', scalar ** -0.5),
      rope: plan.rope,
      window: plan.window,
      softcap: capsScores(config) ? config.number('attn_logit_softcapping', 0) : 0,
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
    // OLMoE normalizes all heads together.
    if (b.weights.size(`${module}.weight`, 0) !== shape.headSize) return this.#norm(x, module);
    const normed = this.#norm(b.reshape(x, [0, 0, heads, shape.headSize]), module);
    return b.reshape(normed, [0, 0, heads * shape.headSize]);
  }

  #mlp(x: Value, layer: string): Value {
    const mixture = mixtureOf(this.b, layer);
    if (mixture) return mixtureOfExperts(this.b, this.config, x, layer, mixture);
    const module = `${layer}.mlp`;
    const [gate, up] = this.#gateAndUp(x, module);
    return this.b.linear(this.b.mul(activate(this.b, this.#activation(), gate), up), `${module}.down_proj`);
  }

  #activation(): string {
    const { config } = this;
    switch (config.modelType) {
      case 'gemma': {
        if (config.isBefore(4, 48)) return config.text('hidden_activation', 'gelu_pytorch_tanh');
        // The first Gemma's config.json says `gelu` where its code means the approximation.
        const activation = config.text('hidden_act', 'gelu_pytorch_tanh');
        return activation === 'gelu' && !config.isBefore(5) ? 'gelu_pytorch_tanh' : activation;
      }
      case 'gemma2':
      case 'gemma3_text':
        return config.text('hidden_activation', 'gelu_pytorch_tanh');
      default:
        return config.text('hidden_act', 'silu');
    }
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

import {
  activations,
  decoderClasses,
  decoderSpec,
  labels,
  plainScaling,
  specialIds,
  textHeads,
  type Config,
  type Draw,
  type Family,
} from './draw.js';

/** Rotary settings in the words of both generations. */
function rope(draw: Draw, headSize: number, kinds: readonly string[]): Config {
  const theta = draw.of<Config>({}, { rope_theta: 500 }, { rope_theta: 1e6 });
  const kind = draw.of('default', ...kinds);
  const named = draw.of<Config>({ type: kind }, { rope_type: kind }, { type: kind, rope_type: kind });
  switch (kind) {
    case 'linear':
    case 'dynamic':
      return { ...theta, rope_scaling: { ...named, factor: draw.of(1.5, 2.5, 4.5) } };
    case 'yarn':
      return {
        ...theta,
        rope_scaling: {
          ...named,
          factor: draw.of(2.5, 4.5),
          ...draw.maybe(0.5, () => ({ original_max_position_embeddings: draw.of(12, 20) })),
          ...draw.maybe(0.3, () => ({ attention_factor: 0.9 })),
          ...draw.maybe(0.3, () => ({ beta_fast: 20, beta_slow: 0.5 })),
          ...draw.maybe(0.2, () => ({ mscale: 0.7, mscale_all_dim: 1 })),
        },
      };
    case 'llama3':
      return {
        ...theta,
        rope_scaling: {
          ...named,
          factor: draw.of(3.5, 7.5),
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: draw.of(12, 20),
        },
      };
    case 'longrope':
    case 'su': {
      const factors = (from: number) =>
        Array.from({ length: Math.floor(headSize / 2) }, (_, index) => from + index / 4);
      return {
        ...theta,
        ...draw.maybe(0.5, () => ({ original_max_position_embeddings: draw.of(8, 16) })),
        rope_scaling: {
          ...named,
          short_factor: factors(1),
          long_factor: factors(2),
          ...draw.maybe(0.5, () => ({ original_max_position_embeddings: draw.of(8, 16) })),
          ...draw.maybe(0.5, () => ({ factor: draw.of(1.5, 3.5) })),
          ...draw.maybe(0.2, () => ({ attention_factor: 1.25 })),
        },
      };
    }
    default:
      return theta;
  }
}

function llamaConfig(
  kinds: readonly string[],
  extra: (draw: Draw, headSize: number, heads: number) => Config = () => ({}),
): (draw: Draw) => Config {
  return (draw) => {
    const headSize = draw.of(4, 8, 10, 16, 32);
    const keyValueHeads = draw.of(1, 2, 3);
    const heads = keyValueHeads * draw.of(1, 2, 3);
    return {
      vocab_size: draw.of(96, 107),
      hidden_size: heads * headSize,
      num_hidden_layers: draw.of(1, 2, 3),
      num_attention_heads: heads,
      num_key_value_heads: keyValueHeads,
      intermediate_size: draw.of(24, 37, 48),
      hidden_act: draw.of('silu', 'silu', ...activations),
      max_position_embeddings: draw.of(24, 64),
      rms_norm_eps: draw.of(1e-6, 1e-5, 1e-3),
      ...draw.maybe(0.4, () => ({ tie_word_embeddings: draw.chance(0.5) })),
      ...rope(draw, headSize, kinds),
      ...extra(draw, headSize, heads),
      ...specialIds(draw),
      ...labels(draw),
    };
  };
}

const biases = (draw: Draw): Config => ({ attention_bias: draw.chance(0.5), mlp_bias: draw.chance(0.5) });

const sliding = (draw: Draw): Config => draw.maybe(0.6, () => ({ sliding_window: draw.of<number | null>(null, 4, 9) }));

const qwenSliding = (draw: Draw): Config =>
  draw.maybe(0.5, () => ({
    use_sliding_window: draw.chance(0.7),
    sliding_window: draw.of(4, 9),
    max_window_layers: draw.of(0, 1, 2, 28),
  }));

const allRope = ['linear', 'dynamic', 'yarn', 'llama3', 'longrope'];

const experts = (draw: Draw): Config => ({
  num_experts: draw.of(2, 4),
  num_experts_per_tok: draw.of(1, 2),
  intermediate_size: draw.of(24, 48),
  moe_intermediate_size: draw.of(16, 24),
  decoder_sparse_step: draw.of(1, 2),
  norm_topk_prob: draw.chance(0.5),
  ...draw.maybe(0.3, () => ({ mlp_only_layers: [0] })),
});

export const llamaRelatives: Readonly<Record<string, Family>> = {
  llama: {
    configClass: 'LlamaConfig',
    classes: decoderClasses('Llama', ...textHeads),
    config: llamaConfig(allRope, (draw, headSize) => ({
      ...biases(draw),
      ...draw.maybe(0.3, () => ({ head_dim: draw.of(headSize, 8, 16) })),
      ...draw.maybe(0.2, () => ({ pretraining_tp: 1 })),
    })),
    spec: decoderSpec,
  },
  mistral: {
    configClass: 'MistralConfig',
    classes: decoderClasses('Mistral', ...textHeads),
    config: llamaConfig(allRope, (draw, headSize) => ({
      ...sliding(draw),
      ...draw.maybe(0.4, () => ({ head_dim: draw.of(headSize, 8, 16) })),
    })),
    spec: decoderSpec,
  },
  qwen2: {
    configClass: 'Qwen2Config',
    classes: decoderClasses('Qwen2', ...textHeads),
    config: llamaConfig(allRope, (draw, headSize) => ({
      ...qwenSliding(draw),
      ...draw.maybe(0.2, () => ({ head_dim: headSize })),
    })),
    spec: decoderSpec,
  },
  qwen3: {
    configClass: 'Qwen3Config',
    classes: decoderClasses('Qwen3', ...textHeads),
    config: llamaConfig(allRope, (draw) => ({
      ...qwenSliding(draw),
      head_dim: draw.of(8, 16),
      attention_bias: draw.chance(0.5),
    })),
    spec: decoderSpec,
    generations: ['new'],
  },
  smolLm3: {
    configClass: 'SmolLM3Config',
    classes: decoderClasses('SmolLM3', ...textHeads),
    config: llamaConfig(allRope, (draw) => ({
      ...qwenSliding(draw),
      ...biases(draw),
      num_hidden_layers: 4,
      ...draw.maybe(0.4, () => ({ no_rope_layers: [1, 0, 1, draw.of(0, 1)] })),
      ...draw.maybe(0.4, () => ({ no_rope_layer_interval: draw.of(2, 3) })),
    })),
    spec: decoderSpec,
    generations: ['new'],
  },
  phi3: {
    configClass: 'Phi3Config',
    classes: decoderClasses('Phi3', 'SequenceClassification', 'TokenClassification'),
    config: llamaConfig([], (draw, headSize) => ({
      ...sliding(draw),
      ...draw.maybe(0.6, () => ({
        original_max_position_embeddings: draw.of(8, 16),
        rope_scaling: {
          type: draw.of('longrope', 'su', 'yarn'),
          short_factor: Array.from({ length: headSize / 2 }, (_, index) => 1 + index / 4),
          long_factor: Array.from({ length: headSize / 2 }, (_, index) => 2 + index / 4),
        },
      })),
    })),
    spec: decoderSpec,
  },
  gemma: {
    configClass: 'GemmaConfig',
    classes: decoderClasses('Gemma', 'SequenceClassification', 'TokenClassification'),
    config: llamaConfig(['linear', 'yarn'], (draw) => ({
      head_dim: draw.of(4, 8, 16),
      attention_bias: draw.chance(0.3),
      hidden_act: draw.of('gelu', 'gelu_pytorch_tanh', 'relu'),
      ...draw.maybe(0.5, () => ({ hidden_activation: draw.of<unknown>(null, 'gelu_pytorch_tanh', 'gelu', 'silu') })),
    })),
    spec: decoderSpec,
  },
  gemma2: {
    configClass: 'Gemma2Config',
    classes: decoderClasses('Gemma2', 'SequenceClassification', 'TokenClassification'),
    config: llamaConfig(['linear'], (draw) => ({
      head_dim: draw.of(8, 16),
      sliding_window: draw.of(4, 8, 64),
      ...draw.maybe(0.5, () => ({ query_pre_attn_scalar: draw.of(16, 24) })),
      ...draw.maybe(0.5, () => ({ attn_logit_softcapping: draw.of(null, 5.5, 49.5) })),
      ...draw.maybe(0.5, () => ({ final_logit_softcapping: draw.of(null, 3.5, 29.5) })),
      ...draw.maybe(0.3, () => ({ hidden_activation: draw.of('gelu', 'gelu_pytorch_tanh') })),
      attention_bias: draw.chance(0.3),
    })),
    spec: decoderSpec,
  },
  gemma3: {
    configClass: 'Gemma3TextConfig',
    classes: { Gemma3ForCausalLM: 'text-generation', Gemma3TextModel: 'feature-extraction' },
    config: llamaConfig(['linear'], (draw) => ({
      num_hidden_layers: draw.of(2, 6, 7),
      head_dim: draw.of(8, 16),
      sliding_window: draw.of(4, 8),
      ...draw.maybe(0.3, () => ({ sliding_window_pattern: draw.of(2, 3) })),
      ...draw.maybe(0.3, () => ({ rope_local_base_freq: 200 })),
      ...draw.maybe(0.3, () => ({ query_pre_attn_scalar: 24 })),
      ...draw.maybe(0.3, () => ({ final_logit_softcapping: 4.5 })),
      ...draw.maybe(0.1, () => ({ use_bidirectional_attention: true })),
      attention_bias: draw.chance(0.3),
    })),
    spec: decoderSpec,
    generations: ['new'],
  },
  granite: {
    configClass: 'GraniteConfig',
    classes: { GraniteForCausalLM: 'text-generation', GraniteModel: 'feature-extraction' },
    config: llamaConfig(allRope, (draw) => ({
      ...biases(draw),
      ...draw.maybe(0.5, () => ({ embedding_multiplier: 3, logits_scaling: 4 })),
      ...draw.maybe(0.5, () => ({ residual_multiplier: 0.5, attention_multiplier: 0.2 })),
    })),
    spec: decoderSpec,
    generations: ['new'],
  },
  phi: {
    configClass: 'PhiConfig',
    classes: decoderClasses('Phi', 'SequenceClassification', 'TokenClassification'),
    config: llamaConfig([], (draw) => ({
      ...draw.maybe(0.4, () => plainScaling(draw)),
      layer_norm_eps: draw.of(1e-5, 1e-3),
      partial_rotary_factor: draw.of(0.5, 1),
      ...draw.maybe(0.3, () => ({ qk_layernorm: true })),
    })),
    spec: decoderSpec,
  },
  mixtral: {
    configClass: 'MixtralConfig',
    classes: decoderClasses('Mixtral', 'SequenceClassification', 'TokenClassification'),
    config: llamaConfig(['linear'], (draw) => ({
      ...sliding(draw),
      intermediate_size: draw.of(24, 48),
      num_local_experts: draw.of(2, 4),
      num_experts_per_tok: draw.of(1, 2),
    })),
    spec: decoderSpec,
  },
  qwen2Moe: {
    configClass: 'Qwen2MoeConfig',
    classes: decoderClasses('Qwen2Moe', 'SequenceClassification', 'TokenClassification'),
    config: llamaConfig(allRope, (draw) => ({
      ...experts(draw),
      ...qwenSliding(draw),
      shared_expert_intermediate_size: draw.of(16, 24),
    })),
    spec: decoderSpec,
  },
  qwen3Moe: {
    configClass: 'Qwen3MoeConfig',
    classes: decoderClasses('Qwen3Moe', ...textHeads),
    config: llamaConfig(allRope, (draw) => ({ ...experts(draw), ...qwenSliding(draw), head_dim: draw.of(8, 16) })),
    spec: decoderSpec,
    generations: ['new'],
  },
  olmoe: {
    configClass: 'OlmoeConfig',
    classes: decoderClasses('Olmoe'),
    config: llamaConfig(allRope, (draw) => ({
      intermediate_size: draw.of(24, 48),
      num_experts: draw.of(2, 4),
      num_experts_per_tok: draw.of(1, 2),
      norm_topk_prob: draw.chance(0.5),
      ...draw.maybe(0.5, () => ({ clip_qkv: 0.7 })),
    })),
    spec: decoderSpec,
    generations: ['new'],
  },
  stableLm: {
    configClass: 'StableLmConfig',
    classes: decoderClasses('StableLm', 'SequenceClassification', 'TokenClassification'),
    config: llamaConfig([], (draw) => ({
      layer_norm_eps: draw.of(1e-5, 1e-3),
      partial_rotary_factor: draw.of(0.5, 1),
      use_qkv_bias: draw.chance(0.5),
      qk_layernorm: draw.chance(0.5),
      use_parallel_residual: draw.chance(0.5),
      ...draw.maybe(0.3, () => plainScaling(draw)),
    })),
    spec: decoderSpec,
  },
  starcoder2: {
    configClass: 'Starcoder2Config',
    classes: decoderClasses('Starcoder2', 'SequenceClassification', 'TokenClassification'),
    config: llamaConfig(allRope, (draw) => ({
      ...sliding(draw),
      norm_epsilon: draw.of(1e-5, 1e-3),
      use_bias: draw.chance(0.5),
    })),
    spec: decoderSpec,
  },
  olmo: {
    configClass: 'OlmoConfig',
    classes: decoderClasses('Olmo'),
    config: llamaConfig([], (draw) => ({
      ...draw.maybe(0.5, () => ({ clip_qkv: 0.7 })),
      ...draw.maybe(0.3, () => plainScaling(draw)),
      attention_bias: draw.chance(0.5),
    })),
    spec: decoderSpec,
  },
  olmo2: {
    configClass: 'Olmo2Config',
    classes: decoderClasses('Olmo2', 'SequenceClassification'),
    config: llamaConfig(allRope, (draw) => ({ attention_bias: draw.chance(0.5) })),
    spec: decoderSpec,
    generations: ['new'],
  },
  cohere: {
    configClass: 'CohereConfig',
    classes: decoderClasses('Cohere'),
    config: llamaConfig(allRope, (draw) => ({
      layer_norm_eps: draw.of(1e-5, 1e-3),
      logit_scale: draw.of(0.25, 2.5),
      use_qk_norm: draw.chance(0.5),
      attention_bias: draw.chance(0.5),
    })),
    spec: decoderSpec,
  },
};

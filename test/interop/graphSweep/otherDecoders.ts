import {
  activations,
  decoderClasses,
  decoderSpec,
  labels,
  plainScaling,
  sizes,
  specialIds,
  textHeads,
  type Config,
  type Draw,
  type Family,
} from './draw.js';

function gpt2Config(draw: Draw): Config {
  const { hidden, heads } = sizes(draw, [4, 8, 10, 16]);
  return {
    vocab_size: draw.of(96, 110),
    n_embd: hidden,
    n_layer: draw.of(1, 2, 3),
    n_head: heads,
    n_positions: draw.of(40, 64),
    ...draw.maybe(0.5, () => ({ n_inner: draw.of(24, 37) })),
    activation_function: draw.of('gelu_new', ...activations),
    layer_norm_epsilon: draw.of(1e-5, 1e-3),
    ...draw.maybe(0.3, () => ({ scale_attn_weights: false })),
    ...draw.maybe(0.3, () => ({ scale_attn_by_inverse_layer_idx: true })),
    ...draw.maybe(0.3, () => ({ reorder_and_upcast_attn: true })),
    ...draw.maybe(0.3, () => ({ tie_word_embeddings: false })),
    ...specialIds(draw),
    ...labels(draw),
  };
}

function rotatedConfig(draw: Draw): Config {
  const heads = draw.of(4, 8);
  const headSize = draw.of(4, 8, 16);
  return {
    vocab_size: draw.of(96, 99),
    n_embd: heads * headSize,
    n_layer: draw.of(1, 2),
    n_head: heads,
    n_positions: draw.of(40, 64),
    rotary_dim: draw.of(headSize, 4),
    ...draw.maybe(0.5, () => ({ n_inner: draw.of(24, 37) })),
    activation_function: draw.of('gelu_new', ...activations),
    layer_norm_epsilon: draw.of(1e-5, 1e-3),
    ...specialIds(draw),
    ...labels(draw),
  };
}

export const otherDecoders: Readonly<Record<string, Family>> = {
  gpt2: {
    configClass: 'GPT2Config',
    classes: {
      GPT2LMHeadModel: 'text-generation',
      GPT2Model: 'feature-extraction',
      GPT2ForSequenceClassification: 'text-classification',
      GPT2ForTokenClassification: 'token-classification',
      GPT2ForQuestionAnswering: 'question-answering',
    },
    config: gpt2Config,
    spec: decoderSpec,
  },
  gptNeox: {
    configClass: 'GPTNeoXConfig',
    classes: decoderClasses('GPTNeoX', ...textHeads),
    config: (draw) => {
      const { hidden, heads } = sizes(draw, [8, 16, 24]);
      return {
        vocab_size: draw.of(96, 100),
        hidden_size: hidden,
        num_hidden_layers: draw.of(1, 2),
        num_attention_heads: heads,
        intermediate_size: draw.of(24, 37),
        hidden_act: draw.of('gelu', ...activations),
        max_position_embeddings: draw.of(24, 64),
        layer_norm_eps: draw.of(1e-5, 1e-3),
        rotary_pct: draw.of(0.25, 0.5, 1),
        ...draw.maybe(0.5, () => ({ rotary_emb_base: 500 })),
        attention_bias: draw.chance(0.7),
        use_parallel_residual: draw.chance(0.5),
        ...draw.maybe(0.3, () => ({ tie_word_embeddings: true })),
        ...draw.maybe(0.3, () => plainScaling(draw)),
        ...specialIds(draw),
        ...labels(draw),
      };
    },
    spec: decoderSpec,
  },
  opt: {
    configClass: 'OPTConfig',
    classes: {
      OPTForCausalLM: 'text-generation',
      OPTModel: 'feature-extraction',
      OPTForSequenceClassification: 'text-classification',
      OPTForQuestionAnswering: 'question-answering',
    },
    config: (draw) => {
      const { hidden, heads } = sizes(draw, [4, 8, 16]);
      return {
        vocab_size: draw.of(96, 99),
        hidden_size: hidden,
        num_hidden_layers: draw.of(1, 2),
        num_attention_heads: heads,
        ffn_dim: draw.of(24, 37),
        max_position_embeddings: draw.of(40, 64),
        activation_function: draw.of('relu', ...activations),
        do_layer_norm_before: draw.chance(0.6),
        ...draw.maybe(0.3, () => ({ word_embed_proj_dim: 12 })),
        ...draw.maybe(0.2, () => ({ enable_bias: false })),
        ...draw.maybe(0.2, () => ({ layer_norm_elementwise_affine: false })),
        ...draw.maybe(0.2, () => ({ _remove_final_layer_norm: true })),
        ...draw.maybe(0.2, () => ({ tie_word_embeddings: false })),
        pad_token_id: draw.of(0, 1),
        bos_token_id: 2,
        eos_token_id: 3,
        ...labels(draw),
      };
    },
    spec: decoderSpec,
  },
  bloom: {
    configClass: 'BloomConfig',
    classes: decoderClasses('Bloom', ...textHeads),
    config: (draw) => {
      const { hidden, heads } = sizes(draw, [4, 8, 16]);
      return {
        vocab_size: draw.of(96, 99),
        hidden_size: hidden,
        n_layer: draw.of(1, 2),
        n_head: heads,
        layer_norm_epsilon: draw.of(1e-5, 1e-3),
        apply_residual_connection_post_layernorm: draw.chance(0.4),
        ...draw.maybe(0.2, () => ({ tie_word_embeddings: false })),
        ...specialIds(draw),
        ...labels(draw),
      };
    },
    spec: decoderSpec,
  },
  gptNeo: {
    configClass: 'GPTNeoConfig',
    classes: decoderClasses('GPTNeo', ...textHeads),
    config: (draw) => {
      const { hidden, heads } = sizes(draw, [4, 8, 16]);
      return {
        vocab_size: draw.of(96, 99),
        hidden_size: hidden,
        num_layers: 2,
        attention_types: [[draw.of(['global', 'local'], ['local', 'global'], ['global', 'global']), 1]],
        num_heads: heads,
        ...draw.maybe(0.5, () => ({ intermediate_size: draw.of(24, 37) })),
        window_size: draw.of(4, 9, 256),
        activation_function: draw.of('gelu_new', ...activations),
        layer_norm_epsilon: draw.of(1e-5, 1e-3),
        max_position_embeddings: draw.of(40, 64),
        ...draw.maybe(0.2, () => ({ tie_word_embeddings: false })),
        ...specialIds(draw),
        ...labels(draw),
      };
    },
    spec: decoderSpec,
  },
  gptJ: {
    configClass: 'GPTJConfig',
    classes: decoderClasses('GPTJ', 'SequenceClassification', 'QuestionAnswering'),
    config: rotatedConfig,
    spec: decoderSpec,
  },
  codeGen: {
    configClass: 'CodeGenConfig',
    classes: decoderClasses('CodeGen'),
    config: rotatedConfig,
    spec: decoderSpec,
  },
  gptBigCode: {
    configClass: 'GPTBigCodeConfig',
    classes: decoderClasses('GPTBigCode', 'SequenceClassification', 'TokenClassification'),
    config: (draw) => {
      const foreign = ['scale_attn_by_inverse_layer_idx', 'reorder_and_upcast_attn'];
      const settings = Object.entries(gpt2Config(draw)).filter(([key]) => !foreign.includes(key));
      return { ...Object.fromEntries(settings), multi_query: draw.chance(0.6) };
    },
    spec: decoderSpec,
  },
  falcon: {
    configClass: 'FalconConfig',
    classes: decoderClasses('Falcon', ...textHeads),
    config: (draw) => {
      const keyValueHeads = draw.of(1, 2, 3);
      const heads = keyValueHeads * draw.of(1, 2);
      return {
        vocab_size: draw.of(96, 99),
        hidden_size: heads * draw.of(8, 16),
        num_hidden_layers: draw.of(1, 2),
        num_attention_heads: heads,
        ...draw.of<Config>(
          { new_decoder_architecture: true, num_kv_heads: keyValueHeads },
          { new_decoder_architecture: true, num_kv_heads: keyValueHeads, num_ln_in_parallel_attn: 1 },
          { multi_query: true },
          { multi_query: false },
        ),
        parallel_attn: draw.chance(0.6),
        alibi: draw.chance(0.4),
        bias: draw.chance(0.5),
        ...draw.maybe(0.5, () => ({ activation: draw.of(...activations) })),
        ...draw.maybe(0.3, () => ({ ffn_hidden_size: 37 })),
        ...draw.maybe(0.3, () => ({ rope_theta: 500.0 })),
        ...draw.maybe(0.2, () => plainScaling(draw)),
        layer_norm_epsilon: draw.of(1e-5, 1e-3),
        max_position_embeddings: draw.of(24, 64),
        ...draw.maybe(0.2, () => ({ tie_word_embeddings: false })),
        ...specialIds(draw),
        ...labels(draw),
      };
    },
    spec: decoderSpec,
  },
};

import { activations, labels, stored, type Config, type Draw, type Family } from './draw.js';

function bartConfig(draw: Draw): Config {
  const heads = draw.of(1, 2, 3, 4);
  const hidden = 12 * draw.of(2, 3, 4);
  return {
    vocab_size: draw.of(96, 111),
    d_model: hidden,
    encoder_layers: draw.of(1, 2, 3),
    decoder_layers: draw.of(1, 2, 3),
    encoder_attention_heads: heads,
    decoder_attention_heads: draw.of(1, 2, 3, 4),
    encoder_ffn_dim: draw.of(24, 37),
    decoder_ffn_dim: draw.of(24, 37),
    max_position_embeddings: draw.of(24, 40),
    activation_function: draw.of('gelu', 'relu', ...activations),
    scale_embedding: draw.chance(0.5),
    ...draw.maybe(0.2, () => ({ tie_word_embeddings: false })),
    pad_token_id: draw.of(0, 1),
    bos_token_id: 0,
    eos_token_id: 2,
    decoder_start_token_id: draw.of(0, 2, 5),
    ...draw.maybe(0.5, () => ({ forced_eos_token_id: draw.of<number | null>(2, null) })),
    ...draw.maybe(0.3, () => ({ forced_bos_token_id: draw.of(0, 7) })),
    ...labels(draw),
  };
}

function t5Config(draw: Draw): Config {
  return {
    vocab_size: draw.of(96, 104),
    d_model: draw.of(16, 30, 32),
    d_kv: draw.of(4, 6, 16),
    d_ff: draw.of(24, 48),
    num_layers: draw.of(1, 2),
    ...draw.maybe(0.5, () => ({ num_decoder_layers: draw.of(1, 2, 3) })),
    num_heads: draw.of(1, 2, 3, 4),
    relative_attention_num_buckets: draw.of(8, 12, 32),
    relative_attention_max_distance: draw.of(10, 20, 128),
    layer_norm_epsilon: draw.of(1e-6, 1e-3),
    feed_forward_proj: draw.of('relu', 'gated-gelu', 'gated-silu', 'gelu', 'gated-relu'),
    ...draw.maybe(0.5, () => ({ tie_word_embeddings: draw.chance(0.5) })),
    pad_token_id: 0,
    eos_token_id: draw.of(1, 2),
    decoder_start_token_id: draw.of(0, 5),
    ...labels(draw),
  };
}

export const sequenceToSequence: Readonly<Record<string, Family>> = {
  bart: {
    configClass: 'BartConfig',
    classes: {
      BartForConditionalGeneration: 'summarization',
      BartForSequenceClassification: 'text-classification',
      BartForQuestionAnswering: 'question-answering',
      BartModel: 'feature-extraction',
    },
    config: bartConfig,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  mbart: {
    configClass: 'MBartConfig',
    classes: {
      MBartForConditionalGeneration: 'translation',
      MBartForSequenceClassification: 'text-classification',
    },
    config: bartConfig,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  blenderbotSmall: {
    configClass: 'BlenderbotSmallConfig',
    classes: { BlenderbotSmallForConditionalGeneration: 'text2text-generation' },
    config: bartConfig,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  pegasus: {
    configClass: 'PegasusConfig',
    classes: { PegasusForConditionalGeneration: 'summarization' },
    config: bartConfig,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  marian: {
    configClass: 'MarianConfig',
    classes: { MarianMTModel: 'translation' },
    config: (draw) => ({
      ...bartConfig(draw),
      ...draw.maybe(0.4, () => ({
        share_encoder_decoder_embeddings: false,
        ...draw.maybe(0.5, () => ({ decoder_vocab_size: 98 })),
      })),
    }),
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  whisper: {
    configClass: 'WhisperConfig',
    classes: { WhisperForConditionalGeneration: 'automatic-speech-recognition' },
    config: (draw) => ({ ...bartConfig(draw), num_mel_bins: 8, max_source_positions: 20, max_target_positions: 30 }),
    spec: (draw) => ({ kind: 'audio', ...stored(draw) }),
  },
  t5: {
    configClass: 'T5Config',
    classes: {
      T5ForConditionalGeneration: 'text2text-generation',
      T5EncoderModel: 'feature-extraction',
      T5ForSequenceClassification: 'text-classification',
      T5ForTokenClassification: 'token-classification',
    },
    config: t5Config,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  mt5: {
    configClass: 'MT5Config',
    classes: { MT5ForConditionalGeneration: 'text2text-generation', MT5EncoderModel: 'feature-extraction' },
    config: t5Config,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  umt5: {
    configClass: 'UMT5Config',
    classes: { UMT5ForConditionalGeneration: 'text2text-generation', UMT5EncoderModel: 'feature-extraction' },
    config: t5Config,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  blenderbot: {
    configClass: 'BlenderbotConfig',
    classes: { BlenderbotForConditionalGeneration: 'text2text-generation' },
    config: bartConfig,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  m2m100: {
    configClass: 'M2M100Config',
    classes: { M2M100ForConditionalGeneration: 'translation' },
    config: bartConfig,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
  plBart: {
    configClass: 'PLBartConfig',
    classes: { PLBartForConditionalGeneration: 'translation', PLBartForSequenceClassification: 'text-classification' },
    config: bartConfig,
    spec: (draw) => ({ kind: 'seq2seq', ...stored(draw) }),
  },
};

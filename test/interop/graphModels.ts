/** Tiny checkpoints of every architecture that generated graphs know. */
export interface ModelSpec {
  name: string;
  configClass: string;
  config: Record<string, unknown>;
  modelClass: string;
  kind: 'encoder' | 'decoder' | 'seq2seq' | 'pixels' | 'audio' | 'waveform' | 'spectrogram';
  task: string;
  /** Which transformers generations write it. */
  generations: readonly ('new' | 'old')[];
  tokenTypes?: boolean;
  lora?: Record<string, unknown>;
  wrapped?: boolean;
  dtype?: string;
  shard?: string;
  /** Largest difference of an output from PyTorch's. */
  tolerance?: number;
  lengths?: number[];
  /** Prompts are read one by one. */
  isAlone?: boolean;
  /** What was saved answers, as \`from_pretrained\` reads it. */
  isReloaded?: boolean;
  /** config.json holds the given settings only. */
  isMinimal?: boolean;
  /** Inputs end with the end token. */
  hasEnd?: boolean;
  /** Heads to prune by layer, where the generation can. */
  pruned?: Record<string, number[]>;
  /** Channels, height and width of images that are not of the configured size. */
  pixelShape?: number[];
  /** Generation options for Python's `generate`. */
  options?: Record<string, unknown>[];
}

const both = ['new', 'old'] as const;
const newOnly = ['new'] as const;

const bertSize = {
  vocab_size: 96,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 48,
  max_position_embeddings: 40,
};
const llamaSize = {
  ...bertSize,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 3,
};
const gpt2Size = {
  vocab_size: 96,
  n_embd: 32,
  n_layer: 2,
  n_head: 4,
  n_positions: 64,
  bos_token_id: 1,
  eos_token_id: 3,
};

const taskByHead: Record<string, string> = {
  Model: 'feature-extraction',
  ForSequenceClassification: 'text-classification',
  ForTokenClassification: 'token-classification',
  ForQuestionAnswering: 'question-answering',
  ForMaskedLM: 'fill-mask',
  ForNextSentencePrediction: 'text-classification',
  ForPreTraining: 'feature-extraction',
};

function encoders(
  family: string,
  config: Record<string, unknown>,
  options: {
    heads?: string[];
    tokenTypes?: boolean;
    tag?: string;
    configClass?: string;
    generations?: readonly ('new' | 'old')[];
  } = {},
): ModelSpec[] {
  const heads = options.heads ?? [
    'Model',
    'ForSequenceClassification',
    'ForTokenClassification',
    'ForQuestionAnswering',
    'ForMaskedLM',
  ];
  return heads.map((head) => ({
    name: `${family}${head}${options.tag ?? ''}`,
    configClass: options.configClass ?? `${family}Config`,
    config: head === 'ForQuestionAnswering' ? { ...config, num_labels: 2 } : config,
    modelClass: `${family}${head}`,
    kind: 'encoder',
    task: taskByHead[head] ?? 'feature-extraction',
    generations: options.generations ?? both,
    ...(options.tokenTypes ? { tokenTypes: true } : {}),
  }));
}

function decoder(
  name: string,
  family: string,
  config: Record<string, unknown>,
  extra: Partial<ModelSpec> = {},
): ModelSpec {
  return {
    name,
    configClass: `${family}Config`,
    config,
    modelClass: `${family}ForCausalLM`,
    kind: 'decoder',
    task: 'text-generation',
    generations: both,
    ...extra,
  };
}

const lora = (targets: string[], extra: Record<string, unknown> = {}) => ({
  r: 4,
  lora_alpha: 6,
  target_modules: targets,
  lora_dropout: 0,
  ...extra,
});

const longPrompts = [20, 50, 33];

const t5Size = {
  vocab_size: 96,
  d_model: 32,
  d_kv: 6,
  d_ff: 48,
  num_layers: 2,
  num_heads: 4,
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 20,
  pad_token_id: 0,
  eos_token_id: 2,
  decoder_start_token_id: 0,
};
const bartSize = {
  vocab_size: 96,
  d_model: 32,
  encoder_layers: 2,
  decoder_layers: 2,
  encoder_attention_heads: 4,
  decoder_attention_heads: 4,
  encoder_ffn_dim: 48,
  decoder_ffn_dim: 48,
  max_position_embeddings: 40,
  pad_token_id: 1,
  bos_token_id: 0,
  eos_token_id: 2,
  decoder_start_token_id: 2,
};

function seq2seq(
  name: string,
  family: string,
  config: Record<string, unknown>,
  extra: Partial<ModelSpec> = {},
): ModelSpec {
  const modelClass = `${family}ForConditionalGeneration`;
  return {
    name,
    configClass: `${family}Config`,
    config,
    modelClass,
    kind: 'seq2seq',
    task: 'text2text-generation',
    generations: both,
    ...extra,
  };
}

export const graphModels: readonly ModelSpec[] = [
  ...encoders('Bert', { ...bertSize, num_labels: 3 }, { tokenTypes: true }),
  ...encoders(
    'Bert',
    { ...bertSize, hidden_act: 'gelu_new', layer_norm_eps: 1e-5, type_vocab_size: 3 },
    { heads: ['ForNextSentencePrediction', 'ForPreTraining'], tokenTypes: true },
  ),
  ...encoders('Bert', { ...bertSize, hidden_act: 'relu' }, { heads: ['Model'], tag: 'Relu' }),
  ...encoders(
    'Bert',
    { ...bertSize, hidden_act: 'silu', tie_word_embeddings: false },
    { heads: ['ForMaskedLM'], tag: 'Untied' },
  ),
  ...encoders('Bert', { ...bertSize, num_labels: 1 }, { heads: ['ForSequenceClassification'], tag: 'Regression' }),
  ...encoders('Roberta', { ...bertSize, type_vocab_size: 1, pad_token_id: 1, num_labels: 3 }),
  ...encoders(
    'XLMRoberta',
    { ...bertSize, type_vocab_size: 1, pad_token_id: 1, num_labels: 4 },
    { heads: ['Model', 'ForSequenceClassification', 'ForMaskedLM'] },
  ),
  ...encoders(
    'Camembert',
    { ...bertSize, type_vocab_size: 1, pad_token_id: 1 },
    { heads: ['ForTokenClassification', 'ForMaskedLM'] },
  ),
  ...encoders(
    'Electra',
    { ...bertSize, embedding_size: 16, num_labels: 3 },
    {
      heads: [
        'Model',
        'ForSequenceClassification',
        'ForTokenClassification',
        'ForQuestionAnswering',
        'ForMaskedLM',
        'ForPreTraining',
      ],
      tokenTypes: true,
    },
  ),
  ...encoders('DistilBert', {
    vocab_size: 96,
    dim: 32,
    n_layers: 2,
    n_heads: 4,
    hidden_dim: 48,
    max_position_embeddings: 40,
    num_labels: 3,
  }),
  ...encoders(
    'Albert',
    { ...bertSize, embedding_size: 16, num_hidden_layers: 4, num_hidden_groups: 2, inner_group_num: 2, num_labels: 3 },
    { tokenTypes: true },
  ),
  ...encoders('MPNet', { ...bertSize, num_labels: 3, pad_token_id: 1 }),
  ...encoders('DebertaV2', {
    ...bertSize,
    type_vocab_size: 0,
    relative_attention: true,
    position_buckets: 6,
    max_relative_positions: -1,
    norm_rel_ebd: 'layer_norm',
    share_att_key: true,
    pos_att_type: ['p2c', 'c2p'],
    position_biased_input: false,
    num_labels: 3,
  }),
  ...encoders(
    'DebertaV2',
    { ...bertSize, relative_attention: true, pos_att_type: ['c2p', 'p2c'] },
    { heads: ['Model'], tag: 'Plain' },
  ),
  decoder('Gpt2', 'GPT2', gpt2Size, { modelClass: 'GPT2LMHeadModel' }),
  decoder(
    'Gpt2Scaled',
    'GPT2',
    { ...gpt2Size, scale_attn_by_inverse_layer_idx: true, activation_function: 'relu', n_inner: 40 },
    { modelClass: 'GPT2LMHeadModel' },
  ),
  {
    ...decoder('Gpt2Base', 'GPT2', gpt2Size, { modelClass: 'GPT2Model', task: 'feature-extraction' }),
    kind: 'encoder',
  },
  {
    ...decoder(
      'Gpt2Classifier',
      'GPT2',
      { ...gpt2Size, pad_token_id: 0 },
      { modelClass: 'GPT2ForSequenceClassification', task: 'text-classification' },
    ),
    kind: 'encoder',
  },
  decoder('Llama', 'Llama', llamaSize),
  decoder('LlamaHead16', 'Llama', {
    ...llamaSize,
    hidden_size: 64,
    head_dim: 16,
    attention_bias: true,
    mlp_bias: true,
    tie_word_embeddings: true,
  }),
  decoder(
    'LlamaLinear',
    'Llama',
    { ...llamaSize, rope_scaling: { type: 'linear', rope_type: 'linear', factor: 3 } },
    { lengths: longPrompts },
  ),
  decoder(
    'LlamaDynamic',
    'Llama',
    {
      ...llamaSize,
      hidden_size: 64,
      max_position_embeddings: 32,
      rope_scaling: { type: 'dynamic', rope_type: 'dynamic', factor: 2 },
    },
    { lengths: [20, 24, 28], options: [{ max_new_tokens: 3 }] },
  ),
  decoder(
    'LlamaThree',
    'Llama',
    {
      ...llamaSize,
      hidden_size: 64,
      rope_theta: 500000,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 16,
      },
    },
    { lengths: longPrompts },
  ),
  decoder(
    'LlamaYarn',
    'Llama',
    {
      ...llamaSize,
      hidden_size: 64,
      rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 16 },
    },
    { lengths: longPrompts, generations: newOnly },
  ),
  // Llama rotates whole heads, whatever its configuration says.
  decoder(
    'LlamaPartial',
    'Llama',
    { ...llamaSize, hidden_size: 64, partial_rotary_factor: 0.5 },
    { generations: newOnly },
  ),
  decoder('LlamaBf16', 'Llama', { ...llamaSize, hidden_size: 64 }, { dtype: 'bfloat16' }),
  decoder('LlamaFp16', 'Llama', llamaSize, { dtype: 'float16', shard: '20KB' }),
  {
    ...decoder(
      'LlamaClassifier',
      'Llama',
      { ...llamaSize, num_labels: 3 },
      { modelClass: 'LlamaForSequenceClassification', task: 'text-classification' },
    ),
    kind: 'encoder',
  },
  {
    ...decoder(
      'LlamaTokens',
      'Llama',
      { ...llamaSize, num_labels: 3 },
      { modelClass: 'LlamaForTokenClassification', task: 'token-classification' },
    ),
    kind: 'encoder',
  },
  decoder('Mistral', 'Mistral', { ...llamaSize, sliding_window: 5 }, { lengths: [12, 9, 16] }),
  decoder('Qwen2', 'Qwen2', llamaSize),
  decoder('Qwen2OddHeads', 'Qwen2', { ...llamaSize, hidden_size: 24 }),
  decoder('MistralOddHeads', 'Mistral', { ...llamaSize, hidden_size: 16, sliding_window: 5 }, { lengths: [12, 9, 16] }),
  decoder('Gpt2OddHeads', 'GPT2', { ...gpt2Size, n_embd: 20 }, { modelClass: 'GPT2LMHeadModel' }),
  decoder(
    'Qwen2Window',
    'Qwen2',
    { ...llamaSize, hidden_size: 64, use_sliding_window: true, sliding_window: 4, max_window_layers: 1 },
    { lengths: [12, 9, 16], generations: newOnly },
  ),
  decoder('Qwen3', 'Qwen3', { ...llamaSize, head_dim: 16 }, { generations: newOnly }),
  decoder('SmolLM3', 'SmolLM3', { ...llamaSize, num_hidden_layers: 4, hidden_size: 64 }, { generations: newOnly }),
  decoder('Phi3', 'Phi3', { ...llamaSize, hidden_size: 64 }),
  decoder('Gemma', 'Gemma', { ...llamaSize, head_dim: 16 }),
  decoder(
    'Gemma2',
    'Gemma2',
    { ...llamaSize, head_dim: 16, sliding_window: 4, query_pre_attn_scalar: 24 },
    { lengths: [12, 12, 12] },
  ),
  // In a padded batch, transformers 4.43 answers otherwise than it does for the same prompt alone.
  decoder(
    'Gemma2Padded',
    'Gemma2',
    { ...llamaSize, head_dim: 16, sliding_window: 4, query_pre_attn_scalar: 24 },
    { lengths: [12, 9, 16], generations: newOnly },
  ),
  decoder(
    'Gemma3',
    'Gemma3Text',
    { ...llamaSize, num_hidden_layers: 6, head_dim: 16, sliding_window: 4 },
    { modelClass: 'Gemma3ForCausalLM', lengths: [12, 9, 16], generations: newOnly },
  ),
  decoder(
    'Granite',
    'Granite',
    { ...llamaSize, embedding_multiplier: 3, residual_multiplier: 0.5, attention_multiplier: 0.2, logits_scaling: 4 },
    { generations: newOnly },
  ),
  decoder('LlamaOptions', 'Llama', llamaSize, {
    options: [
      { max_new_tokens: 12, repetition_penalty: 1.7 },
      { max_new_tokens: 12, no_repeat_ngram_size: 2 },
      { max_new_tokens: 12, bad_words_ids: [[7], [8, 9], [40]], suppress_tokens: [11, 12] },
      { max_new_tokens: 12, min_new_tokens: 9, forced_eos_token_id: 3 },
      { max_length: 18 },
      { max_new_tokens: 10, num_beams: 4, num_return_sequences: 3, early_stopping: true, length_penalty: 0.3 },
      { max_new_tokens: 10, num_beams: 2, early_stopping: 'never', length_penalty: -0.5, repetition_penalty: 1.3 },
      { max_new_tokens: 8, eos_token_id: [3, 17, 30, 44, 52, 61] },
    ],
  }),
  decoder('LlamaLora', 'Llama', llamaSize, {
    lora: lora(['q_proj', 'v_proj', 'down_proj'], { task_type: 'CAUSAL_LM' }),
  }),
  decoder('LlamaLoraWrapped', 'Llama', llamaSize, {
    lora: lora(['q_proj', 'o_proj'], { task_type: 'CAUSAL_LM', use_rslora: true }),
    wrapped: true,
  }),
  decoder('LlamaLoraEmbedding', 'Llama', llamaSize, {
    lora: lora(['embed_tokens', 'k_proj'], {
      task_type: 'CAUSAL_LM',
      alpha_pattern: { k_proj: 12 },
      rank_pattern: { k_proj: 2 },
    }),
  }),
  decoder('Gpt2Lora', 'GPT2', gpt2Size, {
    modelClass: 'GPT2LMHeadModel',
    lora: lora(['c_attn', 'c_fc'], { task_type: 'CAUSAL_LM', fan_in_fan_out: true }),
  }),
  {
    ...(encoders(
      'Bert',
      { ...bertSize, num_labels: 3 },
      { heads: ['ForSequenceClassification'], tag: 'Lora' },
    )[0] as ModelSpec),
    lora: lora(['query', 'value'], { task_type: 'SEQ_CLS' }),
  },
  decoder('GptNeox', 'GPTNeoX', {
    ...bertSize,
    max_position_embeddings: 64,
    rotary_pct: 0.5,
    bos_token_id: 1,
    eos_token_id: 3,
  }),
  decoder('GptNeoxSerial', 'GPTNeoX', {
    ...bertSize,
    hidden_size: 64,
    max_position_embeddings: 64,
    use_parallel_residual: false,
    bos_token_id: 1,
    eos_token_id: 3,
  }),
  decoder('Phi', 'Phi', { ...llamaSize, hidden_size: 64 }),
  decoder('Opt', 'OPT', {
    ...bertSize,
    ffn_dim: 48,
    word_embed_proj_dim: 32,
    max_position_embeddings: 64,
    pad_token_id: 0,
    bos_token_id: 1,
    eos_token_id: 3,
  }),
  decoder('OptProjected', 'OPT', {
    ...bertSize,
    ffn_dim: 48,
    word_embed_proj_dim: 16,
    do_layer_norm_before: false,
    max_position_embeddings: 64,
    pad_token_id: 0,
    bos_token_id: 1,
    eos_token_id: 3,
  }),
  decoder('Bloom', 'Bloom', {
    vocab_size: 96,
    hidden_size: 48,
    n_layer: 2,
    n_head: 6,
    pad_token_id: 0,
    bos_token_id: 1,
    eos_token_id: 3,
  }),
  ...(['ViTForImageClassification', 'ViTModel', 'DeiTForImageClassification'] as const).map(
    (modelClass): ModelSpec => ({
      name: modelClass,
      configClass: modelClass.startsWith('ViT') ? 'ViTConfig' : 'DeiTConfig',
      config: {
        hidden_size: 32,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        intermediate_size: 48,
        image_size: 16,
        patch_size: 4,
        num_labels: 5,
      },
      modelClass,
      kind: 'pixels',
      task: 'image-classification',
      generations: both,
    }),
  ),
  seq2seq(
    'Whisper',
    'Whisper',
    { ...bartSize, num_mel_bins: 8, max_source_positions: 20, max_target_positions: 30 },
    { kind: 'audio', task: 'automatic-speech-recognition' },
  ),
  ...(['Wav2Vec2ForCTC', 'Wav2Vec2Model', 'Wav2Vec2ForSequenceClassification', 'HubertForCTC'] as const).flatMap(
    (modelClass) =>
      [false, true].map((isStable): ModelSpec => ({
        name: `${modelClass}${isStable ? 'Stable' : ''}`,
        configClass: modelClass.startsWith('Hubert') ? 'HubertConfig' : 'Wav2Vec2Config',
        config: {
          vocab_size: 20,
          hidden_size: 32,
          num_hidden_layers: 2,
          num_attention_heads: 4,
          intermediate_size: 48,
          conv_dim: [16, 16, 24],
          conv_kernel: [10, 3, 2],
          conv_stride: [5, 2, 2],
          num_conv_pos_embeddings: isStable ? 9 : 8,
          num_conv_pos_embedding_groups: 4,
          classifier_proj_size: 12,
          do_stable_layer_norm: isStable,
          conv_bias: isStable,
          feat_extract_norm: isStable ? 'layer' : 'group',
        },
        modelClass,
        kind: 'waveform',
        task: modelClass.endsWith('CTC') ? 'automatic-speech-recognition' : 'audio-classification',
        generations: both,
      })),
  ),
  seq2seq('UMT5', 'UMT5', t5Size),
  seq2seq('T5', 'T5', t5Size),
  seq2seq('T5Gated', 'T5', { ...t5Size, feed_forward_proj: 'gated-gelu', tie_word_embeddings: false }),
  seq2seq('MT5', 'MT5', t5Size),
  seq2seq('Bart', 'Bart', bartSize),
  seq2seq('MBart', 'MBart', { ...bartSize, scale_embedding: true }),
  seq2seq(
    'Marian',
    'Marian',
    {
      ...bartSize,
      scale_embedding: true,
      activation_function: 'swish',
      decoder_start_token_id: 1,
      forced_eos_token_id: 2,
    },
    { modelClass: 'MarianMTModel', task: 'translation' },
  ),
  seq2seq('Pegasus', 'Pegasus', {
    ...bartSize,
    scale_embedding: true,
    activation_function: 'relu',
    decoder_start_token_id: 1,
  }),
];

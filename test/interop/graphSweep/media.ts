import type { ModelSpec } from '../graphModels.js';
import { activations, labels, sizes, stored, type Config, type Draw, type Family } from './draw.js';

function waveConfig(draw: Draw): Config {
  const { hidden, heads } = sizes(draw, [4, 8, 12]);
  const isLayer = draw.chance(0.5);
  return {
    vocab_size: 20,
    hidden_size: hidden,
    num_hidden_layers: draw.of(1, 2),
    num_attention_heads: heads,
    intermediate_size: draw.of(24, 37),
    hidden_act: draw.of(...activations),
    feat_extract_activation: draw.of('gelu', ...activations),
    conv_dim: [16, 16, 24],
    conv_kernel: [10, 3, 2],
    conv_stride: draw.of([5, 2, 2], [4, 3, 2]),
    num_conv_pos_embeddings: draw.of(4, 8, 9),
    num_conv_pos_embedding_groups: 1,
    classifier_proj_size: draw.of(12, 17),
    do_stable_layer_norm: draw.chance(0.5),
    conv_bias: draw.chance(0.5),
    feat_extract_norm: isLayer ? 'layer' : 'group',
    layer_norm_eps: draw.of(1e-5, 1e-3),
    ...draw.maybe(0.2, () => ({ use_weighted_layer_sum: true })),
    ...draw.maybe(0.2, () => ({ add_adapter: true })),
    ...draw.maybe(0.1, () => ({ conv_pos_batch_norm: true })),
    ...draw.maybe(0.2, () => ({ feat_proj_layer_norm: false })),
    ...draw.maybe(0.3, () => ({ adapter_attn_dim: 7 })),
    ...labels(draw),
  };
}

function spectrogramConfig(draw: Draw): Config {
  const { hidden, heads } = sizes(draw, [4, 8, 12]);
  return {
    hidden_size: hidden,
    num_hidden_layers: draw.of(1, 2),
    num_attention_heads: heads,
    intermediate_size: draw.of(24, 37),
    hidden_act: draw.of('gelu', ...activations),
    layer_norm_eps: draw.of(1e-12, 1e-3),
    qkv_bias: draw.chance(0.5),
    patch_size: draw.of(4, 6),
    frequency_stride: draw.of(3, 4),
    time_stride: draw.of(4, 5),
    max_length: draw.of(20, 23),
    num_mel_bins: draw.of(12, 16),
    ...labels(draw),
  };
}

function imageConfig(draw: Draw): Config {
  const { hidden, heads } = sizes(draw, [4, 8, 12]);
  return {
    hidden_size: hidden,
    num_hidden_layers: draw.of(1, 2),
    num_attention_heads: heads,
    intermediate_size: draw.of(24, 37),
    hidden_act: draw.of('gelu', ...activations),
    layer_norm_eps: draw.of(1e-12, 1e-3),
    ...draw.of<Config>(
      { image_size: 16, patch_size: 4 },
      { image_size: 20, patch_size: [5, 4] },
      { image_size: [20, 16], patch_size: 4 },
    ),
    num_channels: draw.of(1, 3),
    qkv_bias: draw.chance(0.5),
    ...draw.maybe(0.2, () => ({ pooler_output_size: 9, pooler_act: 'relu' })),
    ...labels(draw),
  };
}

function visionConfig(draw: Draw): Config {
  const { hidden, heads } = sizes(draw, [4, 8, 12]);
  return {
    hidden_size: hidden,
    num_hidden_layers: draw.of(1, 2),
    num_attention_heads: heads,
    intermediate_size: draw.of(24, 37),
    hidden_act: draw.of('gelu_pytorch_tanh', ...activations),
    layer_norm_eps: draw.of(1e-6, 1e-3),
    image_size: draw.of(16, 18),
    patch_size: 4,
    num_channels: draw.of(1, 3),
  };
}

const sizeOf = ({ image_size, num_channels }: Config): Partial<ModelSpec> => ({
  pixelShape: [num_channels as number, image_size as number, image_size as number],
});

/** Images of other sizes than the learned positions. */
function dinov2(family: string, generations: Family['generations']): Family {
  return {
    configClass: `${family}Config`,
    classes: {
      [`${family}ForImageClassification`]: 'image-classification',
      [`${family}Model`]: 'image-feature-extraction',
    },
    config: (draw) => {
      const { hidden, heads } = sizes(draw, [4, 8, 12]);
      return {
        hidden_size: hidden,
        num_hidden_layers: draw.of(1, 2),
        num_attention_heads: heads,
        mlp_ratio: draw.of(2, 4),
        hidden_act: draw.of('gelu', ...activations),
        layer_norm_eps: draw.of(1e-6, 1e-3),
        image_size: 24,
        patch_size: 4,
        num_channels: draw.of(1, 3),
        qkv_bias: draw.chance(0.5),
        use_swiglu_ffn: draw.chance(0.3),
        ...draw.maybe(0.3, () => ({ num_register_tokens: 2 })),
        ...labels(draw),
      };
    },
    spec: (draw, { num_channels }) => {
      const size = draw.of([24, 24], [40, 40], [17, 31], [12, 12], [26, 26], [25, 24]);
      return { kind: 'pixels', pixelShape: [num_channels as number, ...size], ...stored(draw) };
    },
    ...(generations ? { generations } : {}),
  };
}

export const media: Readonly<Record<string, Family>> = {
  vit: {
    configClass: 'ViTConfig',
    classes: { ViTForImageClassification: 'image-classification', ViTModel: 'image-feature-extraction' },
    config: imageConfig,
    spec: (draw) => ({ kind: 'pixels', ...stored(draw) }),
  },
  deit: {
    configClass: 'DeiTConfig',
    classes: {
      DeiTForImageClassification: 'image-classification',
      DeiTForImageClassificationWithTeacher: 'image-classification',
      DeiTModel: 'image-feature-extraction',
    },
    config: imageConfig,
    spec: (draw) => ({ kind: 'pixels', ...stored(draw) }),
  },
  wav2vec2: {
    configClass: 'Wav2Vec2Config',
    classes: {
      Wav2Vec2ForCTC: 'automatic-speech-recognition',
      Wav2Vec2Model: 'feature-extraction',
      Wav2Vec2ForSequenceClassification: 'audio-classification',
    },
    config: waveConfig,
    spec: (draw) => ({ kind: 'waveform', ...stored(draw) }),
  },
  hubert: {
    configClass: 'HubertConfig',
    classes: {
      HubertForCTC: 'automatic-speech-recognition',
      HubertModel: 'feature-extraction',
      HubertForSequenceClassification: 'audio-classification',
    },
    config: waveConfig,
    spec: (draw) => ({ kind: 'waveform', ...stored(draw) }),
  },
  wavlm: {
    configClass: 'WavLMConfig',
    classes: {
      WavLMForCTC: 'automatic-speech-recognition',
      WavLMModel: 'feature-extraction',
      WavLMForSequenceClassification: 'audio-classification',
    },
    config: (draw) => ({
      ...waveConfig(draw),
      num_buckets: draw.of(16, 24, 320),
      max_bucket_distance: draw.of(30, 800),
    }),
    spec: (draw) => ({ kind: 'waveform', ...stored(draw) }),
  },
  'audio-spectrogram-transformer': {
    configClass: 'ASTConfig',
    classes: { ASTForAudioClassification: 'audio-classification', ASTModel: 'feature-extraction' },
    config: spectrogramConfig,
    spec: (draw) => ({ kind: 'spectrogram', ...stored(draw) }),
  },
  dinov2: dinov2('Dinov2', ['new', 'old']),
  dinov2_with_registers: dinov2('Dinov2WithRegisters', ['new']),
  siglip: {
    configClass: 'SiglipConfig',
    classes: { SiglipForImageClassification: 'image-classification' },
    config: (draw) => ({ vision_config: visionConfig(draw), ...labels(draw) }),
    spec: (draw, config) => ({ kind: 'pixels', ...sizeOf(config['vision_config'] as Config), ...stored(draw) }),
  },
  siglip_vision_model: {
    configClass: 'SiglipVisionConfig',
    classes: { SiglipVisionModel: 'image-feature-extraction' },
    config: visionConfig,
    spec: (draw) => ({ kind: 'pixels', ...stored(draw) }),
  },
  swinv2: {
    configClass: 'Swinv2Config',
    classes: { Swinv2ForImageClassification: 'image-classification', Swinv2Model: 'image-feature-extraction' },
    config: (draw) => ({
      image_size: draw.of<unknown>(32, 30, [32, 24]),
      patch_size: draw.of(2, 4),
      num_channels: draw.of(1, 3),
      embed_dim: 8,
      depths: draw.of([2, 2], [1, 2], [2, 1, 2]),
      num_heads: draw.of([2, 4, 4], [1, 2, 8]),
      window_size: draw.of(3, 4, 5, 7),
      hidden_act: draw.of('gelu', ...activations),
      layer_norm_eps: draw.of(1e-5, 1e-3),
      qkv_bias: draw.chance(0.7),
      ...draw.maybe(0.3, () => ({ pretrained_window_sizes: [6, 5, 3] })),
      ...labels(draw),
    }),
    spec: (draw) => ({ kind: 'pixels', ...stored(draw) }),
  },
};

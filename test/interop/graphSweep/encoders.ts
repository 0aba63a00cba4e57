import type { ModelSpec } from '../graphModels.js';
import { activations, encoderClasses, labels, sizes, stored, type Config, type Draw, type Family } from './draw.js';

const encoderSpec =
  (tokenTypes: (config: Config) => boolean, isPrunable = false) =>
  (draw: Draw, config: Config): Partial<ModelSpec> => ({
    kind: 'encoder',
    ...stored(draw),
    ...(tokenTypes(config) && draw.chance(0.7) ? { tokenTypes: true } : {}),
    ...(isPrunable && draw.chance(0.15) && Number(config['num_attention_heads'] ?? config['n_heads']) > 2
      ? { pruned: { 0: [1], 1: [0, 2] } }
      : {}),
  });

const never = (): boolean => false;

const hasTypes = (config: Config): boolean => Number(config['type_vocab_size'] ?? 2) > 1;

function bertConfig(draw: Draw): Config {
  const { hidden, heads } = sizes(draw, [4, 6, 8, 11, 16]);
  return {
    vocab_size: draw.of(96, 100, 123),
    hidden_size: hidden,
    num_hidden_layers: draw.of(2, 2, 3),
    num_attention_heads: heads,
    intermediate_size: draw.of(24, 37, 48),
    max_position_embeddings: draw.of(24, 40),
    hidden_act: draw.of(...activations),
    layer_norm_eps: draw.of(1e-12, 1e-5, 1e-3),
    type_vocab_size: draw.of(1, 2, 2, 4),
    ...draw.maybe(0.2, () => ({ tie_word_embeddings: false })),
    ...draw.maybe(0.25, () => ({ position_embedding_type: draw.of('relative_key', 'relative_key_query') })),
    ...draw.maybe(0.2, () => ({ classifier_dropout: 0.3 })),
    ...labels(draw),
  };
}

const withPadding = (base: (draw: Draw) => Config, ...ids: (number | null)[]) => {
  return (draw: Draw): Config => ({ ...base(draw), pad_token_id: draw.of(...ids) });
};

function disentangledConfig(draw: Draw): Config {
  const { hidden, heads } = sizes(draw, [4, 8, 12]);
  return {
    ...bertConfig(draw),
    hidden_size: hidden,
    num_attention_heads: heads,
    layer_norm_eps: draw.of(1e-7, 1e-4),
    type_vocab_size: draw.of(0, 0, 2),
    relative_attention: draw.chance(0.8),
    position_buckets: draw.of(-1, 4, 6, 16),
    max_relative_positions: draw.of(-1, -1, 5, 20),
    norm_rel_ebd: draw.of('none', 'layer_norm'),
    share_att_key: draw.chance(0.5),
    pos_att_type: draw.of<unknown>(['p2c', 'c2p'], ['c2p'], ['p2c'], 'p2c|c2p', 'c2p', null, []),
    position_biased_input: draw.chance(0.5),
    pooler_hidden_act: draw.of('gelu', 'tanh', 'relu'),
    ...draw.maybe(0.3, () => ({ embedding_size: draw.of(10, hidden) })),
    ...draw.maybe(0.2, () => ({ conv_kernel_size: 3, conv_act: draw.of('gelu', 'tanh') })),
  };
}

export const encoders: Readonly<Record<string, Family>> = {
  bert: {
    configClass: 'BertConfig',
    classes: encoderClasses('Bert', 'ForNextSentencePrediction', 'ForPreTraining'),
    config: withPadding(bertConfig, 0, 0, 5, null),
    spec: encoderSpec(hasTypes, true),
  },
  roberta: {
    configClass: 'RobertaConfig',
    classes: encoderClasses('Roberta'),
    config: withPadding(bertConfig, 1, 1, 0, 5),
    spec: encoderSpec(hasTypes, true),
  },
  xlmRoberta: {
    configClass: 'XLMRobertaConfig',
    classes: encoderClasses('XLMRoberta'),
    config: withPadding(bertConfig, 1, 1, 0, 5),
    spec: encoderSpec(hasTypes),
  },
  camembert: {
    configClass: 'CamembertConfig',
    classes: encoderClasses('Camembert'),
    config: withPadding(bertConfig, 1, 1, 0, 5),
    spec: encoderSpec(hasTypes),
  },
  electra: {
    configClass: 'ElectraConfig',
    classes: encoderClasses('Electra', 'ForPreTraining'),
    config: withPadding(
      (draw) => {
        const config = bertConfig(draw);
        return { ...config, embedding_size: draw.of<unknown>(10, 16, config['hidden_size']) };
      },
      0,
      0,
      5,
    ),
    spec: encoderSpec(hasTypes, true),
  },
  distilBert: {
    configClass: 'DistilBertConfig',
    classes: encoderClasses('DistilBert'),
    config: (draw) => {
      const { hidden, heads } = sizes(draw, [4, 6, 8, 16]);
      return {
        vocab_size: draw.of(96, 101),
        dim: hidden,
        n_layers: draw.of(2, 3),
        n_heads: heads,
        hidden_dim: draw.of(24, 37),
        max_position_embeddings: draw.of(24, 40),
        activation: draw.of('gelu', ...activations),
        sinusoidal_pos_embds: draw.chance(0.3),
        pad_token_id: draw.of(0, 5),
        ...draw.maybe(0.2, () => ({ tie_word_embeddings: false })),
        ...labels(draw),
      };
    },
    spec: encoderSpec(never, true),
  },
  albert: {
    configClass: 'AlbertConfig',
    classes: encoderClasses('Albert', 'ForPreTraining'),
    config: (draw) => ({
      ...bertConfig(draw),
      embedding_size: draw.of(10, 16),
      num_hidden_layers: draw.of(2, 3, 4),
      num_hidden_groups: draw.of(1, 2),
      inner_group_num: draw.of(1, 2),
    }),
    spec: encoderSpec(hasTypes),
  },
  mpnet: {
    configClass: 'MPNetConfig',
    classes: encoderClasses('MPNet'),
    config: (draw) => ({
      ...bertConfig(draw),
      hidden_act: draw.of('gelu', ...activations),
      max_position_embeddings: draw.of(24, 40),
      pad_token_id: draw.of(1, 1, 0),
      relative_attention_num_buckets: 32,
    }),
    spec: encoderSpec(never),
  },
  debertaV2: {
    configClass: 'DebertaV2Config',
    classes: encoderClasses('DebertaV2'),
    config: disentangledConfig,
    spec: encoderSpec((config) => Number(config['type_vocab_size']) > 0),
  },
  deberta: {
    configClass: 'DebertaConfig',
    classes: encoderClasses('Deberta'),
    config: disentangledConfig,
    spec: encoderSpec((config) => Number(config['type_vocab_size']) > 0),
  },
  modernBert: {
    configClass: 'ModernBertConfig',
    classes: encoderClasses('ModernBert'),
    config: (draw) => {
      const { hidden, heads } = sizes(draw, [4, 8, 12]);
      return {
        vocab_size: draw.of(96, 101),
        hidden_size: hidden,
        num_hidden_layers: draw.of(2, 3, 4),
        num_attention_heads: heads,
        intermediate_size: draw.of(24, 37),
        max_position_embeddings: draw.of(24, 40),
        hidden_activation: draw.of('gelu', ...activations),
        norm_eps: draw.of(1e-5, 1e-3),
        norm_bias: draw.chance(0.5),
        attention_bias: draw.chance(0.5),
        mlp_bias: draw.chance(0.5),
        decoder_bias: draw.chance(0.5),
        classifier_bias: draw.chance(0.5),
        classifier_pooling: draw.of('cls', 'mean'),
        classifier_activation: draw.of('gelu', 'tanh'),
        local_attention: draw.of(4, 6, 128),
        ...draw.maybe(0.5, () => ({ global_attn_every_n_layers: draw.of(1, 2, 3) })),
        ...draw.maybe(0.5, () => ({ global_rope_theta: 500.0 })),
        ...draw.maybe(0.5, () => ({ local_rope_theta: 50.0 })),
        ...draw.maybe(0.2, () => ({ tie_word_embeddings: false })),
        pad_token_id: draw.of(0, 5),
        cls_token_id: 1,
        sep_token_id: 2,
        bos_token_id: 1,
        eos_token_id: 2,
        ...labels(draw),
      };
    },
    spec: encoderSpec(never),
    generations: ['new'],
  },
};

import { activate } from '../activation.js';
import { encoderAttention } from '../encoderAttention.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedArchitecture, unsupportedSetting } from '../unsupported.js';

/** wav2vec 2.0 and HuBERT over one waveform a row. Source: transformers' modeling_wav2vec2, modeling_hubert. */
export function wav2vec2(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  for (const setting of ['use_weighted_layer_sum', 'add_adapter', 'conv_pos_batch_norm']) {
    if (config.flag(setting, false)) throw unsupportedSetting(config, setting, 'true');
  }
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  const waveform = b.input('input_values', 'float', ['batch_size', 'samples']);
  const epsilon = config.number('layer_norm_eps', 1e-5);
  const features = b.transpose(featureExtractor(b, config, waveform), [0, 2, 1]);
  const normed = config.flag('feat_proj_layer_norm', true)
    ? b.layerNorm(features, 'feature_projection.layer_norm', epsilon)
    : features;
  const hidden = encoder(b, config, b.linear(normed, 'feature_projection.projection'), epsilon);
  if (head === 'ctc') b.output('logits', b.linear(hidden, 'lm_head'), ['batch_size', 'frames', 'vocabulary']);
  else if (head === 'base')
    b.output('last_hidden_state', hidden, ['batch_size', 'frames', config.number('hidden_size')]);
  else if (head === 'sequenceClassification' || head === 'audioClassification') {
    const pooled = b.op('ReduceMean', [b.linear(hidden, 'projector'), b.int64s([1])], { keepdims: 0 });
    b.output('logits', b.linear(pooled, 'classifier'), ['batch_size', 'labels']);
  } else throw unsupportedArchitecture(config.modelType, context.modelClass);
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

function featureExtractor(b: NetworkBuilder, config: ModelConfig, waveform: Value): Value {
  const kernels = (config.list('conv_kernel') ?? []).map(Number);
  const strides = (config.list('conv_stride') ?? []).map(Number);
  const activation = config.text('feat_extract_activation', 'gelu');
  const isLayerNorm = config.text('feat_extract_norm', 'group') === 'layer';
  let hidden = b.unsqueeze(waveform, [1]);
  for (const [index, kernel] of kernels.entries()) {
    const layer = `feature_extractor.conv_layers.${index}`;
    const inputs = [hidden, b.weight(`${layer}.conv.weight`)];
    if (b.has(`${layer}.conv.bias`)) inputs.push(b.weight(`${layer}.conv.bias`));
    hidden = b.op('Conv', inputs, { kernel_shape: [kernel], strides: [strides[index] ?? 1] });
    if (isLayerNorm) {
      const rows = b.layerNorm(b.transpose(hidden, [0, 2, 1]), `${layer}.layer_norm`, 1e-5);
      hidden = b.transpose(rows, [0, 2, 1]);
    } else if (index === 0) {
      // One group a channel is instance normalization.
      const affine = [b.weight(`${layer}.layer_norm.weight`), b.weight(`${layer}.layer_norm.bias`)];
      hidden = b.op('InstanceNormalization', [hidden, ...affine], { epsilon: { float: 1e-5 } });
    }
    hidden = activate(b, activation, hidden);
  }
  return hidden;
}

function encoder(b: NetworkBuilder, config: ModelConfig, features: Value, epsilon: number): Value {
  const heads = config.number('num_attention_heads');
  const isPreNorm = config.flag('do_stable_layer_norm', false);
  const activation = config.text('hidden_act', 'gelu');
  const residual = (x: Value, norm: string, inner: (x: Value) => Value): Value =>
    isPreNorm ? b.add(x, inner(b.layerNorm(x, norm, epsilon))) : b.layerNorm(b.add(x, inner(x)), norm, epsilon);
  let hidden = b.add(features, positions(b, config, features));
  if (!isPreNorm) hidden = b.layerNorm(hidden, 'encoder.layer_norm', epsilon);
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    const layer = `encoder.layers.${index}`;
    hidden = residual(hidden, `${layer}.layer_norm`, (x) => {
      const attended = encoderAttention(b, {
        query: b.linear(x, `${layer}.attention.q_proj`),
        key: b.linear(x, `${layer}.attention.k_proj`),
        value: b.linear(x, `${layer}.attention.v_proj`),
        heads,
        scale: (config.number('hidden_size') / heads) ** -0.5,
      });
      return b.linear(attended, `${layer}.attention.out_proj`);
    });
    hidden = residual(hidden, `${layer}.final_layer_norm`, (x) => {
      const inner = activate(b, activation, b.linear(x, `${layer}.feed_forward.intermediate_dense`));
      return b.linear(inner, `${layer}.feed_forward.output_dense`);
    });
  }
  return isPreNorm ? b.layerNorm(hidden, 'encoder.layer_norm', epsilon) : hidden;
}

/** Positions by a grouped convolution whose weight is stored as length and direction. */
function positions(b: NetworkBuilder, config: ModelConfig, features: Value): Value {
  const kernel = config.number('num_conv_pos_embeddings', 128);
  const conv = 'encoder.pos_conv_embed.conv';
  const isParametrized = b.has(`${conv}.parametrizations.weight.original0`);
  const length = b.weight(isParametrized ? `${conv}.parametrizations.weight.original0` : `${conv}.weight_g`);
  const direction = b.weight(isParametrized ? `${conv}.parametrizations.weight.original1` : `${conv}.weight_v`);
  const norm = b.op('ReduceL2', [direction, b.int64s([0, 1])], { keepdims: 1 });
  const weight = b.mul(b.op('Div', [direction, norm]), length);
  const padding = Math.floor(kernel / 2);
  const convolved = b.op('Conv', [b.transpose(features, [0, 2, 1]), weight, b.weight(`${conv}.bias`)], {
    kernel_shape: [kernel],
    // An even kernel gives one position too many; the last is not computed.
    pads: [padding, padding - (kernel % 2 === 0 ? 1 : 0)],
    group: config.number('num_conv_pos_embedding_groups', 16),
  });
  return b.transpose(activate(b, config.text('feat_extract_activation', 'gelu'), convolved), [0, 2, 1]);
}

import { activate } from '../activation.js';
import { encoderAttention } from '../encoderAttention.js';
import { GatedPositions } from '../gatedPositions.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedArchitecture } from '../unsupported.js';

/** wav2vec 2.0, HuBERT and WavLM over one waveform a row. Source: transformers' modeling_wav2vec2, _hubert, _wavlm. */
export function wav2vec2(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  const waveform = b.input('input_values', 'float', ['batch_size', 'samples']);
  const epsilon = config.number('layer_norm_eps');
  const features = b.transpose(featureExtractor(b, config, waveform), [0, 2, 1]);
  // Only HuBERT has models without this normalization.
  const normed = b.has('feature_projection.layer_norm.weight')
    ? b.layerNorm(features, 'feature_projection.layer_norm', epsilon)
    : features;
  const encoded = encoder(b, config, b.linear(normed, 'feature_projection.projection'), epsilon);
  const hidden = adapted(b, config, encoded.hidden);
  if (head === 'ctc') b.output('logits', b.linear(hidden, 'lm_head'), ['batch_size', 'frames', 'vocabulary']);
  else if (head === 'base') b.output('last_hidden_state', hidden, ['batch_size', 'frames', 'hidden']);
  else if (head === 'sequenceClassification' || head === 'audioClassification') {
    const summed = config.flag('use_weighted_layer_sum', false) ? weightedSum(b, encoded.states) : hidden;
    const pooled = b.op('ReduceMean', [b.linear(summed, 'projector'), b.int64s([1])], { keepdims: 0 });
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

interface Encoded {
  hidden: Value;
  /** What goes into each layer, and what comes out of the last. */
  states: Value[];
}

function encoder(b: NetworkBuilder, config: ModelConfig, features: Value, epsilon: number): Encoded {
  const heads = config.number('num_attention_heads');
  const isPreNorm = config.flag('do_stable_layer_norm', false);
  const activation = config.text('hidden_act', 'gelu');
  const residual = (x: Value, norm: string, inner: (x: Value) => Value): Value =>
    isPreNorm ? b.add(x, inner(b.layerNorm(x, norm, epsilon))) : b.layerNorm(b.add(x, inner(x)), norm, epsilon);
  let hidden = b.add(features, positions(b, config, features));
  if (!isPreNorm) hidden = b.layerNorm(hidden, 'encoder.layer_norm', epsilon);
  const positioned = config.modelType === 'wavlm' ? new GatedPositions(b, config, hidden) : null;
  const states = [hidden];
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    const layer = `encoder.layers.${index}`;
    hidden = residual(hidden, `${layer}.layer_norm`, (x) => {
      const attended = encoderAttention(b, {
        query: b.linear(x, `${layer}.attention.q_proj`),
        key: b.linear(x, `${layer}.attention.k_proj`),
        value: b.linear(x, `${layer}.attention.v_proj`),
        heads,
        scale: (config.number('hidden_size') / heads) ** -0.5,
        bias: positioned?.bias(x, `${layer}.attention`),
      });
      return b.linear(attended, `${layer}.attention.out_proj`);
    });
    hidden = residual(hidden, `${layer}.final_layer_norm`, (x) => {
      const inner = activate(b, activation, b.linear(x, `${layer}.feed_forward.intermediate_dense`));
      return b.linear(inner, `${layer}.feed_forward.output_dense`);
    });
    if (isPreNorm && b.has(`${layer}.adapter_layer.norm.weight`)) {
      hidden = b.add(hidden, languageAdapter(b, hidden, `${layer}.adapter_layer`));
    }
    states.push(hidden);
  }
  if (!isPreNorm) return { hidden, states };
  const normed = b.layerNorm(hidden, 'encoder.layer_norm', epsilon);
  // Before version 5, the last of the states was the normalized one.
  return { hidden: normed, states: config.isBefore(5) ? [...states.slice(0, -1), normed] : states };
}

/** A small network behind a layer that fits it to one language (`adapter_attn_dim`). */
function languageAdapter(b: NetworkBuilder, x: Value, module: string): Value {
  const inner = b.op('Relu', [b.linear(b.layerNorm(x, `${module}.norm`, 1e-5), `${module}.linear_1`)]);
  return b.linear(inner, `${module}.linear_2`);
}

/** Convolutions that shorten the sequence of frames (`add_adapter`). */
function adapted(b: NetworkBuilder, config: ModelConfig, hidden: Value): Value {
  if (!b.has('adapter.layers.0.conv.weight')) return hidden;
  const isProjected = b.has('adapter.proj.weight');
  const projected = isProjected
    ? b.layerNorm(b.linear(hidden, 'adapter.proj'), 'adapter.proj_layer_norm', 1e-5)
    : hidden;
  const size = b.weights.size('adapter.layers.0.conv.weight', 1);
  let frames = b.transpose(projected, [0, 2, 1]);
  for (let index = 0; index < config.number('num_adapter_layers'); index++) {
    const conv = `adapter.layers.${index}.conv`;
    const inputs = [frames, b.weight(`${conv}.weight`), b.weight(`${conv}.bias`)];
    const doubled = b.op('Conv', inputs, {
      kernel_shape: [config.number('adapter_kernel_size')],
      strides: [config.number('adapter_stride')],
      pads: [1, 1],
    });
    const [values, gates] = b.split(doubled, [size, size], 1) as [Value, Value];
    frames = b.mul(values, b.op('Sigmoid', [gates]));
  }
  return b.transpose(frames, [0, 2, 1]);
}

/** The hidden states of all layers by learned weights (`use_weighted_layer_sum`). */
function weightedSum(b: NetworkBuilder, states: readonly Value[]): Value {
  const weights = b.op('Softmax', [b.weight('layer_weights')], { axis: -1 });
  const stacked = b.concat(
    states.map((state) => b.unsqueeze(state, [3])),
    3,
  );
  return b.matMul(stacked, weights);
}

/** A weight that is stored as length and direction. */
function normedWeight(b: NetworkBuilder, conv: string): Value {
  const isParametrized = b.has(`${conv}.parametrizations.weight.original0`);
  const length = b.weight(isParametrized ? `${conv}.parametrizations.weight.original0` : `${conv}.weight_g`);
  const direction = b.weight(isParametrized ? `${conv}.parametrizations.weight.original1` : `${conv}.weight_v`);
  const norm = b.op('ReduceL2', [direction, b.int64s([0, 1])], { keepdims: 1 });
  return b.mul(b.op('Div', [direction, norm]), length);
}

function batchNorm(b: NetworkBuilder, x: Value, module: string): Value {
  const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((name) => b.weight(`${module}.${name}`));
  return b.op('BatchNormalization', [x, ...parts], { epsilon: { float: 1e-5 } });
}

/** Positions by a grouped convolution. */
function positions(b: NetworkBuilder, config: ModelConfig, features: Value): Value {
  const kernel = config.number('num_conv_pos_embeddings');
  const conv = 'encoder.pos_conv_embed.conv';
  const rows = b.transpose(features, [0, 2, 1]);
  const hasBatchNorm = b.has('encoder.pos_conv_embed.batch_norm.weight');
  const input = hasBatchNorm ? batchNorm(b, rows, 'encoder.pos_conv_embed.batch_norm') : rows;
  const weight = hasBatchNorm ? b.weight(`${conv}.weight`) : normedWeight(b, conv);
  const padding = Math.floor(kernel / 2);
  const convolved = b.op('Conv', [input, weight, b.weight(`${conv}.bias`)], {
    kernel_shape: [kernel],
    // An even kernel gives one position too many; the last is not computed.
    pads: [padding, padding - (kernel % 2 === 0 ? 1 : 0)],
    group: config.number('num_conv_pos_embedding_groups'),
  });
  return b.transpose(activate(b, config.text('feat_extract_activation', 'gelu'), convolved), [0, 2, 1]);
}

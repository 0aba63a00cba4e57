import { activate } from '../activation.js';
import { channelMeans, convolution, depthwise } from '../convolution.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel, pixelInput } from '../imageHeads.js';
import type { NetworkBuilder } from '../networkBuilder.js';

const epsilon = 1e-6;

/** ConvNeXT and ConvNeXT V2. Source: transformers' modeling_convnext, modeling_convnextv2. */
export function convnext(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  const activation = config.text('hidden_act', 'gelu');
  const patch = config.number('patch_size');
  let hidden = convolution(b, pixelInput(b, config), 'embeddings.patch_embeddings', { stride: patch });
  hidden = channelNorm(b, hidden, 'embeddings.layernorm');
  for (const [stage, depth] of (config.list('depths') ?? []).map(Number).entries()) {
    const module = `encoder.stages.${stage}`;
    if (b.has(`${module}.downsampling_layer.1.weight`)) {
      const normed = channelNorm(b, hidden, `${module}.downsampling_layer.0`);
      hidden = convolution(b, normed, `${module}.downsampling_layer.1`, { stride: 2 });
    }
    for (let index = 0; index < depth; index++) hidden = block(b, hidden, `${module}.layers.${index}`, activation);
  }
  return imageModel(b, context, {
    pooled: b.layerNorm(channelMeans(b, hidden), 'layernorm', config.number('layer_norm_eps')),
    hidden,
    hiddenShape: ['batch_size', 'channels', 'rows', 'columns'],
    classifier: 'classifier',
  });
}

/** Normalization of the channels of each place. */
function channelNorm(b: NetworkBuilder, x: Value, module: string): Value {
  return b.transpose(b.layerNorm(b.transpose(x, [0, 2, 3, 1]), module, epsilon), [0, 3, 1, 2]);
}

function block(b: NetworkBuilder, x: Value, module: string, activation: string): Value {
  const spread = b.transpose(depthwise(b, x, `${module}.dwconv`, { padding: 3 }), [0, 2, 3, 1]);
  const wide = activate(
    b,
    activation,
    b.linear(b.layerNorm(spread, `${module}.layernorm`, epsilon), `${module}.pwconv1`),
  );
  const narrow = b.linear(responseNorm(b, wide, `${module}.grn`), `${module}.pwconv2`);
  const scale = `${module}.layer_scale_parameter`;
  const scaled = b.has(scale) ? b.mul(narrow, b.weight(scale)) : narrow;
  return b.add(x, b.transpose(scaled, [0, 3, 1, 2]));
}

/** Global response normalization, which only version 2 has. */
function responseNorm(b: NetworkBuilder, x: Value, module: string): Value {
  if (!b.has(`${module}.weight`)) return x;
  const lengths = b.op('ReduceL2', [x, b.int64s([1, 2])], { keepdims: 1 });
  const mean = b.op('ReduceMean', [lengths, b.int64s([3])], { keepdims: 1 });
  const normed = b.mul(x, b.op('Div', [lengths, b.add(mean, b.float(1e-6))]));
  return b.add(b.add(b.mul(normed, b.weight(`${module}.weight`)), b.weight(`${module}.bias`)), x);
}

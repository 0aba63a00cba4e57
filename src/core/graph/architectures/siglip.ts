import { activate } from '../activation.js';
import { convolution } from '../convolution.js';
import { encoderAttention } from '../encoderAttention.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel, sizedPixelInput } from '../imageHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedArchitecture } from '../unsupported.js';

/** SigLIP's half that sees. Source: transformers' modeling_siglip. */
export function siglip(context: ArchitectureContext): GeneratedModel {
  const isWhole = context.config.modelType === 'siglip';
  if (isWhole && context.head === 'base') {
    throw unsupportedArchitecture(context.config.modelType, context.modelClass);
  }
  const config = isWhole ? context.config.ofPart('vision_config', 'siglip_vision_model') : context.config;
  const b = context.newBuilder();
  b.weights.setBasePrefix('vision_model');
  let hidden = patches(b, config);
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    hidden = layer(b, config, hidden, `encoder.layers.${index}`);
  }
  hidden = b.layerNorm(hidden, 'post_layernorm', config.number('layer_norm_eps'));
  const means = b.op('ReduceMean', [hidden, b.int64s([1])], { keepdims: 0 });
  return imageModel(b, context, {
    pooled: context.head === 'base' && b.has('head.probe') ? probed(b, config, hidden) : null,
    classified: means,
    hidden,
    hiddenShape: ['batch_size', 'patches', config.number('hidden_size')],
    classifier: 'classifier',
  });
}

function patches(b: NetworkBuilder, config: ModelConfig): Value {
  const grid = convolution(b, sizedPixelInput(b, config), 'embeddings.patch_embedding', {
    stride: config.number('patch_size'),
  });
  const rows = b.transpose(b.reshape(grid, [0, config.number('hidden_size'), -1]), [0, 2, 1]);
  return b.add(rows, b.weight('embeddings.position_embedding.weight'));
}

function layer(b: NetworkBuilder, config: ModelConfig, x: Value, module: string): Value {
  const epsilon = config.number('layer_norm_eps');
  const heads = config.number('num_attention_heads');
  const normed = b.layerNorm(x, `${module}.layer_norm1`, epsilon);
  const attended = encoderAttention(b, {
    query: b.linear(normed, `${module}.self_attn.q_proj`),
    key: b.linear(normed, `${module}.self_attn.k_proj`),
    value: b.linear(normed, `${module}.self_attn.v_proj`),
    heads,
    scale: (config.number('hidden_size') / heads) ** -0.5,
  });
  const hidden = b.add(b.linear(attended, `${module}.self_attn.out_proj`), x);
  return b.add(feedForward(b, config, b.layerNorm(hidden, `${module}.layer_norm2`, epsilon), `${module}.mlp`), hidden);
}

function feedForward(b: NetworkBuilder, config: ModelConfig, x: Value, module: string): Value {
  const activation = config.text('hidden_act', 'gelu_pytorch_tanh');
  return b.linear(activate(b, activation, b.linear(x, `${module}.fc1`)), `${module}.fc2`);
}

/** What one learned query finds in the patches, [batch, channels]. */
function probed(b: NetworkBuilder, config: ModelConfig, hidden: Value): Value {
  const size = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  const weights = b.split(b.weight('head.attention.in_proj_weight'), [size, size, size], 0);
  const biases = b.split(b.weight('head.attention.in_proj_bias'), [size, size, size], 0);
  const project = (x: Value, part: number): Value => b.add(b.matMulWeight(x, weights[part]!), biases[part]!);
  const shape = b.concat([b.dim(hidden, 0), b.int64s([1, 1])], 0);
  const attended = encoderAttention(b, {
    query: project(b.op('Expand', [b.weight('head.probe'), shape]), 0),
    key: project(hidden, 1),
    value: project(hidden, 2),
    heads,
    scale: (size / heads) ** -0.5,
  });
  const found = b.linear(attended, 'head.attention.out_proj');
  const inner = feedForward(
    b,
    config,
    b.layerNorm(found, 'head.layernorm', config.number('layer_norm_eps')),
    'head.mlp',
  );
  return b.squeeze(b.add(found, inner), [1]);
}

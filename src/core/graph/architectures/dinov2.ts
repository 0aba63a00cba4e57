import { activate } from '../activation.js';
import { convolution } from '../convolution.js';
import { encoderAttention } from '../encoderAttention.js';
import { firstToken } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel, pairOf, pixelInput } from '../imageHeads.js';
import { interpolatedPositions } from '../interpolatedPositions.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { withTokens } from '../vitEncoder.js';

const registers = 'embeddings.register_tokens';

/** DINOv2, with and without registers. Source: transformers' modeling_dinov2, modeling_dinov2_with_registers. */
export function dinov2(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  let hidden = tokens(b, config);
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    hidden = layer(b, config, hidden, `encoder.layer.${index}`);
  }
  hidden = b.layerNorm(hidden, 'layernorm', config.number('layer_norm_eps'));
  const pooled = firstToken(b, hidden);
  const own = 1 + (b.has(registers) ? b.weights.size(registers, 1) : 0);
  const patches = b.slice(hidden, own, Number.MAX_SAFE_INTEGER, 1);
  return imageModel(b, context, {
    pooled,
    classified: b.concat([pooled, b.op('ReduceMean', [patches, b.int64s([1])], { keepdims: 0 })], 1),
    hidden,
    hiddenShape: ['batch_size', 'tokens', config.number('hidden_size')],
    classifier: 'classifier',
  });
}

/** The model's own tokens and the patches; registers have no positions. */
function tokens(b: NetworkBuilder, config: ModelConfig): Value {
  const patch = pairOf(config, 'patch_size');
  const pixels = pixelInput(b, config);
  const grid = convolution(b, pixels, 'embeddings.patch_embeddings.projection', { stride: patch });
  const patches = b.transpose(b.reshape(grid, [0, config.number('hidden_size'), -1]), [0, 2, 1]);
  const hasRegisters = b.has(registers);
  const positions = interpolatedPositions(b, pixels, {
    table: 'embeddings.position_embeddings',
    patch,
    isAntialiased: hasRegisters,
    isByFactor: config.isBefore(4, 48),
  });
  const all = b.add(withTokens(b, patches, ['embeddings.cls_token']), positions);
  if (!hasRegisters) return all;
  const rest = withTokens(b, b.slice(all, 1, Number.MAX_SAFE_INTEGER, 1), [registers]);
  return b.concat([b.slice(all, 0, 1, 1), rest], 1);
}

function layer(b: NetworkBuilder, config: ModelConfig, x: Value, module: string): Value {
  const epsilon = config.number('layer_norm_eps');
  const heads = config.number('num_attention_heads');
  const attention = `${module}.attention.attention`;
  const normed = b.layerNorm(x, `${module}.norm1`, epsilon);
  const attended = encoderAttention(b, {
    query: b.linear(normed, `${attention}.query`),
    key: b.linear(normed, `${attention}.key`),
    value: b.linear(normed, `${attention}.value`),
    heads,
    scale: (config.number('hidden_size') / heads) ** -0.5,
  });
  const projected = b.linear(attended, `${module}.attention.output.dense`);
  const hidden = b.add(b.mul(projected, b.weight(`${module}.layer_scale1.lambda1`)), x);
  const inner = feedForward(b, config, b.layerNorm(hidden, `${module}.norm2`, epsilon), `${module}.mlp`);
  return b.add(b.mul(inner, b.weight(`${module}.layer_scale2.lambda1`)), hidden);
}

function feedForward(b: NetworkBuilder, config: ModelConfig, x: Value, module: string): Value {
  if (!b.has(`${module}.weights_in.weight`)) {
    return b.linear(activate(b, config.text('hidden_act', 'gelu'), b.linear(x, `${module}.fc1`)), `${module}.fc2`);
  }
  const size = b.weights.size(`${module}.weights_in.weight`, 0) / 2;
  const [gates, values] = b.split(b.linear(x, `${module}.weights_in`), [size, size], 2) as [Value, Value];
  return b.linear(b.mul(activate(b, 'silu', gates), values), `${module}.weights_out`);
}

import { activate } from './activation.js';
import { encoderAttention } from './encoderAttention.js';
import type { Value } from './graphBuilder.js';
import type { ModelConfig } from './modelConfig.js';
import type { NetworkBuilder } from './networkBuilder.js';

/** ViT's layers and the normalization behind them: [batch, tokens, channels] of the same. */
export function vitEncoder(b: NetworkBuilder, config: ModelConfig, tokens: Value): Value {
  const headSize = config.number('hidden_size') / config.number('num_attention_heads');
  const epsilon = config.number('layer_norm_eps');
  let hidden = tokens;
  for (let index = 0; index < config.number('num_hidden_layers'); index++) {
    const layer = `encoder.layer.${index}`;
    const normed = b.layerNorm(hidden, `${layer}.layernorm_before`, epsilon);
    const attended = encoderAttention(b, {
      query: b.linear(normed, `${layer}.attention.attention.query`),
      key: b.linear(normed, `${layer}.attention.attention.key`),
      value: b.linear(normed, `${layer}.attention.attention.value`),
      // Heads may have been pruned.
      heads: b.weights.size(`${layer}.attention.attention.query.weight`, 0) / headSize,
      scale: headSize ** -0.5,
    });
    hidden = b.add(b.linear(attended, `${layer}.attention.output.dense`), hidden);
    const second = b.layerNorm(hidden, `${layer}.layernorm_after`, epsilon);
    const inner = activate(b, config.text('hidden_act', 'gelu'), b.linear(second, `${layer}.intermediate.dense`));
    hidden = b.add(b.linear(inner, `${layer}.output.dense`), hidden);
  }
  return b.layerNorm(hidden, 'layernorm', epsilon);
}

/** Tokens of the model's own in front of an image's patches, [batch, tokens, channels]. */
export function withTokens(b: NetworkBuilder, patches: Value, tokens: readonly string[]): Value {
  const shape = b.concat([b.dim(patches, 0), b.int64s([1, 1])], 0);
  return b.concat([...tokens.map((name) => b.op('Expand', [b.weight(name), shape])), patches], 1);
}

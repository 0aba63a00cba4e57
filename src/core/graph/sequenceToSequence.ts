import type { Decoder } from './decoder.js';
import { encoderAttention } from './encoderAttention.js';
import type { Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';

/** Projections of a decoder layer's attention over the encoder: computed once, by the encoder's graph. */
export interface CrossAttention {
  layer: number;
  /** Features of a key: heads times head size. */
  width: number;
  heads: number;
  scale: number;
}

/** Adds a decoder layer's keys and values to the outputs of the encoder's graph. */
export function outputCrossKeys(b: NetworkBuilder, cross: CrossAttention, key: Value, value: Value): void {
  const shape = ['batch_size', 'encoder_length', cross.width] as const;
  b.output(`cross_key_values.${cross.layer}.key`, key, shape);
  b.output(`cross_key_values.${cross.layer}.value`, value, shape);
}

/**
 * Attention of decoder queries over the encoder's positions.
 * @param isMasked false where the encoder knows no padding (audio of fixed length).
 */
export function crossAttention(decoder: Decoder, cross: CrossAttention, query: Value, isMasked: boolean): Value {
  const { b } = decoder;
  return encoderAttention(b, {
    query,
    key: crossInput(b, cross, 'key'),
    value: crossInput(b, cross, 'value'),
    heads: cross.heads,
    scale: cross.scale,
    mask: isMasked ? b.input('encoder_attention_mask', 'int64', ['batch_size', 'encoder_length']) : undefined,
  });
}

function crossInput(b: NetworkBuilder, { layer, width }: CrossAttention, kind: 'key' | 'value'): Value {
  return b.input(`cross_key_values.${layer}.${kind}`, 'float', ['batch_size', 'encoder_length', width]);
}

/** How much each query attends to each of the encoder's positions: [batch, heads, queries, positions]. */
export function crossAttentionWeights(b: NetworkBuilder, cross: CrossAttention, query: Value): Value {
  const byHead = (x: Value, perm: readonly number[]): Value =>
    b.transpose(b.reshape(x, [0, 0, cross.heads, cross.width / cross.heads]), perm);
  const scores = b.matMul(byHead(query, [0, 2, 1, 3]), byHead(crossInput(b, cross, 'key'), [0, 2, 3, 1]));
  return b.op('Softmax', [b.scale(scores, cross.scale)], { axis: -1 });
}

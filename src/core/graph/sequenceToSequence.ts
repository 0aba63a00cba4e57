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
  const shape = ['batch_size', 'encoder_length', cross.width] as const;
  return encoderAttention(b, {
    query,
    key: b.input(`cross_key_values.${cross.layer}.key`, 'float', shape),
    value: b.input(`cross_key_values.${cross.layer}.value`, 'float', shape),
    heads: cross.heads,
    scale: cross.scale,
    mask: isMasked ? b.input('encoder_attention_mask', 'int64', ['batch_size', 'encoder_length']) : undefined,
  });
}

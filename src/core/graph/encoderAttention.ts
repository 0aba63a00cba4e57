import { absent, type Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';

/** The most negative float32 as transformers masks with it. */
export const maskedScore = -3.4028234663852886e38;

export interface EncoderAttentionInputs {
  /** [batch, length, heads * size]. */
  query: Value;
  key: Value;
  value: Value;
  heads: number;
  scale: number;
  /** int64 [batch, keys]; absent: all keys count. */
  mask?: Value | undefined;
  /** Added to the scores, [batch or 1, heads or 1, queries, keys]. */
  bias?: Value | undefined;
}

/** Bidirectional multi-head attention: [batch, queries, heads * size]. */
export function encoderAttention(b: NetworkBuilder, inputs: EncoderAttentionInputs): Value {
  const { query, key, value, heads, scale, mask, bias } = inputs;
  const attributes = { num_heads: heads, scale: { float: scale }, mask_filter_value: { float: maskedScore } };
  if (b.options.target === 'cpu') {
    const paddingMask = mask === undefined ? absent : b.cast(mask, 'int32');
    const optional = bias === undefined ? [absent, paddingMask] : [absent, paddingMask, bias];
    return b.microsoft('MultiHeadAttention', [query, key, value, ...optional], attributes);
  }
  const maskBias = mask === undefined ? undefined : expandedMaskBias(b, mask, query);
  const sum = maskBias !== undefined && bias !== undefined ? b.add(maskBias, bias) : (maskBias ?? bias ?? absent);
  return b.microsoft('MultiHeadAttention', [query, key, value, absent, absent, sum], attributes);
}

/** The same where each query sees the keys up to its own place only. */
export function causalAttention(b: NetworkBuilder, inputs: Omit<EncoderAttentionInputs, 'bias'>): Value {
  const places = b.range(b.dim(inputs.query, 1));
  const isBehind = b.op('GreaterOrEqual', [b.unsqueeze(places, [1]), b.unsqueeze(places, [0])]);
  const bias = b.unsqueeze(b.where(isBehind, b.float(0), b.float(maskedScore)), [0, 1]);
  return encoderAttention(b, { ...inputs, bias });
}

/** 0 or the most negative number by key, [batch, 1, 1, keys]. */
export function maskBias(b: NetworkBuilder, mask: Value): Value {
  const counts = b.cast(b.unsqueeze(mask, [1, 2]), 'bool');
  return b.where(counts, b.float(0), b.float(maskedScore));
}

function expandedMaskBias(b: NetworkBuilder, mask: Value, query: Value): Value {
  const shape = b.concat([b.dim(mask, 0), b.int64s([1]), b.dim(query, 1), b.dim(mask, 1)], 0);
  return b.op('Expand', [maskBias(b, mask), shape]);
}

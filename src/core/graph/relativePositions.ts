import type { Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';

export interface RelativeBuckets {
  buckets: number;
  maxDistance: number;
  isBidirectional: boolean;
}

/**
 * Bucket of each key position seen from each query position, int64 [queries, keys].
 * Source: T5's relative attention (`_relative_position_bucket`).
 * @param queries int64 positions of the queries. @param keys int64 positions of the keys.
 */
export function relativeBuckets(b: NetworkBuilder, queries: Value, keys: Value, settings: RelativeBuckets): Value {
  const { maxDistance, isBidirectional } = settings;
  const buckets = isBidirectional ? settings.buckets / 2 : settings.buckets;
  const relative = b.sub(b.unsqueeze(keys, [0]), b.unsqueeze(queries, [1]));
  const distance = isBidirectional ? b.op('Abs', [relative]) : b.op('Neg', [b.op('Min', [relative, b.int64(0)])]);
  const exact = Math.floor(buckets / 2);
  const ratio = b.op('Div', [b.cast(b.op('Max', [distance, b.int64(1)]), 'float'), b.float(exact)]);
  const logarithm = b.op('Div', [b.op('Log', [ratio]), b.float(Math.fround(Math.log(maxDistance / exact)))]);
  const far = b.add(b.cast(b.scale(logarithm, buckets - exact), 'int64'), b.int64(exact));
  const capped = b.op('Min', [far, b.int64(buckets - 1)]);
  const near = b.where(b.op('Less', [distance, b.int64(exact)]), distance, capped);
  if (!isBidirectional) return near;
  const isAhead = b.cast(b.op('Greater', [relative, b.int64(0)]), 'int64');
  return b.add(near, b.mul(isAhead, b.int64(buckets)));
}

/** The learned bias of each bucket as an addition to scores, [1, heads, queries, keys]. */
export function relativeBias(b: NetworkBuilder, table: string, buckets: Value): Value {
  return b.unsqueeze(b.transpose(b.gather(b.weight(table), buckets), [2, 0, 1]), [0]);
}

import type { Value } from './graphBuilder.js';
import type { ModelConfig } from './modelConfig.js';
import type { NetworkBuilder } from './networkBuilder.js';

export interface DistanceInputs {
  /** [batch, length, heads * size]. */
  query: Value;
  key: Value;
  heads: number;
  headSize: number;
  /** Module of the attention, which holds `distance_embedding`. */
  module: string;
}

/** Whether tokens have positions of their own; transformers 5 knows no others. */
export function hasAbsolutePositions(config: ModelConfig): boolean {
  return !config.isBefore(5) || config.text('position_embedding_type', 'absolute') === 'absolute';
}

/**
 * What queries and keys score against a learned embedding of their distance, [batch, heads, queries, keys]; `null` where the
 * model has no such embedding. Source: `relative_key` and `relative_key_query` of transformers 4's modeling_bert.
 */
export function distanceScores(b: NetworkBuilder, config: ModelConfig, inputs: DistanceInputs): Value | null {
  const kind = config.isBefore(5) ? config.text('position_embedding_type', 'absolute') : 'absolute';
  if (kind !== 'relative_key' && kind !== 'relative_key_query') return null;
  const { heads, headSize, module } = inputs;
  const byHead = (x: Value): Value => b.reshape(x, [0, 0, heads, headSize]);
  const places = b.range(b.dim(inputs.query, 1));
  const distance = b.sub(b.unsqueeze(places, [1]), b.unsqueeze(places, [0]));
  const rows = b.add(distance, b.int64(config.number('max_position_embeddings') - 1));
  const embedded = b.gather(b.weight(`${module}.distance_embedding.weight`), rows);
  const byQuery = b.op('Einsum', [byHead(inputs.query), embedded], { equation: 'blhd,lrd->bhlr' });
  if (kind === 'relative_key') return byQuery;
  return b.add(byQuery, b.op('Einsum', [byHead(inputs.key), embedded], { equation: 'brhd,lrd->bhlr' }));
}

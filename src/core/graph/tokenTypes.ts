import type { Head } from './generatedGraph.js';
import type { Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';

/**
 * GPT-2 and its kin add the embeddings of token types, by the words' own table, where a caller gives types. The input is -1
 * where none are given; generation never gives any.
 */
export function withTokenTypes(b: NetworkBuilder, head: Head, embedded: Value, module: string): Value {
  if (head === 'causalLm') return embedded;
  const types = b.input('optional_token_type_ids', 'int64', ['batch_size', 'sequence_length']);
  const rows = b.embedding(b.op('Max', [types, b.int64(0)]), module);
  const isGiven = b.cast(b.op('GreaterOrEqual', [types, b.int64(0)]), 'float');
  return b.add(embedded, b.mul(rows, b.unsqueeze(isGiven, [2])));
}

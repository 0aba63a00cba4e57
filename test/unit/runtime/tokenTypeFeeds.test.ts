import assert from 'node:assert/strict';
import { it } from 'node:test';
import { feedsFor } from '../../../src/worker/runtime/feeds.js';

it('optional token types are those given, and -1 where there are none', () => {
  const declared = { isTensor: true, type: 'int64', shape: ['batch_size', 'sequence_length'] };
  const session = { inputMetadata: [{ name: 'optional_token_type_ids', ...declared }] } as never;
  const rope = { feed: () => undefined } as never;
  const ids = { dims: [1, 2], data: BigInt64Array.of(7n, 8n) };
  const types = { dims: [1, 2], data: BigInt64Array.of(0n, 1n) };
  const fed = (inputs: Parameters<typeof feedsFor>[1]) => [
    ...(feedsFor(session, inputs, rope)['optional_token_type_ids']!.data as BigInt64Array),
  ];
  assert.deepEqual(fed({ input_ids: ids }), [-1n, -1n]);
  assert.deepEqual(fed({ input_ids: ids, token_type_ids: types }), [0n, 1n]);
});

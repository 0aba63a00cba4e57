import { MlflowError } from '../../core/errors.js';
import type { Tensor } from './model.js';
import { boolTensor, emptyTensor, int64Tensor, toOnnxTensor, type Feeds, type Session } from './onnxRuntime.js';
import type { RopeCache } from './ropeCache.js';

/**
 * The inputs of one pass: those given, converted to the declared types, and the ones that models leave to default
 * (everything attended to, first segment, positions in order, an empty cache).
 * @param provided names that the caller adds itself.
 */
export function feedsFor(
  session: Session,
  inputs: Record<string, Tensor>,
  rope: RopeCache,
  provided: readonly string[] = [],
): Feeds {
  const feeds: Feeds = {};
  const ids = inputs['input_ids'] ?? inputs['decoder_input_ids'];
  for (const metadata of session.inputMetadata) {
    const { name } = metadata;
    if (provided.includes(name) || name.startsWith('rope_')) continue;
    if (!metadata.isTensor) throw new MlflowError(`The model's input ${name} is not a tensor.`, 'NOT_IMPLEMENTED');
    const given = inputs[name.replace(/^optional_/, '')];
    const tensor = given ? toOnnxTensor(given, metadata.type) : defaultFeed(name, metadata, ids);
    if (!tensor) {
      throw MlflowError.invalidParameter(
        `The model needs the input \`${name}\`; it was given ${Object.keys(inputs).join(', ') || 'nothing'}.`,
      );
    }
    feeds[name] = tensor;
  }
  rope.feed(feeds, largestPosition(feeds) + 1);
  return feeds;
}

function defaultFeed(
  name: string,
  metadata: { type: string; shape: readonly (number | string)[] },
  ids: Tensor | undefined,
): Feeds[string] | null {
  const [rows = 1, length = 1] = ids?.dims ?? [];
  const filled = (value: (index: number) => bigint): Feeds[string] | null =>
    ids
      ? int64Tensor(
          BigInt64Array.from({ length: rows * length }, (_, index) => value(index)),
          [rows, length],
        )
      : null;
  switch (name) {
    case 'attention_mask':
      return filled(() => 1n);
    case 'token_type_ids':
      return filled(() => 0n);
    case 'optional_token_type_ids':
      return filled(() => -1n);
    case 'position_ids':
      return filled((index) => BigInt(index % length));
    case 'num_logits_to_keep':
      return int64Tensor(BigInt64Array.of(BigInt(Number.MAX_SAFE_INTEGER)), [1]);
    case 'use_cache_branch':
      return boolTensor(false);
  }
  if (!name.startsWith('past_key_values.')) return null;
  const [, heads, , size] = metadata.shape;
  return emptyTensor(metadata.type, [rows, Number(heads), 0, Number(size)]);
}

function largestPosition(feeds: Feeds): number {
  const positions = feeds['position_ids']?.data;
  if (!(positions instanceof BigInt64Array)) return 0;
  let largest = 0;
  for (const position of positions) if (position > largest) largest = Number(position);
  return largest;
}

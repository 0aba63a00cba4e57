import type { DecoderLayout } from './generatedGraph.js';
import { absent, type Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';
import type { RopeTable } from './rope.js';
import { rotate } from './rotation.js';

/** Output of decoders that write: what the head scores, [batch, length, hidden]. */
export const hiddenStatesOutput = 'hidden_states';

/** Far below every score, and far enough from the least float that other biases can be added. */
const paddingScore = -1e38;

export interface DecoderSettings {
  layers: number;
  heads: number;
  keyValueHeads: number;
  headSize: number;
  /** Positions that the model can address; `null` where there is no end. */
  maxPositions: number | null;
  ropeTables?: readonly RopeTable[];
  /** Tokens see those behind them as well, within the window. */
  isBidirectional?: boolean;
  /** Neighbouring elements form the rotated pairs (GPT-J) instead of the halves of a head (Llama). */
  isRotaryInterleaved?: boolean;
}

export interface DecoderAttentionInputs {
  query: Value;
  key: Value;
  value: Value;
  scale: number;
  /** Table of the layer; `null`: this layer does not rotate. */
  rope: RopeTable | null;
  /** Keys that a query sees, itself included. */
  window?: number | null;
  softcap?: number;
  /** Added to the scores (ALiBi), [1 or batch, heads, queries or 1, keys]. */
  bias?: Value;
}

/**
 * The inputs that every cached decoder shares and its attention over the growing cache.
 * Batches are padded on the left: padding is masked by a bias, positions come from `position_ids`.
 */
export class Decoder {
  readonly ids: Value;
  readonly mask: Value;
  readonly positionIds: Value;
  readonly #paddingBias: Value;
  readonly #lastKey: Value;
  readonly #totalLength: Value;

  constructor(
    readonly b: NetworkBuilder,
    readonly settings: DecoderSettings,
  ) {
    this.ids = b.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
    this.mask = b.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
    this.positionIds = b.input('position_ids', 'int64', ['batch_size', 'sequence_length']);
    const total = b.dim(this.mask, 1);
    this.#totalLength = b.cast(b.reshapeToScalar(total), 'int32');
    const last = b.cast(b.sub(total, b.int64s([1])), 'int32');
    this.#lastKey = b.op('Expand', [last, b.dim(this.ids, 0)]);
    const shape = b.concat([b.dim(this.ids, 0), b.int64s([1]), b.dim(this.ids, 1), total], 0);
    const counts = b.cast(b.unsqueeze(this.mask, [1, 2]), 'bool');
    this.#paddingBias = b.op('Expand', [b.where(counts, b.float(0), b.float(paddingScore)), shape]);
    for (const table of settings.ropeTables ?? []) {
      b.input(table.cosInput, 'float', ['rope_positions', table.halfSize]);
      b.input(table.sinInput, 'float', ['rope_positions', table.halfSize]);
    }
  }

  get layout(): DecoderLayout {
    const { layers, keyValueHeads, headSize, maxPositions, ropeTables = [] } = this.settings;
    return {
      cache: { layers, keyValueHeads, keySize: headSize, valueSize: headSize },
      ropeTables,
      maxPositions,
    };
  }

  /** Causal attention of a layer over its cache: [batch, queries, heads * size]. */
  attention(layer: number, inputs: DecoderAttentionInputs): Value {
    const { b } = this;
    const { heads, keyValueHeads, headSize } = this.settings;
    const { rope, scale, window, softcap, bias } = inputs;
    if (headSize % 8 !== 0 || this.settings.isBidirectional) return this.#plainAttention(layer, inputs);
    const isFused = rope !== null && this.#fusesRotation(rope);
    const query = isFused || !rope ? inputs.query : this.#rotate(inputs.query, rope, heads);
    const key = isFused || !rope ? inputs.key : this.#rotate(inputs.key, rope, keyValueHeads);
    const cacheShape = (length: string) => ['batch_size', keyValueHeads, length, headSize];
    const pastKey = b.input(`past_key_values.${layer}.key`, 'float', cacheShape('past_sequence_length'));
    const pastValue = b.input(`past_key_values.${layer}.value`, 'float', cacheShape('past_sequence_length'));
    const presentKey = b.declareOutput(`present.${layer}.key`, cacheShape('total_sequence_length'));
    const presentValue = b.declareOutput(`present.${layer}.value`, cacheShape('total_sequence_length'));
    const scores = bias === undefined ? this.#paddingBias : b.add(this.#paddingBias, bias);
    const tables = isFused ? [rope.cosInput, rope.sinInput, this.positionIds] : [absent, absent, absent];
    const [attended] = b.microsoftAll(
      'GroupQueryAttention',
      [query, key, inputs.value, pastKey, pastValue, this.#lastKey, this.#totalLength, ...tables, scores],
      [null, presentKey, presentValue],
      {
        num_heads: heads,
        kv_num_heads: keyValueHeads,
        scale: { float: scale },
        ...(isFused ? { do_rotary: 1, rotary_interleaved: this.settings.isRotaryInterleaved ? 1 : 0 } : {}),
        ...(window ? { local_window_size: window } : {}),
        ...(softcap ? { softcap: { float: softcap } } : {}),
      },
    );
    return attended as Value;
  }

  /** The last `num_logits_to_keep` positions, all when it is large; every position is an output of the graph as well. */
  lastPositions(hidden: Value): Value {
    const { b } = this;
    b.output(hiddenStatesOutput, hidden, ['batch_size', 'sequence_length', 'hidden_size']);
    const count = b.input('num_logits_to_keep', 'int64', [1]);
    const end = b.int64s([Number.MAX_SAFE_INTEGER]);
    return b.op('Slice', [hidden, b.op('Neg', [count]), end, b.int64s([1])]);
  }

  /** The same in plain operators, for head sizes that the fused one refuses. */
  #plainAttention(layer: number, inputs: DecoderAttentionInputs): Value {
    const { b } = this;
    const { heads, keyValueHeads, headSize } = this.settings;
    const { rope, scale, softcap, bias } = inputs;
    const byHead = (x: Value, count: number): Value =>
      b.transpose(
        b.reshape(rope && x !== inputs.value ? this.#rotate(x, rope, count) : x, [0, 0, count, headSize]),
        [0, 2, 1, 3],
      );
    const key = this.#appendToCache(layer, 'key', byHead(inputs.key, keyValueHeads));
    const value = this.#appendToCache(layer, 'value', byHead(inputs.value, keyValueHeads));
    const raw = b.scale(
      b.matMul(byHead(inputs.query, heads), b.transpose(this.#repeatHeads(key), [0, 1, 3, 2])),
      scale,
    );
    const capped = softcap ? b.scale(b.op('Tanh', [b.scale(raw, 1 / softcap)]), softcap) : raw;
    const visible = b.where(this.#isVisible(inputs.window ?? null), this.#paddingBias, b.float(paddingScore));
    const scores = b.add(capped, bias === undefined ? visible : b.add(visible, bias));
    const attended = b.matMul(b.op('Softmax', [scores], { axis: -1 }), this.#repeatHeads(value));
    return b.reshape(b.transpose(attended, [0, 2, 1, 3]), [0, 0, heads * headSize]);
  }

  #appendToCache(layer: number, kind: 'key' | 'value', added: Value): Value {
    const { b } = this;
    const { keyValueHeads, headSize } = this.settings;
    const shape = (length: string) => ['batch_size', keyValueHeads, length, headSize];
    const past = b.input(`past_key_values.${layer}.${kind}`, 'float', shape('past_sequence_length'));
    const present = b.concat([past, added], 2);
    b.output(`present.${layer}.${kind}`, present, shape('total_sequence_length'));
    return present;
  }

  /** Each key-value head as often as query heads share it. */
  #repeatHeads(x: Value): Value {
    const { b } = this;
    const { heads, keyValueHeads, headSize } = this.settings;
    const copies = heads / keyValueHeads;
    if (copies === 1) return x;
    const repeated = b.op('Expand', [b.unsqueeze(x, [2]), b.int64s([1, 1, copies, 1, 1])]);
    return b.op('Reshape', [
      repeated,
      b.concat([b.dim(x, 0), b.int64s([heads]), b.dim(x, 2), b.int64s([headSize])], 0),
    ]);
  }

  /** Which keys a query sees: those before it (or all), within the window, itself included; [queries, keys]. */
  #isVisible(window: number | null): Value {
    const { b } = this;
    const { isBidirectional } = this.settings;
    const keys = b.range(b.dim(this.mask, 1));
    const end = b.int64s([Number.MAX_SAFE_INTEGER]);
    const queries = b.op('Slice', [keys, b.op('Neg', [b.dim(this.ids, 1)]), end]);
    const distance = b.sub(b.unsqueeze(queries, [1]), b.unsqueeze(keys, [0]));
    if (isBidirectional) return b.op('Less', [b.op('Abs', [distance]), b.int64(window ?? Number.MAX_SAFE_INTEGER)]);
    const isBefore = b.op('GreaterOrEqual', [distance, b.int64(0)]);
    return window === null ? isBefore : b.op('And', [isBefore, b.op('Less', [distance, b.int64(window)])]);
  }

  /** The attention operator rotates itself, where its limits on head sizes allow. */
  #fusesRotation(rope: RopeTable): boolean {
    return this.settings.headSize % 16 === 0 && rope.halfSize % 8 === 0;
  }

  #rotate(x: Value, rope: RopeTable, heads: number): Value {
    const { b } = this;
    const { headSize, isRotaryInterleaved = false } = this.settings;
    return rotate(b, {
      x,
      heads,
      headSize,
      cos: b.unsqueeze(b.gather(rope.cosInput, this.positionIds), [2]),
      sin: b.unsqueeze(b.gather(rope.sinInput, this.positionIds), [2]),
      halfSize: rope.halfSize,
      isInterleaved: isRotaryInterleaved,
    });
  }
}

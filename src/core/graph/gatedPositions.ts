import type { Value } from './graphBuilder.js';
import type { ModelConfig } from './modelConfig.js';
import type { NetworkBuilder } from './networkBuilder.js';
import { relativeBias, relativeBuckets } from './relativePositions.js';

/** What distance adds to scores, to a degree that each frame decides. Source: transformers' WavLMAttention. */
export class GatedPositions {
  readonly #bias: Value;

  /** @param frames [batch, frames, channels]. */
  constructor(
    private readonly b: NetworkBuilder,
    private readonly config: ModelConfig,
    frames: Value,
  ) {
    const places = b.range(b.dim(frames, 1));
    const buckets = relativeBuckets(b, places, places, {
      buckets: config.number('num_buckets'),
      maxDistance: config.number('max_bucket_distance'),
      isBidirectional: true,
    });
    // The first layer's table is that of all layers.
    this.#bias = relativeBias(b, 'encoder.layers.0.attention.rel_attn_embed.weight', buckets);
  }

  /** [batch, heads, frames, frames] for what goes into an attention. */
  bias(x: Value, module: string): Value {
    const { b, config } = this;
    const heads = config.number('num_attention_heads');
    const parts = b.linear(b.reshape(x, [0, 0, heads, -1]), `${module}.gru_rel_pos_linear`);
    const sums = b.op('ReduceSum', [b.reshape(parts, [0, 0, heads, 2, 4]), b.int64s([-1])], { keepdims: 0 });
    const gates = b.op('Sigmoid', [b.transpose(sums, [0, 2, 1, 3])]);
    const [first, second] = b.split(gates, [1, 1], 3) as [Value, Value];
    const scaled = b.sub(b.mul(second, b.weight(`${module}.gru_rel_pos_const`)), b.float(1));
    return b.mul(b.add(b.mul(first, scaled), b.float(2)), this.#bias);
  }
}

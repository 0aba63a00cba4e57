import { activate } from '../activation.js';
import { encoderAttention } from '../encoderAttention.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel } from '../imageHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { biasOfWindows, fourTogether, ownEpsilon, swinPatches, withZeros, type Patches } from '../swinPatches.js';
import { unsupportedSetting } from '../unsupported.js';
import { distanceRows, ShiftedWindows, type Grid } from '../windows.js';

/** Swin Transformer. Source: transformers' modeling_swin. */
export function swin(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  if (config.flag('use_absolute_embeddings', false))
    throw unsupportedSetting(config, 'use_absolute_embeddings', 'true');
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  let { hidden, grid } = swinPatches(b, config);
  const layers = new SwinLayers(b, config);
  const heads = (config.list('num_heads') ?? []).map(Number);
  for (const [stage, depth] of (config.list('depths') ?? []).map(Number).entries()) {
    const module = `encoder.layers.${stage}`;
    for (let index = 0; index < depth; index++) {
      const isShifted = index % 2 === 1;
      hidden = layers.block(hidden, `${module}.blocks.${index}`, { grid, heads: heads[stage]!, isShifted });
    }
    if (b.has(`${module}.downsample.reduction.weight`)) {
      ({ hidden, grid } = merged(b, hidden, `${module}.downsample`, grid));
    }
  }
  hidden = b.layerNorm(hidden, 'layernorm', config.number('layer_norm_eps'));
  return imageModel(b, context, {
    pooled: b.op('ReduceMean', [hidden, b.int64s([1])], { keepdims: 0 }),
    hidden,
    hiddenShape: ['batch_size', 'patches', 'channels'],
    classifier: 'classifier',
  });
}

/** Two by two patches become one. */
function merged(b: NetworkBuilder, x: Value, module: string, from: Grid): Patches {
  const { hidden, grid } = fourTogether(b, x, from, b.weights.size(`${module}.reduction.weight`, 1));
  return { hidden: b.linear(b.layerNorm(hidden, `${module}.norm`, ownEpsilon), `${module}.reduction`), grid };
}

interface BlockOptions {
  grid: Grid;
  heads: number;
  isShifted: boolean;
}

class SwinLayers {
  readonly #epsilon: number;

  constructor(
    private readonly b: NetworkBuilder,
    private readonly config: ModelConfig,
  ) {
    this.#epsilon = config.number('layer_norm_eps');
  }

  block(x: Value, module: string, options: BlockOptions): Value {
    const { b, config } = this;
    const normed = b.layerNorm(x, `${module}.layernorm_before`, this.#epsilon);
    const hidden = b.add(x, this.#attended(normed, `${module}.attention`, options));
    const second = b.layerNorm(hidden, `${module}.layernorm_after`, this.#epsilon);
    const inner = activate(b, config.text('hidden_act', 'gelu'), b.linear(second, `${module}.intermediate.dense`));
    return b.add(hidden, b.linear(inner, `${module}.output.dense`));
  }

  /** Attention among the patches of each window. */
  #attended(x: Value, module: string, { grid, heads, isShifted }: BlockOptions): Value {
    const { b, config } = this;
    const configured = config.number('window_size');
    const isWhole = Math.min(grid.rows, grid.columns) <= configured;
    const size = isWhole ? Math.min(grid.rows, grid.columns) : configured;
    if (size !== configured) throw unsupportedSetting(config, 'window_size', String(configured));
    const windows = new ShiftedWindows(grid, size, isShifted && !isWhole ? Math.floor(size / 2) : 0);
    const width = b.weights.size(`${module}.self.query.weight`, 1);
    const gathered = b.gather(withZeros(b, x), b.int64s(windows.sources), 1);
    const parts = b.reshape(gathered, [-1, size * size, width]);
    const attended = encoderAttention(b, {
      query: b.linear(parts, `${module}.self.query`),
      key: b.linear(parts, `${module}.self.key`),
      value: b.linear(parts, `${module}.self.value`),
      heads,
      scale: (width / heads) ** -0.5,
      bias: this.#bias(x, `${module}.self.relative_position_bias_table`, windows, heads),
    });
    const out = b.reshape(b.linear(attended, `${module}.output.dense`), [-1, windows.sources.length, width]);
    return b.gather(out, b.int64s(windows.places), 1);
  }

  /** What distance adds to the scores; less a hundred between patches that lie together in a shifted window only. */
  #bias(x: Value, table: string, windows: ShiftedWindows, heads: number): Value {
    const { b } = this;
    const area = windows.size ** 2;
    const rows = b.int64s(distanceRows({ rows: windows.size, columns: windows.size }));
    const byHead = b.transpose(b.reshape(b.gather(b.weight(table), rows), [area, area, heads]), [2, 0, 1]);
    return biasOfWindows(b, x, b.unsqueeze(byHead, [0]), windows, -100);
  }
}

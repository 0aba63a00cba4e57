import { activate } from '../activation.js';
import { encoderAttention } from '../encoderAttention.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel, pairOf } from '../imageHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { biasOfWindows, fourTogether, ownEpsilon, swinPatches, withZeros } from '../swinPatches.js';
import { unsupportedSetting } from '../unsupported.js';
import { distanceRows, ShiftedWindows, type Grid } from '../windows.js';

/** Swin Transformer V2. Source: transformers' modeling_swinv2. */
export function swinv2(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  if (config.flag('use_absolute_embeddings', false))
    throw unsupportedSetting(config, 'use_absolute_embeddings', 'true');
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  let { hidden, grid } = swinPatches(b, config);
  const layers = new Swinv2Layers(b, config);
  for (const [stage, depth] of (config.list('depths') ?? []).map(Number).entries()) {
    const module = `encoder.layers.${stage}`;
    for (let index = 0; index < depth; index++) {
      hidden = layers.block(hidden, `${module}.blocks.${index}`, { grid, stage, isShifted: index % 2 === 1 });
    }
    const downsample = `${module}.downsample`;
    if (b.has(`${downsample}.reduction.weight`)) {
      const four = fourTogether(b, hidden, grid, b.weights.size(`${downsample}.reduction.weight`, 1));
      hidden = b.layerNorm(b.linear(four.hidden, `${downsample}.reduction`), `${downsample}.norm`, ownEpsilon);
      grid = four.grid;
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

interface BlockOptions {
  grid: Grid;
  stage: number;
  isShifted: boolean;
}

class Swinv2Layers {
  readonly #epsilon: number;

  constructor(
    private readonly b: NetworkBuilder,
    private readonly config: ModelConfig,
  ) {
    this.#epsilon = config.number('layer_norm_eps');
  }

  block(x: Value, module: string, options: BlockOptions): Value {
    const { b, config } = this;
    const attended = this.#attended(x, `${module}.attention`, options);
    const hidden = b.add(x, b.layerNorm(attended, `${module}.layernorm_before`, this.#epsilon));
    const inner = activate(b, config.text('hidden_act', 'gelu'), b.linear(hidden, `${module}.intermediate.dense`));
    const outer = b.linear(inner, `${module}.output.dense`);
    return b.add(hidden, b.layerNorm(outer, `${module}.layernorm_after`, this.#epsilon));
  }

  /** Attention among the patches of each window, by the cosine of what they ask and offer. */
  #attended(x: Value, module: string, options: BlockOptions): Value {
    const { b } = this;
    const windows = this.#windows(options);
    const { size } = windows;
    const self = `${module}.self`;
    const width = b.weights.size(`${self}.query.weight`, 1);
    const heads = b.weights.size(`${self}.logit_scale`, 0);
    const parts = b.reshape(b.gather(withZeros(b, x), b.int64s(windows.sources), 1), [-1, size * size, width]);
    const logarithm = b.op('Min', [b.weight(`${self}.logit_scale`), b.float(Math.log(100))]);
    const scale = b.op('Exp', [b.reshape(logarithm, [heads, 1])]);
    const byHead = (value: Value): Value => b.reshape(value, [0, 0, heads, -1]);
    const query = b.mul(this.#direction(byHead(b.linear(parts, `${self}.query`))), scale);
    const attended = encoderAttention(b, {
      query: b.reshape(query, [0, 0, -1]),
      key: b.reshape(this.#direction(byHead(b.linear(parts, `${self}.key`))), [0, 0, -1]),
      value: b.linear(parts, `${self}.value`),
      heads,
      scale: 1,
      // Python adds its mask twice.
      bias: biasOfWindows(b, x, this.#bias(self, size, heads, options.stage), windows, -200),
    });
    const out = b.reshape(b.linear(attended, `${module}.output.dense`), [-1, windows.sources.length, width]);
    return b.gather(out, b.int64s(windows.places), 1);
  }

  /** Windows are made for the configured image; where that is lower than a window, they are as high as it and do not shift. */
  #windows({ grid, stage, isShifted }: BlockOptions): ShiftedWindows {
    const { config } = this;
    const configured = config.number('window_size');
    const [height] = pairOf(config, 'image_size');
    const rows = Math.floor(Math.floor(height / pairOf(config, 'patch_size')[0]) / 2 ** stage);
    const size = Math.min(rows, configured);
    return new ShiftedWindows(grid, size, isShifted && rows > size ? Math.floor(configured / 2) : 0);
  }

  #direction(x: Value): Value {
    const { b } = this;
    const length = b.op('ReduceL2', [x, b.int64s([-1])], { keepdims: 1 });
    return b.op('Div', [x, b.op('Max', [length, b.float(1e-12)])]);
  }

  /** What a small network makes of the logarithms of the distances in a window, [1, heads, area, area]. */
  #bias(module: string, size: number, heads: number, stage: number): Value {
    const { b, config } = this;
    const trained = Number(config.list('pretrained_window_sizes')?.[stage] ?? 0);
    const reach = trained > 0 ? trained - 1 : Math.max(1, size - 1);
    const logarithmOf = (distance: number): number =>
      (Math.sign(distance) * Math.log2(Math.abs((distance / reach) * 8) + 1)) / 3;
    const places = 2 * size - 1;
    const table = Array.from({ length: places * places }, (_, place) => [
      logarithmOf(Math.floor(place / places) - size + 1),
      logarithmOf((place % places) - size + 1),
    ]);
    const network = `${module}.continuous_position_bias_mlp`;
    const distances = b.floats(Float32Array.from(table.flat()), [table.length, 2]);
    const learned = b.linear(b.op('Relu', [b.linear(distances, `${network}.0`)]), `${network}.2`);
    const rows = b.gather(learned, b.int64s(distanceRows({ rows: size, columns: size })));
    const square = b.transpose(b.reshape(rows, [size ** 2, size ** 2, heads]), [2, 0, 1]);
    return b.unsqueeze(b.scale(b.op('Sigmoid', [square]), 16), [0]);
  }
}

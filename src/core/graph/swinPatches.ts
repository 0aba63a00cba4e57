import { convolution } from './convolution.js';
import type { Value } from './graphBuilder.js';
import { pairOf, sizedPixelInput } from './imageHeads.js';
import type { ModelConfig } from './modelConfig.js';
import type { NetworkBuilder } from './networkBuilder.js';
import type { Grid, ShiftedWindows } from './windows.js';

/** Of the normalizations whose epsilon the configuration does not set. */
export const ownEpsilon = 1e-5;

export interface Patches {
  /** [batch, rows * columns, channels]. */
  hidden: Value;
  grid: Grid;
}

/** The patches of an image; the last ones of a row or column may lie partly behind the image's end. */
export function swinPatches(b: NetworkBuilder, config: ModelConfig): Patches {
  const size = pairOf(config, 'image_size');
  const patch = pairOf(config, 'patch_size');
  const [rows, columns] = size.map((pixels, axis) => Math.ceil(pixels / patch[axis]!)) as [number, number];
  const projected = convolution(b, sizedPixelInput(b, config), 'embeddings.patch_embeddings.projection', {
    stride: patch,
    pads: [0, 0, rows * patch[0] - size[0], columns * patch[1] - size[1]],
  });
  const flat = b.transpose(b.reshape(projected, [0, config.number('embed_dim'), -1]), [0, 2, 1]);
  return { hidden: b.layerNorm(flat, 'embeddings.norm', ownEpsilon), grid: { rows, columns } };
}

/** Zeros behind the last patch, where indices beyond the grid lead. */
export function withZeros(b: NetworkBuilder, x: Value): Value {
  return b.op('Pad', [x, b.int64s([0, 0, 0, 0, 1, 0])]);
}

/** Two by two patches side by side, [batch, places, width], and the grid that they make. */
export function fourTogether(b: NetworkBuilder, x: Value, { rows, columns }: Grid, width: number): Patches {
  const grid = { rows: Math.ceil(rows / 2), columns: Math.ceil(columns / 2) };
  const beyond = rows * columns;
  const indices: number[] = [];
  for (let place = 0; place < grid.rows * grid.columns; place++) {
    const [top, left] = [2 * Math.floor(place / grid.columns), 2 * (place % grid.columns)];
    for (const [row, column] of [
      [top, left],
      [top + 1, left],
      [top, left + 1],
      [top + 1, left + 1],
    ] as const) {
      indices.push(row < rows && column < columns ? row * columns + column : beyond);
    }
  }
  const four = b.gather(withZeros(b, x), b.int64s(indices), 1);
  return { hidden: b.reshape(four, [0, grid.rows * grid.columns, width]), grid };
}

/**
 * The scores' addition by window: the given one, [1, heads, area, area], and `apart` between patches that lie together in a
 * shifted window only.
 * @param x [batch, ...].
 */
export function biasOfWindows(b: NetworkBuilder, x: Value, bias: Value, windows: ShiftedWindows, apart: number): Value {
  const { regions, size } = windows;
  if (!regions) return bias;
  const area = size ** 2;
  const flat = b.floats(Float32Array.from(regions), [regions.length / area, area]);
  const isSame = b.op('Equal', [b.unsqueeze(flat, [1]), b.unsqueeze(flat, [2])]);
  const addition = b.unsqueeze(b.where(isSame, b.float(0), b.float(apart)), [1]);
  const shape = b.concat([b.dim(x, 0), b.int64s([1, 1, 1, 1])], 0);
  const expanded = b.op('Expand', [b.unsqueeze(b.add(bias, addition), [0]), shape]);
  return b.op('Reshape', [expanded, b.concat([b.int64s([-1]), b.dim(bias, 1), b.int64s([area, area])], 0)]);
}

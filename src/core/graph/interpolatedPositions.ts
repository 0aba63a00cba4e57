import { absent, type Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';

export interface PositionGrid {
  /** A tensor [1, 1 + side * side, channels]; the first position is that of the model's own token. */
  table: string;
  /** Pixels of a patch, down and across. */
  patch: readonly [number, number];
  /** Averages over all places that fall on one, where the image is smaller than the table. */
  isAntialiased: boolean;
  /** As early transformers did: by a factor that is a tenth of a patch too large, unless the image is as large as the table. */
  isByFactor: boolean;
}

/** Learned positions of a square of patches, stretched over the patches of an image of any size, [1, 1 + patches, channels]. */
export function interpolatedPositions(b: NetworkBuilder, pixels: Value, grid: PositionGrid): Value {
  const channels = b.weights.size(grid.table, 2);
  const side = Math.floor(Math.sqrt(b.weights.size(grid.table, 1) - 1));
  const table = b.weight(grid.table);
  const square = b.transpose(
    b.reshape(b.slice(table, 1, Number.MAX_SAFE_INTEGER, 1), [1, side, side, -1]),
    [0, 3, 1, 2],
  );
  const [rows, columns] = grid.patch.map((size, axis) => b.op('Div', [b.dim(pixels, 2 + axis), b.int64s([size])])) as [
    Value,
    Value,
  ];
  const target = grid.isByFactor
    ? [factors(b, pixels, [rows, columns], side)]
    : [absent, b.concat([b.int64s([1, channels]), rows, columns], 0)];
  const stretched = b.op('Resize', [square, absent, ...target], {
    mode: 'cubic',
    coordinate_transformation_mode: 'half_pixel',
    // PyTorch's kernels differ.
    cubic_coeff_a: { float: grid.isAntialiased ? -0.5 : -0.75 },
    ...(grid.isAntialiased ? { antialias: 1, exclude_outside: 1 } : {}),
  });
  const patches = b.reshape(b.transpose(stretched, [0, 2, 3, 1]), [1, -1, channels]);
  return b.concat([b.slice(table, 0, 1, 1), patches], 1);
}

function factors(b: NetworkBuilder, pixels: Value, [rows, columns]: readonly [Value, Value], side: number): Value {
  const isSquare = b.op('Equal', [b.dim(pixels, 2), b.dim(pixels, 3)]);
  const isWhole = b.op('And', [isSquare, b.op('Equal', [b.mul(rows, columns), b.int64s([side * side])])]);
  const lengths = b.add(b.cast(b.concat([rows, columns], 0), 'float'), b.float(0.1));
  const stretch = b.where(isWhole, b.float(1), b.scale(lengths, 1 / side));
  return b.concat([b.floats(Float32Array.of(1, 1), [2]), stretch], 0);
}

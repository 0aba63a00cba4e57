import type { Tensor } from '../../runtime/model.js';

/** Seconds of an encoder position. */
const timePrecision = 0.02;

/**
 * When each of the tokens was said: the path of least cost (dynamic time warping) through the attention of alignment heads.
 * Source: generation_whisper.py, `_extract_token_timestamps`.
 * @param alignment attention [1, heads, tokens, frames].
 * @param firstToken tokens before it take no part.
 * @param frames encoder positions that are sound; below 0 where the window begins after it.
 * @param medianWidth `median_filter_width` of the model's config.
 * @returns seconds, one a token from `firstToken` on.
 */
export function tokenTimes(alignment: Tensor, firstToken: number, frames: number, medianWidth: number): number[] {
  const [, heads = 0, tokens = 0, width = 0] = alignment.dims;
  const rows = tokens - firstToken;
  if (rows <= 0) return [];
  // Beyond the end of the sound Python cuts twice from the end, and its times come out as if before the window.
  const columns = firstOf(firstOf(width, frames), frames);
  const mean = new Float64Array(rows * columns);
  for (let head = 0; head < heads; head++) {
    const map = headMap(alignment, head, firstToken, columns);
    normalizeColumns(map, rows, columns);
    const smooth = medianFiltered(map, rows, columns, medianWidth);
    for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! + smooth[i]! / heads;
  }
  return jumpTimes(Float32Array.from(mean), rows, columns);
}

/** The length of Python's `items[:end]`. */
function firstOf(length: number, end: number): number {
  return Math.min(length, end < 0 ? Math.max(0, length + end) : end);
}

function headMap({ dims, data }: Tensor, head: number, firstToken: number, columns: number): Float32Array {
  const [, , tokens = 0, width = 0] = dims;
  const rows = tokens - firstToken;
  const map = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const start = (head * tokens + firstToken + row) * width;
    map.set((data as Float32Array).subarray(start, start + columns), row * columns);
  }
  return map;
}

/** Every frame over the tokens: mean 0, deviation 1. One token alone gives NaN, as in PyTorch. */
function normalizeColumns(map: Float32Array, rows: number, columns: number): void {
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += map[row * columns + column]!;
    const mean = sum / rows;
    let squares = 0;
    for (let row = 0; row < rows; row++) squares += (map[row * columns + column]! - mean) ** 2;
    const deviation = Math.sqrt(squares / rows);
    for (let row = 0; row < rows; row++) {
      const place = row * columns + column;
      map[place] = (map[place]! - mean) / deviation;
    }
  }
}

/** The median of each frame and its neighbours, mirrored at the ends. */
function medianFiltered(map: Float32Array, rows: number, columns: number, width: number): Float32Array {
  const half = Math.floor(width / 2);
  if (columns <= half) return map;
  const result = new Float32Array(map.length);
  const neighbours = new Float32Array(width);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let offset = -half; offset <= half; offset++) {
        const place = Math.abs(column + offset);
        const mirrored = place < columns ? place : 2 * (columns - 1) - place;
        neighbours[offset + half] = map[row * columns + mirrored]!;
      }
      result[row * columns + column] = neighbours.sort()[half]!;
    }
  }
  return result;
}

const steps = { both: 0, token: 1, frame: 2 } as const;

/** The frame at which the path reaches each token, in seconds. Larger values cost less. */
function jumpTimes(matrix: Float32Array, rows: number, columns: number): number[] {
  const trace = cheapestSteps(matrix, rows, columns);
  const times: number[] = [];
  let row = rows;
  let column = columns;
  while (row > 0 || column > 0) {
    const step = row === 0 ? steps.frame : column === 0 ? steps.token : trace[row * (columns + 1) + column];
    if (row > 0) times[row - 1] = (column - 1) * timePrecision;
    if (step !== steps.frame) row--;
    if (step !== steps.token) column--;
  }
  return times;
}

function cheapestSteps(matrix: Float32Array, rows: number, columns: number): Uint8Array {
  const stride = columns + 1;
  const cost = new Float32Array((rows + 1) * stride).fill(Infinity);
  const trace = new Uint8Array((rows + 1) * stride);
  cost[0] = 0;
  for (let column = 1; column <= columns; column++) {
    for (let row = 1; row <= rows; row++) {
      const both = cost[(row - 1) * stride + column - 1]!;
      const token = cost[(row - 1) * stride + column]!;
      const frame = cost[row * stride + column - 1]!;
      const isBoth = both < token && both < frame;
      const isToken = !isBoth && token < both && token < frame;
      const place = row * stride + column;
      trace[place] = isBoth ? steps.both : isToken ? steps.token : steps.frame;
      cost[place] = (isBoth ? both : isToken ? token : frame) - matrix[(row - 1) * columns + column - 1]!;
    }
  }
  return trace;
}

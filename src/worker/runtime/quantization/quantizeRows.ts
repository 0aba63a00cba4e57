import { halfToNumber } from '../halfPrecision.js';

/** Weights of a block share one scale. */
const blockSize = 32;

/** Stored bytes as fp32. */
export function toFloat32(dtype: string, bytes: Uint8Array): Float32Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    case 'BF16': {
      const stored = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
      const widened = new Uint32Array(stored.length);
      for (let index = 0; index < stored.length; index++) widened[index] = (stored[index] as number) << 16;
      return new Float32Array(widened.buffer);
    }
    case 'F16':
      return Float32Array.from(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2), halfToNumber);
    default:
      return Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8));
  }
}

export interface QuantizedRows {
  data: Uint8Array;
  scales: Float32Array;
  /** One nibble a block, two a byte; only for 4 bits. */
  zeroPoints: Uint8Array | null;
}

/**
 * Rounds rows of weights to 8 bits, symmetric about 128: the extreme of a block is represented exactly.
 * Layout of com.microsoft.MatMulNBits, block size 32.
 * @param weights whole rows; the columns are a multiple of the block size.
 */
export function quantizeRows8(weights: Float32Array): QuantizedRows {
  const data = new Uint8Array(weights.length);
  const scales = new Float32Array(weights.length / blockSize);
  for (let block = 0; block < scales.length; block++) {
    const start = block * blockSize;
    const end = start + blockSize;
    let high = 0;
    let low = 0;
    for (let index = start; index < end; index++) {
      const weight = weights[index] as number;
      if (weight > high) high = weight;
      else if (weight < low) low = weight;
    }
    const extreme = high > -low ? high : low;
    const scale = extreme / -128 || 1;
    const inverse = 1 / scale;
    scales[block] = scale;
    for (let index = start; index < end; index++) {
      const level = ((weights[index] as number) * inverse + 128.5) | 0;
      data[index] = level > 255 ? 255 : level;
    }
  }
  return { data, scales, zeroPoints: null };
}

/**
 * Rounds rows of weights to 4 bits with a zero point by block.
 * @param columns weights of a row.
 */
export function quantizeRows4(weights: Float32Array, columns: number): QuantizedRows {
  const blocksOfRow = columns / blockSize;
  const rows = weights.length / columns;
  const data = new Uint8Array(weights.length / 2);
  const scales = new Float32Array(weights.length / blockSize);
  const zeroPointBytes = Math.ceil(blocksOfRow / 2);
  const zeroPoints = new Uint8Array(rows * zeroPointBytes);
  for (let block = 0; block < scales.length; block++) {
    const start = block * blockSize;
    const end = start + blockSize;
    let high = 0;
    let low = 0;
    for (let index = start; index < end; index++) {
      const weight = weights[index] as number;
      if (weight > high) high = weight;
      else if (weight < low) low = weight;
    }
    const scale = (high - low) / 15 || 1;
    const zero = Math.min(15, Math.round(-low / scale));
    scales[block] = scale;
    const column = block % blocksOfRow;
    const place = Math.floor(block / blocksOfRow) * zeroPointBytes + (column >> 1);
    zeroPoints[place] = (zeroPoints[place] as number) | (zero << (4 * (column & 1)));
    for (let index = start; index < end; index += 2) {
      const first = level4(weights[index] as number, scale, zero);
      const second = level4(weights[index + 1] as number, scale, zero);
      data[index >> 1] = first | (second << 4);
    }
  }
  return { data, scales, zeroPoints };
}

function level4(weight: number, scale: number, zero: number): number {
  const level = Math.round(weight / scale) + zero;
  return level < 0 ? 0 : level > 15 ? 15 : level;
}

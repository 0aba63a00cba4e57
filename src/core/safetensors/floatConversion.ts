import { MlflowError } from '../errors.js';
import type { SafetensorsDtype } from './dtype.js';

/** The element types a checkpoint's floating-point tensors can be converted between. */
export type FloatDtype = 'F32' | 'F16' | 'BF16' | 'F64';

const bytesByFloat: Record<FloatDtype, number> = { F64: 8, F32: 4, F16: 2, BF16: 2 };

export function isFloatDtype(dtype: SafetensorsDtype): dtype is FloatDtype {
  return Object.hasOwn(bytesByFloat, dtype);
}

export function floatSizeBytes(dtype: FloatDtype): number {
  return bytesByFloat[dtype];
}

/**
 * Converts little-endian floats, rounding to nearest, ties to even, as PyTorch's `Tensor.to(dtype)` does. Values too large
 * for half precision become infinite; NaNs become what PyTorch's vector instructions make of them.
 * @param bytes a whole number of elements of type `from`.
 */
export function convertFloats(bytes: Uint8Array, from: FloatDtype, to: FloatDtype): Uint8Array {
  if (from === to) return bytes;
  const count = bytes.byteLength / bytesByFloat[from];
  if (!Number.isInteger(count))
    throw new MlflowError(`${bytes.byteLength} bytes are no whole number of ${from} values.`);
  // PyTorch converts from half precision without vector instructions.
  const brainNan = from === 'F16' ? 0x7fc0 : 0xffff;
  return encodeFloats(decodeFloats(aligned(bytes, bytesByFloat[from]), from, count), to, brainNan);
}

function aligned(bytes: Uint8Array, elementBytes: number): Uint8Array {
  return bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
}

function decodeFloats(bytes: Uint8Array, from: FloatDtype, count: number): Float32Array | Float64Array {
  if (from === 'F64') return new Float64Array(bytes.buffer, bytes.byteOffset, count);
  if (from === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  const bits = new Uint32Array(count);
  if (from === 'BF16') for (let i = 0; i < count; i++) bits[i] = halves[i]! << 16;
  else for (let i = 0; i < count; i++) bits[i] = halfToSingleBits(halves[i]!);
  return new Float32Array(bits.buffer);
}

function encodeFloats(values: Float32Array | Float64Array, to: FloatDtype, brainNan: number): Uint8Array {
  if (to === 'F64') return view(Float64Array.from(values));
  const singles = values instanceof Float32Array ? values : Float32Array.from(values);
  if (to === 'F32') return view(singles);
  const bits = new Uint32Array(singles.buffer, singles.byteOffset, singles.length);
  const halves = new Uint16Array(singles.length);
  if (to === 'BF16') for (let i = 0; i < halves.length; i++) halves[i] = singleToBrainBits(bits[i]!, brainNan);
  else for (let i = 0; i < halves.length; i++) halves[i] = singleToHalfBits(bits[i]!);
  return view(halves);
}

function view(array: Float64Array | Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function singleToBrainBits(bits: number, nan: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return nan;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function singleToHalfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude & 0x7fffff) >>> 13);
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign;
  // Subnormal in half precision: shift the mantissa into place and round what falls off.
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

function halfToSingleBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | (mantissa === 0 ? 0x7f800000 : 0x7fc00000) | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  if (mantissa === 0) return sign >>> 0;
  const shift = Math.clz32(mantissa) - 21;
  return (sign | ((113 - shift) << 23) | ((mantissa << (13 + shift)) & 0x7fffff)) >>> 0;
}

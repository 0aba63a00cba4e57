import * as onnxRuntime from 'onnxruntime-node';
import { MlflowError } from '../../core/errors.js';
import { float16Bits, float16Values } from './halfPrecision.js';
import type { Tensor, TensorData } from './model.js';

export type Session = onnxRuntime.InferenceSession;
export type SessionOptions = onnxRuntime.InferenceSession.SessionOptions;
export type OnnxTensor = onnxRuntime.Tensor;
export type Feeds = Record<string, OnnxTensor>;

// A CommonJS package: its exports are on `default` in Node and on the namespace in a bundle.
const runtime = (onnxRuntime as unknown as { default?: typeof onnxRuntime }).default ?? onnxRuntime;

/** Opens a session over a file or over bytes. @throws MlflowError with onnxruntime's message. */
export async function createSession(model: string | Uint8Array, options: SessionOptions): Promise<Session> {
  try {
    return typeof model === 'string'
      ? await runtime.InferenceSession.create(model, options)
      : await runtime.InferenceSession.create(model, options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const name = typeof model === 'string' ? model : 'The generated graph';
    throw new MlflowError(`${name} could not be opened by onnxruntime: ${message}`, 'INTERNAL_ERROR', { cause: error });
  }
}

export function supportedBackends(): { name: string; bundled: boolean }[] {
  return runtime.listSupportedBackends();
}

export function floatTensor(data: Float32Array, dims: readonly number[]): OnnxTensor {
  return new runtime.Tensor('float32', data, dims);
}

export function int64Tensor(data: BigInt64Array, dims: readonly number[]): OnnxTensor {
  return new runtime.Tensor('int64', data, dims);
}

export function boolTensor(value: boolean): OnnxTensor {
  return new runtime.Tensor('bool', Uint8Array.of(value ? 1 : 0), [1]);
}

/** A tensor of another one's element type. */
export function tensorLike(
  tensor: OnnxTensor,
  data: Float32Array | Uint16Array | BigInt64Array,
  dims: readonly number[],
): OnnxTensor {
  return new runtime.Tensor(tensor.type as 'float32', data as Float32Array, dims);
}

/** A tensor without elements, of the type that an input wants. */
export function emptyTensor(type: string, dims: readonly number[]): OnnxTensor {
  return type === 'float16'
    ? new runtime.Tensor('float16', new Uint16Array(0), dims)
    : new runtime.Tensor('float32', new Float32Array(0), dims);
}

/** Converts to the element type that the session's input declares. */
export function toOnnxTensor(tensor: Tensor, type: string): OnnxTensor {
  const { data, dims } = tensor;
  switch (type) {
    case 'int64':
      return int64Tensor(data instanceof BigInt64Array ? data : BigInt64Array.from(numbersOf(data), toBigInt), dims);
    case 'int32':
      return new runtime.Tensor('int32', data instanceof Int32Array ? data : Int32Array.from(numbersOf(data)), dims);
    case 'bool':
      return new runtime.Tensor(
        'bool',
        Uint8Array.from(numbersOf(data), (value) => (value === 0 ? 0 : 1)),
        dims,
      );
    case 'uint8':
      return new runtime.Tensor('uint8', data instanceof Uint8Array ? data : Uint8Array.from(numbersOf(data)), dims);
    case 'float16':
      return new runtime.Tensor('float16', float16Bits(Float32Array.from(numbersOf(data))), dims);
    default:
      return floatTensor(data instanceof Float32Array ? data : Float32Array.from(numbersOf(data)), dims);
  }
}

function numbersOf(data: TensorData): Iterable<number> & ArrayLike<number> {
  return data instanceof BigInt64Array ? Array.from(data, Number) : data;
}

function toBigInt(value: number): bigint {
  return BigInt(Math.trunc(value));
}

/** An output as the runtime's consumers take it: half precision becomes single. */
export function fromOnnxTensor(tensor: OnnxTensor): Tensor {
  const { data, dims, type } = tensor;
  if (type === 'float16') return { dims, data: float16Values(data as Uint16Array) };
  if (type === 'bool') return { dims, data: data as Uint8Array };
  if (data instanceof Float64Array) return { dims, data: Float32Array.from(data) };
  return { dims, data: data as TensorData };
}

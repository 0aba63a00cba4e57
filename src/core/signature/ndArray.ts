import { valueError } from './pythonError.js';

/** One numpy scalar, such as `np.float32(1)`: what an element of an array is in Python. */
export class NumpyScalar {
  constructor(
    readonly dtype: string,
    readonly value: unknown,
  ) {}

  /** `type(x).__name__`: `str_`, `bytes_`, `float32`. Before numpy 2 a boolean is `bool_`. */
  get typeName(): string {
    if (this.dtype.startsWith('datetime64')) return 'datetime64';
    return ['str', 'bytes'].includes(this.dtype) ? `${this.dtype}_` : this.dtype;
  }
}

const typedArrayDtypes: Readonly<Record<string, string>> = {
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int16Array: 'int16',
  Uint16Array: 'uint16',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
  BigInt64Array: 'int64',
  BigUint64Array: 'uint64',
  Float16Array: 'float16',
  Float32Array: 'float32',
  Float64Array: 'float64',
};

/** An n-dimensional array: numpy's dtype name, shape, and the values in C order. */
export class NdArray {
  constructor(
    /** numpy's name: `float32`, `int64`, `bool`, `str`, `bytes`, `object`, `datetime64[ns]`. */
    readonly dtype: string,
    readonly shape: readonly number[],
    readonly data: ArrayLike<unknown>,
    /** Characters an item of a text array has room for at least. */
    private readonly room = 1,
  ) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) {
      throw valueError(`cannot reshape array of size ${data.length} into shape ${shapeText(shape)}`);
    }
  }

  /** A typed array is one-dimensional and has the dtype of its class; give `shape` to see it otherwise. */
  static fromTypedArray(view: ArrayBufferView, shape?: readonly number[]): NdArray {
    const data = view as unknown as ArrayLike<unknown>;
    return new NdArray(typedArrayDtypes[view.constructor.name] ?? 'object', shape ?? [data.length], data);
  }

  get ndim(): number {
    return this.shape.length;
  }

  get size(): number {
    return this.data.length;
  }

  /** `len(array)`. */
  get length(): number {
    return this.shape[0] ?? 0;
  }

  /** `str(array.dtype)`: `<U3` shows how long the longest text is. */
  get dtypeText(): string {
    if (this.dtype !== 'str' && this.dtype !== 'bytes') return this.dtype;
    let longest = this.room;
    for (let i = 0; i < this.data.length; i += 1) longest = Math.max(longest, itemLength(this.data[i]));
    return this.dtype === 'str' ? `<U${longest}` : `|S${longest}`;
  }

  reshape(shape: readonly number[]): NdArray {
    const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
    const fits = known > 0 && this.size % known === 0;
    const full = shape.map((length) => (length === -1 && fits ? this.size / known : length));
    if (full.includes(-1) || full.reduce((product, length) => product * length, 1) !== this.size) {
      throw valueError(`cannot reshape array of size ${this.size} into shape ${shapeText(shape)}`);
    }
    return new NdArray(this.dtype, full, this.data);
  }

  /** The sub-array (or, of a one-dimensional array, the value) at `index` of the first dimension. */
  at(index: number): unknown {
    if (this.ndim === 1) return this.data[index];
    const rest = this.shape.slice(1);
    const size = rest.reduce((product, length) => product * length, 1);
    const values = Array.from({ length: size }, (_, i) => this.data[index * size + i]);
    return new NdArray(this.dtype, rest, values);
  }

  /** Nested lists, as numpy's `tolist`; a single value for an array without dimensions. */
  toList(): unknown {
    return nest(this.data, this.shape, 0, 0, this.size);
  }

  /** In JSON an array is its nested lists. */
  toJSON(): unknown {
    return this.toList();
  }
}

function nest(data: ArrayLike<unknown>, shape: readonly number[], axis: number, start: number, size: number): unknown {
  const length = shape[axis];
  if (length === undefined) return data[start];
  const step = length === 0 ? 0 : size / length;
  return Array.from({ length }, (_, i) => nest(data, shape, axis + 1, start + i * step, step));
}

function itemLength(item: unknown): number {
  if (typeof item === 'string') return [...item].length;
  return item instanceof Uint8Array ? item.length : 0;
}

/** A tuple of numbers as Python prints it: `(2,)`, `(-1, 3)`, `()`. */
export function shapeText(shape: readonly unknown[], text: (item: unknown) => string = String): string {
  return shape.length === 1 ? `(${text(shape[0])},)` : `(${shape.map(text).join(', ')})`;
}

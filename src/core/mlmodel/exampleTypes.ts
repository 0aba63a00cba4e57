import { MlflowError } from '../errors.js';
import { PyFloat, type PyRecord, type PyValue } from '../serialization/pyValue.js';

/** NumPy's names of element types that an example's tensor can have. */
export type TensorDtype =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'str'
  | 'object';

export type NestedArray = readonly (NestedArray | PyValue)[];

/** An example that is a NumPy array in Python. Make one with {@link tensorExample}. */
export class TensorExample {
  /** Nested lists; whole numbers of float tensors are `PyFloat`. */
  readonly values: NestedArray;
  readonly dtype: TensorDtype;

  constructor(values: NestedArray, dtype: TensorDtype) {
    this.values = values;
    this.dtype = dtype;
  }
}

/** An example together with params. Make one with {@link exampleWithParams}. */
export class ExampleWithParams {
  readonly data: InputExample;
  readonly params: PyRecord;

  constructor(data: InputExample, params: PyRecord) {
    this.data = data;
    this.params = params;
  }
}

/** SciPy's compressed sparse matrix. */
export class SparseExample {
  readonly format: 'csr' | 'csc';
  readonly data: readonly number[];
  readonly indices: readonly number[];
  readonly indptr: readonly number[];
  readonly shape: readonly [number, number];
  readonly dtype: TensorDtype;

  constructor(parts: {
    format: 'csr' | 'csc';
    data: readonly number[];
    indices: readonly number[];
    indptr: readonly number[];
    shape: readonly [number, number];
    dtype?: TensorDtype;
  }) {
    this.format = parts.format;
    this.data = parts.data;
    this.indices = parts.indices;
    this.indptr = parts.indptr;
    this.shape = parts.shape;
    this.dtype = parts.dtype ?? 'float64';
  }
}

/** A pandas data frame in its split form. Column labels 0, 1, 2, ... stand for a frame without names. */
export interface FrameExample {
  readonly columns: readonly (string | number)[];
  readonly data: readonly (readonly PyValue[])[];
}

type NumericArray =
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/**
 * What may be given as a model's input example: a text, number, boolean, record or list as themselves; an object with
 * exactly `columns` and `data` as a data frame; `Uint8Array` as bytes, a `Date` as a datetime, numeric typed arrays and
 * {@link TensorExample} as NumPy arrays.
 */
export type InputExample =
  | PyValue
  | FrameExample
  | TensorExample
  | SparseExample
  | ExampleWithParams
  | NumericArray
  | { readonly [name: string]: TensorExample };

/** An example with params, Python's tuple `(data, params)`. */
export function exampleWithParams(data: InputExample, params: PyRecord): ExampleWithParams {
  return new ExampleWithParams(data, params);
}

/**
 * An example that is a tensor, Python's NumPy array.
 * @param data nested lists, or a typed array together with a shape
 * @throws MlflowError INVALID_PARAMETER_VALUE when the shape does not fit the number of elements
 */
export function tensorExample(
  data: NestedArray | NumericArray | Uint8Array,
  options: { shape?: readonly number[]; dtype?: TensorDtype } = {},
): TensorExample {
  const flat = ArrayBuffer.isView(data) ? Array.from(data as ArrayLike<number | bigint>) : undefined;
  const dtype =
    options.dtype ?? (ArrayBuffer.isView(data) ? typedArrayDtype(data) : inferDtype(elementsOf(data as NestedArray)));
  const nested = flat === undefined ? (data as NestedArray) : reshape(flat, options.shape ?? [flat.length]);
  return new TensorExample(nested.map((item) => castElement(item, dtype)) as NestedArray, dtype);
}

/** Whether an object is a data frame in split form: exactly `columns` and `data`, each row as long as the columns. */
export function isFrameExample(value: unknown): value is FrameExample {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { columns, data, ...others } = value as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data) || Object.keys(others).some((key) => key !== 'index'))
    return false;
  return data.every((row) => Array.isArray(row) && row.length === columns.length);
}

const typedArrayDtypes: Readonly<Record<string, TensorDtype>> = {
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Int16Array: 'int16',
  Uint16Array: 'uint16',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
  Float32Array: 'float32',
  Float64Array: 'float64',
  BigInt64Array: 'int64',
  BigUint64Array: 'uint64',
};

function typedArrayDtype(array: ArrayBufferView): TensorDtype {
  return typedArrayDtypes[array.constructor.name] ?? 'uint8';
}

function elementsOf(values: NestedArray): unknown[] {
  return values.flatMap((item) => (Array.isArray(item) ? elementsOf(item as NestedArray) : [item]));
}

/** NumPy's own choice: integers as int64 unless one element is a float or missing. */
function inferDtype(elements: readonly unknown[]): TensorDtype {
  const isFloat = (element: unknown): boolean =>
    element instanceof PyFloat || (typeof element === 'number' && !Number.isSafeInteger(element));
  if (elements.length === 0) return 'float64';
  if (elements.every((element) => typeof element === 'boolean')) return 'bool';
  if (elements.every((element) => typeof element === 'string')) return 'str';
  const isNumeric = (element: unknown): boolean =>
    typeof element === 'number' || typeof element === 'bigint' || element instanceof PyFloat;
  if (!elements.every(isNumeric)) return 'object';
  return elements.some(isFloat) ? 'float64' : 'int64';
}

function castElement(item: NestedArray | PyValue, dtype: TensorDtype): NestedArray | PyValue {
  if (Array.isArray(item)) return item.map((inner: NestedArray | PyValue) => castElement(inner, dtype)) as NestedArray;
  const value = item as PyValue;
  if (!dtype.startsWith('float')) return value;
  const number = value instanceof PyFloat ? value.value : Number(value);
  return new PyFloat(dtype === 'float32' ? Math.fround(number) : number);
}

function reshape(flat: readonly (number | bigint)[], shape: readonly number[]): NestedArray {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== flat.length) {
    throw MlflowError.invalidParameter(`cannot reshape array of size ${flat.length} into shape (${shape.join(',')})`);
  }
  const [length = 0, ...rest] = shape;
  if (rest.length === 0) return flat;
  const step = size / Math.max(length, 1);
  return Array.from({ length }, (_, index) => reshape(flat.slice(index * step, (index + 1) * step), rest));
}

import {
  elementTypes,
  type Attribute,
  type ElementType,
  type ExternalData,
  type OnnxInitializer,
  type OnnxModel,
  type OnnxNode,
  type OnnxValueInfo,
} from './onnxModel.js';

/** The name of a value in the graph. */
export type Value = string;
/** An input that an operator leaves out. */
export const absent: Value = '';

type Attributes = Readonly<Record<string, Attribute>>;

/** Collects the nodes of a graph; values are named in the order of their making, so equal models give equal bytes. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();
  readonly #inputs = new Map<string, OnnxValueInfo>();
  readonly #outputs: OnnxValueInfo[] = [];
  #valueCount = 0;

  input(name: string, type: ElementType, shape: readonly (number | string)[]): Value {
    if (!this.#inputs.has(name)) this.#inputs.set(name, { name, type, shape });
    return name;
  }

  /** Declares a graph output that takes the value. */
  output(name: string, value: Value, shape: readonly (number | string)[], type: ElementType = 'float'): void {
    this.declareOutput(name, shape, type);
    this.#push('Identity', '', [value], [name], {});
  }

  /** Declares an output that an operator writes by name. */
  declareOutput(name: string, shape: readonly (number | string)[], type: ElementType = 'float'): Value {
    this.#outputs.push({ name, type, shape });
    return name;
  }

  /** A node of ai.onnx with one output. */
  op(opType: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const output = this.#name();
    this.#push(opType, '', inputs, [output], attributes);
    return output;
  }

  /** A node of ai.onnx with several outputs. */
  ops(opType: string, inputs: readonly Value[], count: number, attributes: Attributes = {}): Value[] {
    const outputs = Array.from({ length: count }, () => this.#name());
    this.#push(opType, '', inputs, outputs, attributes);
    return outputs;
  }

  /** A node of com.microsoft with one output. */
  microsoft(opType: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.microsoftAll(opType, inputs, [null], attributes)[0] as Value;
  }

  /** A node of com.microsoft; `null` outputs get names, `''` ones are left out. */
  microsoftAll(
    opType: string,
    inputs: readonly Value[],
    outputs: readonly (Value | null)[],
    attributes: Attributes = {},
  ): Value[] {
    const names = outputs.map((name) => name ?? this.#name());
    this.#push(opType, 'com.microsoft', inputs, names, attributes);
    return names;
  }

  external(name: string, type: ElementType, dims: readonly number[], data: ExternalData): Value {
    if (!this.#initializers.has(name)) this.#initializers.set(name, { name, type, dims, data });
    return name;
  }

  /** An inline constant; equal contents share one initializer. */
  int64s(values: readonly number[]): Value {
    return this.#inline(`i64:${values.join()}`, 'int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  int64(value: number): Value {
    return this.#inline(`i64s:${value}`, 'int64', [], BigInt64Array.of(BigInt(value)));
  }

  float(value: number): Value {
    return this.#inline(`f32s:${value}`, 'float', [], Float32Array.of(value));
  }

  floats(values: Float32Array, dims: readonly number[]): Value {
    return this.#inline(`f32:${dims.join()}:${hashOf(values)}`, 'float', dims, values);
  }

  add(a: Value, b: Value): Value {
    return this.op('Add', [a, b]);
  }

  sub(a: Value, b: Value): Value {
    return this.op('Sub', [a, b]);
  }

  mul(a: Value, b: Value): Value {
    return this.op('Mul', [a, b]);
  }

  scale(a: Value, factor: number): Value {
    return factor === 1 ? a : this.mul(a, this.float(factor));
  }

  /** Within `limit` of zero; 0 means no limit. */
  clip(a: Value, limit: number): Value {
    return limit === 0 ? a : this.op('Clip', [a, this.float(-limit), this.float(limit)]);
  }

  cast(a: Value, to: ElementType): Value {
    return this.op('Cast', [a], { to: elementTypes[to] });
  }

  /** `0` keeps a dimension, `-1` takes the rest. */
  reshape(a: Value, shape: readonly number[]): Value {
    return this.op('Reshape', [a, this.int64s(shape)]);
  }

  transpose(a: Value, perm: readonly number[]): Value {
    return this.op('Transpose', [a], { perm });
  }

  unsqueeze(a: Value, axes: readonly number[]): Value {
    return this.op('Unsqueeze', [a, this.int64s(axes)]);
  }

  squeeze(a: Value, axes: readonly number[]): Value {
    return this.op('Squeeze', [a, this.int64s(axes)]);
  }

  gather(data: Value, indices: Value, axis = 0): Value {
    return this.op('Gather', [data, indices], axis === 0 ? {} : { axis });
  }

  concat(values: readonly Value[], axis: number): Value {
    return this.op('Concat', values, { axis });
  }

  slice(a: Value, start: number, end: number, axis: number): Value {
    return this.op('Slice', [a, this.int64s([start]), this.int64s([end]), this.int64s([axis])]);
  }

  split(a: Value, sizes: readonly number[], axis: number): Value[] {
    return this.ops('Split', [a, this.int64s(sizes)], sizes.length, { axis });
  }

  matMul(a: Value, b: Value): Value {
    return this.op('MatMul', [a, b]);
  }

  where(condition: Value, yes: Value, no: Value): Value {
    return this.op('Where', [condition, yes, no]);
  }

  /** One dimension of a value as a one-element int64 list. */
  dim(a: Value, axis: number): Value {
    return this.op('Shape', [a], axis === -1 ? { start: -1 } : { start: axis, end: axis + 1 });
  }

  /** 0, 1, ..., n - 1 for a one-element list or scalar n. */
  range(limit: Value): Value {
    return this.op('Range', [this.int64(0), this.reshapeToScalar(limit), this.int64(1)]);
  }

  reshapeToScalar(a: Value): Value {
    return this.op('Reshape', [a, this.int64s([])]);
  }

  build(): OnnxModel {
    return {
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: [...this.#inputs.values()],
      outputs: this.#outputs,
    };
  }

  #name(): Value {
    return `v${this.#valueCount++}`;
  }

  #push(opType: string, domain: string, inputs: readonly Value[], outputs: Value[], attributes: Attributes): void {
    this.#nodes.push({ opType, domain, inputs, outputs, attributes });
  }

  #inline(
    key: string,
    type: ElementType,
    dims: readonly number[],
    values: BigInt64Array<ArrayBuffer> | Float32Array,
  ): Value {
    const existing = this.#initializers.get(key);
    if (existing) return existing.name;
    const name = `c${this.#initializers.size}`;
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#initializers.set(key, { name, type, dims, data });
    return name;
  }
}

/** A key for equal contents (FNV-1a). */
function hashOf(values: Float32Array): number {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}

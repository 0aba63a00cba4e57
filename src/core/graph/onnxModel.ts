import { PbfWriter } from 'pbf';

/** Tensor element types with their numbers in ONNX's `TensorProto.DataType`. */
export const elementTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof elementTypes;

/** An attribute: whole numbers are INT, `{ float }` is FLOAT, lists are INTS, text is STRING. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  opType: string;
  /** Empty for ai.onnx. */
  domain: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

export interface ExternalData {
  /** Path of the file that holds the bytes. */
  file: string;
  offsetBytes: number;
  lengthBytes: number;
}

export interface OnnxInitializer {
  name: string;
  type: ElementType;
  dims: readonly number[];
  /** Raw little-endian bytes, or where they lie. */
  data: Uint8Array | ExternalData;
}

export interface OnnxValueInfo {
  name: string;
  type: ElementType;
  /** Names are symbolic dimensions. */
  shape: readonly (number | string)[];
}

export interface OnnxModel {
  nodes: readonly OnnxNode[];
  initializers: readonly OnnxInitializer[];
  inputs: readonly OnnxValueInfo[];
  outputs: readonly OnnxValueInfo[];
}

const irVersion = 10;
const opsetVersion = 21;

/**
 * Serializes a model as an ONNX ModelProto; the same model always gives the same bytes.
 * Source: onnx.proto of ONNX 1.16 (field numbers), IR version 10, opset 21.
 * @param locate gives the `location` of an external file, relative to the folder that the session will be told.
 */
export function encodeOnnxModel(model: OnnxModel, locate: (file: string) => string): Uint8Array {
  const writer = new PbfWriter();
  writer.writeVarintField(1, irVersion);
  writer.writeStringField(2, 'mlflow-transformers');
  writer.writeMessage(7, (graph, pbf) => writeGraph(graph, locate, pbf), model);
  for (const [domain, version] of [
    ['', opsetVersion],
    ['com.microsoft', 1],
  ] as const) {
    writer.writeMessage(8, writeOperatorSet, { domain, version });
  }
  return writer.finish();
}

function writeOperatorSet(opset: { domain: string; version: number }, pbf: PbfWriter): void {
  pbf.writeStringField(1, opset.domain);
  pbf.writeVarintField(2, opset.version);
}

function writeGraph(model: OnnxModel, locate: (file: string) => string, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, 'graph');
  for (const initializer of model.initializers) {
    pbf.writeMessage(5, (tensor, inner) => writeTensor(tensor, locate, inner), initializer);
  }
  for (const input of model.inputs) pbf.writeMessage(11, writeValueInfo, input);
  for (const output of model.outputs) pbf.writeMessage(12, writeValueInfo, output);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, { name, value });
  if (node.domain !== '') pbf.writeStringField(7, node.domain);
}

function writeAttribute({ name, value }: { name: string; value: Attribute }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, 2);
  } else if (typeof value === 'string') {
    pbf.writeStringField(4, value);
    pbf.writeVarintField(20, 3);
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, 1);
  } else {
    for (const item of value) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, 7);
  }
}

function writeTensor(tensor: OnnxInitializer, locate: (file: string) => string, pbf: PbfWriter): void {
  for (const dim of tensor.dims) pbf.writeVarintField(1, dim);
  pbf.writeVarintField(2, elementTypes[tensor.type]);
  pbf.writeStringField(8, tensor.name);
  if (tensor.data instanceof Uint8Array) {
    pbf.writeBytesField(9, tensor.data);
    return;
  }
  const { file, offsetBytes, lengthBytes } = tensor.data;
  for (const [key, value] of [
    ['location', locate(file)],
    ['offset', String(offsetBytes)],
    ['length', String(lengthBytes)],
  ] as const) {
    pbf.writeMessage(13, writeStringPair, { key, value });
  }
  pbf.writeVarintField(14, 1);
}

function writeStringPair({ key, value }: { key: string; value: string }, pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeValueInfo(info: OnnxValueInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, info.name);
  pbf.writeMessage(2, (outer, type) => type.writeMessage(1, writeTensorType, outer), info);
}

function writeTensorType(info: OnnxValueInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, elementTypes[info.type]);
  pbf.writeMessage(
    2,
    (shape, inner) => {
      for (const dim of shape) inner.writeMessage(1, writeDimension, dim);
    },
    info.shape,
  );
}

function writeDimension(dim: number | string, pbf: PbfWriter): void {
  if (typeof dim === 'number') pbf.writeVarintField(1, dim);
  else pbf.writeStringField(2, dim);
}

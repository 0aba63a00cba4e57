import { MlflowError } from '../errors.js';
import { isSafetensorsDtype, tensorSizeBytes, type SafetensorsDtype } from './dtype.js';
import type { RangeReader } from './rangeReader.js';

/** The reference library refuses longer headers. */
export const maxHeaderBytes = 100_000_000;

export interface SafetensorsEntry {
  name: string;
  dtype: SafetensorsDtype;
  shape: readonly number[];
  /** Position of the first byte in the file. */
  offsetBytes: number;
  lengthBytes: number;
}

export interface SafetensorsHeader {
  /** In the order of the data. */
  tensors: readonly SafetensorsEntry[];
  metadata: Readonly<Record<string, string>>;
  /** Bytes of the length field and the header text: where the data begins. */
  headerBytes: number;
}

/**
 * Reads and checks the header of a safetensors file; the tensors themselves are not touched.
 * Source: the safetensors format (8 bytes little-endian header length, JSON, data without holes or overlaps).
 * @throws MlflowError INVALID_PARAMETER_VALUE, reason `safetensorsInvalid`, naming the file and the fault.
 */
export async function readSafetensorsHeader(reader: RangeReader): Promise<SafetensorsHeader> {
  const prefix = await reader.read(0, 8);
  if (prefix.length < 8)
    throw invalid(reader, `it has ${prefix.length} bytes, less than the 8 bytes of a header length`);
  const claimedBytes = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (claimedBytes > BigInt(maxHeaderBytes)) {
    throw invalid(reader, `its header claims ${claimedBytes} bytes, more than the ${maxHeaderBytes} bytes allowed`);
  }
  const textBytes = Number(claimedBytes);
  if (reader.sizeBytes !== undefined && textBytes + 8 > reader.sizeBytes) {
    throw invalid(reader, `its header claims ${textBytes} bytes, but the file has only ${reader.sizeBytes} bytes`);
  }
  const text = await reader.read(8, textBytes);
  if (text.length < textBytes) throw invalid(reader, `it ends inside its header after ${text.length + 8} bytes`);
  return parseHeader(reader, text);
}

function parseHeader(reader: RangeReader, text: Uint8Array): SafetensorsHeader {
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    throw invalid(reader, 'its header is not UTF-8 text');
  }
  if (!json.startsWith('{')) throw invalid(reader, 'its header does not begin with `{`');
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    throw invalid(reader, `its header is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const headerBytes = text.length + 8;
  const metadata: Record<string, string> = {};
  const tensors: SafetensorsEntry[] = [];
  for (const [name, value] of Object.entries(document as Record<string, unknown>)) {
    if (name === '__metadata__') Object.assign(metadata, parseMetadata(reader, value));
    else tensors.push(parseEntry(reader, name, value, headerBytes));
  }
  tensors.sort((a, b) => a.offsetBytes - b.offsetBytes || a.lengthBytes - b.lengthBytes);
  checkLayout(reader, tensors, headerBytes);
  return { tensors, metadata, headerBytes };
}

function parseMetadata(reader: RangeReader, value: unknown): Record<string, string> {
  if (value === null) return {};
  if (!isRecord(value) || Object.values(value).some((item) => typeof item !== 'string')) {
    throw invalid(reader, 'its `__metadata__` is not a map of strings');
  }
  return value as Record<string, string>;
}

function parseEntry(reader: RangeReader, name: string, value: unknown, headerBytes: number): SafetensorsEntry {
  if (!isRecord(value)) throw invalid(reader, `the entry of tensor ${quote(name)} is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isSafetensorsDtype(dtype)) throw invalid(reader, `tensor ${quote(name)} has the unknown dtype ${quote(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw invalid(reader, `tensor ${quote(name)} has the impossible shape ${quote(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw invalid(reader, `tensor ${quote(name)} has the impossible data_offsets ${quote(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw invalid(reader, `tensor ${quote(name)} ends at ${end}, before its begin ${begin}`);
  const elementCount = (shape as number[]).reduce((product, size) => product * size, 1);
  const expectedBytes = Number.isSafeInteger(elementCount) ? tensorSizeBytes(dtype, elementCount) : null;
  if (expectedBytes !== end - begin) {
    throw invalid(
      reader,
      `tensor ${quote(name)} of shape ${quote(shape)} and dtype ${dtype} needs ${expectedBytes ?? 'an impossible number of'} bytes, but its data_offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape: shape as number[], offsetBytes: headerBytes + begin, lengthBytes: end - begin };
}

function checkLayout(reader: RangeReader, tensors: readonly SafetensorsEntry[], headerBytes: number): void {
  let position = headerBytes;
  for (const tensor of tensors) {
    if (tensor.offsetBytes !== position) {
      const fault = tensor.offsetBytes < position ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw invalid(reader, `tensor ${quote(tensor.name)} ${fault} (data offset ${tensor.offsetBytes - headerBytes})`);
    }
    position += tensor.lengthBytes;
  }
  if (reader.sizeBytes === undefined || reader.sizeBytes === position) return;
  if (reader.sizeBytes < position) {
    throw invalid(reader, `it was cut off: its header describes ${position} bytes, but it has ${reader.sizeBytes}`);
  }
  throw invalid(reader, `it has ${reader.sizeBytes - position} bytes after its last tensor`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

function invalid(reader: RangeReader, fault: string): MlflowError {
  return MlflowError.invalidParameter(
    `${reader.name} is not a valid safetensors file: ${fault}. Copy, download or log the model's weights again.`,
    { reason: 'safetensorsInvalid', details: { file: reader.name } },
  );
}

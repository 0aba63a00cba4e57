import type { FileHandle } from 'node:fs/promises';
import type { PlanStep, QuantizedTensor } from '../../../core/graph/quantizationPlan.js';
import { quantizeRows4, quantizeRows8, toFloat32, type QuantizedRows } from './quantizeRows.js';

/** Weights that are worked on at a time: a few megabytes, whatever the tensor's size. */
const chunkElements = 1 << 20;

const bytesOfDtype: Readonly<Record<string, number>> = { F32: 4, BF16: 2, F16: 2, F64: 8 };

/** Carries out one step of a quantization plan from file to file. */
export async function runPlanStep(step: PlanStep, source: FileHandle, target: FileHandle): Promise<void> {
  if (step.kind === 'copy') return copy(step, source, target);
  if (step.isTransposed) return quantizeTransposed(step, source, target);
  const { tensor, target: quantized } = step;
  const rowsAtATime = Math.max(1, Math.floor(chunkElements / quantized.columns));
  const rowBytes = quantized.columns * (bytesOfDtype[tensor.dtype] ?? 4);
  for (let row = 0; row < quantized.rows; row += rowsAtATime) {
    const rows = Math.min(rowsAtATime, quantized.rows - row);
    const bytes = await readBytes(source, tensor.offsetBytes + row * rowBytes, rows * rowBytes);
    await writeRows(target, quantized, row, quantizeRows(quantized, toFloat32(tensor.dtype, bytes)));
  }
}

function quantizeRows(quantized: QuantizedTensor, weights: Float32Array): QuantizedRows {
  return quantized.bits === 8 ? quantizeRows8(weights) : quantizeRows4(weights, quantized.columns);
}

async function writeRows(
  target: FileHandle,
  quantized: QuantizedTensor,
  row: number,
  rows: QuantizedRows,
): Promise<void> {
  const { columns, bits, data, scales, zeroPoints } = quantized;
  const blocks = columns / 32;
  await write(target, rows.data, data.offsetBytes + (row * columns * bits) / 8);
  await write(target, bytesOf(rows.scales), scales.offsetBytes + row * blocks * 4);
  if (zeroPoints && rows.zeroPoints) {
    await write(target, rows.zeroPoints, zeroPoints.offsetBytes + row * Math.ceil(blocks / 2));
  }
}

async function copy(step: Extract<PlanStep, { kind: 'copy' }>, source: FileHandle, target: FileHandle): Promise<void> {
  const { tensor } = step;
  const size = bytesOfDtype[tensor.dtype] ?? 4;
  const elements = tensor.lengthBytes / size;
  for (let done = 0; done < elements; done += chunkElements) {
    const count = Math.min(chunkElements, elements - done);
    const bytes = await readBytes(source, tensor.offsetBytes + done * size, count * size);
    await write(target, bytesOf(toFloat32(tensor.dtype, bytes)), step.target.offsetBytes + done * 4);
  }
}

/** Weights that lie as [in, out]: a band of output features at a time would read the file many times, so all at once. */
async function quantizeTransposed(
  step: Extract<PlanStep, { kind: 'quantize' }>,
  source: FileHandle,
  target: FileHandle,
): Promise<void> {
  const { tensor, target: quantized } = step;
  const { rows, columns } = quantized;
  const stored = toFloat32(tensor.dtype, await readBytes(source, tensor.offsetBytes, tensor.lengthBytes));
  const turned = new Float32Array(stored.length);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) turned[row * columns + column] = stored[column * rows + row] as number;
  }
  await writeRows(target, quantized, 0, quantizeRows(quantized, turned));
}

async function readBytes(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new Error('the weights file ended early');
    done += bytesRead;
  }
  return bytes;
}

async function write(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

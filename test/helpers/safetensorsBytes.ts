const bytesOf: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, U8: 1 };

/** A safetensors file of the given tensors, with numbers that repeat nowhere soon. */
export function safetensorsBytes(tensors: Record<string, { dtype: string; shape: readonly number[] }>): Buffer {
  let position = 0;
  const header: Record<string, unknown> = {};
  for (const [name, { dtype, shape }] of Object.entries(tensors)) {
    const end = position + shape.reduce((product, size) => product * size, bytesOf[dtype] ?? 4);
    header[name] = { dtype, shape, data_offsets: [position, end] };
    position = end;
  }
  const text = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.alloc(8 + text.length + position);
  bytes.writeBigUInt64LE(BigInt(text.length));
  text.copy(bytes, 8);
  for (let at = 8 + text.length, i = 0; at + 4 <= bytes.length; at += 4, i++)
    bytes.writeUInt32LE((i * 2654435761) >>> 0, at);
  return bytes;
}

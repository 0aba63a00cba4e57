/**
 * Element types of the safetensors format with their size in bits.
 * Source: the safetensors format, `Dtype` of its reference implementation.
 */
const bitsByDtype = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type SafetensorsDtype = keyof typeof bitsByDtype;

export function isSafetensorsDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(bitsByDtype, value);
}

/** Bytes of `elementCount` elements; `null` when a sub-byte type does not end on a byte. */
export function tensorSizeBytes(dtype: SafetensorsDtype, elementCount: number): number | null {
  const sizeBytes = (elementCount * bitsByDtype[dtype]) / 8;
  return Number.isInteger(sizeBytes) ? sizeBytes : null;
}

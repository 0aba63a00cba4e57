import { PyDateTime, PyFloat, type PyValue } from '../../src/core/serialization/pyValue.js';

/** How Python values travel to tests without losing their types; see {@link pythonValueCodec}. */
export type EncodedValue =
  | null
  | boolean
  | string
  | { i: string }
  | { f: string }
  | { t: string }
  | { b: string }
  | { l: EncodedValue[] }
  | { d: [EncodedValue, EncodedValue][] };

/** Python source of `encode(value)`, the other end of {@link decodeValue}. */
export const pythonValueCodec = `
import base64 as _base64, datetime as _datetime
def encode(v):
    if v is None or isinstance(v, (bool, str)): return v
    if isinstance(v, int): return {"i": str(v)}
    if isinstance(v, float): return {"f": repr(v)}
    if isinstance(v, (_datetime.datetime, _datetime.date)): return {"t": v.isoformat()}
    if isinstance(v, bytes): return {"b": _base64.b64encode(v).decode()}
    if isinstance(v, (list, tuple)): return {"l": [encode(x) for x in v]}
    return {"d": [[encode(k), encode(x)] for k, x in v.items()]}
`;

export function decodeValue(encoded: EncodedValue): PyValue {
  if (encoded === null || typeof encoded !== 'object') return encoded;
  if ('i' in encoded) {
    const value = Number(encoded.i);
    return Number.isSafeInteger(value) ? value : BigInt(encoded.i);
  }
  if ('f' in encoded) return decodeFloat(encoded.f);
  if ('t' in encoded) return new PyDateTime(encoded.t);
  if ('b' in encoded) return new Uint8Array(Buffer.from(encoded.b, 'base64'));
  if ('l' in encoded) return encoded.l.map(decodeValue);
  const entries = encoded.d.map(([key, value]): [PyValue, PyValue] => [decodeValue(key), decodeValue(value)]);
  return entries.every(([key]) => typeof key === 'string' && !/^\d+$/.test(key))
    ? Object.fromEntries(entries as [string, PyValue][])
    : new Map(entries);
}

function decodeFloat(text: string): number | PyFloat {
  const value = text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text === 'nan' ? NaN : text);
  return Number.isInteger(value) ? new PyFloat(value) : value;
}

/** A value in one canonical text form, so that two of them can be compared whatever classes carry them. */
export function canonicalText(value: PyValue | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? `i${value}` : floatText(value);
  if (typeof value === 'bigint') return `i${value}`;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof PyFloat) return floatText(value.value);
  if (value instanceof PyDateTime) return `t${value.isoText}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('base64')}`;
  if (Array.isArray(value)) return `[${value.map((item: PyValue) => canonicalText(item)).join()}]`;
  const entries = value instanceof Map ? [...(value as Map<PyValue, PyValue>)] : Object.entries(value);
  return `{${entries
    .map(([key, item]) => `${canonicalText(key as PyValue)}:${canonicalText(item as PyValue)}`)
    .sort()
    .join()}}`;
}

function floatText(value: number): string {
  return `f${Object.is(value, -0) ? '-0' : value}`;
}

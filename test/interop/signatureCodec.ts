import { DataFrame, Series, type ColumnName } from '../../src/core/signature/dataFrame.js';
import { inferSeries } from '../../src/core/signature/seriesConstruction.js';
import { NdArray, NumpyScalar } from '../../src/core/signature/ndArray.js';
import { PyDateTime } from '../../src/core/signature/pyDateTime.js';
import { dictEntries, dictFrom, numberOf, pythonFloat, pythonKind } from '../../src/core/signature/pythonValue.js';
import type { Compatibility } from '../../src/core/signature/compatibility.js';

export type Tagged = { $: string; [key: string]: unknown };

/** A tagged JSON value as the library's value; `signaturePython.ts` decodes the same into Python's. */
export function decode(value: unknown, compatibility: Compatibility): unknown {
  if (Array.isArray(value)) return value.map((item) => decode(item, compatibility));
  if (typeof value !== 'object' || value === null) return value;
  const tagged = value as Tagged;
  const inner = tagged['v'];
  switch (tagged.$) {
    case 'dict':
      return dictFrom(
        (inner as [unknown, unknown][]).map(([key, item]) => [decode(key, compatibility), decode(item, compatibility)]),
      );
    case 'float':
      return pythonFloat(Number(inner));
    case 'int':
      return BigInt(inner as string);
    case 'bytes':
      return new Uint8Array(Buffer.from(inner as string, 'base64'));
    case 'datetime':
    case 'date':
      return PyDateTime.parse(inner as string);
    case 'numpy':
      return decodeNumpy(tagged, compatibility);
    case 'set':
      return new Set(decode(inner, compatibility) as unknown[]);
    case 'array':
      return decodeArray(tagged, compatibility);
    case 'series':
      return decodeSeries(tagged, compatibility);
    default:
      return new DataFrame((inner as Tagged[]).map((column) => decodeSeries(column, compatibility)));
  }
}

function decodeNumpy({ dtype, v }: Tagged, compatibility: Compatibility): NumpyScalar {
  const isDate = (dtype as string).startsWith('datetime64');
  return new NumpyScalar(
    dtype as string,
    isDate ? PyDateTime.parse((v as string).slice(0, 19)) : numpyValue(dtype, decode(v, compatibility)),
  );
}

function numpyValue(dtype: unknown, value: unknown): unknown {
  return dtype === 'float32' ? Math.fround(numberOf(value)) : value;
}

function decodeArray(tagged: Tagged, compatibility: Compatibility): NdArray {
  const values = decode(tagged['v'], compatibility) as unknown[];
  const dtype = tagged['dtype'] as string;
  const items = dtype.startsWith('float') ? values.map(numberOf) : values;
  return new NdArray(dtype, tagged['shape'] as number[], items);
}

function decodeSeries(tagged: Tagged, compatibility: Compatibility): Series {
  const values = decode(tagged['v'], compatibility) as unknown[];
  const name = tagged['name'] as ColumnName | null;
  const dtype = tagged['dtype'] as string | null;
  if (dtype === null) return inferSeries(values, compatibility, name);
  return new Series(dtype, dtype.startsWith('float') ? values.map(numberOf) : values, name);
}

/** The library's answer in the form that `signaturePython.ts` gives. */
export function encode(value: unknown): unknown {
  if (value instanceof PyDateTime) return { $: value.isDate ? 'date' : 'datetime', v: value.isoFormat() };
  if (value instanceof NdArray) {
    return { $: 'array', dtype: value.dtype, shape: [...value.shape], v: Array.from(value.data, encode) };
  }
  if (value instanceof DataFrame) {
    const columns = value.columns.map(({ name, dtype, values }) => ({ name, dtype, v: values.map(encode) }));
    return { $: 'frame', index: encode([...value.index]), v: columns };
  }
  switch (pythonKind(value)) {
    case 'NoneType':
      return null;
    case 'int':
      return typeof value === 'bigint' ? { $: 'int', v: String(value) } : value;
    case 'float': {
      const number = numberOf(value);
      const text = Number.isNaN(number) ? 'nan' : number > 0 ? 'inf' : '-inf';
      return Number.isFinite(number) ? number : { $: 'float', v: text };
    }
    case 'bytes':
      return { $: 'bytes', v: Buffer.from(value as Uint8Array).toString('base64') };
    case 'list':
      return (value as unknown[]).map(encode);
    case 'set':
      return { $: 'set', v: [...(value as Set<unknown>)].map(encode) };
    case 'dict':
      return { $: 'dict', v: dictEntries(value).map(([key, item]) => [encode(key), encode(item)]) };
    default:
      return value;
  }
}

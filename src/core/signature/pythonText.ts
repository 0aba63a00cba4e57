import { bytesRepr, floatRepr, stringRepr } from '../serialization/pythonRepr.js';
import type { Compatibility } from './compatibility.js';
import { DataFrame, Series } from './dataFrame.js';
import { frameText, seriesText } from './frameText.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { arrayRepr, arrayText, datetime64Text } from './ndArrayText.js';
import { PyDateTime } from './pyDateTime.js';
import { dictEntries, normalize, numberOf, pythonKind } from './pythonValue.js';

/** `repr(value)`. */
export function pyRepr(input: unknown, compatibility: Compatibility = '3'): string {
  const repr = (item: unknown) => pyRepr(item, compatibility);
  const value = normalize(input);
  switch (pythonKind(value)) {
    case 'NoneType':
      return 'None';
    case 'bool':
      return value === true ? 'True' : 'False';
    case 'int':
      return BigInt(value as number).toString();
    case 'float':
      return floatRepr(numberOf(value));
    case 'str':
      return stringRepr(value as string);
    case 'bytes':
      return bytesRepr(value as Uint8Array);
    case 'list':
      return `[${(value as unknown[]).map(repr).join(', ')}]`;
    case 'dict':
      return `{${dictEntries(value)
        .map(([key, item]) => `${repr(key)}: ${repr(item)}`)
        .join(', ')}}`;
    case 'set':
      return setRepr([...(value as Set<unknown>)], compatibility);
    default:
      return objectRepr(value, compatibility);
  }
}

function objectRepr(value: unknown, compatibility: Compatibility): string {
  if (value instanceof PyDateTime) return value.repr();
  if (value instanceof NumpyScalar) return scalarRepr(value, compatibility);
  if (value instanceof NdArray) return arrayRepr(value, compatibility);
  if (value instanceof DataFrame) return frameText(value, compatibility);
  if (value instanceof Series) return seriesText(value, compatibility);
  return '<object object>';
}

/** numpy 2 names the type, numpy 1 shows the bare value. */
function scalarRepr(scalar: NumpyScalar, compatibility: Compatibility): string {
  const text = scalarText(scalar, pyRepr);
  if (compatibility === '2') {
    return scalar.dtype.startsWith('datetime64') ? `numpy.datetime64('${text}')` : text;
  }
  if (scalar.dtype === 'bool') return `np.${text}_`;
  if (scalar.dtype.startsWith('datetime64')) {
    return scalar.value === null ? "np.datetime64('NaT','ns')" : `np.datetime64('${text}')`;
  }
  return `np.${scalar.typeName}(${text})`;
}

function scalarText(scalar: NumpyScalar, text: (value: unknown) => string): string {
  if (scalar.dtype.startsWith('datetime64')) return datetime64Text(scalar.value);
  return scalar.dtype.startsWith('float') ? floatText(numberOf(scalar.value), scalar.dtype) : text(scalar.value);
}

/** A float of that dtype: 32-bit floats show the shortest digits for their width. */
export function floatText(value: number, dtype: string): string {
  if (dtype !== 'float32') return floatRepr(value);
  for (let digits = 1; digits <= 9; digits += 1) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(value)) return floatRepr(candidate);
  }
  return floatRepr(value);
}

/** `str(value)`: a numpy float has the digits of its width. */
export function numpyStr(value: unknown, compatibility: Compatibility): string {
  return value instanceof NumpyScalar ? scalarText(value, pyStr) : pyStr(value, compatibility);
}

/** `f"{value}"`: like `repr`, but text and dates stand as they are, and numpy floats as Python's. */
export function pyStr(input: unknown, compatibility: Compatibility = '3'): string {
  const value = normalize(input);
  if (typeof value === 'string') return value;
  if (value instanceof PyDateTime) return value.toString();
  if (value instanceof NumpyScalar) {
    return value.dtype === 'float32' ? floatRepr(numberOf(value)) : scalarText(value, pyStr);
  }
  if (value instanceof NdArray) return arrayText(value, compatibility);
  return pyRepr(value, compatibility);
}

/** A set in the order of insertion; Python's own order is arbitrary. */
export function setRepr(items: readonly unknown[], compatibility: Compatibility = '3'): string {
  return items.length === 0 ? 'set()' : `{${items.map((item) => pyRepr(item, compatibility)).join(', ')}}`;
}

/** `repr` of a list. */
export function listRepr(items: readonly unknown[]): string {
  return `[${items.map((item) => pyRepr(item)).join(', ')}]`;
}

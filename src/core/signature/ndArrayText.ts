import type { Compatibility } from './compatibility.js';
import { type NdArray, NumpyScalar, shapeText } from './ndArray.js';
import { dtypeKind } from './numpyDtype.js';
import { PyDateTime } from './pyDateTime.js';
import { floatText, pyRepr, pyStr } from './pythonText.js';
import { numberOf } from './pythonValue.js';

const lineWidth = 75;
const summaryThreshold = 1000;
const maxDecimals = 8;

/** `str(array)`. */
export function arrayText(array: NdArray, compatibility: Compatibility): string {
  if (array.ndim === 0)
    return pyStr(array.dtype === 'object' ? array.data[0] : new NumpyScalar(array.dtype, array.data[0]), compatibility);
  return array.size === 0 ? '[]' : nested(array, ' ', '', lineWidth, compatibility);
}

/** `repr(array)`. */
export function arrayRepr(array: NdArray, compatibility: Compatibility): string {
  const prefix = 'array(';
  const text = prefix + body(array, compatibility);
  const isDefault = ['int64', 'float64', 'bool'].includes(array.dtype) && array.size > 0;
  if (isDefault) return `${text})`;
  const isQuoted = ['U', 'S', 'M', 'm'].includes(dtypeKind(array.dtype));
  const dtype = `dtype=${isQuoted ? `'${array.dtypeText}'` : array.dtype})`;
  const lastLine = text.length - (text.lastIndexOf('\n') + 1) + 1;
  const isTooLong = lastLine + dtype.length + 1 > lineWidth;
  return `${text},${isTooLong ? `\n${' '.repeat(prefix.length)}` : ' '}${dtype}`;
}

function body(array: NdArray, compatibility: Compatibility): string {
  if (array.ndim === 0) return (formatItems(array, compatibility)[0] as string).trim();
  if (array.size > 0) return nested(array, ', ', ' '.repeat('array('.length), lineWidth - 1, compatibility);
  return array.ndim === 1 ? '[]' : `[], shape=${shapeText(array.shape)}`;
}

function formatItems(
  array: NdArray,
  compatibility: Compatibility,
  values: unknown[] = Array.from(array.data),
): string[] {
  switch (dtypeKind(array.dtype)) {
    case 'f':
      return formatFloats(values.map(numberOf), array.dtype);
    case 'b':
      return values.map((value) => (value === true ? ' True' : 'False'));
    case 'M':
      return rightAligned(values.map((value) => `'${datetime64Text(value)}'`));
    case 'i':
    case 'u':
      return rightAligned(values.map((value) => pyRepr(value)));
    default:
      return values.map((value) => pyRepr(value, compatibility));
  }
}

/** A `datetime64[ns]` value: `2020-01-01T10:00:00.000000000`, `NaT`. */
export function datetime64Text(value: unknown): string {
  if (!(value instanceof PyDateTime)) return 'NaT';
  const [seconds, fraction = ''] = value.isoFormat().split('.') as [string, string?];
  return `${seconds}.${fraction.padEnd(6, '0')}${String(value.nanoseconds).padStart(3, '0')}`;
}

function rightAligned(texts: string[]): string[] {
  const width = Math.max(0, ...texts.map((text) => text.length));
  return texts.map((text) => text.padStart(width));
}

/** numpy's float layout: one number of digits before and after the point for the whole array. */
function formatFloats(values: number[], dtype: string): string[] {
  const magnitudes = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const [largest, smallest] = [Math.max(0, ...magnitudes), Math.min(Infinity, ...magnitudes)];
  const isWide = magnitudes.length > 0 && (smallest < 1e-4 || largest / smallest > 1000);
  const write = largest >= 1e8 || isWide ? exponentParts : pointParts;
  const parts = values.map((value) => (Number.isFinite(value) ? write(value, dtype) : undefined));
  const decimals = Math.max(0, ...parts.map((part) => part?.fraction.length ?? 0));
  const texts = values.map((value, i) => {
    const part = parts[i];
    if (!part) return floatText(value, dtype);
    const fill = part.exponent === '' ? ' ' : '0';
    return `${part.whole}.${part.fraction.padEnd(decimals, fill)}${part.exponent}`;
  });
  return rightAligned(texts);
}

interface FloatParts {
  whole: string;
  fraction: string;
  exponent: string;
}

function pointParts(value: number, dtype: string): FloatParts {
  const [whole = '0', fraction = ''] = plainText(value, dtype).split('.');
  return { whole, fraction: fraction.replace(/0+$/, ''), exponent: '' };
}

function plainText(value: number, dtype: string): string {
  const short = floatText(value, dtype);
  const isLong = short.includes('e') || (short.split('.')[1] ?? '').length > maxDecimals;
  return isLong ? value.toFixed(maxDecimals) : short;
}

function exponentParts(value: number, dtype: string): FloatParts {
  const shortest = Number(floatText(value, dtype)).toExponential();
  const isLong = (/\.(\d+)/.exec(shortest)?.[1] ?? '').length > maxDecimals;
  const [mantissa, exponent] = (isLong ? value.toExponential(maxDecimals) : shortest).split('e') as [string, string];
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const digits = exponent.slice(1).padStart(2, '0');
  return { whole, fraction: fraction.replace(/0+$/, ''), exponent: `e${exponent[0]}${digits}` };
}

function nested(
  array: NdArray,
  separator: string,
  indent: string,
  width: number,
  compatibility: Compatibility,
): string {
  const isLong = array.size > summaryThreshold;
  const shown = shownPlaces(array.shape, isLong);
  // What is left out has no part in the layout.
  const texts = formatItems(
    array,
    compatibility,
    shown.map((place) => array.data[place]),
  );
  const items = new Map(shown.map((place, i) => [place, texts[i] as string]));
  const stride = (axis: number) => array.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const write = (axis: number, start: number): string => {
    const length = array.shape[axis] as number;
    const isLast = axis === array.ndim - 1;
    const parts = positions(length, isLong).map((i) => {
      if (i === -1) return '...';
      return isLast ? (items.get(start + i) as string) : write(axis + 1, start + i * stride(axis));
    });
    const pad = indent + ' '.repeat(axis + 1);
    if (isLast) return `[${wrapped(parts, separator, pad, width - axis - 1)}]`;
    return `[${parts.join(`${separator.trimEnd()}${'\n'.repeat(array.ndim - 1 - axis)}${pad}`)}]`;
  };
  return write(0, 0);
}

/** Places of the items that are shown, in the array's order. */
function shownPlaces(shape: readonly number[], isLong: boolean): number[] {
  return shape.reduce<number[]>(
    (places, length) => {
      const own = positions(length, isLong).filter((i) => i !== -1);
      return places.flatMap((place) => own.map((i) => place * length + i));
    },
    [0],
  );
}

/** Positions to show; -1 stands for those left out. */
function positions(length: number, isLong: boolean): number[] {
  if (isLong && length > 6) return [0, 1, 2, -1, length - 3, length - 2, length - 1];
  return Array.from({ length }, (_, i) => i);
}

/** Items on lines of at most `width` characters, not counting what closes them. */
function wrapped(parts: readonly string[], separator: string, pad: string, width: number): string {
  let text = '';
  let line = pad.length;
  parts.forEach((part, i) => {
    if (i > 0 && line + part.length > width) {
      text = `${text.trimEnd()}\n${pad}`;
      line = pad.length;
    }
    text += part + (i === parts.length - 1 ? '' : separator);
    line += part.length + separator.length;
  });
  return text;
}

import type { NdArray } from './ndArray.js';
import { floatText, pyRepr, stringRepr } from './pythonText.js';
import { numberOf } from './pythonValue.js';

const lineWidth = 75;
const summaryThreshold = 1000;
const edgeItems = 3;

/** `str(array)`. */
export function arrayText(array: NdArray): string {
  if (array.ndim === 0) return array.dtype === 'str' ? String(array.data[0]) : (formatItems(array)[0] as string);
  return nested(array, ' ', '');
}

/** `repr(array)`. */
export function arrayRepr(array: NdArray): string {
  const prefix = 'array(';
  const body = array.ndim === 0 ? pyRepr(array.data[0]) : nested(array, ', ', ' '.repeat(prefix.length));
  const isDefault = ['int64', 'float64', 'bool'].includes(array.dtype) && array.size > 0;
  const dtype = ['str', 'bytes'].includes(array.dtype) ? `'${array.dtypeText}'` : array.dtype;
  return isDefault ? `${prefix}${body})` : `${prefix}${body}, dtype=${dtype.includes('[') ? `'${dtype}'` : dtype})`;
}

function formatItems(array: NdArray): string[] {
  const values = Array.from(array.data);
  if (array.dtype.startsWith('float')) return formatFloats(values.map(numberOf), array.dtype);
  if (array.dtype === 'bool')
    return padded(
      values.map((value) => (value === true ? 'True' : 'False')),
      false,
    );
  if (array.dtype === 'str')
    return padded(
      values.map((value) => stringRepr(value as string)),
      true,
    );
  if (array.dtype.startsWith('datetime64')) return values.map((value) => `'${String(value).replace(' ', 'T')}'`);
  const texts = values.map((value) => pyRepr(value));
  return array.dtype === 'object' || array.dtype === 'bytes' ? padded(texts, true) : padded(texts, false);
}

function padded(texts: string[], toTheRight: boolean): string[] {
  const width = Math.max(0, ...texts.map((text) => text.length));
  return texts.map((text) => (toTheRight ? text.padEnd(width) : text.padStart(width)));
}

/** numpy's float layout: one number of digits before and after the point for the whole array. */
function formatFloats(values: number[], dtype: string): string[] {
  const finite = values.filter(Number.isFinite);
  const magnitudes = finite.filter((value) => value !== 0).map(Math.abs);
  const [largest, smallest] = [Math.max(0, ...magnitudes), Math.min(Infinity, ...magnitudes)];
  if (largest >= 1e8 || (magnitudes.length > 0 && (smallest < 1e-4 || largest / smallest > 1000))) {
    return padded(values.map(exponentText), false);
  }
  const texts = values.map((value) => (Number.isFinite(value) ? roundedText(value, dtype) : floatText(value, dtype)));
  const decimals = Math.max(0, ...texts.map((text) => (text.split('.')[1] ?? '').length));
  const aligned = texts.map((text) => {
    const fraction = text.split('.')[1];
    return fraction === undefined ? text : text + ' '.repeat(decimals - fraction.length);
  });
  return padded(aligned, false);
}

function roundedText(value: number, dtype: string): string {
  const short = floatText(value, dtype);
  const [, fraction = ''] = short.split('.');
  const text = fraction.length > 8 ? value.toFixed(8).replace(/0+$/, '') : short;
  return text.replace(/\.0$/, '.');
}

function exponentText(value: number): string {
  if (!Number.isFinite(value)) return floatText(value, 'float64');
  const [mantissa, exponent] = value.toExponential(8).split('e') as [string, string];
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${mantissa}e${sign}${exponent.slice(1).padStart(2, '0')}`;
}

function nested(array: NdArray, separator: string, indent: string): string {
  const items = formatItems(array);
  const isLong = array.size > summaryThreshold;
  const stride = (axis: number) => array.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const write = (axis: number, start: number): string => {
    const length = array.shape[axis] as number;
    const isLast = axis === array.ndim - 1;
    const positions = isLong && length > 2 * edgeItems ? edgePositions(length) : Array.from({ length }, (_, i) => i);
    const parts = positions.map((i) => {
      if (i === -1) return '...';
      return isLast ? (items[start + i] as string) : write(axis + 1, start + i * stride(axis));
    });
    const pad = indent + ' '.repeat(axis + 1);
    if (isLast) return `[${wrapped(parts, separator, pad)}]`;
    return `[${parts.join(`${separator.trimEnd()}${'\n'.repeat(array.ndim - 1 - axis)}${pad}`)}]`;
  };
  return write(0, 0);
}

function edgePositions(length: number): number[] {
  return [0, 1, 2, -1, length - 3, length - 2, length - 1];
}

function wrapped(parts: readonly string[], separator: string, pad: string): string {
  let text = '';
  let line = pad.length;
  parts.forEach((part, i) => {
    const isLast = i === parts.length - 1;
    const needed = part.length + (isLast ? 1 : separator.trimEnd().length);
    if (i > 0 && line + needed > lineWidth) {
      text = `${text.trimEnd()}\n${pad}`;
      line = pad.length;
    }
    text += part + (isLast ? '' : separator);
    line += part.length + separator.length;
  });
  return text;
}

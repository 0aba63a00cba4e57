import type { Compatibility } from './compatibility.js';
import { DataFrame, Series } from './dataFrame.js';
import { frameText, seriesText } from './frameText.js';
import { NdArray, NumpyScalar } from './ndArray.js';
import { arrayRepr, arrayText, datetime64Text } from './ndArrayText.js';
import { PyDateTime } from './pyDateTime.js';
import { dictEntries, normalize, numberOf, pythonKind } from './pythonValue.js';

/** `repr(x)` of a Python float: the shortest digits that read back, exponent form below 1e-4 and from 1e16 on. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const text = plainDigits(mantissa, exponent);
  return text.includes('.') ? text : `${text}.0`;
}

function plainDigits(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.padEnd(exponent + 1, '0');
  const fraction = whole.slice(exponent + 1);
  return `${sign}${whole.slice(0, exponent + 1)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** `repr(text)`: Python's choice of quotes and escapes. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = '';
  for (const character of text) body += escapedCharacter(character, quote);
  return quote + body + quote;
}

const namedEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapedCharacter(character: string, quote: string): string {
  const named = namedEscapes[character];
  if (named !== undefined) return named;
  if (character === quote) return `\\${character}`;
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
  const code = character.codePointAt(0) as number;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** `repr(b"...")`. */
export function bytesRepr(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    const isPlain = code >= 0x20 && code < 0x7f;
    body += isPlain || namedEscapes[character] !== undefined ? escapedCharacter(character, quote) : hexEscape(code);
  }
  return `b${quote}${body}${quote}`;
}

function hexEscape(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}

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

/** `str(value)`: like `repr`, but text and dates stand as they are. */
export function pyStr(input: unknown, compatibility: Compatibility = '3'): string {
  const value = normalize(input);
  if (typeof value === 'string') return value;
  if (value instanceof PyDateTime) return value.toString();
  if (value instanceof NumpyScalar) {
    const isWidened = compatibility === '2' && value.dtype === 'float32';
    return isWidened ? floatRepr(numberOf(value)) : scalarText(value, pyStr);
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

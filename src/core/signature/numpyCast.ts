import type { Compatibility } from './compatibility.js';
import { NumpyScalar } from './ndArray.js';
import { dtypeItemSize, dtypeKind } from './numpyDtype.js';
import { parseNumpyDate } from './numpyDateText.js';
import { PyDateTime } from './pyDateTime.js';
import { PythonError, typeError, valueError } from './pythonError.js';
import { bytesRepr, stringRepr } from '../serialization/pythonRepr.js';
import { numpyStr, pyStr } from './pythonText.js';
import { isTruthy } from './pythonTruth.js';
import { numberOf, pythonKind, typeName } from './pythonValue.js';

/** One Python value as an item of an array of that dtype, with Python's own conversion (`int()`, `float()`, `str()`). */
export function castItem(input: unknown, dtype: string, compatibility: Compatibility): unknown {
  const value = input instanceof NumpyScalar ? input.value : input;
  switch (dtypeKind(dtype)) {
    case 'b':
      // numpy 1 reads its own text as a number.
      if (compatibility === '2' && input instanceof NumpyScalar && input.dtype === 'str')
        return toInteger(value) !== 0n;
      return isTruthy(value);
    case 'i':
    case 'u':
      if (input instanceof NumpyScalar && input.dtype.startsWith('float'))
        return fitInteger(processorInteger(numberOf(value), dtype), dtype, compatibility, true);
      return fitInteger(toInteger(value), dtype, compatibility, input instanceof NumpyScalar);
    case 'f':
      return roundFloat(toFloat(value), dtype);
    case 'U':
      return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : numpyStr(input, compatibility);
    case 'S':
      return toBytes(value);
    case 'M':
      return toDatetime(value);
    default:
      return value;
  }
}

/** `int(value)`. */
export function toInteger(value: unknown): bigint {
  switch (pythonKind(value)) {
    case 'bool':
      return value === true ? 1n : 0n;
    case 'int':
      return BigInt(value as number | bigint);
    case 'float':
      return truncated(numberOf(value));
    case 'str':
      return integerFromText(value as string);
    case 'bytes':
      return integerFromText(Buffer.from(value as Uint8Array).toString('latin1'), bytesRepr(value as Uint8Array));
    default:
      throw typeError(
        `int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`,
      );
  }
}

function truncated(value: number): bigint {
  if (Number.isNaN(value)) throw valueError('cannot convert float NaN to integer');
  if (!Number.isFinite(value)) throw new PythonError('OverflowError', 'cannot convert float infinity to integer');
  return BigInt(Math.trunc(value));
}

function integerFromText(text: string, repr = stringRepr(text)): bigint {
  const bare = text.trim();
  if (!/^[+-]?\d+(?:_\d+)*$/.test(bare)) throw valueError(`invalid literal for int() with base 10: ${repr}`);
  const digits = bare.replaceAll('_', '').replace(/^\+/, '');
  return digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits);
}

/** `float(value)`, None as NaN. */
export function toFloat(value: unknown): number {
  switch (pythonKind(value)) {
    case 'NoneType':
      return NaN;
    case 'bool':
    case 'int':
    case 'float':
      return numberOf(value);
    case 'str':
      return floatFromText(value as string);
    case 'bytes':
      return floatFromText(Buffer.from(value as Uint8Array).toString('latin1'), bytesRepr(value as Uint8Array));
    default:
      throw typeError(`float() argument must be a string or a real number, not '${typeName(value)}'`);
  }
}

function floatFromText(text: string, repr = stringRepr(text)): number {
  const parsed = parseFloatText(text);
  if (parsed === undefined) throw valueError(`could not convert string to float: ${repr}`);
  return parsed;
}

/** The number that Python's `float()` reads; `undefined` when the text is none. */
export function parseFloatText(text: string): number | undefined {
  const bare = text.trim().toLowerCase();
  if (/^[+-]?(inf|infinity)$/.test(bare)) return bare.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/.test(bare)) return NaN;
  if (!/^[+-]?(\d+(?:_\d+)*(\.(\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(e[+-]?\d+)?$/.test(bare)) return undefined;
  return Number(bare.replaceAll('_', ''));
}

function roundFloat(value: number, dtype: string): number {
  return dtype === 'float32' ? Math.fround(value) : value;
}

/** `int()` of an object as an item of that width, as numpy's own conversion of one Python value. */
export function fitInteger(
  value: bigint,
  dtype: string,
  compatibility: Compatibility,
  wraps: boolean,
): number | bigint {
  const bits = dtypeItemSize(dtype) * 8;
  const isSigned = dtypeKind(dtype) === 'i';
  const wrapped = isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  if (wrapped !== value && !wraps) {
    const isUnsignedLong = !isSigned && bits >= 32 && BigInt.asUintN(64, value) === value;
    const isLong = BigInt.asIntN(64, value) === value || isUnsignedLong;
    if (!isLong) throw new PythonError('OverflowError', 'Python int too large to convert to C long');
    if (compatibility === '3') {
      throw new PythonError('OverflowError', `Python integer ${value} out of bounds for ${dtype}`);
    }
  }
  return smallest(wrapped);
}

/** A float cut as processors do: what does not fit becomes the least number of 32 or 64 bits. */
export function processorInteger(value: number, dtype: string): bigint {
  const bits = dtype.endsWith('64') || dtype === 'uint32' ? 64 : 32;
  const least = -(2n ** BigInt(bits - 1));
  if (!Number.isFinite(value)) return least;
  const integer = BigInt(Math.trunc(value));
  if (dtype === 'uint64' && integer >= 0n && integer < 2n ** 64n) return integer;
  return BigInt.asIntN(bits, integer) === integer ? integer : least;
}

/** A bigint as a number where that loses nothing. */
export function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const text = pyStr(value);
  const foreign = /[^\0-\x7f]+/u.exec(text);
  if (foreign) {
    const start = [...text.slice(0, foreign.index)].length;
    const end = start + [...foreign[0]].length;
    throw new PythonError(
      'UnicodeEncodeError',
      notAscii(start, [...foreign[0]]),
      `UnicodeEncodeError('ascii', ${stringRepr(text)}, ${start}, ${end}, 'ordinal not in range(128)')`,
    );
  }
  return Buffer.from(text, 'latin1');
}

function notAscii(position: number, characters: readonly string[]): string {
  const [first = ''] = characters;
  const code = first.codePointAt(0) as number;
  const width = code <= 0xff ? 2 : code <= 0xffff ? 4 : 8;
  const escape = `\\${width === 2 ? 'x' : width === 4 ? 'u' : 'U'}${code.toString(16).padStart(width, '0')}`;
  const where =
    characters.length === 1
      ? `character '${escape}' in position ${position}`
      : `characters in position ${position}-${position + characters.length - 1}`;
  return `'ascii' codec can't encode ${where}: ordinal not in range(128)`;
}

/** Nanoseconds since 1970. */
export function fromNanoseconds(value: bigint): PyDateTime {
  const rest = ((value % 1000n) + 1000n) % 1000n;
  return new PyDateTime((value - rest) / 1000n, false, Number(rest));
}

/** Whole nanoseconds in the 64 bits of a `datetime64[ns]`: too large ones wrap, the least is NaT. */
export function wrappedNanoseconds(value: bigint): PyDateTime | null {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped === -(2n ** 63n) ? null : fromNanoseconds(wrapped);
}

/** A value of a `datetime64[ns]` array; `null` is NaT. */
export function toDatetime(value: unknown): PyDateTime | null {
  if (value === null || value === undefined) return null;
  if (value instanceof PyDateTime) return new PyDateTime(value.epochMicroseconds, false, value.nanoseconds);
  if (typeof value === 'boolean') return fromNanoseconds(value ? 1n : 0n);
  if (pythonKind(value) === 'int') return nanosecondsOfInt(BigInt(value as number | bigint));
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  if (typeof text !== 'string') throw valueError('Could not convert object to NumPy datetime');
  const date = parseNumpyDate(text);
  return date === null ? null : wrappedNanoseconds(date.epochNanoseconds);
}

function nanosecondsOfInt(value: bigint): PyDateTime | null {
  if (BigInt.asIntN(64, value) !== value) throw new PythonError('OverflowError', 'int too big to convert');
  return wrappedNanoseconds(value);
}

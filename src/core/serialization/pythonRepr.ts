import { isPythonInt, PyDateTime, PyFloat, type PyValue } from './pyValue.js';

/** Python's `repr` of a float: shortest digits, an exponent from 1e16 up and below 1e-4, always a point or an exponent. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential().split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '');
  const sign = value < 0 ? '-' : '';
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}.0`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** Python's text of a number as this project keeps it: an `int` where it is whole and safe, else a float's `repr`. */
export function numberRepr(value: number): string {
  return isPythonInt(value) ? String(value) : floatRepr(value);
}

const shortEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const notPrintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u;

/** Python's `repr` of a str: single quotes unless only those occur inside, unprintable characters escaped. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = '';
  for (const character of text) {
    if (character === quote) body += `\\${character}`;
    else if (shortEscapes[character] !== undefined) body += shortEscapes[character];
    else if (character !== ' ' && notPrintable.test(character)) body += escapeCodePoint(character.codePointAt(0) ?? 0);
    else body += character;
  }
  return quote + body + quote;
}

function escapeCodePoint(codePoint: number): string {
  if (codePoint <= 0xff) return `\\x${codePoint.toString(16).padStart(2, '0')}`;
  if (codePoint <= 0xffff) return `\\u${codePoint.toString(16).padStart(4, '0')}`;
  return `\\U${codePoint.toString(16).padStart(8, '0')}`;
}

/** Python's `repr` of a value, as its error messages and stored texts show it. */
export function pythonRepr(value: PyValue | undefined): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return numberRepr(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return stringRepr(value);
  if (value instanceof PyFloat) return floatRepr(value.value);
  if (value instanceof Date) return dateTimeRepr(PyDateTime.fromDate(value));
  if (value instanceof PyDateTime) return dateTimeRepr(value);
  if (value instanceof Uint8Array) return bytesRepr(value);
  if (Array.isArray(value)) return `[${value.map((item: PyValue) => pythonRepr(item)).join(', ')}]`;
  const entries: Iterable<[PyValue, PyValue | undefined]> =
    value instanceof Map ? value.entries() : Object.entries(value);
  return `{${[...entries].map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`).join(', ')}}`;
}

/** Python's `str()` of a value: a text as it is, a date with a blank, everything else as {@link pythonRepr}. */
export function pythonStr(value: PyValue | undefined): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return PyDateTime.fromDate(value).toString();
  if (value instanceof PyDateTime) return value.toString();
  return pythonRepr(value);
}

/** The name of the Python type that a value stands for: `str`, `int`, `dict`, ... */
export function pythonTypeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return isPythonInt(value) ? 'int' : 'float';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'string') return 'str';
  if (value instanceof PyFloat) return 'float';
  if (value instanceof PyDateTime) return value.isDateOnly ? 'date' : 'datetime';
  if (value instanceof Date) return 'datetime';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Set) return 'set';
  return typeof value === 'object' ? 'dict' : typeof value;
}

/** Python's `repr` of bytes. */
export function bytesRepr(bytes: Uint8Array): string {
  const hasSingle = bytes.includes(0x27);
  const quote = hasSingle && !bytes.includes(0x22) ? '"' : "'";
  let body = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (character === quote) body += `\\${character}`;
    else if (shortEscapes[character] !== undefined) body += shortEscapes[character];
    else if (byte < 0x20 || byte > 0x7e) body += `\\x${byte.toString(16).padStart(2, '0')}`;
    else body += character;
  }
  return `b${quote}${body}${quote}`;
}

function dateTimeRepr(value: PyDateTime): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{6}))?(.*))?$/.exec(value.isoText);
  if (match === null) return stringRepr(value.isoText);
  const [, year, month, day, hour, minute, second, microsecond, offset] = match;
  const date = [year, month, day].map(Number);
  if (hour === undefined) return `datetime.date(${date.join(', ')})`;
  const parts = [...date, Number(hour), Number(minute)];
  if (Number(second) !== 0 || microsecond !== undefined) parts.push(Number(second));
  if (microsecond !== undefined) parts.push(Number(microsecond));
  const zone = offset === undefined || offset === '' ? '' : `, tzinfo=${zoneRepr(offset)}`;
  return `datetime.datetime(${parts.join(', ')}${zone})`;
}

function zoneRepr(offset: string): string {
  const match = /^([+-])(\d{2}):(\d{2})$/.exec(offset);
  if (match === null) return stringRepr(offset);
  const seconds = (Number(match[2]) * 60 + Number(match[3])) * 60;
  if (seconds === 0) return 'datetime.timezone.utc';
  const days = match[1] === '-' ? 'days=-1, ' : '';
  const positive = match[1] === '-' ? 86400 - seconds : seconds;
  return `datetime.timezone(datetime.timedelta(${days}seconds=${positive}))`;
}

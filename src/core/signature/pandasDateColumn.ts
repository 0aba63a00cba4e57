import type { Compatibility } from './compatibility.js';
import { isMissing, type Series } from './dataFrame.js';
import { NumpyScalar } from './ndArray.js';
import { fromNanoseconds, wrappedNanoseconds } from './numpyCast.js';
import { isMissingDateText, parseDateText } from './pandasDateText.js';
import { PyDateTime } from './pyDateTime.js';
import { PythonError, typeError, valueError } from './pythonError.js';
import { pyStr } from './pythonText.js';
import { classText, numberOf, pythonKind } from './pythonValue.js';

/** One object as pandas turns it into a naive timestamp. @throws PythonError in pandas' words. */
export function objectToDatetime(input: unknown, position: number, compatibility: Compatibility): PyDateTime | null {
  const value = input instanceof NumpyScalar && typeof input.value !== 'boolean' ? input.value : input;
  if (isMissing(value)) return null;
  if (value instanceof PyDateTime) return new PyDateTime(value.epochMicroseconds, false, value.nanoseconds);
  const suffix = compatibility === '2' ? `, at position ${position}` : '';
  const kind = pythonKind(value);
  if (kind === 'int' || kind === 'float') return numberToDatetime(value, suffix, compatibility);
  if (kind !== 'str') throw typeError(`${classText(value, compatibility)} is not convertible to datetime${suffix}`);
  const parsed = parseDateText(value as string, suffix);
  if (parsed === 'zoned') throw valueError('cannot supply both a tz and a timezone-naive dtype (i.e. datetime64[ns])');
  return parsed;
}

function numberToDatetime(value: unknown, suffix: string, compatibility: Compatibility): PyDateTime | null {
  const number = numberOf(value);
  if (Number.isNaN(number)) return null;
  const isHuge = Math.abs(number) > 2 ** 64;
  const nanoseconds = isHuge ? 2n ** 64n : BigInt(pythonKind(value) === 'int' ? (value as number) : Math.trunc(number));
  if (BigInt.asIntN(64, nanoseconds) === nanoseconds) return wrappedNanoseconds(nanoseconds);
  throw outOfBounds(`cannot convert input ${pyStr(value, compatibility)} with the unit 'ns'${suffix}`);
}

function outOfBounds(message: string): PythonError {
  return new PythonError('OutOfBoundsDatetime', message);
}

/** `series.astype("datetime64[ns]")`. @throws PythonError in pandas' words. */
export function seriesToDatetimes(series: Series, compatibility: Compatibility): (PyDateTime | null)[] {
  const { dtype, values } = series;
  if (dtype.startsWith('float')) return values.map((value) => floatToDatetime(numberOf(value)));
  if (/^(bool|u?int)/.test(dtype)) return values.map((value) => wrappedNanoseconds(BigInt(numberOrBig(value))));
  const isHugeInts = values.length > 0 && values.every((value) => pythonKind(value) === 'int');
  if (isHugeInts && values.some((value) => BigInt.asIntN(64, BigInt(value as number)) !== BigInt(value as number)))
    throw new PythonError('OverflowError', 'Python int too large to convert to C long');
  return values.map((value, i) => objectToDatetime(value, i, compatibility));
}

function numberOrBig(value: unknown): number | bigint {
  return typeof value === 'bigint' ? value : numberOf(value);
}

function floatToDatetime(value: number): PyDateTime | null {
  return Number.isNaN(value) || Math.abs(value) >= 2 ** 63 ? null : fromNanoseconds(BigInt(Math.trunc(value)));
}

/**
 * `pd.to_datetime(series)` of pandas 3: text in the first place tells the format that all others must have.
 * @throws PythonError in pandas' words.
 */
export function toDatetimes(series: Series): (PyDateTime | null)[] {
  if (series.dtype === 'bool') throw typeError('dtype bool cannot be converted to datetime64[ns]');
  if (series.dtype !== 'object' && series.dtype !== 'str') return seriesToDatetimes(series, '3');
  const first = series.values.find((value) => !isMissing(value) && !isMissingDateText(value));
  const format = typeof first === 'string' ? isoFormatOf(first) : undefined;
  return series.values.map((value, i) => (format ? formattedDatetime(value, format) : objectToDatetime(value, i, '3')));
}

interface IsoFormat {
  text: string;
  pattern: RegExp;
}

const directives: readonly [found: RegExp, directive: string, pattern: string][] = [
  [/^\d{4}/, '%Y', '\\d{4}'],
  [/^-\d{2}/, '-%m', '-\\d{2}'],
  [/^-\d{2}/, '-%d', '-\\d{2}'],
  [/^[T ]\d{2}/, '%H', '\\d{2}'],
  [/^:\d{2}/, ':%M', ':\\d{2}'],
  [/^:\d{2}/, ':%S', ':\\d{2}'],
  [/^\.\d{1,9}/, '.%f', '\\.\\d{1,9}'],
];

/** The format in which the text is ISO 8601, with a day; `undefined` when it is not, or has a zone. */
function isoFormatOf(text: string): IsoFormat | undefined {
  let rest = text;
  let format = '';
  let pattern = '';
  for (const [found, directive, piece] of directives) {
    const match = found.exec(rest)?.[0];
    if (match === undefined) break;
    const separator = directive === '%H' ? (match[0] as string) : '';
    format += separator + directive;
    pattern += separator + piece;
    rest = rest.slice(match.length);
  }
  const isWhole = rest === '' && (format.endsWith('%d') || format.includes('%M')) && parsesAsDate(text);
  return isWhole ? { text: format, pattern: new RegExp(`^${pattern}`) } : undefined;
}

function parsesAsDate(text: string): boolean {
  return PyDateTime.parse(text) !== undefined;
}

function formattedDatetime(input: unknown, format: IsoFormat): PyDateTime | null {
  if (isMissing(input) || isMissingDateText(input)) return null;
  if (input instanceof PyDateTime) return objectToDatetime(input, 0, '3');
  const text = pyStr(input);
  const match = format.pattern.exec(text)?.[0];
  const advice =
    '. You might want to try:\n    - passing `format` if your strings have a consistent format;\n' +
    "    - passing `format='ISO8601'` if your strings are all ISO8601 but not necessarily in exactly the same format;\n" +
    "    - passing `format='mixed'`, and the format will be inferred for each element individually. You might want to use `dayfirst` alongside this.";
  if (match === undefined || !parsesAsDate(match))
    throw valueError(`time data "${text}" doesn't match format "${format.text}"${advice}`);
  if (match === text) return objectToDatetime(text, 0, '3');
  const rest = text.slice(match.length);
  throw valueError(`unconverted data remains when parsing with format "${format.text}": "${rest}"${advice}`);
}

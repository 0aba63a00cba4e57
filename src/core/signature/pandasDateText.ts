import { PyDateTime } from './pyDateTime.js';
import { parseFloatText } from './numpyCast.js';
import { PythonError, valueError } from './pythonError.js';

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Single letters that dateutil would take for a half of the day or a zone. */
const letters = new Set('aAmMpPtT');

/** Text that pandas reads as NaT. */
export function isMissingDateText(value: unknown): boolean {
  return typeof value === 'string' && ['', 'NaT', 'nat', 'NAT', 'nan', 'NaN', 'NAN', '<NA>'].includes(value);
}

/**
 * Text as pandas reads a timestamp: ISO 8601 of any precision, `month/day/year`, month names.
 * @param suffix what pandas 2 adds to its messages.
 * @returns `zoned` for a text with a time zone, `null` for NaT.
 * @throws PythonError DateParseError when it is no date.
 */
export function parseDateText(text: string, suffix: string): PyDateTime | 'zoned' | null {
  const bare = text.trim();
  if (isMissingDateText(text)) return null;
  if (letters.has(bare) || (!text.startsWith('0') && isBelowThousand(bare)))
    throw valueError(`Given date string "${text}" not likely a datetime${suffix}`);
  if (/^\d{4}-\d{2}-\d{2}[T ].*(Z|[+-]\d{2}:?\d{2})$/.test(bare)) return 'zoned';
  const iso = PyDateTime.parse(bare);
  if (iso === 'nanoseconds') return inBounds(finerThanMicroseconds(bare), text, suffix);
  if (iso instanceof PyDateTime) return inBounds(iso, text, suffix);
  const month = /^\d{4}-(\d{2})/.exec(bare)?.[1];
  if (month !== undefined && Number(month) > 12) {
    throw new PythonError('DateParseError', `month must be in 1..12: ${text}${suffix}`);
  }
  if (/^0+$/.test(bare)) throw new PythonError('DateParseError', `day is out of range for month: ${text}${suffix}`);
  const loose = looseDate(bare);
  if (loose) return loose;
  throw new PythonError('DateParseError', `Unknown datetime string format, unable to parse: ${text}${suffix}`);
}

function isBelowThousand(text: string): boolean {
  const number = parseFloatText(text);
  return number !== undefined && number < 1000;
}

function finerThanMicroseconds(text: string): PyDateTime {
  const [, fine = ''] = /\.\d{6}(\d+)/.exec(text) ?? [];
  const coarse = PyDateTime.parse(text.replace(/(\.\d{6})\d+/, '$1')) as PyDateTime;
  return new PyDateTime(coarse.epochMicroseconds, false, Number(fine.slice(0, 3).padEnd(3, '0')));
}

/** What 64 bits of nanoseconds hold: from 1677 to 2262. */
function inBounds(date: PyDateTime, text: string, suffix: string): PyDateTime {
  const nanoseconds = date.epochMicroseconds * 1000n;
  if (BigInt.asIntN(64, nanoseconds) !== nanoseconds)
    throw new PythonError('OutOfBoundsDatetime', `Out of bounds nanosecond timestamp: ${text}${suffix}`);
  return new PyDateTime(date.epochMicroseconds, false, date.nanoseconds);
}

function looseDate(text: string): PyDateTime | undefined {
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}:\d{2}(?::\d{2})?))?$/.exec(text);
  if (american) return dated(american[3], Number(american[1]), american[2], american[4]);
  const named = /^([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?: (\d{1,2}:\d{2}(?::\d{2})?))?$/.exec(text);
  if (named) return dated(named[3], monthNumber(named[1] as string), named[2], named[4]);
  const reversed = /^(\d{1,2}) ([A-Za-z]{3,9})\.? (\d{4})(?: (\d{1,2}:\d{2}(?::\d{2})?))?$/.exec(text);
  return reversed ? dated(reversed[3], monthNumber(reversed[2] as string), reversed[1], reversed[4]) : undefined;
}

function monthNumber(name: string): number {
  return monthNames.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

function dated(
  year: string | undefined,
  month: number,
  day: string | undefined,
  time = '00:00',
): PyDateTime | undefined {
  const two = (value: string | number | undefined) => String(value).padStart(2, '0');
  const parsed = PyDateTime.parse(
    `${year}-${two(month)}-${two(day)}T${time.padStart(time.length === 4 ? 5 : time.length, '0')}`,
  );
  return parsed instanceof PyDateTime ? parsed : undefined;
}

import { PyDateTime } from './pyDateTime.js';
import { PythonError } from './pythonError.js';

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * Text as pandas reads a timestamp: ISO 8601 of any precision, `month/day/year`, month names.
 * @param suffix what pandas 2 adds to its messages.
 * @returns `zoned` for a text with a time zone, `null` for NaT.
 * @throws PythonError DateParseError when it is no date.
 */
export function parseDateText(text: string, suffix: string): PyDateTime | 'zoned' | null {
  const bare = text.trim();
  if (['', 'nat', 'nan', 'none', 'null', 'na', 'n/a', '<na>'].includes(bare.toLowerCase())) return null;
  if (/^\d{4}-\d{2}-\d{2}[T ].*(Z|[+-]\d{2}:?\d{2})$/.test(bare)) return 'zoned';
  const iso = PyDateTime.parse(bare);
  if (iso === 'nanoseconds') return PyDateTime.parse(bare.replace(/(\.\d{6})\d+/, '$1')) as PyDateTime;
  if (iso instanceof PyDateTime) return new PyDateTime(iso.epochMicroseconds);
  const month = /^\d{4}-(\d{2})/.exec(bare)?.[1];
  if (month !== undefined && Number(month) > 12) {
    throw new PythonError('DateParseError', `month must be in 1..12: ${text}${suffix}`);
  }
  const loose = looseDate(bare);
  if (loose) return loose;
  throw new PythonError('DateParseError', `Unknown datetime string format, unable to parse: ${text}${suffix}`);
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

import { valueError } from './pythonError.js';

/** A date as numpy reads it from text. */
export interface NumpyDate {
  year: number;
  /** Nanoseconds since 1970-01-01T00:00:00, in UTC where the text has a zone; of any size. */
  epochNanoseconds: bigint;
  /** The text has no time of day. */
  isDate: boolean;
  /** The text is finer than a microsecond. */
  isFine: boolean;
}

/**
 * Text as numpy's `datetime64` reads it: a year of any number of digits, then ISO 8601 of any precision; a zone is
 * converted to UTC. `null` is NaT.
 * @throws ValueError in numpy's words, with the position where the text stops being a date.
 */
export function parseNumpyDate(text: string): NumpyDate | null {
  if (text === '' || text.toLowerCase() === 'nat') return null;
  return new DateReader(text).date();
}

class DateReader {
  private position = 0;

  constructor(private readonly text: string) {}

  date(): NumpyDate {
    this.take(/\s*/y);
    const sign = this.take(/[+-]?/y) === '-' ? -1 : 1;
    const year = sign * Number(this.take(/\d+/y) ?? this.fail());
    const [month, day] = this.monthAndDay(year);
    const time = day === undefined || this.isAtEnd ? undefined : this.time();
    if (!this.isAtEnd) this.fail();
    const days = daysSinceEpoch(year, month, day ?? 1);
    const { nanoseconds, isFine } = time ?? { nanoseconds: 0n, isFine: false };
    return { year, epochNanoseconds: days * 86_400_000_000_000n + nanoseconds, isDate: time === undefined, isFine };
  }

  private get isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  private monthAndDay(year: number): [month: number, day: number | undefined] {
    if (this.isAtEnd) return [1, undefined];
    this.expect(/-/y);
    const month = this.twoDigits('Month', 1, 12);
    if (this.isAtEnd) return [month, undefined];
    this.expect(/-/y);
    return [month, this.twoDigits('Day', 1, daysInMonth(year, month))];
  }

  private time(): { nanoseconds: bigint; isFine: boolean } {
    this.expect(/[T ]/y);
    let seconds = this.twoDigits('Hours', 0, 23) * 3600;
    let fraction = '';
    if (this.take(/:/y)) {
      seconds += this.twoDigits('Minutes', 0, 59) * 60;
      if (this.take(/:/y)) {
        seconds += this.twoDigits('Seconds', 0, 59);
        if (this.take(/\./y)) fraction = this.take(/\d*/y) ?? '';
      }
    }
    seconds -= this.zoneSeconds();
    this.take(/\s*/y);
    const nanoseconds = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
    return { nanoseconds, isFine: fraction.length > 6 };
  }

  private zoneSeconds(): number {
    if (this.take(/Z/y)) return 0;
    const sign = this.take(/[+-]/y);
    if (!sign) return 0;
    const hours = this.twoDigits('Timezone hours offset', 0, 23);
    this.take(/:/y);
    const minutes = /\d/.test(this.text[this.position] ?? '') ? this.twoDigits('Timezone minutes offset', 0, 59) : 0;
    return (sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  }

  private twoDigits(what: string, least: number, most: number): number {
    const first = this.take(/\d/y) ?? this.fail();
    const value = Number(first + (this.take(/\d/y) ?? this.fail()));
    if (value < least || value > most) throw valueError(`${what} out of range in datetime string "${this.text}"`);
    return value;
  }

  private expect(pattern: RegExp): void {
    if (this.take(pattern) === undefined) this.fail();
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.position = pattern.lastIndex;
    return match[0];
  }

  private fail(): never {
    throw valueError(`Error parsing datetime string "${this.text}" at position ${this.position}`);
  }
}

function daysInMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] as number;
}

/** Days of the proleptic Gregorian calendar, for years beyond those of a JavaScript date too. */
function daysSinceEpoch(year: number, month: number, day: number): bigint {
  const cycles = Math.floor(year / 400);
  const date = new Date(0);
  date.setUTCFullYear(year - cycles * 400 + 2000, month - 1, day);
  return BigInt(Math.round(date.getTime() / 86_400_000)) + BigInt(cycles - 5) * 146_097n;
}

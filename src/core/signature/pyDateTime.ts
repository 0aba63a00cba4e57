const microsPerDay = 86_400_000_000n;

/** Python's naive `datetime.datetime` or `datetime.date`, to the microsecond. */
export class PyDateTime {
  constructor(
    /** Microseconds since 1970-01-01T00:00:00, no time zone. */
    readonly epochMicroseconds: bigint,
    readonly isDate = false,
    /** 0 to 999 beyond the microsecond, which only numpy and pandas keep. */
    readonly nanoseconds = 0,
  ) {}

  static fromDate(date: Date): PyDateTime {
    return new PyDateTime(BigInt(date.getTime()) * 1000n);
  }

  /**
   * Text as numpy's `datetime64` reads it: ISO 8601 of any precision; a zone is converted to UTC.
   * @returns `nanoseconds` when the text is finer than a microsecond, `undefined` when it is no such text.
   */
  static parse(text: string): PyDateTime | 'nanoseconds' | undefined {
    const match =
      /^([+-]?\d{4,})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2})(?::(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/.exec(
        text,
      );
    if (!match) return undefined;
    const [, year, month = '01', day = '01', hour, minute = '00', second = '00', fraction = '', zone] = match;
    if ((fraction.length + 2) / 3 >= 3 && fraction.length > 6) return 'nanoseconds';
    const milliseconds = utcMilliseconds(
      [year, month, day, hour ?? '0', minute, second].map(Number) as [number, number, number, number, number, number],
    );
    if (milliseconds === undefined) return undefined;
    const micros = BigInt(milliseconds) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
    return new PyDateTime(micros - zoneMicroseconds(zone), hour === undefined);
  }

  toDate(): Date {
    return new Date(Number(this.epochMicroseconds / 1000n));
  }

  /** `isoformat()`. */
  isoFormat(separator = 'T'): string {
    const [date, time, micros] = this.parts();
    if (this.isDate) return date;
    return `${date}${separator}${time}${micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`}`;
  }

  /** `str()`. */
  toString(): string {
    return this.isoFormat(' ');
  }

  /** `repr()`. */
  repr(): string {
    const [date, time, micros] = this.parts();
    const [year, month, day] = date.split('-').map(Number);
    if (this.isDate) return `datetime.date(${year}, ${month}, ${day})`;
    const [hour, minute, second] = time.split(':').map(Number);
    const tail = micros !== 0 ? `, ${second}, ${micros}` : second !== 0 ? `, ${second}` : '';
    return `datetime.datetime(${year}, ${month}, ${day}, ${hour}, ${minute}${tail})`;
  }

  toJSON(): string {
    return this.isoFormat();
  }

  private parts(): [date: string, time: string, micros: number] {
    const day = floorDivide(this.epochMicroseconds, microsPerDay);
    const rest = this.epochMicroseconds - day * microsPerDay;
    const date = new Date(Number(day) * 86_400_000).toISOString().slice(0, 10);
    const seconds = Number(rest / 1_000_000n);
    const two = (value: number) => String(value).padStart(2, '0');
    const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    return [date, time, Number(rest % 1_000_000n)];
  }
}

/** pandas' datetime: what an item of a datetime column is. */
export class Timestamp extends PyDateTime {
  constructor(
    epochMicroseconds: bigint,
    nanoseconds = 0,
    /** What pandas 3 makes a column of such values anew with. */
    readonly unit: 'us' | 'ns' = 'ns',
  ) {
    super(epochMicroseconds, false, nanoseconds);
  }

  override isoFormat(separator = 'T'): string {
    const text = super.isoFormat(separator);
    if (this.nanoseconds === 0) return text;
    return `${text.includes('.') ? text : `${text}.000000`}${String(this.nanoseconds).padStart(3, '0')}`;
  }

  override repr(): string {
    return this === notATime ? 'NaT' : `Timestamp('${this.isoFormat(' ')}')`;
  }

  override toString(): string {
    return this === notATime ? 'NaT' : super.toString();
  }
}

/** pandas' `NaT`. */
export const notATime: PyDateTime = new Timestamp(0n);

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

function utcMilliseconds(parts: [number, number, number, number, number, number]): number | undefined {
  const [year, month, day, hour, minute, second] = parts;
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getUTCDate() === day ? date.getTime() : undefined;
}

function zoneMicroseconds(zone: string | undefined): bigint {
  if (zone === undefined || zone === 'Z') return 0n;
  const sign = zone.startsWith('-') ? -1n : 1n;
  const minutes = BigInt(zone.slice(1, 3)) * 60n + BigInt(zone.slice(-2));
  return sign * minutes * 60_000_000n;
}

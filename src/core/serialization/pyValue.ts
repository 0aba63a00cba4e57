/**
 * The values that Python's YAML and JSON know and JavaScript does not tell apart.
 *
 * A plain `number` that is whole and safe stands for a Python `int`; any other `number` stands for a `float`. A `float`
 * that happens to be whole (`1.0`) is a {@link PyFloat}, an `int` beyond 2^53 is a `bigint`, and a mapping with keys that
 * are no strings is a `Map`.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyFloat
  | PyDateTime
  | Date
  | Uint8Array
  | readonly PyValue[]
  | PyMap
  | PyRecord;

export type PyMap = ReadonlyMap<PyValue, PyValue>;
export interface PyRecord {
  readonly [key: string]: PyValue | undefined;
}

/** A Python `float`, also where its value is whole: `new PyFloat(1)` is written `1.0`. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toJSON(): number {
    return this.value;
  }
}

/** A Python `date` or `datetime`, kept as its ISO 8601 text so that microseconds and offsets survive. */
export class PyDateTime {
  /** `2024-01-02`, or `2024-01-02T03:04:05[.ffffff][+hh:mm]`, as Python's `isoformat()` writes it. */
  readonly isoText: string;

  constructor(isoText: string) {
    this.isoText = isoText;
  }

  /** A JavaScript date as Python's naive UTC `datetime`. */
  static fromDate(date: Date): PyDateTime {
    if (Number.isNaN(date.getTime())) throw new RangeError('An invalid Date has no ISO text.');
    const milliseconds = date.getUTCMilliseconds();
    const fraction = milliseconds === 0 ? '' : `.${String(milliseconds).padStart(3, '0')}000`;
    return new PyDateTime(`${date.toISOString().slice(0, 19)}${fraction}`);
  }

  get isDateOnly(): boolean {
    return this.isoText.length === 10;
  }

  /** Python's `str()`: a blank where the ISO form has `T`. */
  toString(): string {
    return this.isoText.replace('T', ' ');
  }

  toJSON(): string {
    return this.isoText;
  }
}

/** Whether a number stands for a Python `int`; negative zero is a float. */
export function isPythonInt(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** Sets a key as JSON.parse would: `__proto__` becomes an ordinary own property. */
export function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    record[key] = value;
  }
}

/** Orders texts as Python does: by code point, where JavaScript compares UTF-16 units. */
export function compareCodePoints(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return codeUnitRank(left, index) - codeUnitRank(right, index);
  }
  return left.length - right.length;
}

/** Both halves of a pair stand for a code point above U+FFFF, so they sort behind the rest of the basic plane. */
function codeUnitRank(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  const other = text.charCodeAt(unit < 0xdc00 ? index + 1 : index - 1);
  const isPair = unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other < 0xdc00;
  return isPair ? unit + 0x10000 : unit;
}

/** Whether an object would move the key to its front, out of the order in which it was written. */
export function isArrayIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key);
}

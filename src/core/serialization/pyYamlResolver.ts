import { MlflowError } from '../errors.js';
import { PyDateTime, PyFloat, type PyValue } from './pyValue.js';

/** The YAML 1.1 types that PyYAML finds for plain scalars. */
export type PlainTag = 'bool' | 'float' | 'int' | 'merge' | 'null' | 'str' | 'timestamp' | 'value' | 'yaml';

const boolPattern = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const floatPattern =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const intPattern =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const timestampPattern =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$/;

/** The type that PyYAML's implicit resolver gives a plain scalar. Source: PyYAML resolver.py, `Resolver`. */
export function resolvePlainTag(text: string): PlainTag {
  const first = text.charCodeAt(0);
  if (Number.isNaN(first)) return 'null';
  if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e) {
    if (floatPattern.test(text)) return 'float';
    if (first === 0x2e) return 'str';
    if (intPattern.test(text)) return 'int';
    return timestampPattern.test(text) ? 'timestamp' : 'str';
  }
  if (text.length > 5) return 'str';
  if (boolPattern.test(text)) return 'bool';
  if (text === '~' || text === 'null' || text === 'Null' || text === 'NULL') return 'null';
  if (text === '<<') return 'merge';
  if (text === '=') return 'value';
  return text === '!' || text === '&' || text === '*' ? 'yaml' : 'str';
}

/**
 * The value of a scalar of the given type, as PyYAML's SafeConstructor makes it.
 * @param keepFloats whole floats become {@link PyFloat} instead of plain numbers
 * @throws MlflowError when the text looks like the type but has no such value (`2024-13-45`)
 */
export function constructScalar(tag: PlainTag, text: string, keepFloats: boolean): PyValue {
  switch (tag) {
    case 'null':
      return null;
    case 'bool':
      return ['yes', 'true', 'on'].includes(text.toLowerCase());
    case 'int':
      return constructInt(text);
    case 'float': {
      const value = constructFloat(text);
      return keepFloats && Number.isInteger(value) ? new PyFloat(value) : value;
    }
    case 'timestamp':
      return constructTimestamp(text);
    case 'value':
    case 'yaml':
      throw MlflowError.invalidParameter(
        `could not determine a constructor for the tag 'tag:yaml.org,2002:${tag}'; put quotes around ${text}`,
      );
    default:
      return text;
  }
}

function constructInt(text: string): number | bigint {
  let digits = text.replaceAll('_', '');
  const negative = digits.startsWith('-');
  if (negative || digits.startsWith('+')) digits = digits.slice(1);
  const magnitude = intMagnitude(digits, text);
  const value = negative ? -magnitude : magnitude;
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}

function intMagnitude(digits: string, text: string): bigint {
  if (digits === '0') return 0n;
  if (/^0[bx]$/.test(digits)) throw invalidScalar('integer', text);
  if (digits.startsWith('0b') || digits.startsWith('0x')) return BigInt(digits);
  if (digits.startsWith('0')) return BigInt(`0o${digits.slice(1)}`);
  if (!digits.includes(':')) return BigInt(digits);
  return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

function constructFloat(text: string): number {
  let digits = text.replaceAll('_', '').toLowerCase();
  const sign = digits.startsWith('-') ? -1 : 1;
  if (/^[+-]/.test(digits)) digits = digits.slice(1);
  if (digits === '.inf') return sign * Infinity;
  if (digits === '.nan') return NaN;
  if (!digits.includes(':')) return sign * Number(digits);
  let base = 1;
  let sum = 0;
  for (const part of digits.split(':').reverse()) {
    sum += Number(part) * base;
    base *= 60;
  }
  return sign * sum;
}

const timestampParts =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/;

function constructTimestamp(text: string): PyDateTime {
  const match = timestampParts.exec(text);
  if (match === null) throw invalidScalar('timestamp', text);
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour,
    minute = '',
    second = '',
    fraction,
    zone,
    sign,
    zoneHour,
    zoneMinute,
  ] = match;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (!isCalendarDate(Number(year), Number(month), Number(day))) throw invalidScalar('date', text);
  if (hour === undefined) return new PyDateTime(date);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw invalidScalar('time', text);
  const microseconds = (fraction ?? '').slice(0, 6).padEnd(6, '0');
  const fractionText = microseconds === '000000' ? '' : `.${microseconds}`;
  return new PyDateTime(
    `${date}T${hour.padStart(2, '0')}:${minute}:${second}${fractionText}${zoneText(text, zone, sign, zoneHour, zoneMinute)}`,
  );
}

function zoneText(text: string, zone?: string, sign?: string, hours?: string, minutes?: string): string {
  if (zone === undefined) return '';
  if (sign === undefined || hours === undefined) return '+00:00';
  const total = Number(hours) * 60 + Number(minutes ?? 0);
  if (total >= 24 * 60) throw invalidScalar('time zone', text);
  const size = `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`;
  return `${total === 0 ? '+' : sign}${size}`;
}

function isCalendarDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (lengths[month - 1] ?? 0);
}

function invalidScalar(kind: string, text: string): MlflowError {
  return MlflowError.invalidParameter(`${text} looks like a ${kind} but is none; put quotes around it if it is text`);
}

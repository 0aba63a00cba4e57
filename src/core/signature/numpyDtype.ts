import { MlflowError } from '../errors.js';
import { typeError } from './pythonError.js';

/** numpy's one-letter kind: bool, int, unsigned, float, complex, text, bytes, object, datetime, timedelta, void. */
export type DtypeKind = 'b' | 'i' | 'u' | 'f' | 'c' | 'U' | 'S' | 'O' | 'M' | 'm' | 'V';

const aliases: Readonly<Record<string, string>> = {
  '?': 'bool', bool_: 'bool', b1: 'bool', b: 'int8', i1: 'int8', byte: 'int8', B: 'uint8', u1: 'uint8', ubyte: 'uint8',
  h: 'int16', i2: 'int16', short: 'int16', H: 'uint16', u2: 'uint16', ushort: 'uint16', i: 'int32', i4: 'int32',
  intc: 'int32', I: 'uint32', u4: 'uint32', uintc: 'uint32', l: 'int64', q: 'int64', i8: 'int64', int: 'int64',
  long: 'int64', longlong: 'int64', int_: 'int64', intp: 'int64', p: 'int64', L: 'uint64', Q: 'uint64', u8: 'uint64',
  uint: 'uint64', ulong: 'uint64', ulonglong: 'uint64', uintp: 'uint64', P: 'uint64', e: 'float16', f2: 'float16',
  half: 'float16', f: 'float32', f4: 'float32', single: 'float32', d: 'float64', f8: 'float64', float: 'float64',
  double: 'float64', float_: 'float64', g: 'float128', f16: 'float128', longdouble: 'float128', F: 'complex64',
  c8: 'complex64', csingle: 'complex64', D: 'complex128', c16: 'complex128', complex: 'complex128',
  cdouble: 'complex128', O: 'object', object_: 'object', U: 'str', str_: 'str', unicode: 'str', S: 'bytes', a: 'bytes',
  bytes_: 'bytes', M: 'datetime64', M8: 'datetime64', m: 'timedelta64', m8: 'timedelta64', V: 'void',
}; // prettier-ignore

const plainNames = new Set([
  'bool', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float16', 'float32', 'float64',
  'float128', 'complex64', 'complex128', 'str', 'bytes', 'object', 'datetime64', 'timedelta64', 'void',
]); // prettier-ignore

const datetimeUnits = new Set(['Y', 'M', 'W', 'D', 'h', 'm', 's', 'ms', 'us', 'ns', 'ps', 'fs', 'as', 'generic']);

/**
 * The name (`np.dtype(text).name`) of a dtype given by any of numpy's spellings.
 * @throws MlflowError INTERNAL_ERROR for text and bytes with a size; INVALID_PARAMETER_VALUE for what numpy does not know.
 */
export function parseDtype(text: unknown): string {
  if (text === null || text === undefined) return 'float64';
  if (typeof text === 'object' && Object.keys(text).length === 0) return 'void';
  if (typeof text !== 'string') throw typeError(`Cannot interpret '${String(text)}' as a data type`);
  const bare = /^[<>=|]/.test(text) ? text.slice(1) : text;
  if (plainNames.has(bare)) return bare;
  const alias = Object.hasOwn(aliases, bare) ? aliases[bare] : undefined;
  if (alias !== undefined) return alias;
  const datetime = /^(M8|m8|datetime64|timedelta64)\[(\w+)\]$/.exec(bare);
  if (datetime && datetimeUnits.has(datetime[2] as string)) {
    const name = /^[Md]/.test(datetime[1] as string) ? 'datetime64' : 'timedelta64';
    return datetime[2] === 'generic' ? name : `${name}[${datetime[2]}]`;
  }
  const sized = /^([USa])(\d+)$/.exec(bare);
  if (sized) return Number(sized[2]) === 0 ? (aliases[sized[1] as string] as string) : refuseSize(sized[1] as string);
  throw typeError(`data type '${text}' not understood`);
}

function refuseSize(letter: string): never {
  throw new MlflowError(
    'MLflow does not support size information in flexible numpy data types. Use' +
      ` np.dtype("${letter === 'U' ? 'str' : 'bytes'}") instead`,
  );
}

export function dtypeKind(dtype: string): DtypeKind {
  if (dtype === 'bool') return 'b';
  if (dtype.startsWith('int')) return 'i';
  if (dtype.startsWith('uint')) return 'u';
  if (dtype.startsWith('float')) return 'f';
  if (dtype.startsWith('complex')) return 'c';
  if (dtype === 'str') return 'U';
  if (dtype === 'bytes') return 'S';
  if (dtype.startsWith('datetime64')) return 'M';
  if (dtype.startsWith('timedelta64')) return 'm';
  return dtype === 'void' ? 'V' : 'O';
}

/** Bytes an item takes; 8 for objects and dates. */
export function dtypeItemSize(dtype: string): number {
  if (dtype === 'bool') return 1;
  const bits = /^(?:u?int|float|complex)(\d+)$/.exec(dtype);
  return bits ? Number(bits[1]) / 8 : 8;
}

/** `str(dtype)` of a schema's dtype: text and bytes show their missing size. */
export function dtypeText(dtype: string): string {
  if (dtype === 'str') return '<U0';
  if (dtype === 'bytes') return '|S0';
  return dtype === 'void' ? '|V0' : dtype;
}

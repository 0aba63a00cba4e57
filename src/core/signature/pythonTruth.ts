import { NdArray } from './ndArray.js';
import { dictEntries, numberOf, pythonKind } from './pythonValue.js';

/** `bool(value)`. */
export function isTruthy(value: unknown): boolean {
  switch (pythonKind(value)) {
    case 'NoneType':
      return false;
    case 'bool':
    case 'int':
    case 'float':
      return numberOf(value) !== 0;
    case 'str':
    case 'list':
      return (value as string | unknown[]).length > 0;
    case 'bytes':
      return (value as Uint8Array).length > 0;
    case 'dict':
      return dictEntries(value).length > 0;
    default:
      return !(value instanceof NdArray) || value.size > 0;
  }
}

import { MlflowError } from '../errors.js';
import { pyRepr, pyStr } from '../signature/pythonText.js';

interface Field {
  literal: string;
  /** The field's expression; undefined for the text after the last field. */
  expression?: string;
  conversion: string | undefined;
  specification: string;
}

/**
 * Python's `template.format(*positional, **named)` for text values: doubled braces, `!r`/`!s`/`!a`, and fill, alignment,
 * width and precision in the format specification.
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's text where the template is not well formed.
 */
export function pythonFormat(
  template: string,
  positional: readonly string[],
  named: Readonly<Record<string, string>> = {},
): string {
  let automatic = 0;
  let result = '';
  for (const { literal, expression, conversion, specification } of parseFormat(template)) {
    result += literal;
    if (expression === undefined) continue;
    const key = expression === '' ? String(automatic++) : expression;
    const value = /^\d+$/.test(key) ? positional[Number(key)] : named[key];
    if (value === undefined) throw missingField(key);
    result += applySpecification(convert(value, conversion), specification);
  }
  return result;
}

function missingField(key: string): MlflowError {
  return MlflowError.invalidParameter(
    /^\d+$/.test(key) ? `Replacement index ${key} out of range for positional args tuple` : pyRepr(key),
  );
}

/** The pieces of a format string, as `string.Formatter().parse`. */
export function parseFormat(template: string): Field[] {
  const fields: Field[] = [];
  let literal = '';
  for (let i = 0; i < template.length; i++) {
    const character = template[i]!;
    if (character !== '{' && character !== '}') {
      literal += character;
      continue;
    }
    if (template[i + 1] === character) {
      literal += character;
      i++;
      continue;
    }
    if (character === '}') throw MlflowError.invalidParameter("Single '}' encountered in format string");
    if (i + 1 >= template.length) throw MlflowError.invalidParameter("Single '{' encountered in format string");
    const end = closingBrace(template, i + 1);
    fields.push({ literal, ...splitField(template.slice(i + 1, end)) });
    literal = '';
    i = end;
  }
  if (literal !== '') fields.push({ literal, conversion: undefined, specification: '' });
  return fields;
}

function closingBrace(template: string, start: number): number {
  let depth = 1;
  for (let i = start; i < template.length; i++) {
    if (template[i] === '{') depth++;
    else if (template[i] === '}' && --depth === 0) return i;
  }
  throw MlflowError.invalidParameter("expected '}' before end of string");
}

function splitField(field: string): { expression: string; conversion: string | undefined; specification: string } {
  const match = /^([^!:]*)(?:!(.))?(?::([^]*))?$/.exec(field);
  if (!match) throw MlflowError.invalidParameter("expected ':' after conversion specifier");
  return { expression: match[1]!, conversion: match[2], specification: match[3] ?? '' };
}

function convert(value: string, conversion: string | undefined): string {
  switch (conversion) {
    case undefined:
    case 's':
      return pyStr(value);
    case 'r':
      return pyRepr(value);
    case 'a':
      return pyRepr(value).replace(/[^\0-\x7f]/gu, escapeCharacter);
    default:
      throw MlflowError.invalidParameter(`Unknown conversion specifier '${conversion}'`);
  }
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

function applySpecification(value: string, specification: string): string {
  if (specification === '') return value;
  const match = /^(?:(.)?([<>^=]))?(0)?(\d+)?(?:\.(\d+))?s?$/u.exec(specification);
  if (!match || match[2] === '=') {
    throw MlflowError.invalidParameter(`Invalid format specifier '${specification}' for object of type 'str'`);
  }
  const [, fill, align = '<', zero, width = '0', precision] = match;
  const characters = Array.from(value).slice(0, precision === undefined ? undefined : Number(precision));
  const missing = Math.max(0, Number(width) - characters.length);
  const left = align === '>' ? missing : align === '^' ? Math.floor(missing / 2) : 0;
  const padding = fill ?? (zero ? '0' : ' ');
  return padding.repeat(left) + characters.join('') + padding.repeat(missing - left);
}

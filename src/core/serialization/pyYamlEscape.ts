import { isLibyamlPrintable, type AnalysisOptions } from './pyYamlScalar.js';

const namedEscapes: ReadonlyMap<string, string> = new Map([
  ['\0', '\\0'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\x1b', '\\e'],
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x85', '\\N'],
  ['\xa0', '\\_'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
]);

/** The escape that a double-quoted scalar needs for a character, or undefined where it is written as it is. */
export function escapeDoubleQuoted(character: string, options: AnalysisOptions): string | undefined {
  if (character >= ' ' && character <= '~') {
    return character === '"' || character === '\\' ? namedEscapes.get(character) : undefined;
  }
  const codePoint = character.codePointAt(0) ?? 0;
  const isLineSeparator = codePoint === 0x85 || codePoint === 0x2028 || codePoint === 0x2029;
  if (options.allowUnicode && !isLineSeparator && isLibyamlPrintable(codePoint)) return undefined;
  const named = namedEscapes.get(character);
  if (named !== undefined) return named;
  const digits = codePoint.toString(16).toUpperCase();
  if (codePoint <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  if (codePoint <= 0xffff) return `\\u${digits.padStart(4, '0')}`;
  return `\\U${digits.padStart(8, '0')}`;
}

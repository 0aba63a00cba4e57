import { bareException } from './pythonErrors.js';

/**
 * Splits a text into words as a POSIX shell would, quotes and backslashes taken away. Source: Python's `shlex.split`.
 * @throws INVALID_PARAMETER_VALUE with Python's text for an open quote or a backslash at the end.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let index = 0;
  while (index < text.length) {
    const character = text[index] as string;
    if (/[ \t\r\n]/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
      index += 1;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(text, index);
      word = (word ?? '') + quoted.text;
      index = quoted.end;
    } else if (character === '\\') {
      if (index + 1 >= text.length) throw bareException('No escaped character');
      word = (word ?? '') + text[index + 1];
      index += 2;
    } else {
      word = (word ?? '') + character;
      index += 1;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

function readQuoted(text: string, start: number): { text: string; end: number } {
  const quote = text[start];
  let content = '';
  for (let index = start + 1; index < text.length; index++) {
    const character = text[index] as string;
    if (character === quote) return { text: content, end: index + 1 };
    const next = text[index + 1];
    if (quote === '"' && character === '\\') {
      if (next === undefined) throw bareException('No escaped character');
      content += next === '"' || next === '\\' ? next : `\\${next}`;
      index += 1;
    } else {
      content += character;
    }
  }
  throw bareException('No closing quotation');
}

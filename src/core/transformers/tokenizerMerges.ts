/**
 * tokenizer.json with its merges as `"a b"` instead of `["a", "b"]`, which older `tokenizers` refuse; every other byte stays.
 * @returns `undefined` when there is nothing to change, or a piece holds a blank and cannot be written the old way.
 */
export function mergesAsText(text: string): string | undefined {
  const key = /"merges"\s*:\s*\[/.exec(text);
  if (!key) return undefined;
  const start = key.index + key[0].length - 1;
  const end = endOfArray(text, start);
  if (end === undefined) return undefined;
  const merges = JSON.parse(text.slice(start, end)) as unknown[];
  if (merges.length === 0 || !merges.every(isPair)) return undefined;
  if (merges.some((pair) => pair.some((piece) => piece.includes(' ')))) return undefined;
  const indent = /\n([ \t]*)"merges"/.exec(text.slice(0, start))?.[1];
  const lines = merges.map((pair) => JSON.stringify(pair.join(' ')));
  const array =
    indent === undefined ? `[${lines.join(',')}]` : `[\n${indent}  ${lines.join(`,\n${indent}  `)}\n${indent}]`;
  return text.slice(0, start) + array + text.slice(end);
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((piece) => typeof piece === 'string');
}

/** Index after the bracket that closes the array at `start`; brackets inside strings do not count. */
function endOfArray(text: string, start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (character === '"') {
      index = endOfString(text, index);
    } else if (character === '[') depth++;
    else if (character === ']' && --depth === 0) return index + 1;
  }
  return undefined;
}

/** Index of the quote that closes the string at `start`. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}

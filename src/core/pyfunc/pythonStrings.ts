/** `str.isspace` characters: Unicode's White_Space and the four separators of ASCII. */
const space = '[\\p{White_Space}\\x1c-\\x1f]';
const leading = new RegExp(`^${space}+`, 'u');
const runs = new RegExp(`${space}+`, 'gu');

/** `str.lstrip()`. */
export function pythonLstrip(text: string): string {
  return text.replace(leading, '');
}

/** `str.strip()`. */
export function pythonStrip(text: string): string {
  let end = text.length;
  while (end > 0 && leading.test(text[end - 1]!)) end--;
  return pythonLstrip(text.slice(0, end));
}

/** `re.sub(r"\s+", " ", text).strip()`. */
export function collapseWhitespace(text: string): string {
  return pythonStrip(text.replace(runs, ' '));
}

/** Length in code points, as Python's `len`. */
export function pythonLength(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i += text.codePointAt(i)! > 0xffff ? 2 : 1) length++;
  return length;
}

/** `text[start:end]` in code points; negative indices count from the end. */
export function pythonSlice(text: string, start: number, end?: number): string {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text).slice(start, end).join('') : text.slice(start, end);
}

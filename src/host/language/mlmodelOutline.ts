/** A key of an MLmodel file with the line it stands on (from 0). */
export interface OutlineKey {
  /** Keys from the top, joined by dots. */
  path: string;
  key: string;
  line: number;
  /** Text after the colon on the same line. */
  value: string;
}

const maxDepth = 4;

/**
 * The keys of the block mappings that MLflow writes, found by indentation alone, so that a file that is being edited has them
 * too. Keys inside folded texts and lists are left out.
 */
export function topLevelKeys(text: string): OutlineKey[] {
  const keys: OutlineKey[] = [];
  const stack: { indent: number; key: string }[] = [];
  let textIndent: number | undefined;
  text.split(/\r?\n/).forEach((line, index) => {
    const match = /^( *)([A-Za-z_][\w.-]*):(?: +(.*))?$/.exec(line);
    const indent = line.length - line.trimStart().length;
    if (textIndent !== undefined && (line.trim() === '' || indent > textIndent)) return;
    textIndent = undefined;
    if (match === null) return;
    const [, , key = '', value = ''] = match;
    while ((stack.at(-1)?.indent ?? -1) >= indent) stack.pop();
    if (stack.length >= maxDepth) return;
    keys.push({ path: [...stack.map((entry) => entry.key), key].join('.'), key, line: index, value });
    if (value === '') stack.push({ indent, key });
    else if (/^['"|>]/.test(value) && !/^(['"]).*\1$/.test(value)) textIndent = indent;
  });
  return keys;
}

import { isMap, isNode, isScalar, isSeq, parseDocument, stringify, type Node } from 'yaml';

/** A change of a text: the characters from `start` to `end` become `text`. */
export interface TextChange {
  start: number;
  end: number;
  text: string;
}

/**
 * The change that gives the scalar at `path` another value, or removes its key with `null`, and leaves every other character
 * alone. @returns `undefined` when the document has no such place
 */
export function fixEdit(
  document: string,
  path: readonly (string | number)[],
  value: string | null,
): TextChange | undefined {
  const parsed = parseDocument(document, { logLevel: 'silent' });
  const parent = path.length <= 1 ? parsed.contents : parsed.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  if (key === undefined || !isNode(parent)) return undefined;
  if (value === null) return removal(document, parent, key);
  const node = isMap(parent) || isSeq(parent) ? parent.get(key, true) : undefined;
  if (!isScalar(node) || !node.range) return undefined;
  return { start: node.range[0], end: node.range[1], text: stringify(value, { lineWidth: 0 }).trimEnd() };
}

/** The lines of a key and its value. */
function removal(document: string, parent: Node, key: string | number): TextChange | undefined {
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
  const first = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
  if (pair === undefined || first === undefined) return undefined;
  const last = isNode(pair.value) ? (pair.value.range?.[2] ?? first) : first;
  const start = document.lastIndexOf('\n', first - 1) + 1;
  const newline = document.indexOf('\n', Math.max(last - 1, first));
  return { start, end: newline === -1 ? document.length : newline + 1, text: '' };
}

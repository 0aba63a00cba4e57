import { isOfType, newline, whitespace, type SqlToken } from './sqlLexer.js';

/** What a group of tokens was recognised as. `Group` is one without a meaning of its own. */
export type GroupKind =
  | 'Assignment'
  | 'Begin'
  | 'Case'
  | 'Comment'
  | 'Comparison'
  | 'For'
  | 'Function'
  | 'Group'
  | 'Identifier'
  | 'IdentifierList'
  | 'If'
  | 'Operation'
  | 'Over'
  | 'Parenthesis'
  | 'SquareBrackets'
  | 'Statement'
  | 'TypedLiteral'
  | 'Values'
  | 'Where';

export interface SqlGroup {
  readonly kind: GroupKind;
  readonly children: SqlNode[];
}

export type SqlNode = SqlToken | SqlGroup;

/** The text a node was made from. */
export function textOf(node: SqlNode): string {
  return node.kind === 'token' ? node.text : node.children.map(textOf).join('');
}

export function isGroup(node: SqlNode | undefined, ...kinds: GroupKind[]): node is SqlGroup {
  return node !== undefined && node.kind !== 'token' && (kinds.length === 0 || kinds.includes(node.kind));
}

/** A token of one of these types, exactly. */
export function hasType(node: SqlNode | undefined, ...types: string[]): node is SqlToken {
  return node?.kind === 'token' && types.includes(node.type);
}

/** A token of this type or a subtype. */
export function hasTypeWithin(node: SqlNode | undefined, type: string): node is SqlToken {
  return node?.kind === 'token' && isOfType(node.type, type);
}

export function isKeyword(node: SqlNode | undefined): boolean {
  return hasTypeWithin(node, 'Keyword');
}

/** A keyword's text in upper case, or `null` for everything else. */
export function keywordOf(node: SqlNode | undefined): string | null {
  return hasTypeWithin(node, 'Keyword') ? node.text.toUpperCase() : null;
}

/** A token of exactly this type with one of these texts; keywords in any case. */
export function matches(node: SqlNode | undefined, type: string, ...texts: string[]): boolean {
  if (!hasType(node, type)) return false;
  return texts.includes(keywordOf(node) ?? node.text);
}

export function isWhitespace(node: SqlNode): boolean {
  return hasTypeWithin(node, whitespace);
}

export function isNewline(node: SqlNode): boolean {
  return hasTypeWithin(node, newline);
}

/** The index of the next child from `start` on that satisfies the test, or -1. */
export function nextIndex(group: SqlGroup, start: number, test: (node: SqlNode) => boolean): number {
  for (let index = start; index < group.children.length; index++) {
    const child = group.children[index];
    if (child !== undefined && test(child)) return index;
  }
  return -1;
}

/** The index of the next child after `index` that is no white space, or -1. */
export function nextSolid(group: SqlGroup, index: number): number {
  return nextIndex(group, index + 1, (node) => !isWhitespace(node));
}

/** The index of the last child before `index` that is no white space, or -1. */
export function previousSolid(group: SqlGroup, index: number): number {
  for (let candidate = index - 1; candidate >= 0; candidate--) {
    const child = group.children[candidate];
    if (child !== undefined && !isWhitespace(child)) return candidate;
  }
  return -1;
}

/** Puts the children `start` to `end` (inclusive) into a group, or into the first of them when it is one already. */
export function wrap(group: SqlGroup, kind: GroupKind, start: number, end: number, extend = false): SqlGroup {
  const first = group.children[start];
  const mayExtend = extend && isGroup(first) && (kind === 'Group' || first.kind === kind);
  if (mayExtend) {
    first.children.push(...group.children.splice(start + 1, end - start));
    return first;
  }
  const wrapped: SqlGroup = { kind, children: group.children.slice(start, end + 1) };
  group.children.splice(start, end - start + 1, wrapped);
  return wrapped;
}

import {
  isGroup,
  isWhitespace,
  nextIndex,
  nextSolid,
  wrap,
  type GroupKind,
  type SqlGroup,
  type SqlNode,
} from './sqlTree.js';

export type Test = (node: SqlNode) => boolean;

const delimitedKinds: GroupKind[] = ['Parenthesis', 'SquareBrackets', 'Case', 'If', 'For', 'Begin'];

/** Applies a pass to the inner groups first, except below groups of its own kind. */
export function innermostFirst(group: SqlGroup, exceptBelow: GroupKind | null, pass: (group: SqlGroup) => void): void {
  for (const child of [...group.children]) {
    if (isGroup(child) && child.kind !== exceptBelow) innermostFirst(child, exceptBelow, pass);
  }
  pass(group);
}

/** Calls `action` at each child that satisfies the test; it may group around the index, which stays the group's. */
export function forEachMatch(group: SqlGroup, test: Test, action: (index: number) => number | undefined): void {
  let index = nextIndex(group, 0, test);
  while (index >= 0) {
    const at = action(index) ?? index;
    index = nextIndex(group, at + 1, test);
  }
}

/** Groups what lies between an opening and its closing token. */
export function groupMatching(group: SqlGroup, kind: GroupKind, opens: Test, closes: Test): void {
  const openings: number[] = [];
  let removed = 0;
  for (const [original, child] of [...group.children].entries()) {
    const index = original - removed;
    if (isWhitespace(child)) continue;
    if (isGroup(child) && child.kind !== kind) {
      groupMatching(child, kind, opens, closes);
    } else if (opens(child)) {
      openings.push(index);
    } else if (closes(child)) {
      const opening = openings.pop();
      if (opening === undefined) continue;
      wrap(group, kind, opening, index);
      removed += index - opening;
    }
  }
}

interface MiddleRule {
  kind: GroupKind;
  isMiddle: Test;
  mayPrecede: (node: SqlNode | undefined) => boolean;
  mayFollow: (node: SqlNode | undefined) => boolean;
  /** The last index of the group; by default that of the token after the middle one. */
  lastIndex?: (group: SqlGroup, middle: number, next: number) => number;
  /** Whether the group starts at the middle token instead of the one before. */
  startsAtMiddle?: boolean;
  extend?: boolean;
  recurse?: boolean;
}

/** Groups what is joined by a token in the middle, such as `x < y`. */
export function groupAround(group: SqlGroup, rule: MiddleRule): void {
  let removed = 0;
  let previousIndex = -1;
  let previous: SqlNode | undefined;
  for (const [original, child] of [...group.children].entries()) {
    const index = original - removed;
    if (index < 0 || isWhitespace(child)) continue;
    if (rule.recurse !== false && isGroup(child) && child.kind !== rule.kind) groupAround(child, rule);
    if (rule.isMiddle(child)) {
      const next = nextSolid(group, index);
      const nextNode = next < 0 ? undefined : group.children[next];
      if (
        previous !== undefined &&
        rule.mayPrecede(previous) &&
        rule.mayFollow(nextNode) &&
        !isDelimiter(group, previous) &&
        !isDelimiter(group, nextNode)
      ) {
        const from = rule.startsAtMiddle ? index : previousIndex;
        const to = rule.lastIndex?.(group, index, next) ?? next;
        previous = wrap(group, rule.kind, from, to, rule.extend ?? true);
        removed += to - from;
        previousIndex = from;
        continue;
      }
    }
    previousIndex = index;
    previous = child;
  }
}

/** The brackets of a bracketed group are never operands inside it. */
function isDelimiter(group: SqlGroup, node: SqlNode | undefined): boolean {
  return (
    node !== undefined &&
    delimitedKinds.includes(group.kind) &&
    (node === group.children[0] || node === group.children.at(-1))
  );
}

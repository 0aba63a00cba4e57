import { forEachMatch, groupAround, groupMatching, innermostFirst, type Test } from './sqlPasses.js';
import {
  hasType,
  hasTypeWithin,
  isGroup,
  isKeyword,
  isNewline,
  keywordOf,
  matches,
  nextIndex,
  nextSolid,
  previousSolid,
  wrap,
  type SqlGroup,
  type SqlNode,
} from './sqlTree.js';

const numbers = ['Literal.Number', 'Literal.Number.Integer', 'Literal.Number.Float'];
const strings = ['Literal.String', 'Literal.String.Single', 'Literal.String.Symbol'];
const names = ['Name', 'Name.Placeholder'];
const operandTypes = [...numbers, ...strings, ...names];

/** More tokens than this are refused. Source: sqlparse's own limit. */
export const maxTokens = 10_000;

/**
 * Finds the structure of one statement, in the passes (and with the slips) of the tokenizer that MLflow uses: what
 * later counts as a comparison, an identifier or a list depends on them. Source: the behaviour of sqlparse 0.6.
 */
export function groupStatement(statement: SqlGroup): void {
  groupComments(statement);
  groupMatching(statement, 'SquareBrackets', (node) => matches(node, 'Punctuation', '['), closing(']'));
  groupMatching(statement, 'Parenthesis', (node) => matches(node, 'Punctuation', '('), closing(')'));
  groupMatching(statement, 'Case', keyword('CASE'), keyword('END'));
  groupMatching(statement, 'If', keyword('IF'), keyword('END IF'));
  groupMatching(statement, 'For', keyword('FOR', 'FOREACH'), keyword('END LOOP'));
  groupMatching(statement, 'Begin', keyword('BEGIN'), keyword('END'));
  groupOver(statement);
  groupFunctions(statement);
  groupWhere(statement);
  groupPeriods(statement);
  groupArrays(statement);
  groupIdentifiers(statement);
  groupOrders(statement);
  groupCasts(statement);
  groupTypedLiterals(statement);
  groupOperators(statement);
  groupComparisons(statement);
  groupAs(statement);
  groupAliases(statement);
  groupAssignments(statement);
  alignComments(statement);
  groupIdentifierLists(statement);
  groupValues(statement);
}

function keyword(...texts: string[]): Test {
  return (node) => matches(node, 'Keyword', ...texts);
}

function closing(text: string): Test {
  return (node) => matches(node, 'Punctuation', text);
}

function groupComments(statement: SqlGroup): void {
  innermostFirst(statement, 'Comment', (group) => {
    let index = nextIndex(group, 0, (node) => hasTypeWithin(node, 'Comment'));
    while (index >= 0) {
      const end = nextIndex(group, index, (node) => !hasTypeWithin(node, 'Comment') && !isNewline(node));
      if (end < 0) return;
      wrap(group, 'Comment', index, end - 1);
      index = nextIndex(group, index + 1, (node) => hasTypeWithin(node, 'Comment'));
    }
  });
}

function groupOver(statement: SqlGroup): void {
  innermostFirst(statement, 'Over', (group) =>
    forEachMatch(group, keyword('OVER'), (index) => {
      const next = nextSolid(group, index);
      const node = group.children[next];
      if (isGroup(node, 'Parenthesis') || hasTypeWithin(node, 'Name')) wrap(group, 'Over', index, next);
      return undefined;
    }),
  );
}

function groupFunctions(statement: SqlGroup): void {
  innermostFirst(statement, 'Function', (group) => {
    const texts = new Set(group.children.map((child) => (child.kind === 'token' ? child.text.toUpperCase() : '')));
    if (texts.has('CREATE') && texts.has('TABLE') && !texts.has('AS')) return;
    forEachMatch(
      group,
      (node) => hasTypeWithin(node, 'Name'),
      (index) => {
        const next = nextSolid(group, index);
        if (!isGroup(group.children[next], 'Parenthesis')) return undefined;
        const over = nextSolid(group, next);
        wrap(group, 'Function', index, isGroup(group.children[over], 'Over') ? over : next);
        return undefined;
      },
    );
  });
}

const whereEnds = keyword(
  ...['ORDER BY', 'GROUP BY', 'LIMIT', 'UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'HAVING', 'RETURNING', 'INTO'],
);

function groupWhere(statement: SqlGroup): void {
  innermostFirst(statement, 'Where', (group) =>
    forEachMatch(group, keyword('WHERE'), (index) => {
      const end = nextIndex(group, index + 1, whereEnds);
      const isBracketed = group.kind === 'Parenthesis' || group.kind === 'SquareBrackets';
      const last = end >= 0 ? end - 1 : group.children.length - (isBracketed ? 2 : 1);
      wrap(group, 'Where', index, last);
      return undefined;
    }),
  );
}

function groupPeriods(statement: SqlGroup): void {
  groupAround(statement, {
    kind: 'Identifier',
    isMiddle: (node) => matches(node, 'Punctuation', '.') || matches(node, 'Operator', '->', '->>'),
    mayPrecede: (node) =>
      isGroup(node, 'SquareBrackets', 'Identifier') || hasType(node, 'Name', 'Literal.String.Symbol'),
    mayFollow: () => true,
    lastIndex: (group, middle, next) => {
      const node = group.children[next];
      const belongs =
        isGroup(node, 'SquareBrackets', 'Function') ||
        hasType(node, 'Name', 'Literal.String.Symbol', 'Wildcard', 'Literal.String.Single');
      return belongs ? next : middle;
    },
  });
}

function groupArrays(statement: SqlGroup): void {
  groupAround(statement, {
    kind: 'Identifier',
    isMiddle: (node) => isGroup(node, 'SquareBrackets'),
    mayPrecede: (node) =>
      isGroup(node, 'SquareBrackets', 'Identifier', 'Function') || hasType(node, 'Name', 'Literal.String.Symbol'),
    mayFollow: () => true,
    lastIndex: (_group, middle) => middle,
    recurse: false,
  });
}

function groupIdentifiers(statement: SqlGroup): void {
  innermostFirst(statement, 'Identifier', (group) =>
    forEachMatch(
      group,
      (node) => hasType(node, 'Literal.String.Symbol', 'Name'),
      (index) => {
        wrap(group, 'Identifier', index, index);
        return undefined;
      },
    ),
  );
}

function groupOrders(statement: SqlGroup): void {
  innermostFirst(statement, 'Identifier', (group) =>
    forEachMatch(
      group,
      (node) => hasTypeWithin(node, 'Keyword.Order'),
      (index) => {
        const previous = previousSolid(group, index);
        const node = group.children[previous];
        if (!isGroup(node, 'Identifier') && !hasTypeWithin(node, 'Literal.Number')) return undefined;
        wrap(group, 'Identifier', previous, index);
        return previous;
      },
    ),
  );
}

function groupCasts(statement: SqlGroup): void {
  groupAround(statement, {
    kind: 'Identifier',
    isMiddle: (node) => matches(node, 'Punctuation', '::'),
    mayPrecede: (node) => node !== undefined,
    mayFollow: (node) => node !== undefined,
  });
  groupAround(statement, {
    kind: 'Identifier',
    isMiddle: (node) => hasType(node, 'Keyword.TZCast'),
    mayPrecede: (node) => node !== undefined,
    mayFollow: (node) => matches(node, 'Keyword', 'AS') || hasType(node, 'Literal.String.Single'),
  });
}

function groupTypedLiterals(statement: SqlGroup): void {
  groupAround(statement, {
    kind: 'TypedLiteral',
    isMiddle: (node) => hasType(node, 'Name.Builtin') || matches(node, 'Keyword', 'TIMESTAMP'),
    mayPrecede: (node) => node !== undefined,
    mayFollow: (node) => hasType(node, 'Literal.String.Single'),
    startsAtMiddle: true,
    extend: false,
  });
  groupAround(statement, {
    kind: 'TypedLiteral',
    isMiddle: (node) => isGroup(node, 'TypedLiteral'),
    mayPrecede: (node) => node !== undefined,
    mayFollow: (node) => matches(node, 'Keyword', 'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'),
    startsAtMiddle: true,
  });
}

function groupOperators(statement: SqlGroup): void {
  const isOperand = (node: SqlNode | undefined): boolean =>
    isGroup(node, 'SquareBrackets', 'Parenthesis', 'Function', 'Identifier', 'Operation', 'TypedLiteral') ||
    hasType(node, ...operandTypes) ||
    matches(node, 'Keyword', 'CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP');
  groupAround(statement, {
    kind: 'Operation',
    isMiddle: (node) => hasType(node, 'Operator', 'Wildcard'),
    mayPrecede: isOperand,
    mayFollow: isOperand,
    lastIndex: (group, middle, next) => {
      const node = group.children[middle];
      if (node?.kind === 'token') node.type = 'Operator';
      return next;
    },
    extend: false,
  });
}

function groupComparisons(statement: SqlGroup): void {
  const isOperand = (node: SqlNode | undefined): boolean =>
    isGroup(node, 'Parenthesis', 'Function', 'Identifier', 'Operation', 'TypedLiteral') ||
    hasType(node, ...operandTypes) ||
    keywordOf(node) === 'NULL';
  groupAround(statement, {
    kind: 'Comparison',
    isMiddle: (node) => hasType(node, 'Operator.Comparison'),
    mayPrecede: isOperand,
    mayFollow: isOperand,
    extend: false,
  });
}

function groupAs(statement: SqlGroup): void {
  groupAround(statement, {
    kind: 'Identifier',
    isMiddle: (node) => keywordOf(node) === 'AS',
    mayPrecede: (node) => !isKeyword(node) || keywordOf(node) === 'NULL',
    mayFollow: (node) => node !== undefined && !hasType(node, 'Keyword.DML', 'Keyword.DDL', 'Keyword.CTE'),
  });
}

function groupAliases(statement: SqlGroup): void {
  innermostFirst(statement, null, (group) =>
    forEachMatch(
      group,
      (node) =>
        isGroup(node, 'Parenthesis', 'Function', 'Case', 'Identifier', 'Operation', 'Comparison') ||
        hasTypeWithin(node, 'Literal.Number'),
      (index) => {
        const next = nextSolid(group, index);
        if (isGroup(group.children[next], 'Identifier')) wrap(group, 'Identifier', index, next, true);
        return undefined;
      },
    ),
  );
}

function groupAssignments(statement: SqlGroup): void {
  groupAround(statement, {
    kind: 'Assignment',
    isMiddle: (node) => matches(node, 'Assignment', ':='),
    mayPrecede: (node) => node !== undefined && !hasType(node, 'Keyword'),
    mayFollow: (node) => node !== undefined && !hasType(node, 'Keyword'),
    lastIndex: (group, _middle, next) => {
      const semicolon = nextIndex(group, next + 1, (node) => matches(node, 'Punctuation', ';'));
      return semicolon < 0 ? next : semicolon;
    },
  });
}

function alignComments(statement: SqlGroup): void {
  innermostFirst(statement, null, (group) =>
    forEachMatch(
      group,
      (node) => isGroup(node, 'Comment'),
      (index) => {
        const previous = previousSolid(group, index);
        if (!isGroup(group.children[previous])) return undefined;
        wrap(group, 'Group', previous, index, true);
        return previous;
      },
    ),
  );
}

function groupIdentifierLists(statement: SqlGroup): void {
  const isItem = (node: SqlNode | undefined): boolean =>
    isGroup(node, 'Function', 'Case', 'Identifier', 'Comparison', 'IdentifierList', 'Operation') ||
    matches(node, 'Keyword', 'NULL', 'ROLE') ||
    hasType(node, ...operandTypes, 'Keyword', 'Comment', 'Wildcard');
  groupAround(statement, {
    kind: 'IdentifierList',
    isMiddle: (node) => matches(node, 'Punctuation', ','),
    mayPrecede: isItem,
    mayFollow: isItem,
  });
}

function groupValues(statement: SqlGroup): void {
  const start = nextIndex(statement, 0, keyword('VALUES'));
  if (start < 0) return;
  let end = -1;
  for (let index = start; index >= 0; index = nextSolid(statement, index)) {
    if (isGroup(statement.children[index], 'Parenthesis')) end = index;
  }
  if (end >= 0) wrap(statement, 'Values', start, end, true);
}

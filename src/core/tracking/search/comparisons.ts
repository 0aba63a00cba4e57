import { hasType, isGroup, isWhitespace, matches, textOf, type SqlGroup, type SqlNode } from './sqlTree.js';

/**
 * Joins what the tokenizer leaves apart into comparisons: `x IN (...)`, `x NOT IN (...)`, `x IS NULL`, `x IS NOT NULL`.
 * With the slip of MLflow that an identifier in no comparison swallows the two or three nodes that follow it.
 * Source: mlflow.utils.search_utils._join_in_comparison_tokens
 */
export function joinComparisons(nodes: readonly SqlNode[]): SqlNode[] {
  const solid = nodes.filter((node) => !isWhitespace(node));
  const joined: SqlNode[] = [];
  let index = 0;
  while (index < solid.length) {
    const [first, second, third, fourth] = solid.slice(index, index + 4);
    if (first === undefined) break;
    if (second === undefined || third === undefined) {
      joined.push(...solid.slice(index));
      break;
    }
    if (!isGroup(first, 'Identifier')) {
      joined.push(first);
      index += 1;
      continue;
    }
    const three = joinThree(first, second, third);
    if (three !== null) {
      joined.push(three);
      index += 3;
    } else if (fourth === undefined) {
      joined.push(first, second, third);
      break;
    } else {
      joined.push(...joinFour(first, second, third, fourth));
      index += 4;
    }
  }
  return joined;
}

function joinThree(first: SqlNode, second: SqlNode, third: SqlNode): SqlGroup | null {
  if (matches(second, 'Keyword', 'IN') && isGroup(third, 'Parenthesis')) return comparison(first, second, third);
  if (!matches(second, 'Keyword', 'IS')) return null;
  if (matches(third, 'Keyword', 'NULL')) return comparison(first, keywordToken('IS NULL'));
  if (hasType(third, 'Keyword') && textOf(third).toUpperCase() === 'NOT NULL') {
    return comparison(first, keywordToken('IS NOT NULL'));
  }
  return null;
}

function joinFour(first: SqlNode, second: SqlNode, third: SqlNode, fourth: SqlNode): SqlNode[] {
  const isNotIn =
    matches(second, 'Keyword', 'NOT') && matches(third, 'Keyword', 'IN') && isGroup(fourth, 'Parenthesis');
  return isNotIn ? [comparison(first, keywordToken('NOT IN'), fourth)] : [first, second, third, fourth];
}

function comparison(...children: SqlNode[]): SqlGroup {
  return { kind: 'Comparison', children };
}

function keywordToken(text: string): SqlNode {
  return { kind: 'token', type: 'Keyword', text };
}

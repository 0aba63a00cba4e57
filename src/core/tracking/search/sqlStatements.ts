import { maxTokens, groupStatement } from './sqlGrouping.js';
import { newline, tokenize, whitespace, type SqlToken } from './sqlLexer.js';
import type { SqlGroup } from './sqlTree.js';

/**
 * Splits a text into statements (after each `;` outside brackets, and after the word GO) and finds their structure.
 * White space alone is no statement. `null` when the text is too long to be taken apart.
 */
export function parseStatements(text: string): SqlGroup[] | null {
  const statements: SqlGroup[] = [];
  let tokens: SqlToken[] = [];
  let level = 0;
  let hasEnded = false;
  for (const token of tokenize(text)) {
    if (hasEnded && token.type !== whitespace && token.type !== 'Comment.Single') {
      statements.push({ kind: 'Statement', children: tokens });
      tokens = [];
      level = 0;
      hasEnded = false;
    }
    level += levelChange(token);
    tokens.push(token);
    if (token.type === 'Punctuation' && token.text === ';') hasEnded ||= level <= 0;
    else if (token.type === 'Keyword' && /^GO(\s|$)/.test(token.text)) hasEnded = true;
  }
  if (tokens.some((token) => token.type !== whitespace && token.type !== newline)) {
    statements.push({ kind: 'Statement', children: tokens });
  }
  if (statements.some((statement) => statement.children.length > maxTokens)) return null;
  for (const statement of statements) groupStatement(statement);
  return statements;
}

function levelChange(token: SqlToken): number {
  if (token.type === 'Punctuation') return token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
  if (token.type !== 'Keyword') return 0;
  const word = token.text.toUpperCase();
  return word === 'BEGIN' ? 1 : word === 'END' ? -1 : 0;
}

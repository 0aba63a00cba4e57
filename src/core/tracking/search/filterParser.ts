import { MlflowError } from '../../errors.js';
import { stringRepr } from '../../serialization/pythonRepr.js';
import type { Clause, ClauseEntity, ClauseValue } from './clause.js';
import { joinComparisons } from './comparisons.js';
import type { FilterGrammar } from './filterGrammar.js';
import { parseIdentifier } from './identifier.js';
import { bareException } from './pythonErrors.js';
import { parseStatements } from './sqlStatements.js';
import { isGroup, isWhitespace, matches, textOf, type SqlGroup, type SqlNode } from './sqlTree.js';
import { parseValue } from './values.js';

/**
 * Parses a filter string into clauses that must all hold; an absent or empty filter has none.
 * @throws INVALID_PARAMETER_VALUE with MLflow's message. Source: mlflow.utils.search_utils.SearchUtils.parse_search_filter
 */
export function parseSearchFilter(filterString: string | null | undefined, grammar: FilterGrammar): Clause[] {
  if (filterString == null || filterString === '') return [];
  const statements = parseStatements(filterString);
  if (statements === null) throw MlflowError.invalidParameter(`Error on parsing filter '${filterString}'`);
  const [statement, second] = statements;
  if (statement === undefined) {
    throw MlflowError.invalidParameter(`Invalid filter '${filterString}'. Could not be parsed.`);
  }
  if (second !== undefined) {
    throw MlflowError.invalidParameter(
      `Search filter contained multiple expression ${stringRepr(filterString)}. Provide AND-ed expression list.`,
    );
  }
  return parseStatement(statement, grammar);
}

function parseStatement(statement: SqlGroup, grammar: FilterGrammar): Clause[] {
  const nodes = joinComparisons(statement.children);
  const invalid = nodes.filter((node) => !isClausePart(node));
  if (invalid.length > 0) {
    const quotesClauses = grammar.kind === 'runs' || grammar.kind === 'loggedModels';
    const texts = invalid.map((node) => (quotesClauses ? `'${textOf(node)}'` : textOf(node)));
    throw MlflowError.invalidParameter(`Invalid clause(s) in filter string: ${texts.join(', ')}`);
  }
  return nodes.filter((node) => isGroup(node, 'Comparison')).map((node) => parseComparison(node, grammar));
}

function isClausePart(node: SqlNode): boolean {
  return isGroup(node, 'Comparison') || isWhitespace(node) || matches(node, 'Keyword', 'AND');
}

function parseComparison(comparison: SqlGroup, grammar: FilterGrammar): Clause {
  const parts = comparison.children.filter((node) => !isWhitespace(node));
  const [left, middle, right] = parts;
  const nullTest = parts.length === 2 && middle !== undefined ? textOf(middle).toUpperCase() : '';
  const isNullTest = nullTest === 'IS NULL' || nullTest === 'IS NOT NULL';
  if (!isNullTest && parts.length !== 3) {
    throw MlflowError.invalidParameter(`Invalid comparison clause. Expected 3 tokens found ${parts.length}`);
  }
  if (left === undefined || !isGroup(left, 'Identifier')) {
    const found = left === undefined ? '' : textOf(left);
    throw MlflowError.invalidParameter(`Invalid comparison clause. Expected 'Identifier' found '${found}'`);
  }
  if (isNullTest) return parseNullTest(textOf(left), nullTest, grammar);
  const { entity, key } = parseIdentifier(textOf(left), grammar, grammar.searchAttributes);
  const comparator = middle === undefined ? '' : textOf(middle);
  const isRegistry = grammar.kind === 'registeredModels' || grammar.kind === 'modelVersions';
  const value: ClauseValue = right === undefined ? { type: 'none' } : parseValue(entity, key, right, grammar);
  return { entity, key, comparator: isRegistry ? comparator.toUpperCase() : comparator, value };
}

function parseNullTest(identifier: string, comparator: string, grammar: FilterGrammar): Clause {
  if (grammar.kind === 'registeredModels' || grammar.kind === 'modelVersions') {
    throw bareException('not enough values to unpack (expected 3, got 2)');
  }
  const { entity, key } = parseIdentifier(identifier, grammar, grammar.searchAttributes);
  assertNullTestable(entity, key, grammar);
  return { entity, key, comparator, value: { type: 'none' } };
}

function assertNullTestable(entity: ClauseEntity, key: string, grammar: FilterGrammar): void {
  if (entity === 'tag') return;
  if (grammar.kind === 'experiments') {
    throw MlflowError.invalidParameter(`IS NULL / IS NOT NULL is only supported for tags, not for attribute '${key}'`);
  }
  if (entity !== 'parameter') {
    throw MlflowError.invalidParameter(
      `IS NULL / IS NOT NULL is only supported for tags and params, not for '${entity}' '${key}'`,
    );
  }
}

import { MlflowError } from '../../errors.js';
import { stringRepr } from '../../serialization/pythonRepr.js';
import { joinComparisons } from './comparisons.js';
import { literalRepr, parsePythonLiteral, type PythonLiteral } from './pythonLiteral.js';
import { parseStatements } from './sqlStatements.js';
import { isGroup, isWhitespace, textOf, type SqlGroup } from './sqlTree.js';

export type LoggedModelEntity = 'attributes' | 'metrics' | 'params' | 'tags';

/** One comparison of a SQL store's filter over logged models. */
export interface LoggedModelClause {
  entity: LoggedModelEntity;
  key: string;
  comparator: string;
  value: string | number | readonly (string | number)[];
}

const entities: readonly string[] = ['attributes', 'metrics', 'params', 'tags'];
const numericOperators = ['<', '<=', '>', '>=', '=', '!='];
const textOperators = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'];
const aliases: Readonly<Record<string, string>> = {
  creation_time: 'creation_timestamp_ms',
  creation_timestamp: 'creation_timestamp_ms',
  last_updated_timestamp: 'last_updated_timestamp_ms',
};

/** The column that a time attribute's other names stand for. */
export function translateLoggedModelAlias(key: string): string {
  return Object.hasOwn(aliases, key) ? (aliases[key] as string) : key;
}

/**
 * Parses the filter of a SQL store over logged models, which has a grammar of its own: plural entity names, single
 * quotes only, IN for every text.
 * @throws INVALID_PARAMETER_VALUE, and INTERNAL_ERROR where Python fails while converting.
 * Source: mlflow.utils.search_logged_model_utils
 */
export function parseLoggedModelFilter(filterString: string | null | undefined): LoggedModelClause[] {
  if (filterString == null || filterString === '') return [];
  const [statement, ...others] = parseStatements(filterString) ?? [];
  if (statement === undefined || others.length > 0) {
    throw MlflowError.invalidParameter(
      `Invalid filter string: ${stringRepr(filterString)}. Expected a single SQL expression.`,
    );
  }
  const clauses: LoggedModelClause[] = [];
  for (const node of joinComparisons(statement.children)) {
    if (isGroup(node, 'Comparison')) clauses.push(parseComparison(node));
    else if (textOf(node).trim().toUpperCase() !== 'AND') throw notAList(filterString);
  }
  return clauses;
}

function notAList(filterString: string): MlflowError {
  return MlflowError.invalidParameter(
    `Invalid filter string: ${stringRepr(filterString)}. Expected a list of comparisons ` +
      "separated by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01').",
  );
}

function parseComparison(comparison: SqlGroup): LoggedModelClause {
  const parts = comparison.children.filter((node) => !isWhitespace(node)).map(textOf);
  const [identifier, operator, value] = parts;
  if (parts.length !== 3 || identifier === undefined || operator === undefined || value === undefined) {
    throw MlflowError.invalidParameter(
      `Invalid comparison: ${textOf(comparison)}. Expected a comparison with 3 tokens.`,
    );
  }
  const comparator = operator.toUpperCase();
  const { entity, key } = parseEntity(identifier);
  const isNumeric = entity === 'metrics' || (entity === 'attributes' && isTime(key));
  const operators = isNumeric ? numericOperators : textOperators;
  if (!operators.includes(comparator)) {
    const list = operators.map((item) => `'${item}'`).join(', ');
    throw MlflowError.invalidParameter(
      `Invalid comparison operator for ${entity}.${key}: ${stringRepr(comparator)}. Expected one of (${list}).`,
    );
  }
  return { entity, key, comparator, value: isNumeric ? parseFloatText(value) : parseText(value) };
}

function isTime(key: string): boolean {
  return /^(creation|last_updated)_timestamp_ms$/.test(translateLoggedModelAlias(key));
}

function parseEntity(identifier: string): { entity: LoggedModelEntity; key: string } {
  const match = /^([a-z]+)\.([^\n]+)\n?$/.exec(identifier);
  if (match === null) return { entity: 'attributes', key: stripBackticks(translateLoggedModelAlias(identifier)) };
  const [, entity = '', key = ''] = match;
  if (!entities.includes(entity)) {
    throw MlflowError.invalidParameter(
      `Invalid entity type: ${stringRepr(entity)}. Expected one of ['attributes', 'metrics', 'params', 'tags'].`,
    );
  }
  return { entity: entity as LoggedModelEntity, key: stripBackticks(key) };
}

function stripBackticks(text: string): string {
  return text.replace(/^`+|`+$/g, '');
}

function parseText(text: string): LoggedModelClause['value'] {
  if (!text.startsWith('(') || !text.endsWith(')')) return text.replace(/^'+|'+$/g, '');
  const literal = parsePythonLiteral(text);
  if (literal === 'syntax') throw new MlflowError(`invalid syntax: ${text}`);
  if (literal === 'notALiteral') throw new MlflowError(`malformed node or string: ${text}`);
  if (literal.type === 'text') return [literal.text];
  return literal.type === 'tuple' || literal.type === 'list' ? literal.items.map(plainItem) : plainItem(literal);
}

function plainItem(literal: PythonLiteral): string | number {
  if (literal.type === 'text') return literal.text;
  const repr = literalRepr(literal);
  const number = Number(repr);
  return Number.isNaN(number) ? repr : number;
}

/** @throws INTERNAL_ERROR with Python's text. */
function parseFloatText(text: string): number {
  const plain = text.trim().toLowerCase();
  const special = /^([-+]?)(inf|infinity|nan)$/.exec(plain);
  if (special !== null) {
    if (special[2] === 'nan') return Number.NaN;
    return special[1] === '-' ? -Infinity : Infinity;
  }
  if (/^[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[-+]?\d+(_\d+)*)?$/.test(plain)) {
    return Number(plain.replaceAll('_', ''));
  }
  throw new MlflowError(`could not convert string to float: ${stringRepr(text)}`);
}

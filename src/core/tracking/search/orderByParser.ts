import { MlflowError } from '../../errors.js';
import type { OrderBy } from './clause.js';
import {
  experimentGrammar,
  modelVersionGrammar,
  registeredModelGrammar,
  runGrammar,
  setText,
} from './filterGrammar.js';
import { parseIdentifier, parseOrderIdentifier } from './identifier.js';
import { splitWords } from './shlex.js';
import { parseStatements } from './sqlStatements.js';
import { hasType, isGroup, isWhitespace, matches, textOf } from './sqlTree.js';

/** One `order_by` of runs. @throws INVALID_PARAMETER_VALUE. Source: SearchUtils.parse_order_by_for_search_runs */
export function parseRunOrderBy(orderBy: string): OrderBy {
  const { text, ascending } = parseOrderByText(orderBy);
  return { ...parseIdentifier(text, runGrammar, runGrammar.orderAttributes), ascending };
}

/** One `order_by` of experiments; tags are refused. Source: SearchExperimentsUtils._get_sort_key */
export function parseExperimentOrderBy(orderBy: string): OrderBy {
  const { text, ascending } = parseOrderByText(orderBy);
  return attributesOnly({ ...parseOrderIdentifier(text, experimentGrammar.orderAttributes), ascending });
}

/** One `order_by` of registered models in a file store. Source: SearchModelUtils */
export function parseRegisteredModelOrderBy(orderBy: string): OrderBy {
  const { text, ascending } = parseOrderByText(orderBy);
  return attributesOnly({ ...parseOrderIdentifier(text, registeredModelGrammar.orderAttributes), ascending });
}

/** One `order_by` of registered models in a SQL store, which knows other keys and no prefix. */
export function parseSqlRegisteredModelOrderBy(orderBy: string): OrderBy {
  const { text, ascending } = parseOrderByText(orderBy);
  if (!['timestamp', 'last_updated_timestamp', 'name'].includes(text)) {
    throw MlflowError.invalidParameter(
      `Invalid order by key '${text}' specified. Valid keys are '${setText(['name', 'timestamp'])}'`,
    );
  }
  return { entity: 'attribute', key: text, ascending };
}

/** One `order_by` of model versions. Tags are left to the store, which has its own words for them. */
export function parseModelVersionOrderBy(orderBy: string): OrderBy {
  const { text, ascending } = parseOrderByText(orderBy);
  return { ...parseOrderIdentifier(text, modelVersionGrammar.orderAttributes), ascending };
}

export function attributesOnly(orderBy: OrderBy): OrderBy {
  if (orderBy.entity === 'attribute') return orderBy;
  throw MlflowError.invalidParameter(`Invalid order_by entity: ${orderBy.entity}`);
}

/** The identifier and the direction. Source: SearchUtils._parse_order_by_string */
function parseOrderByText(orderBy: string): { text: string; ascending: boolean } {
  const text = orderByToken(orderBy);
  const words = splitWords(text.replaceAll('`', '"'));
  if (words.length > 2) throw unparseable(orderBy);
  const [first, direction] = words;
  if (first === undefined || direction === undefined) return { text: text.trim(), ascending: true };
  const lower = direction.toLowerCase();
  if (lower !== 'asc' && lower !== 'desc') {
    throw MlflowError.invalidParameter(`Invalid ordering key in order_by clause '${orderBy}'.`);
  }
  return { text: first.trim(), ascending: lower === 'asc' };
}

function orderByToken(orderBy: string): string {
  const [statement, second] = parseStatements(orderBy) ?? [];
  if (statement === undefined || second !== undefined) throw unparseable(orderBy);
  const { children } = statement;
  const [first] = children;
  const last = children.at(-1);
  const isTimestamp = matches(first, 'Name.Builtin', 'timestamp');
  if (children.length === 1 && first !== undefined && (isGroup(first, 'Identifier') || isTimestamp)) {
    return textOf(first);
  }
  if (isTimestamp && children.slice(1, -1).every(isWhitespace) && hasType(last, 'Keyword.Order')) {
    return `timestamp ${textOf(last)}`;
  }
  throw unparseable(orderBy);
}

function unparseable(orderBy: string): MlflowError {
  return MlflowError.invalidParameter(`Invalid order_by clause '${orderBy}'. Could not be parsed.`);
}

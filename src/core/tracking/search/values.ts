import { MlflowError } from '../../errors.js';
import type { ClauseEntity, ClauseValue } from './clause.js';
import { datasetAttributes, setText, type FilterGrammar } from './filterGrammar.js';
import { stripRequiredQuotes } from './identifier.js';
import { literalRepr, parsePythonLiteral } from './pythonLiteral.js';
import { bareException } from './pythonErrors.js';
import { hasType, isGroup, textOf, type SqlNode } from './sqlTree.js';

const integerType = 'Literal.Number.Integer';
const floatType = 'Literal.Number.Float';

/**
 * The right side of a comparison. Text must be in quotes, numbers must not.
 * @throws INVALID_PARAMETER_VALUE with MLflow's message. Source: the `_get_value` methods of mlflow.utils.search_utils
 */
export function parseValue(entity: ClauseEntity, key: string, node: SqlNode, grammar: FilterGrammar): ClauseValue {
  switch (entity) {
    case 'metric':
      if (isNumber(node)) return numberValue(node);
      throw MlflowError.invalidParameter(`Expected numeric value type for metric. Found ${textOf(node)}`);
    case 'parameter':
    case 'tag':
      if (isText(node)) return textValue(node);
      throw MlflowError.invalidParameter(
        `Expected a quoted string value for ${entity} (e.g. 'my-value'). Got value ${textOf(node)}`,
      );
    case 'dataset':
      return datasetValue(key, node);
    case 'attribute':
      return grammar.kind === 'registeredModels' || grammar.kind === 'modelVersions'
        ? registryAttributeValue(key, node, grammar)
        : attributeValue(key, node, grammar);
  }
}

function attributeValue(key: string, node: SqlNode, grammar: FilterGrammar): ClauseValue {
  if (grammar.numericAttributes.includes(key)) {
    if (isNumber(node)) return numberValue(node);
    throw MlflowError.invalidParameter(
      `Expected numeric value type for numeric attribute: ${key}. Found ${textOf(node)}`,
    );
  }
  if (isText(node)) return textValue(node);
  if (isGroup(node, 'Parenthesis')) return listValue(key, node, grammar);
  throw MlflowError.invalidParameter(`Expected a quoted string value for attributes. Got value ${textOf(node)}`);
}

function registryAttributeValue(key: string, node: SqlNode, grammar: FilterGrammar): ClauseValue {
  if (isText(node)) return textValue(node);
  if (isGroup(node, 'Parenthesis')) return listValue(key, node, grammar);
  if (grammar.kind === 'modelVersions' && isNumber(node)) {
    if (grammar.numericAttributes.includes(key)) return numberValue(node);
    throw MlflowError.invalidParameter(
      `Only the '${setText(grammar.numericAttributes)}' attributes support comparison with numeric values.`,
    );
  }
  throw MlflowError.invalidParameter(
    `Expected a quoted string value or a list of quoted string values for attributes. Got value ${textOf(node)}`,
  );
}

function datasetValue(key: string, node: SqlNode): ClauseValue {
  if ((datasetAttributes as readonly string[]).includes(key) && isText(node)) return textValue(node);
  if (isGroup(node, 'Parenthesis')) return parseList(textOf(node));
  throw MlflowError.invalidParameter(
    `Expected a quoted string value for dataset attributes. Got value ${textOf(node)}`,
  );
}

function listValue(key: string, node: SqlNode, grammar: FilterGrammar): ClauseValue {
  const { listAttributes } = grammar;
  if (listAttributes !== null && !listAttributes.includes(key)) {
    const keys = [...listAttributes].sort().map((item) => `'${item}'`);
    throw MlflowError.invalidParameter(
      `Only [${keys.join(', ')}] attributes support comparison with a list of quoted string values.`,
    );
  }
  return parseList(textOf(node));
}

const listError = 'While parsing a list in the query,';

function parseList(text: string): ClauseValue {
  const literal = parsePythonLiteral(text);
  if (literal === 'syntax') {
    throw MlflowError.invalidParameter(
      `${listError} expected a non-empty list of string values, but got ill-formed list.`,
    );
  }
  if (literal === 'notALiteral') throw bareException(`malformed node or string: ${text}`);
  const tuple = literal.type === 'tuple' ? literal : { type: 'tuple' as const, items: [literal] };
  if (tuple.items.length === 0) {
    throw MlflowError.invalidParameter(`${listError} expected a non-empty list of string values, but got empty list`);
  }
  const items = tuple.items.flatMap((item) => (item.type === 'text' ? [item.text] : []));
  if (items.length < tuple.items.length) {
    throw MlflowError.invalidParameter(
      `${listError} expected string value, punctuation, or whitespace, but got different type in list: ${literalRepr(tuple)}`,
    );
  }
  return { type: 'list', items };
}

function isNumber(node: SqlNode): boolean {
  return hasType(node, integerType, floatType);
}

function isText(node: SqlNode): boolean {
  return hasType(node, 'Literal.String.Single') || isGroup(node, 'Identifier');
}

function textValue(node: SqlNode): ClauseValue {
  return { type: 'text', text: stripRequiredQuotes(textOf(node)) };
}

function numberValue(node: SqlNode): ClauseValue {
  const text = asciiDigits(textOf(node));
  return hasType(node, integerType)
    ? { type: 'integer', integer: BigInt(text) }
    : { type: 'float', number: Number(text) };
}

/** Python reads digits of every script. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    let value = 0;
    const code = digit.codePointAt(0) ?? 0;
    while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value += 1;
    return String(code < 0x80 ? code - 0x30 : value);
  });
}

import { MlflowError } from '../../errors.js';
import { compareCodePoints } from '../../serialization/pyValue.js';
import { numberOfValue, type Clause, type ClauseValue } from './clause.js';
import { numericComparators, setText, type FilterGrammar } from './filterGrammar.js';
import { matchesLike } from './likePattern.js';
import { bareException } from './pythonErrors.js';

/** A field of an entity as a filter sees it. */
export type FieldValue = string | number | null | undefined;

/**
 * Whether a field satisfies a clause; an absent field satisfies none. `comparator` is in upper case.
 * Source: SearchUtils.get_comparison_func
 */
export function satisfies(field: FieldValue, comparator: string, value: ClauseValue): boolean {
  if (comparator === 'IS NULL') return field == null;
  if (comparator === 'IS NOT NULL') return field != null;
  if (field == null) return false;
  if (typeof field === 'number') return satisfiesNumber(field, comparator, numberOfValue(value));
  if (comparator === 'IN') return value.type === 'list' && value.items.includes(field);
  if (comparator === 'NOT IN') return value.type === 'list' && !value.items.includes(field);
  if (value.type === 'list' && comparator.endsWith('LIKE')) {
    throw bareException('decoding to str: need a bytes-like object, tuple found');
  }
  if (value.type === 'list' && comparator !== '=' && comparator !== '!=') {
    throw bareException(`'${comparator}' not supported between instances of 'str' and 'tuple'`);
  }
  if (value.type !== 'text') return comparator === '!=';
  return satisfiesText(field, comparator, value.text);
}

function satisfiesNumber(field: number, comparator: string, operand: number): boolean {
  switch (comparator) {
    case '=':
      return field === operand;
    case '!=':
      return field !== operand;
    case '>':
      return field > operand;
    case '>=':
      return field >= operand;
    case '<':
      return field < operand;
    case '<=':
      return field <= operand;
    default:
      return false;
  }
}

function satisfiesText(field: string, comparator: string, operand: string): boolean {
  switch (comparator) {
    case '=':
      return field === operand;
    case '!=':
      return field !== operand;
    case 'LIKE':
      return matchesLike(field, operand, false);
    case 'ILIKE':
      return matchesLike(field, operand, true);
    default:
      return satisfiesNumber(compareCodePoints(field, operand), comparator, 0);
  }
}

/**
 * Whether the comparator may stand there. The closing quote is missing from some of the messages, as in Python's.
 * Source: SearchUtils.is_metric, is_param, is_tag, is_dataset, is_string_attribute, is_numeric_attribute
 */
export function checkComparator(
  clause: Pick<Clause, 'entity' | 'key'>,
  comparator: string,
  grammar: FilterGrammar,
): void {
  const refuse = (allowed: readonly string[], comparators: readonly string[], end: string): void => {
    if (allowed.includes(comparator)) return;
    throw MlflowError.invalidParameter(`Invalid comparator '${comparator}' not one of '${setText(comparators)}${end}`);
  };
  switch (clause.entity) {
    case 'metric':
      return refuse(numericComparators, numericComparators, '');
    case 'parameter':
      return refuse(grammar.paramComparators, grammar.paramComparators, "'");
    case 'tag':
      return refuse(grammar.tagComparators, grammar.tagComparators, '');
    case 'dataset':
      return refuse(grammar.stringComparators, grammar.stringComparators, '');
    case 'attribute':
      return grammar.numericAttributes.includes(clause.key)
        ? refuse(numericComparators, grammar.stringComparators, '')
        : refuse(grammar.stringComparators, grammar.stringComparators, "'");
  }
}

import { compareCodePoints } from '../../core/serialization/pyValue.js';
import { valuesEqual } from '../../core/signature/valuesEqual.js';
import type { TemplateValue } from './templateEngine.js';
import {
  isList,
  isNumberType,
  isUndefined,
  itemsOf,
  pythonValueOf,
  templateList,
  templateValue,
  textOf,
  typeNameOf,
} from './templateValues.js';

/**
 * A binary operator as Python applies it; undefined where the engine's own arithmetic serves.
 * @throws Error with the text of Python's TypeError for operands that do not go together.
 */
export function applyOperator(operator: string, left: TemplateValue, right: TemplateValue): TemplateValue | undefined {
  switch (operator) {
    case '==':
    case '!=':
      return templateValue(isEqual(left, right) === (operator === '=='));
    case 'in':
    case 'not in':
      return templateValue(isIn(left, right) === (operator === 'in'));
    case '~':
      return templateValue(textOf(left) + textOf(right));
    case '<':
    case '>':
    case '<=':
    case '>=':
      return compare(operator, left, right);
    case '*':
      return repeat(left, right) ?? numeric(operator, left, right);
    case '+':
      return isSequence(left) ? concatenable(left, right) : numeric(operator, left, right);
    default:
      return numeric(operator, left, right);
  }
}

function isEqual(left: TemplateValue, right: TemplateValue): boolean {
  if (isUndefined(left) || isUndefined(right)) return left.type === right.type;
  return valuesEqual(pythonValueOf(left), pythonValueOf(right));
}

function isIn(item: TemplateValue, container: TemplateValue): boolean {
  if (isUndefined(container)) return false;
  if (isList(container)) return itemsOf(container).some((other) => isEqual(item, other));
  if (container.type === 'ObjectValue') {
    return item.type === 'StringValue' && (container.value as Map<string, unknown>).has(item.value as string);
  }
  if (container.type !== 'StringValue') {
    throw new Error(`argument of type '${typeNameOf(container)}' is not iterable`);
  }
  if (item.type !== 'StringValue') {
    throw new Error(`'in <string>' requires string as left operand, not ${typeNameOf(item)}`);
  }
  return (container.value as string).includes(item.value as string);
}

function isSequence(value: TemplateValue): boolean {
  return value.type === 'StringValue' || isList(value);
}

function compare(operator: string, left: TemplateValue, right: TemplateValue): TemplateValue | undefined {
  if (left.type === 'StringValue' && right.type === 'StringValue') {
    const order = compareCodePoints(left.value as string, right.value as string);
    const isBefore = operator.startsWith('<') ? order < 0 : order > 0;
    return templateValue(isBefore || (order === 0 && operator.endsWith('=')));
  }
  const [first, second] = [typeNameOf(left), typeNameOf(right)];
  if (isNumberType(first) && isNumberType(second)) return undefined;
  throw new Error(`'${operator}' not supported between instances of '${first}' and '${second}'`);
}

/** Texts are only added to texts, lists to lists; the engine does both. */
function concatenable(left: TemplateValue, right: TemplateValue): undefined {
  const [first, second] = [typeNameOf(left), typeNameOf(right)];
  if (first !== second) throw new Error(`can only concatenate ${first} (not "${second}") to ${first}`);
  return undefined;
}

function repeat(left: TemplateValue, right: TemplateValue): TemplateValue | undefined {
  const [sequence, count] = isSequence(left) ? [left, right] : [right, left];
  if (!isSequence(sequence) || !['int', 'bool'].includes(typeNameOf(count))) {
    if (!isSequence(sequence)) return undefined;
    throw new Error(`can't multiply sequence by non-int of type '${typeNameOf(count)}'`);
  }
  const times = Math.max(0, Number(count.value));
  if (sequence.type === 'StringValue') return templateValue((sequence.value as string).repeat(times));
  return templateList(Array.from({ length: times }, () => itemsOf(sequence)).flat());
}

function numeric(operator: string, left: TemplateValue, right: TemplateValue): undefined {
  const [first, second] = [typeNameOf(left), typeNameOf(right)];
  if (isNumberType(first) && isNumberType(second)) return undefined;
  throw new Error(`unsupported operand type(s) for ${operator}: '${first}' and '${second}'`);
}

import { pyRepr } from '../../core/signature/pythonText.js';
import { pythonFloat } from '../../core/signature/pythonValue.js';
import { Environment, type TemplateValue } from './templateEngine.js';

const scratch = new Environment();

/** A JavaScript value as the engine's own. */
export function templateValue(value: unknown): TemplateValue {
  scratch.variables.delete('value');
  return scratch.set('value', value);
}

/** A list of values that are the engine's already. */
export function templateList(items: readonly TemplateValue[]): TemplateValue {
  const list = templateValue([]);
  itemsOf(list).push(...items);
  return list;
}

const typeNames: Readonly<Record<string, string>> = {
  StringValue: 'str',
  IntegerValue: 'int',
  FloatValue: 'float',
  BooleanValue: 'bool',
  NullValue: 'NoneType',
  UndefinedValue: 'Undefined',
  ArrayValue: 'list',
  TupleValue: 'tuple',
  ObjectValue: 'dict',
  FunctionValue: 'function',
};

/** `type(value).__name__` in Python. */
export function typeNameOf(value: TemplateValue): string {
  return typeNames[value.type] ?? value.type;
}

/** Whether Python does arithmetic with it. */
export function isNumberType(typeName: string): boolean {
  return typeName === 'int' || typeName === 'float' || typeName === 'bool';
}

export function isUndefined(value: TemplateValue): boolean {
  return value.type === 'UndefinedValue';
}

export function isList(value: TemplateValue): boolean {
  return value.type === 'ArrayValue' || value.type === 'TupleValue';
}

/** The value with Python's types, for comparisons: floats marked. */
export function pythonValueOf(value: TemplateValue): unknown {
  switch (value.type) {
    case 'FloatValue':
      return pythonFloat(value.value as number);
    case 'ArrayValue':
    case 'TupleValue':
      return itemsOf(value).map(pythonValueOf);
    case 'ObjectValue':
      return new Map(entriesOf(value).map(([key, item]) => [key, pythonValueOf(item)]));
    default:
      return value.value;
  }
}

/** `str(value)` in Python: `None`, `True`, a list as Python writes it; undefined is empty. */
export function textOf(value: TemplateValue): string {
  if (value.type === 'StringValue') return value.value as string;
  return isUndefined(value) ? '' : reprOf(value);
}

function reprOf(value: TemplateValue): string {
  switch (value.type) {
    case 'UndefinedValue':
      return 'Undefined';
    case 'ArrayValue':
      return `[${itemsOf(value).map(reprOf).join(', ')}]`;
    case 'TupleValue': {
      const items = itemsOf(value).map(reprOf);
      return items.length === 1 ? `(${items[0]!},)` : `(${items.join(', ')})`;
    }
    case 'ObjectValue':
      return `{${entriesOf(value)
        .map(([key, item]) => `${pyRepr(key)}: ${reprOf(item)}`)
        .join(', ')}}`;
    default:
      return pyRepr(pythonValueOf(value));
  }
}

/** The items of a list. */
export function itemsOf(value: TemplateValue): TemplateValue[] {
  return value.value as TemplateValue[];
}

/** The entries of a dict. */
export function entriesOf(value: TemplateValue): [string, TemplateValue][] {
  return [...(value.value as Map<string, TemplateValue>)];
}

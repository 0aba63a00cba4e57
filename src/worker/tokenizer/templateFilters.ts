import type { TemplateValue } from './templateEngine.js';
import {
  entriesOf,
  isList,
  isUndefined,
  itemsOf,
  templateList,
  templateValue,
  textOf,
  typeNameOf,
} from './templateValues.js';

const ofTexts = new Set('trim upper lower title capitalize string replace indent'.split(' '));
const ofLists = new Set('list first last join map select reject selectattr rejectattr sort unique reverse'.split(' '));

/**
 * What a filter works on, as jinja2 takes a value: texts for filters of texts, items for those of lists.
 * @throws Error with Python's text for what it cannot take; `undefinedError` for what is undefined.
 */
export function filterOperand(filter: string, value: TemplateValue, undefinedError: () => Error): TemplateValue {
  if (ofTexts.has(filter)) return value.type === 'StringValue' ? value : templateValue(textOf(value));
  if (ofLists.has(filter)) return itemsFor(filter, value);
  switch (filter) {
    case 'default':
    case 'safe':
      return value;
    case 'length':
    case 'count':
      return sized(value);
    case 'items':
      return isUndefined(value) ? templateValue({}) : value;
    case 'tojson':
      if (isUndefined(value)) throw new Error('Object of type Undefined is not JSON serializable');
      return value;
    default:
      if (isUndefined(value)) throw undefinedError();
      return (filter === 'int' || filter === 'float') && !isNumberOrText(value) ? templateValue('') : value;
  }
}

/** The items that Python iterates over: characters of a text, keys of a dict, nothing of what is undefined. */
export function iterated(value: TemplateValue): TemplateValue {
  if (isList(value)) return value;
  if (isUndefined(value)) return templateValue([]);
  if (value.type === 'StringValue') return templateValue(Array.from(value.value as string));
  if (value.type === 'ObjectValue') return templateValue(entriesOf(value).map(([key]) => key));
  throw new Error(`'${typeNameOf(value)}' object is not iterable`);
}

function itemsFor(filter: string, value: TemplateValue): TemplateValue {
  if (filter === 'last' && !isIterable(value)) throw new Error(`'${typeNameOf(value)}' object is not reversible`);
  const items = iterated(value);
  return filter === 'join' ? templateList(itemsOf(items).map((item) => templateValue(textOf(item)))) : items;
}

export function isIterable(value: TemplateValue): boolean {
  return isList(value) || isUndefined(value) || value.type === 'StringValue' || value.type === 'ObjectValue';
}

function sized(value: TemplateValue): TemplateValue {
  if (isUndefined(value)) return templateValue([]);
  if (!isIterable(value)) throw new Error(`object of type '${typeNameOf(value)}' has no len()`);
  return value;
}

function isNumberOrText(value: TemplateValue): boolean {
  return ['str', 'int', 'float', 'bool'].includes(typeNameOf(value));
}

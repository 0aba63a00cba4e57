import { strftime } from './strftime.js';
import {
  Environment,
  Interpreter,
  Template,
  type TemplateNode as Node,
  type TemplateScope,
  type TemplateValue,
} from './templateEngine.js';
import { applyOperator } from './templateOperators.js';
import { filterOperand, isIterable, iterated } from './templateFilters.js';
import {
  isList,
  isNumberType,
  isUndefined,
  pythonValueOf,
  templateValue,
  textOf,
  typeNameOf,
} from './templateValues.js';

/**
 * A Jinja template rendered as jinja2 does it where the engine departs from it: what is undefined is empty in most places and
 * an error that names it in others, values are written as Python's `str()`, texts are only added to texts.
 */
export class PythonTemplate {
  private readonly program: Node;

  constructor(source: string) {
    const { parsed } = new Template(source);
    markOutputs(parsed);
    this.program = parsed;
  }

  /** @throws Error with Python's text. */
  render(variables: Readonly<Record<string, unknown>>): string {
    const scope = new Environment();
    for (const [name, value] of Object.entries({ ...constants, ...variables })) scope.set(name, value);
    return textOf(new PythonInterpreter(scope).evaluate(this.program, scope));
  }
}

const constants: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range: (first: number, stop?: number, step = 1): number[] => {
    const [start, end] = stop === undefined ? [0, first] : [first, stop];
    if (step === 0) throw new Error('range() arg 3 must not be zero');
    return Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step);
  },
  strftime_now: (format: string): string => strftime(new Date(), format),
  raise_exception: (message: unknown): never => {
    throw new Error(String(message));
  },
};

/** Fields in which the engine keeps the statements of a block. */
const blocks = ['body', 'alternate', 'defaultBlock'];
const silent = new Set([
  'If',
  'For',
  'Set',
  'Macro',
  'CallStatement',
  'FilterStatement',
  'Comment',
  'Break',
  'Continue',
]);

/** Puts every expression that is written out under a node of its own, so that evaluation sees where a value becomes text. */
function markOutputs(node: Node): void {
  for (const field of blocks) {
    const statements = node[field];
    if (!Array.isArray(statements)) continue;
    node[field] = (statements as Node[]).map((statement) => {
      markOutputs(statement);
      return silent.has(statement.type) ? statement : outputOf(statement);
    });
  }
}

/** Of the expression's class, so that the engine's own walks over the tree go through it. */
function outputOf(expression: Node): Node {
  const output = Object.create(Object.getPrototypeOf(expression) as object) as Node;
  return Object.assign(output, { type: 'Output', value: expression });
}

/** An operand that has its value already. */
function ready(value: TemplateValue): Node {
  return { type: 'Ready', value };
}

class PythonInterpreter extends Interpreter {
  /** Why a value is undefined. */
  private readonly hints = new WeakMap<object, string>();

  override evaluate(node: Node | undefined, scope: TemplateScope): TemplateValue {
    switch (node?.type) {
      case 'Ready':
        return node['value'] as TemplateValue;
      case 'Output':
        return templateValue(textOf(this.evaluate(node['value'] as Node, scope)));
      case 'Identifier': {
        const value = super.evaluate(node, scope);
        return this.explained(value, `'${String(node['value'])}' is undefined`);
      }
      case 'MemberExpression':
        return this.member(node, scope);
      case 'CallExpression':
        return super.evaluate({ ...node, callee: this.callee(node, scope) }, scope);
      case 'TestExpression':
        return this.test(node, scope);
      case 'FilterExpression':
        return this.filter(node, scope);
      case 'UnaryExpression':
        return this.unary(node, scope);
      case 'BinaryExpression':
        return this.binary(node, scope);
      case 'For':
        return super.evaluate(this.withIterable(node, scope), scope);
      default:
        return super.evaluate(node, scope);
    }
  }

  private explained(value: TemplateValue, hint: string): TemplateValue {
    if (isUndefined(value) && !this.hints.has(value)) this.hints.set(value, hint);
    return value;
  }

  private undefinedError(value: TemplateValue): Error {
    return new Error(this.hints.get(value) ?? 'the value is undefined');
  }

  /** The operand's value, handed on. @throws Error where Python cannot use one that is undefined. */
  private defined(operand: unknown, scope: TemplateScope): Node {
    const value = this.evaluate(operand as Node, scope);
    if (isUndefined(value)) throw this.undefinedError(value);
    return ready(value);
  }

  private member(node: Node, scope: TemplateScope): TemplateValue {
    const object = this.defined(node['object'], scope);
    const property = node['property'] as Node;
    const owner = object['value'] as TemplateValue;
    const isSequence = isList(owner) || owner.type === 'StringValue';
    if (property.type === 'SliceExpression') {
      if (owner.type === 'ObjectValue') throw new Error("unhashable type: 'slice'");
      if (!isSequence) throw new Error(`'${typeNameOf(owner)}' object is not subscriptable`);
      return super.evaluate({ ...node, object }, scope);
    }
    const key = node['computed'] === true ? ready(this.evaluate(property, scope)) : property;
    const name = key.type === 'Ready' ? pythonValueOf(key['value'] as TemplateValue) : property['value'];
    const isKnown = typeof name === 'string' || isSequence;
    const value = isKnown ? super.evaluate({ ...node, object, property: key }, scope) : templateValue(undefined);
    const type = owner.type === 'NullValue' ? 'None' : `${typeNameOf(owner)} object`;
    return this.explained(
      value,
      typeof name === 'string' ? `'${type}' has no attribute '${name}'` : `${type} has no element ${String(name)}`,
    );
  }

  private callee(node: Node, scope: TemplateScope): Node {
    const callee = this.defined(node['callee'], scope);
    const value = callee['value'] as TemplateValue;
    if (value.type !== 'FunctionValue') throw new Error(`'${typeNameOf(value)}' object is not callable`);
    return callee;
  }

  private test(node: Node, scope: TemplateScope): TemplateValue {
    const operand = this.evaluate(node['operand'] as Node, scope);
    if ((node['test'] as Node)['value'] === 'iterable') return templateValue(isIterable(operand) !== node['negate']);
    return super.evaluate({ ...node, operand: ready(operand) }, scope);
  }

  private unary(node: Node, scope: TemplateScope): TemplateValue {
    const operator = (node['operator'] as { value: string }).value;
    if (operator === 'not') return super.evaluate(node, scope);
    const argument = this.defined(node['argument'], scope);
    const type = typeNameOf(argument['value'] as TemplateValue);
    if (!isNumberType(type)) throw new Error(`bad operand type for unary ${operator}: '${type}'`);
    return super.evaluate({ ...node, argument }, scope);
  }

  private binary(node: Node, scope: TemplateScope): TemplateValue {
    const operator = (node['operator'] as { value: string }).value;
    if (operator === 'and' || operator === 'or') return super.evaluate(node, scope);
    const left = this.evaluate(node['left'] as Node, scope);
    const right = this.evaluate(node['right'] as Node, scope);
    if (!takesUndefined.has(operator)) {
      for (const operand of [left, right]) if (isUndefined(operand)) throw this.undefinedError(operand);
    }
    const value = applyOperator(operator, left, right);
    return value ?? super.evaluate({ ...node, left: ready(left), right: ready(right) }, scope);
  }

  private filter(node: Node, scope: TemplateScope): TemplateValue {
    const operand = this.evaluate(node['operand'] as Node, scope);
    const filter = node['filter'] as Node;
    const name = String(((filter.type === 'CallExpression' ? filter['callee'] : filter) as Node)['value']);
    const value = super.evaluate(
      { ...node, operand: ready(filterOperand(name, operand, () => this.undefinedError(operand))) },
      scope,
    );
    if (name !== 'first' && name !== 'last') return value;
    const missing = (value as TemplateValue | undefined) ?? templateValue(undefined);
    return this.explained(missing, `No ${name} item, sequence was empty.`);
  }

  private withIterable(node: Node, scope: TemplateScope): Node {
    const iterable = node['iterable'] as Node;
    const select = iterable.type === 'SelectExpression' ? iterable : undefined;
    const value = this.evaluate((select ? select['lhs'] : iterable) as Node, scope);
    const items = ready(iterated(value));
    return { ...node, iterable: select ? { ...select, lhs: items } : items } as Node;
  }
}

/** Operators for which what is undefined is an operand like others. */
const takesUndefined = new Set(['==', '!=', '~', 'in', 'not in']);

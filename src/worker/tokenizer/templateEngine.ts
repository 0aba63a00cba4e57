import * as engine from '@huggingface/jinja';

/** A value inside the template engine. */
export interface TemplateValue {
  /** The engine's class name, such as `StringValue`. */
  readonly type: string;
  readonly value: unknown;
}

/** A node of a parsed template. */
export interface TemplateNode {
  readonly type: string;
  [field: string]: unknown;
}

export interface TemplateScope {
  readonly variables: Map<string, TemplateValue>;
  /** Declares a variable of the value's kind and gives it. @throws when there is one of that name. */
  set(name: string, value: unknown): TemplateValue;
}

interface Engine {
  Environment: new () => TemplateScope;
  Interpreter: new (scope: TemplateScope) => {
    evaluate(node: TemplateNode | undefined, scope: TemplateScope): TemplateValue;
  };
  Template: new (source: string) => { parsed: TemplateNode };
}

/** The engine's classes. Its own declarations name files without extension, which Node's module rules do not find. */
export const { Environment, Interpreter, Template } = engine as unknown as Engine;

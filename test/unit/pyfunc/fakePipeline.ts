import type { JsonObject } from '../../../src/core/ports.js';
import type { Pipeline } from '../../../src/core/pyfunc/pipeline.js';
import { PyfuncWrapper, type PyfuncWrapperOptions } from '../../../src/core/pyfunc/pyfuncWrapper.js';
import { DataFrame, Series } from '../../../src/core/signature/dataFrame.js';

export interface Call {
  input: unknown;
  kwargs: JsonObject;
}

/** A pipeline that answers with `reply` and remembers its calls; its tokens are characters. */
export function fakePipeline(instanceType: string, task: string, reply: (input: unknown) => unknown) {
  const calls: Call[] = [];
  const pipeline: Pipeline = {
    task,
    instanceType,
    generationConfig: {},
    tokenizer: {
      encode: (text) => Array.from(text, (character) => character.charCodeAt(0)),
      decode: (ids) => String.fromCharCode(...ids),
      applyChatTemplate: (messages) => messages.map(({ role, content }) => `${role}:${content};`).join(''),
    },
    call: async (input, kwargs) => {
      calls.push({ input, kwargs });
      return reply(input);
    },
  };
  return { pipeline, calls };
}

/** MLflow's wrapper around a {@link fakePipeline}. */
export function wrapped(
  instanceType: string,
  task: string,
  reply: (input: unknown) => unknown,
  options: Partial<PyfuncWrapperOptions> = {},
) {
  const { pipeline, calls } = fakePipeline(instanceType, task, reply);
  return { wrapper: new PyfuncWrapper({ pipeline, ...options }), calls };
}

/** Continues each text with ` +`. */
export const echo = (input: unknown): unknown =>
  Array.isArray(input)
    ? input.map((text) => [{ generated_text: `${text} +` }])
    : [{ generated_text: `${String(input)} +` }];

export function textGenerator(options: Partial<PyfuncWrapperOptions> = {}) {
  return wrapped('TextGenerationPipeline', 'text-generation', echo, options);
}

/** A frame of one text column. */
export const column = (values: string[], name: string | number = 0): DataFrame =>
  new DataFrame([new Series('object', values, name)]);

import { MlflowError } from '../errors.js';
import type { Compatibility } from './compatibility.js';
import { AnyType, ArrayType, MapType, ObjectType, Property, type ColumnType } from './dataTypes.js';
import { ModelSignature } from './modelSignature.js';
import { ColSpec, Schema } from './schema.js';

export const llmTasks = ['llm/v1/completions', 'llm/v1/chat', 'llm/v1/embeddings'] as const;
export type LlmTask = (typeof llmTasks)[number];

export function isLlmTask(task: string): task is LlmTask {
  return (llmTasks as readonly string[]).includes(task);
}

/** A type by property or column name; a name that ends in `?` is optional. */
type Fields = Readonly<Record<string, ColumnType>>;

function object(fields: Fields): ObjectType {
  return new ObjectType(
    Object.entries(fields).map(([name, type]) => new Property(name.replace('?', ''), type, !name.endsWith('?'))),
  );
}

function schema(fields: Fields): Schema {
  return new Schema(
    Object.entries(fields).map(([name, type]) => new ColSpec(type, name.replace('?', ''), !name.endsWith('?'))),
  );
}

const list = (type: ColumnType) => new ArrayType(type);

const toolCall = object({ id: 'string', function: object({ name: 'string', arguments: 'string' }), type: 'string' });
const message = object({
  role: 'string',
  'content?': 'string',
  'name?': 'string',
  'refusal?': 'string',
  'tool_calls?': list(toolCall),
  'tool_call_id?': 'string',
});
const messageOf2 = object({ role: 'string', content: 'string', 'name?': 'string' });

const toolParameter = object({
  type: 'string',
  'description?': 'string',
  'enum?': list('string'),
  'items?': object({ type: 'string' }),
});
const toolFunction = object({
  name: 'string',
  'description?': 'string',
  parameters: object({
    properties: new MapType(toolParameter),
    'type?': 'string',
    'required?': list('string'),
    'additionalProperties?': 'boolean',
  }),
  'strict?': 'boolean',
});

const completionOptions: Fields = {
  'temperature?': 'double',
  'max_tokens?': 'long',
  'stop?': list('string'),
  'n?': 'long',
  'stream?': 'boolean',
};
const chatOptions: Fields = {
  ...completionOptions,
  'top_p?': 'double',
  'top_k?': 'long',
  'frequency_penalty?': 'double',
  'presence_penalty?': 'double',
};
const answer: Fields = { id: 'string', object: 'string', created: 'long', model: 'string' };
const usage = object({ prompt_tokens: 'long', completion_tokens: 'long', total_tokens: 'long' });

function chatSignature(compatibility: Compatibility): ModelSignature {
  const isNew = compatibility === '3';
  const shape = isNew ? message : messageOf2;
  const tools: Fields = {
    'tools?': list(object({ type: 'string', 'function?': toolFunction })),
    'custom_inputs?': new MapType(new AnyType()),
  };
  const choices = list(object({ index: 'long', message: shape, finish_reason: 'string' }));
  const end: Fields = isNew ? { 'usage?': usage, 'custom_outputs?': new MapType(new AnyType()) } : { usage };
  return new ModelSignature(
    schema({ messages: list(shape), ...chatOptions, ...(isNew ? tools : {}) }),
    schema({ ...answer, choices, ...end }),
  );
}

function completionsSignature(): ModelSignature {
  const choices = list(object({ index: 'long', text: 'string', finish_reason: 'string' }));
  return new ModelSignature(schema({ prompt: 'string', ...completionOptions }), schema({ ...answer, choices, usage }));
}

function embeddingsSignature(): ModelSignature {
  const data = list(object({ index: 'long', object: 'string', embedding: list('double') }));
  const tokens = object({ prompt_tokens: 'long', total_tokens: 'long' });
  return new ModelSignature(schema({ input: 'string' }), schema({ object: 'string', data, usage: tokens }));
}

/**
 * The standard signature of an `llm/v1` task. 3.17's chat schema holds `any`, which 2.16 cannot read: give `2` for both.
 * Source: mlflow.types.llm.
 * @throws MlflowError INVALID_PARAMETER_VALUE for another task.
 */
export function llmSignature(task: string, compatibility: Compatibility = '3'): ModelSignature {
  if (task === 'llm/v1/chat') return chatSignature(compatibility);
  if (task === 'llm/v1/completions') return completionsSignature();
  if (task === 'llm/v1/embeddings') return embeddingsSignature();
  throw MlflowError.invalidParameter(
    `There is no standard signature for the task '${task}'. Use one of ${llmTasks.join(', ')}.`,
  );
}

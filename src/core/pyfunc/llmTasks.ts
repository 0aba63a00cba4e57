import { randomUUID } from 'node:crypto';
import { MlflowError } from '../errors.js';
import type { JsonObject } from '../ports.js';
import { DataFrame, isMissing } from '../signature/dataFrame.js';
import type { NdArray } from '../signature/ndArray.js';
import { classText, toPlain, typeName } from '../signature/pythonValue.js';
import { asDict, isDict, type Dict } from './inputShapes.js';
import type { PipelineTokenizer } from './pipeline.js';
import { pythonLength, pythonLstrip, pythonSlice } from './pythonStrings.js';

export type LlmTask = 'llm/v1/chat' | 'llm/v1/completions' | 'llm/v1/embeddings';

const inputColumn = { 'llm/v1/chat': 'messages', 'llm/v1/completions': 'prompt' } as const;

export interface LlmInput {
  data: unknown;
  params: JsonObject;
}

/**
 * MLflow's `preprocess_llm_inference_input`: the prompts or messages, and every other field of the first row as a param.
 * `max_tokens` becomes `max_new_tokens`; `stop` becomes `stopping_criteria` (texts here; the pipeline tokenizes them).
 * @throws MlflowError BAD_REQUEST for data of other kinds and without the task's column.
 */
export function llmInput(
  data: unknown,
  params: JsonObject,
  task: 'llm/v1/chat' | 'llm/v1/completions',
  sourceModelName: unknown,
): LlmInput {
  const columns = columnsOf(data);
  const column = inputColumn[task];
  const values = columns.get(column);
  if (values === undefined) {
    throw new MlflowError(
      `Transformer model saved with \`${task}\` task excepts \`${column}\`to be passed as input data.`,
      'BAD_REQUEST',
    );
  }
  const merged: JsonObject = { ...params };
  for (const [name, [first]] of columns) {
    if (name !== column && first !== null && first !== undefined)
      merged[String(name)] = toPlain(first) as JsonObject[string];
  }
  const { max_tokens: maxTokens, stop, ...rest } = merged;
  if (maxTokens) rest['max_new_tokens'] = maxTokens;
  if (isTruthy(stop)) rest['stopping_criteria'] = stoppingTexts(stop, sourceModelName);
  return { data: values, params: rest };
}

function isTruthy(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function stoppingTexts(stop: unknown, sourceModelName: unknown): JsonObject[string] {
  if (typeof sourceModelName !== 'string') return null;
  return (Array.isArray(stop) ? stop : [stop]) as string[];
}

function columnsOf(data: unknown): Map<unknown, unknown[]> {
  if (data instanceof DataFrame) {
    return new Map(
      data.columns.map(({ name, values }) => [name, values.map((value) => (isMissing(value) ? null : value))]),
    );
  }
  if (isDict(data)) return new Map([...asDict(data)].map(([key, value]) => [key, [value]]));
  throw new MlflowError(
    'Input data for a Transformer model logged with `llm/v1/chat` or `llm/v1/completions`' +
      `task is expected to be a pandas DataFrame or a dictionary, but got: ${classText(data)}.`,
    'BAD_REQUEST',
  );
}

/** The prompt that the tokenizer's chat template makes of messages. @throws MlflowError as MLflow. */
export function messagesToPrompt(messages: unknown, tokenizer: PipelineTokenizer | undefined): string {
  if (!Array.isArray(messages) || !messages.every(isDict)) {
    throw MlflowError.invalidParameter(
      `Input messages should be list of dictionaries, but got: ${classText(messages)}.`,
    );
  }
  try {
    if (!tokenizer) throw new Error("'NoneType' object has no attribute 'apply_chat_template'");
    const plain = messages.map((message) => Object.fromEntries(asDict(toPlain(message) as Dict)) as JsonObject);
    return tokenizer.applyChatTemplate(plain, { addGenerationPrompt: true });
  } catch (error) {
    throw new MlflowError(`Failed to apply chat template: ${(error as Error).message}`, 'INTERNAL_ERROR', {
      cause: error,
    });
  }
}

/** MLflow's `preprocess_llm_embedding_params`: the texts under `input`; other fields replace all params. */
export function embeddingInput(data: unknown): LlmInput {
  if (!(data instanceof DataFrame) && !isDict(data)) {
    throw MlflowError.invalidParameter(`'${typeName(data)}' object has no attribute 'get'`);
  }
  if (data instanceof DataFrame && !data.columnNames.includes('input')) {
    throw MlflowError.invalidParameter(
      "cannot access local variable 'input_data' where it is not associated with a value",
    );
  }
  const params: JsonObject = {};
  let input: unknown = null;
  const columns =
    data instanceof DataFrame
      ? data.columns.map(({ name, values }) => [name, [...values]] as [unknown, unknown])
      : [...asDict(data)];
  for (const [name, value] of columns) {
    if (name !== 'input')
      params[String(name)] = toPlain(data instanceof DataFrame ? (value as unknown[])[0] : value) as JsonObject[string];
    else if (data instanceof DataFrame) {
      const values = value as unknown[];
      input = Array.isArray(values[0]) ? values[0] : values;
    } else input = value;
  }
  return { data: input, params };
}

/** OpenAI-like answers for generated ids (prompt included). */
export function completionObjects(
  prompts: unknown,
  sequences: unknown,
  tokenizer: PipelineTokenizer,
  task: LlmTask,
  sourceModelName: unknown,
  config: JsonObject,
): JsonObject[] {
  const texts = prompts as string[];
  return (sequences as number[][]).slice(0, texts.length).map((ids, i) => {
    const usage = tokenUsage(texts[i]!, ids, tokenizer);
    const text = completionText(texts[i]!, ids, tokenizer);
    const choice: JsonObject = {
      index: 0,
      finish_reason: finishReason(usage.total_tokens, usage.completion_tokens, config),
    };
    if (task === 'llm/v1/chat') choice['message'] = { role: 'assistant', content: text };
    else choice['text'] = text;
    return {
      id: randomUUID(),
      object: task === 'llm/v1/chat' ? 'chat.completion' : 'text_completion',
      created: Math.floor(Date.now() / 1000),
      model: typeof sourceModelName === 'string' ? sourceModelName : '',
      usage,
      choices: [choice],
    };
  });
}

function tokenUsage(prompt: string, ids: number[], tokenizer: PipelineTokenizer) {
  const promptTokens = tokenizer.encode(prompt, { addSpecialTokens: false }).length;
  return { prompt_tokens: promptTokens, completion_tokens: ids.length - promptTokens, total_tokens: ids.length };
}

function completionText(prompt: string, ids: number[], tokenizer: PipelineTokenizer): string {
  const options = { skipSpecialTokens: true, cleanUpTokenizationSpaces: true };
  const promptIds = tokenizer.encode(prompt, { addSpecialTokens: false });
  const promptLength = pythonLength(tokenizer.decode(promptIds, options));
  return pythonLstrip(pythonSlice(tokenizer.decode(ids, options), promptLength));
}

function finishReason(totalTokens: number, completionTokens: number, config: JsonObject): string {
  const { max_length: maxLength, max_new_tokens: maxNewTokens } = config;
  const isTooLong = typeof maxLength === 'number' && totalTokens > maxLength;
  return isTooLong || completionTokens === maxNewTokens ? 'length' : 'stop';
}

/** The answer of `llm/v1/embeddings`: the first token's vector of each text. */
export function embeddingObject(
  texts: unknown,
  vectors: readonly NdArray[],
  tokenizer: PipelineTokenizer,
): Record<string, unknown> {
  // Of a lone text Python counts each character by itself.
  const promptTokens = [...(texts as string | string[])].reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: vector })),
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  };
}

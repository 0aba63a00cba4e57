import { MlflowError } from '../errors.js';
import type { JsonObject, JsonValue } from '../ports.js';
import { jsonText, readJson } from '../signature/formDraft.js';
import { mediaOfTask } from '../signature/mediaOfTask.js';
import type { InspectorModel } from './inspectorModel.js';

/** The text a trial starts with: what the input example asks for, else a sentence that suits the task; none for images and sounds. */
export function exampleInput(model: InspectorModel): string {
  const example = parseJson(model.inputExample?.text ?? '');
  if (example !== undefined) {
    const data = isRecord(example) && 'inputs' in example ? (example['inputs'] ?? '') : example;
    return typeof data === 'string' ? data : jsonText(data);
  }
  switch (model.facts.task) {
    case 'question-answering':
      return JSON.stringify({ question: 'Who wrote it?', context: 'Ada Lovelace wrote it.' }, null, 2);
    case 'zero-shot-classification':
      return JSON.stringify({ sequences: 'I love this film', candidate_labels: ['praise', 'complaint'] }, null, 2);
    case 'fill-mask':
      return 'The capital of France is [MASK].';
    case 'token-classification':
      return 'Ada Lovelace was born in London.';
    case 'text-classification':
      return 'I love it';
    default:
      return mediaOfTask(model.facts.task ?? '') === null ? 'Hello' : '';
  }
}

/** Text as JSON when it is an object, a list or a quoted text; any other text is itself the input. */
export function trialData(text: string): JsonValue {
  if (!/^\s*[[{"]/.test(text)) return text;
  const value = parseJson(text);
  return value === undefined ? text : value;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE when the text is no JSON object */
export function trialParams(text: string): JsonObject | undefined {
  if (text.trim() === '') return undefined;
  const value = parseJson(text);
  if (!isRecord(value)) throw MlflowError.invalidParameter('Params are a JSON object, such as {"top_k": 2}.');
  return value;
}

function parseJson(text: string): JsonValue | undefined {
  const read = readJson(text);
  return read.ok ? (read.value as JsonValue) : undefined;
}

function isRecord(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

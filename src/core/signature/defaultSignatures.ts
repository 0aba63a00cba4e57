import type { DataType } from './dataTypes.js';
import { ModelSignature } from './modelSignature.js';
import { ColSpec, Schema, TensorSpec } from './schema.js';

const unnamed = (type: DataType) => new Schema([new ColSpec(type)]);
const named = (...columns: readonly (readonly [string, DataType])[]) =>
  new Schema(columns.map(([name, type]) => new ColSpec(type, name)));

const textToText = new ModelSignature(unnamed('string'), unnamed('string'));
const classification = new ModelSignature(unnamed('string'), named(['label', 'string'], ['score', 'double']));

const signatures: Readonly<Record<string, ModelSignature>> = {
  'token-classification': textToText,
  translation: textToText,
  'text-generation': textToText,
  'text2text-generation': textToText,
  'text-classification': classification,
  conversational: textToText,
  'fill-mask': textToText,
  summarization: textToText,
  'image-classification': classification,
  'zero-shot-classification': new ModelSignature(
    named(['sequences', 'string'], ['candidate_labels', 'string'], ['hypothesis_template', 'string']),
    named(['sequence', 'string'], ['labels', 'string'], ['scores', 'double']),
  ),
  'automatic-speech-recognition': new ModelSignature(unnamed('binary'), unnamed('string')),
  'audio-classification': new ModelSignature(unnamed('binary'), named(['score', 'double'], ['label', 'string'])),
  'table-question-answering': new ModelSignature(named(['query', 'string'], ['table', 'string']), unnamed('string')),
  'question-answering': new ModelSignature(named(['question', 'string'], ['context', 'string']), unnamed('string')),
  // MLflow passes the dtype where the name belongs; files hold it, so it stays.
  'feature-extraction': new ModelSignature(unnamed('string'), new Schema([new TensorSpec('float64', [-1], 'double')])),
};

/**
 * The signature that MLflow writes for a pipeline task when no example says better; `translation_xx_to_yy` is `translation`.
 * Source: mlflow.transformers.signature._DEFAULT_SIGNATURE_FOR_TASK.
 * @returns `null` for a task without one.
 */
export function defaultSignature(task: string): ModelSignature | null {
  const key = task.startsWith('translation_') ? 'translation' : task;
  return Object.hasOwn(signatures, key) ? (signatures[key] ?? null) : null;
}

/** The tasks that have a default signature. */
export const tasksWithDefaultSignature: readonly string[] = Object.keys(signatures);

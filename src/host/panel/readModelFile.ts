import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';

/** Input examples beyond this are not offered: a form is no place for them. */
const exampleLimitBytes = 256 * 1024;

/** What the panel needs of a model's MLmodel file. */
export interface PanelModelFile {
  /** Pipeline task. */
  task: string | null;
  inferenceTask: string | null;
  /** Columns or tensors of the signature, as its JSON has them; `null` without one. */
  inputs: JsonObject[] | null;
  params: JsonObject[] | null;
  inputExample: JsonValue | undefined;
}

/**
 * Reads MLmodel and the input example of a model folder.
 * @throws MlflowError when there is no MLmodel, it can't be read, or it has no transformers flavor.
 */
export async function readModelFile(folder: string): Promise<PanelModelFile> {
  const path = join(folder, 'MLmodel');
  const document = parseDocument(path, await readText(path));
  const flavors = isObject(document['flavors']) ? document['flavors'] : {};
  const flavor = flavors['transformers'];
  if (!isObject(flavor)) {
    throw MlflowError.invalidParameter(
      `${path} has no transformers flavor (it has: ${Object.keys(flavors).join(', ') || 'none'}). Choose a model that was logged with mlflow.transformers.`,
      { reason: 'flavorMissing', details: { path } },
    );
  }
  const signature = isObject(document['signature']) ? document['signature'] : {};
  return {
    task: text(flavor['task']),
    inferenceTask: text(flavor['inference_task']),
    inputs: schema(path, 'inputs', signature['inputs']),
    params: schema(path, 'params', signature['params']),
    inputExample: await readExample(folder, document['saved_input_example_info']),
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw MlflowError.doesNotExist(
      `There is no readable MLmodel file at ${path}. Check that the model has been logged completely.`,
      {
        reason: 'fileMissing',
        details: { path },
        cause,
      },
    );
  }
}

function parseDocument(path: string, content: string): JsonObject {
  let document: unknown;
  try {
    document = parse(content, { logLevel: 'error', maxAliasCount: 100 });
  } catch (cause) {
    const problem = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw MlflowError.invalidParameter(`${path} is not valid YAML: ${problem}`, {
      reason: 'mlmodelInvalid',
      details: { path },
      cause,
    });
  }
  if (isObject(document as JsonValue)) return document as JsonObject;
  throw MlflowError.invalidParameter(`${path} is not an MLmodel file: it is no YAML mapping.`, {
    reason: 'mlmodelInvalid',
    details: { path },
  });
}

/** One part of the signature: a JSON text that holds a list. */
function schema(path: string, part: string, value: JsonValue | undefined): JsonObject[] | null {
  if (value === undefined || value === null) return null;
  try {
    const list: unknown =
      typeof value === 'string' ? JSON.parse(value.replace(/\b(NaN|-?Infinity)\b/g, 'null')) : value;
    if (Array.isArray(list)) return list.filter((item): item is JsonObject => isObject(item as JsonValue));
  } catch {
    // Reported below, together with JSON that is no list.
  }
  throw MlflowError.invalidParameter(`The signature's ${part} in ${path} are not a JSON list.`, {
    reason: 'signatureInvalid',
    details: { path },
  });
}

async function readExample(folder: string, info: JsonValue | undefined): Promise<JsonValue | undefined> {
  const name = isObject(info) ? text(info['artifact_path']) : null;
  if (name === null || name.includes('/') || name.includes('\\') || !name.endsWith('.json')) return undefined;
  const path = join(folder, name);
  try {
    if ((await stat(path)).size > exampleLimitBytes) return undefined;
    return JSON.parse(await readFile(path, 'utf8')) as JsonValue;
  } catch {
    return undefined;
  }
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

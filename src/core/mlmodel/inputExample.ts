import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { dumpPythonJson, parsePythonJson } from '../serialization/pythonJson.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';
import { writeFileAtomically } from './atomicFile.js';
import type { MlflowGeneration } from './compatibility.js';
import { convertExample } from './exampleConversion.js';
import { ExampleWithParams, type InputExample } from './exampleTypes.js';
import { isRecord } from './mlmodelText.js';

export const inputExampleFileName = 'input_example.json';
export const servingInputFileName = 'serving_input_example.json';

export interface InputExampleOptions {
  /** Default `'3'`. */
  readonly compatibility?: MlflowGeneration;
  /** Called with the params of an example before anything is written; throws MLflow's error for params it refuses. */
  readonly validateParams?: (params: PyRecord) => void;
}

/** An example ready to be stored: the entry for MLmodel and the files' texts by name. */
export interface InputExampleDocument {
  readonly info: Record<string, PyValue>;
  readonly files: Record<string, string>;
}

/**
 * The MLmodel entry and the two files for an example, byte for byte as Python writes them.
 * Source: mlflow/models/utils.py (_Example).
 * @throws MlflowError INVALID_PARAMETER_VALUE, or INTERNAL_ERROR for tensors in a list, with Python's texts
 */
export function inputExampleDocument(example: InputExample, options: InputExampleOptions = {}): InputExampleDocument {
  const compatibility = options.compatibility ?? '3';
  const params = example instanceof ExampleWithParams ? example.params : null;
  if (params !== null) options.validateParams?.(params);
  const converted = convertExample(example instanceof ExampleWithParams ? example.data : example, compatibility);
  const stored = params === null ? converted.stored : { inputs: converted.stored, params };
  const serving = servingInput(converted.serving, converted.isUnifiedLlmInput, params);
  const info: Record<string, PyValue> = { artifact_path: inputExampleFileName };
  if (params !== null && Object.keys(params).length > 0) info['params'] = 'true';
  Object.assign(info, converted.info);
  if (serving !== null) info['serving_input_path'] = servingInputFileName;
  return {
    info,
    files: {
      [inputExampleFileName]: dumpPythonJson(stored),
      ...(serving === null ? {} : { [servingInputFileName]: dumpPythonJson(serving, { indent: 2 }) }),
    },
  };
}

function servingInput(serving: PyRecord | null, isUnifiedLlmInput: boolean, params: PyRecord | null): PyRecord | null {
  if (serving === null || params === null) return serving;
  return isUnifiedLlmInput ? { ...serving, ...params } : { ...serving, params };
}

/**
 * Stores an example in a model folder. Source: mlflow/models/utils.py (_save_example).
 * @returns what belongs under `saved_input_example_info`, or null for no example
 * @throws MlflowError as {@link inputExampleDocument}, and when the folder cannot be written
 */
export async function saveInputExample(
  example: InputExample | null | undefined,
  folder: string,
  options: InputExampleOptions = {},
): Promise<Record<string, PyValue> | null> {
  if (example === null || example === undefined) return null;
  const { info, files } = inputExampleDocument(example, options);
  for (const [name, text] of Object.entries(files)) await writeFileAtomically(path.join(folder, name), text);
  return info;
}

export type InputExampleType = 'dataframe' | 'ndarray' | 'json_object' | 'sparse_matrix_csr' | 'sparse_matrix_csc';

/** A stored example. A data frame's `data` is `{ columns, data }`; a tensor's nested lists; a matrix's its four parts. */
export interface StoredInputExample {
  readonly type: InputExampleType;
  readonly data: PyValue;
  readonly params: PyRecord | null;
}

const exampleTypes: readonly string[] = [
  'dataframe',
  'ndarray',
  'json_object',
  'sparse_matrix_csr',
  'sparse_matrix_csc',
];

/**
 * Reads the example that a model folder holds. Source: mlflow/models/utils.py (_read_example).
 * @param info the MLmodel's `saved_input_example_info`
 * @returns null when the model has none
 * @throws MlflowError INTERNAL_ERROR (Python's text) for an unknown type, RESOURCE_DOES_NOT_EXIST when the file is missing,
 *   INVALID_PARAMETER_VALUE when it is no JSON or lies outside the folder
 */
export async function readInputExample(
  folder: string,
  info: Readonly<Record<string, PyValue>> | null,
): Promise<StoredInputExample | null> {
  if (info === null) return null;
  const type = info['type'];
  if (typeof type !== 'string' || !exampleTypes.includes(type)) {
    throw new MlflowError(`This version of mlflow can not load example of type ${String(type)}`);
  }
  const file = exampleFile(folder, info['artifact_path']);
  const document = parseExample(await readExampleText(file), file);
  const isMarked = info['params'] !== undefined && info['params'] !== null && info['params'] !== '';
  const wrapper = isMarked && isRecord(document) ? document : null;
  const data = wrapper === null ? document : (wrapper['inputs'] ?? null);
  const params = wrapper?.['params'];
  return {
    type: type as InputExampleType,
    data: type === 'dataframe' ? withColumns(data) : data,
    params: isRecord(params) ? params : null,
  };
}

/** The text of the serving input that a model folder holds; null when it has none. @throws as {@link readInputExample} */
export async function readServingInput(
  folder: string,
  info: Readonly<Record<string, PyValue>> | null,
): Promise<string | null> {
  const name = info?.['serving_input_path'];
  return name === undefined || name === null ? null : readExampleText(exampleFile(folder, name));
}

function exampleFile(folder: string, name: PyValue | undefined): string {
  const relative = typeof name === 'string' ? name : '';
  const file = path.resolve(folder, relative);
  const isInside = file.startsWith(path.resolve(folder) + path.sep);
  if (relative === '' || !isInside) {
    throw MlflowError.invalidParameter(
      `The input example '${relative}' named in ${path.join(folder, 'MLmodel')} lies outside the model folder.`,
      { reason: 'mlmodelInvalid', details: { path: folder } },
    );
  }
  return file;
}

async function readExampleText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw MlflowError.doesNotExist(
      `The input example ${file} is named in the MLmodel file but could not be read. Save the model again, or remove \`saved_input_example_info\` from it.`,
      { reason: 'fileMissing', details: { path: file }, cause },
    );
  }
}

function parseExample(text: string, file: string): PyValue {
  try {
    return parsePythonJson(text);
  } catch (cause) {
    throw MlflowError.invalidParameter(`${file} is not valid JSON: ${MlflowError.from(cause).message}`, {
      reason: 'fileUnreadable',
      details: { path: file },
      cause,
    });
  }
}

/** A frame stored without column names has the labels 0, 1, 2, ... */
function withColumns(data: PyValue): PyValue {
  if (!isRecord(data) || Array.isArray(data['columns'])) return data;
  const rows = Array.isArray(data['data']) ? (data['data'] as PyValue[]) : [];
  const width = rows.reduce<number>((widest, row) => Math.max(widest, Array.isArray(row) ? row.length : 0), 0);
  return { columns: Array.from({ length: width }, (_, index) => index), data: rows };
}

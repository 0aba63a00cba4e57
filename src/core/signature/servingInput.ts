import { MlflowError } from '../errors.js';
import { castFrame } from './castFrame.js';
import { castInputs, castInstances, invalidInput } from './castValue.js';
import type { Compatibility, CompatibilityOptions } from './compatibility.js';
import type { DataFrame, SplitFrame } from './dataFrame.js';
import { frameFromDict, frameFromList, frameFromSplit } from './frameConstruction.js';
import type { ModelSignature } from './modelSignature.js';
import { errorText, valueError, withMlflowErrors } from './pythonError.js';
import { pythonJsonLoads } from './pythonJson.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import { listRepr, setRepr } from './pythonText.js';
import { classText, copyContainers, dictEntries, dictFrom, dictGet, pythonKind } from './pythonValue.js';
import type { Schema } from './schema.js';

const formats = ['dataframe_records', 'dataframe_split', 'instances', 'inputs'];
const llmKeys = ['messages', 'prompt', 'input'];
const requiredFormat = `The input must be a JSON dictionary with exactly one of the input fields ${setRepr(formats)}`;
const protocolChange =
  'IMPORTANT: The MLflow Model scoring protocol has changed in MLflow version 2.0. If you are' +
  ' seeing this error, you are likely using an outdated scoring request format. To resolve the' +
  " error, either update your request format or adjust your MLflow Model's requirements file to" +
  " specify an older version of MLflow (for example, change the 'mlflow' requirement specifier" +
  " to 'mlflow==1.30.0'). If you are making a request using the MLflow client" +
  ' (e.g. via `mlflow.pyfunc.spark_udf()`), upgrade your MLflow client to a version >= 2.0 in' +
  ' order to use the new request format. For more information about the updated MLflow' +
  ' Model scoring protocol in MLflow 2.0, see' +
  ' https://mlflow.org/docs/latest/models.html#deploy-mlflow-models.';

/** A request as the scoring server hands it to `predict`. */
export interface ServingInput {
  data: unknown;
  params: unknown;
  /** The payload was the data itself (`messages`, `prompt` or `input` on top): the answer has no `predictions` key. */
  isUnifiedLlmInput: boolean;
}

/** Has the object one of the scoring protocol's keys? */
export function isServingPayload(value: unknown): boolean {
  return pythonKind(value) === 'dict' && dictEntries(value).some(([key]) => formats.includes(key as string));
}

/** `messages`, `prompt` or `input` on top: whatever the model is. */
export function isUnifiedLlmInput(value: unknown): boolean {
  return dictEntries(value).some(([key]) => llmKeys.includes(key as string));
}

/**
 * A scoring request as typed data and params. Give JSON as text where `1` and `1.0` must stay apart.
 * Source: mlflow.pyfunc.scoring_server._parse_json_data.
 * @throws MlflowError BAD_REQUEST in MLflow's words.
 */
export function castServingInput(
  payload: unknown,
  signature: ModelSignature | null,
  options: CompatibilityOptions = {},
): ServingInput {
  const compatibility = options.compatibility ?? '3';
  return withMlflowErrors(() => {
    const request = decode(payload);
    if (isUnifiedLlmInput(request)) return splitLlmInput(request, signature);
    const entries = dictEntries(request);
    const data = entries.filter(([key]) => formats.includes(key as string));
    const params = dictGet(request, 'params') ?? null;
    return { data: parseData(data, signature?.inputs ?? null, compatibility), params, isUnifiedLlmInput: false };
  });
}

function decode(payload: unknown): unknown {
  const isText = typeof payload === 'string' || payload instanceof Uint8Array;
  const decoded = isText ? parseText(payload) : copyContainers(payload);
  const kind = pythonKind(decoded);
  if (kind === 'dict') return decoded;
  if (kind === 'list') throw invalidInput(`${requiredFormat}. Received a list.`);
  throw invalidInput(`${requiredFormat}. Received unexpected input type '${classText(decoded)}.`);
}

function parseText(payload: string | Uint8Array): unknown {
  const text = typeof payload === 'string' ? payload : Buffer.from(payload).toString('utf8');
  try {
    return pythonJsonLoads(text);
  } catch (error) {
    throw invalidInput(
      'Ensure that input is a valid JSON formatted string. ' +
        `Error: 'JSONDecodeError(${stringRepr(errorText(error))})'\nInput: \n${text}\n`,
      error,
    );
  }
}

function splitLlmInput(request: unknown, signature: ModelSignature | null): ServingInput {
  const names = new Set<unknown>(signature?.params?.params.map((spec) => spec.name));
  const entries = dictEntries(request);
  return {
    data: dictFrom(entries.filter(([key]) => !names.has(key))),
    params: dictFrom(entries.filter(([key]) => names.has(key))),
    isUnifiedLlmInput: true,
  };
}

function parseData(
  entries: readonly [unknown, unknown][],
  schema: Schema | null,
  compatibility: Compatibility,
): unknown {
  const [entry] = entries;
  if (entries.length !== 1 || !entry) {
    const received = `Received dictionary with input fields: ${listRepr(entries.map(([key]) => key))}`;
    throw new MlflowError(`${requiredFormat}. ${received}. ${protocolChange}`, 'BAD_REQUEST');
  }
  const [format, data] = entry;
  if (format === 'instances') return castInstances(data, schema, compatibility);
  if (format === 'inputs') return castInputs(data, schema, compatibility);
  const frame = format === 'dataframe_split' ? splitFrame(data, compatibility) : recordsFrame(data, compatibility);
  return schema === null ? frame : castFrame(frame, schema, compatibility);
}

function recordsFrame(data: unknown, compatibility: Compatibility): DataFrame {
  if (!Array.isArray(data)) {
    const kind = pythonKind(data) === 'dict' ? 'dictionary' : `type ${classText(data)}`;
    throw invalidInput(`Dataframe records format must be a list of records. Got ${kind}.`);
  }
  return builtFrame('dataframe_records', 'records', () => frameFromList(data, compatibility));
}

function splitFrame(data: unknown, compatibility: Compatibility): DataFrame {
  if (pythonKind(data) !== 'dict') {
    const kind = Array.isArray(data) ? 'list' : `type ${classText(data)}`;
    throw invalidInput(`Dataframe split format must be a dictionary. Got ${kind}.`);
  }
  const keys = dictEntries(data).map(([key]) => key as string);
  if (!keys.includes('data') || keys.some((key) => !['columns', 'data', 'index'].includes(key))) {
    throw invalidInput(
      "Dataframe split format must have 'data' field and optionally 'columns' " +
        `and 'index' fields. Got ${setRepr(keys)}.'`,
    );
  }
  return builtFrame('dataframe_split', 'split', () =>
    frameFromSplitJson(data as Record<string, unknown>, compatibility),
  );
}

function frameFromSplitJson(split: Record<string, unknown>, compatibility: Compatibility): DataFrame {
  const { data } = split;
  if (pythonKind(data) === 'dict') return frameFromDict(data, compatibility);
  const isNone = data === null || data === undefined;
  if (!Array.isArray(data) && !isNone) throw valueError('DataFrame constructor not properly called!');
  const rows = isNone ? [] : data;
  const { columns, index } = split as { columns?: SplitFrame['columns'] | null; index?: SplitFrame['index'] | null };
  return frameFromSplit(
    { data: rows as unknown[][], ...(columns ? { columns } : {}), ...(index ? { index } : {}) },
    compatibility,
  );
}

function builtFrame(field: string, format: string, build: () => DataFrame): DataFrame {
  try {
    return build();
  } catch (error) {
    throw invalidInput(
      `Provided ${field} field is not a valid dataframe representation in '${format}' format. Error: '${errorText(error)}'`,
      error,
    );
  }
}

import { MlflowError } from '../errors.js';
import { declareData } from './declaredValues.js';
import { DataFrame, Series } from './dataFrame.js';
import { enforceInPlace, type EnforceOptions } from './enforce.js';
import { enforceParams } from './enforceParams.js';
import type { ModelSignature } from './modelSignature.js';
import { NdArray } from './ndArray.js';
import { errorText, withMlflowErrors } from './pythonError.js';
import { pyStr } from './pythonText.js';
import {
  copyContainers,
  dictEntries,
  dictFrom,
  dictGet,
  isScalar,
  normalize,
  pythonKind,
  toPlain,
} from './pythonValue.js';
import type { Schema } from './schema.js';
import { castServingInput, isServingPayload } from './servingInput.js';
import { castInputs } from './castValue.js';

export interface PreparedInput {
  /** What the model's wrapper gets in `predict`: a frame, an array, arrays by name, or (without input schema) the data itself. */
  data: unknown;
  params: Record<string, unknown> | null;
  warnings: string[];
}

/**
 * Data and params as a model's wrapper receives them after MLflow has checked them against the signature.
 *
 * - A scoring payload (`dataframe_split`, `dataframe_records`, `instances`, `inputs`, with `params` beside) and a frame in
 *   split form (`{ columns, data, index }`) are cast to the schema first, as the scoring server does.
 * - Lists and numbers for a tensor schema are read as the server reads `inputs`: JavaScript has no other way to say an array.
 * - Everything else is checked as Python's `predict` checks it. A whole number is an int64 there and satisfies a double
 *   column only as 0 or 1: mark it with FloatValue, send it in a payload, or ask for `valuesAsDeclared`.
 *
 * @param params go over those of a payload.
 * @throws MlflowError INVALID_PARAMETER_VALUE `Failed to enforce schema of data ...`, BAD_REQUEST for a malformed payload.
 */
export function prepareInput(
  data: unknown,
  signature: ModelSignature | null,
  params?: unknown,
  options: PrepareOptions = {},
): PreparedInput {
  const warnings: string[] = [];
  const heard = { ...options, onWarning: (message: string) => warnings.push(message) };
  const schema = signature?.inputs ?? null;
  const request = withMlflowErrors(() => readRequest(normalize(data), signature, schema, options));
  const enforced = schema === null ? request.data : enforceOrExplain(request.data, schema, heard);
  const checked = enforceParams(params ?? request.params, signature?.params ?? null, options);
  warnings.push(...checked.warnings);
  return { data: plainInput(enforced), params: checked.params, warnings };
}

export interface PrepareOptions extends EnforceOptions {
  /** Numbers and ISO dates count as what the signature declares (see declareValue): for input that people type. */
  valuesAsDeclared?: boolean | undefined;
}

/** The value under `inputs` in the declared types; the other forms are cast as they are. */
function declarePayload(payload: unknown, schema: Schema | null): unknown {
  return dictFrom(
    dictEntries(payload).map(([key, value]) => [key, key === 'inputs' ? declareData(value, schema) : value]),
  );
}

interface Request {
  data: unknown;
  params: unknown;
}

function readRequest(
  data: unknown,
  signature: ModelSignature | null,
  schema: Schema | null,
  options: PrepareOptions,
): Request {
  const names = new Set<unknown>(schema?.hasInputNames ? schema.inputNames : []);
  const isOwnColumn = pythonKind(data) === 'dict' && dictEntries(data).some(([key]) => names.has(key));
  if (isServingPayload(data) && !isOwnColumn) {
    return castServingInput(options.valuesAsDeclared ? declarePayload(data, schema) : data, signature, options);
  }
  if (isSplitFrame(data) && !isOwnColumn) {
    return { data: castServingInput({ dataframe_split: data }, signature, options).data, params: undefined };
  }
  const isPlain = Array.isArray(data) || isScalar(data) || pythonKind(data) === 'dict';
  if (schema?.isTensorSpec && isPlain) {
    return { data: castInputs(data, schema, options.compatibility ?? '3'), params: undefined };
  }
  const isDeclared = options.valuesAsDeclared === true;
  return { data: isDeclared ? declareData(data, schema) : data, params: undefined };
}

/** `{ columns, data }`, perhaps with `index`, and nothing else. */
function isSplitFrame(data: unknown): boolean {
  if (pythonKind(data) !== 'dict') return false;
  const keys = dictEntries(data).map(([key]) => key as string);
  if (!keys.includes('data') || !keys.includes('columns')) return false;
  return keys.every((key) => ['columns', 'data', 'index'].includes(key)) && Array.isArray(dictGet(data, 'data'));
}

/**
 * `enforceSchema` with the sentence around its cause that `predict` shows.
 * Source: mlflow.pyfunc._validate_prediction_input.
 */
export function enforceOrExplain(data: unknown, schema: Schema, options: EnforceOptions = {}): unknown {
  const own = copyContainers(data);
  try {
    return enforceInPlace(own, schema, options);
  } catch (error) {
    const hides = options.hideSchemaDetails && options.compatibility !== '2';
    throw MlflowError.invalidParameter(
      hides
        ? 'Failed to enforce model input schema. Please check your input data.'
        : `Failed to enforce schema of data '${pyStr(own, options.compatibility)}' with schema '${schema}'. Error: ${errorText(error)}`,
      { cause: error },
    );
  }
}

/** Marks of floats and numpy scalars are for MLflow's checks only; the wrapper gets plain values. */
export function plainInput(data: unknown): unknown {
  if (data instanceof DataFrame) {
    const columns = data.columns.map((column) => new Series(column.dtype, column.values.map(toPlain), column.name));
    return new DataFrame(columns, data.index);
  }
  return data instanceof NdArray ? data : toPlain(data);
}

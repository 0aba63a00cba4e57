import { MlflowError } from '../errors.js';
import { DataFrame, type ColumnName } from '../signature/dataFrame.js';
import { NdArray } from '../signature/ndArray.js';
import { listRepr } from '../signature/pythonText.js';
import { dictEntries, pythonKind, classText } from '../signature/pythonValue.js';
import { valuesEqual } from '../signature/valuesEqual.js';
import type { PipelineKind } from './pipelineKind.js';

/** A Python dict whose keys may be column numbers. */
export type Dict = Map<unknown, unknown>;

export function asDict(value: unknown): Dict {
  return value instanceof Map ? value : new Map(dictEntries(value));
}

export function isDict(value: unknown): boolean {
  return pythonKind(value) === 'dict';
}

/**
 * What `predict` was given as the wrapper's own kinds: a frame becomes records (for zero-shot one dict), the rest is checked.
 * Dicts come out as Maps. Source: mlflow.transformers `_TransformersWrapper.predict`.
 * @throws MlflowError INVALID_PARAMETER_VALUE for other kinds.
 */
export function toRawInput(data: unknown, kind: PipelineKind): unknown {
  if (data instanceof DataFrame) return kind === 'zero-shot-classification' ? deduplicated(data) : recordsOf(data);
  switch (pythonKind(data)) {
    case 'dict':
      return asDict(data);
    case 'str':
    case 'bytes':
    case 'ndarray':
      return data;
    case 'list':
      return checkedItems(data as unknown[]);
    default:
      throw MlflowError.invalidParameter(
        'Input data must be either a pandas.DataFrame, a string, bytes, List[str], ' +
          'List[Dict[str, str]], List[Dict[str, Union[str, List[str]]]], ' +
          'or Dict[str, Union[str, List[str]]].',
      );
  }
}

function checkedItems(items: unknown[]): unknown[] {
  if (!items.every((item) => typeof item === 'string' || isDict(item))) {
    throw MlflowError.invalidParameter(
      'Invalid data submission. Ensure all elements in the list are strings ' +
        'or dictionaries. If dictionaries are supplied, all keys in the ' +
        'dictionaries must be strings and values must be either str or List[str].',
    );
  }
  return items.map((item) => (typeof item === 'string' ? item : asDict(item)));
}

/** `frame.to_dict(orient="records")` with column numbers kept as numbers. */
export function recordsOf(frame: DataFrame): Dict[] {
  return frame.index.map((_, row) => new Map(frame.columns.map(({ name, values }) => [name, values[row]])));
}

function deduplicated(frame: DataFrame): Dict {
  const parsed: Dict = new Map<ColumnName, unknown>();
  for (const { name, values } of frame.columns) {
    const contents: unknown[] = [];
    for (const value of values) if (!contents.some((known) => valuesEqual(known, value))) contents.push(value);
    const areTexts = contents.every((item) => typeof item === 'string') && contents.length > 1;
    parsed.set(name, areTexts ? contents : contents[0]);
  }
  return parsed;
}

/** First value of each record. */
export function firstValues(records: readonly unknown[]): unknown[] {
  return records.map((record) => [...asDict(record).values()][0]);
}

export function areDicts(data: unknown): data is Dict[] {
  return Array.isArray(data) && data.every(isDict);
}

/**
 * MLflow's `_validate_input_dictionary_contains_only_strings_and_lists_of_strings`.
 * @throws MlflowError for keys that are neither text nor numbers, and for other values.
 */
export function validateDict(data: Dict): void {
  const invalidKeys = [...data.keys()].filter((key) => !['str', 'int'].includes(pythonKind(key)));
  if (invalidKeys.length > 0) {
    throw new MlflowError(`The dictionary keys are not all strings or indexes. Invalid keys: ${listRepr(invalidKeys)}`);
  }
  const values = [...data.values()];
  const isArray = (value: unknown): boolean => pythonKind(value) === 'ndarray';
  if (values.some(isArray) && !values.every(isArray)) {
    throw new MlflowError('The dictionary values are not all numpy.ndarray.');
  }
  const invalid = [...data].filter(([, value]) => !isAllowedValue(value)).map(([key]) => key);
  if (invalid.length === 0) return;
  throw MlflowError.invalidParameter(
    'Invalid values in dictionary. If passing a dictionary containing strings, all ' +
      'values must be either strings or lists of strings. If passing a dictionary containing ' +
      'numeric values, the data must be enclosed in a numpy.ndarray. The following keys ' +
      `in the input dictionary are invalid: ${listRepr(invalid)}`,
  );
}

function isAllowedValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string' || item instanceof Uint8Array);
  return ['ndarray', 'str', 'bytes'].includes(pythonKind(value));
}

/** @throws MlflowError INVALID_PARAMETER_VALUE unless `data` is a text or a list of texts. */
export function validateTexts(data: unknown): void {
  if (typeof data === 'string') return;
  if (!Array.isArray(data)) {
    throw MlflowError.invalidParameter(
      `The input data is of an incorrect type. ${classText(data)} is invalid. Must be either string or List[str]`,
    );
  }
  if (!data.every((entry) => typeof entry === 'string')) {
    throw MlflowError.invalidParameter('If supplying a list, all values must be of string type.');
  }
}

/** Dicts whose values are all arrays get lists instead. */
export function arraysToLists(data: unknown): unknown {
  if (!areDicts(data)) return data;
  return data.map((entry) =>
    [...entry.values()].every((value) => value instanceof NdArray)
      ? new Map([...entry].map(([key, value]) => [key, (value as NdArray).toList()]))
      : entry,
  );
}

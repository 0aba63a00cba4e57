/**
 * What may be searched in each kind of entity. One grammar, five vocabularies.
 * Source: mlflow.utils.search_utils (SearchUtils and its subclasses).
 */
export interface FilterGrammar {
  kind: 'runs' | 'experiments' | 'registeredModels' | 'modelVersions' | 'loggedModels';
  searchAttributes: readonly string[];
  /** Attributes that hold numbers. */
  numericAttributes: readonly string[];
  /** Attributes that can be compared with a list; `null`: all. */
  listAttributes: readonly string[] | null;
  stringComparators: readonly string[];
  paramComparators: readonly string[];
  tagComparators: readonly string[];
  orderAttributes: readonly string[];
}

export const numericComparators = ['>', '>=', '!=', '=', '<', '<='] as const;
export const datasetAttributes = ['name', 'digest', 'context'] as const;
const textComparators = ['!=', '=', 'LIKE', 'ILIKE'];
const nullableComparators = [...textComparators, 'IS NULL', 'IS NOT NULL'];
const listComparators = [...textComparators, 'IN', 'NOT IN'];

const runAttributes = ['run_id', 'run_name', 'user_id', 'status', 'start_time', 'end_time', 'artifact_uri'];
const experimentAttributes = ['name', 'experiment_id', 'creation_time', 'last_update_time'];
const loggedModelTimes = ['creation_timestamp', 'creation_time', 'last_updated_timestamp', 'last_updated_time'];

export const runGrammar: FilterGrammar = {
  kind: 'runs',
  searchAttributes: [...runAttributes, 'created', 'Created', 'run name', 'Run name', 'Run Name'],
  numericAttributes: ['start_time', 'end_time', 'created', 'Created'],
  listAttributes: ['run_id'],
  stringComparators: listComparators,
  paramComparators: nullableComparators,
  tagComparators: nullableComparators,
  orderAttributes: [...runAttributes, 'created', 'Created'],
};

export const experimentGrammar: FilterGrammar = {
  kind: 'experiments',
  searchAttributes: experimentAttributes,
  numericAttributes: ['creation_time', 'last_update_time'],
  listAttributes: ['experiment_id'],
  stringComparators: listComparators,
  paramComparators: nullableComparators,
  tagComparators: nullableComparators,
  orderAttributes: experimentAttributes,
};

export const registeredModelGrammar: FilterGrammar = {
  kind: 'registeredModels',
  searchAttributes: ['name'],
  numericAttributes: ['creation_timestamp', 'last_updated_timestamp'],
  listAttributes: ['name'],
  stringComparators: listComparators,
  paramComparators: nullableComparators,
  tagComparators: textComparators,
  orderAttributes: ['name', 'creation_timestamp', 'last_updated_timestamp'],
};

export const modelVersionGrammar: FilterGrammar = {
  kind: 'modelVersions',
  searchAttributes: ['name', 'version_number', 'run_id', 'source_path'],
  numericAttributes: ['version_number', 'creation_timestamp', 'last_updated_timestamp'],
  listAttributes: ['name', 'run_id'],
  stringComparators: listComparators,
  paramComparators: nullableComparators,
  tagComparators: textComparators,
  orderAttributes: ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'],
};

/** The file store's logged models; a SQL store has a parser of its own. */
export const loggedModelGrammar: FilterGrammar = {
  kind: 'loggedModels',
  searchAttributes: ['name', 'model_id', 'model_type', 'status', 'source_run_id', ...loggedModelTimes],
  numericAttributes: loggedModelTimes,
  listAttributes: null,
  stringComparators: listComparators,
  paramComparators: textComparators,
  tagComparators: textComparators,
  orderAttributes: ['name', 'model_id', 'model_type', 'status', 'source_run_id', ...loggedModelTimes],
};

/** A Python set of texts as it is printed; Python's own order is arbitrary. */
export function setText(items: readonly string[]): string {
  return `{${items.map((item) => `'${item}'`).join(', ')}}`;
}

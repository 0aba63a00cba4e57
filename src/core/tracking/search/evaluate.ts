import { MlflowError } from '../../errors.js';
import type { Experiment, ModelVersion, RegisteredModel, Run } from '../entities.js';
import { numberOfValue, textOfValue, type Clause, type OrderBy } from './clause.js';
import {
  experimentGrammar,
  modelVersionGrammar,
  registeredModelGrammar,
  runGrammar,
  type FilterGrammar,
} from './filterGrammar.js';
import { parseSearchFilter } from './filterParser.js';
import { translateKeyAlias } from './identifier.js';
import { checkComparator, satisfies, type FieldValue } from './matching.js';
import {
  attributesOnly,
  parseExperimentOrderBy,
  parseModelVersionOrderBy,
  parseRegisteredModelOrderBy,
  parseRunOrderBy,
} from './orderByParser.js';
import { bareException } from './pythonErrors.js';
import { isPromptTag, satisfiesAsNoPrompt, withoutPrompts } from './prompts.js';
import { sortByKeys } from './sorting.js';

/*
 * Searching entities that are in memory, with the semantics of MLflow's file store. Comparators are looked at only where
 * an earlier clause held, so that an unsuitable one goes unnoticed in an empty store, as in Python's.
 */

const contextTag = 'mlflow.data.context';

/** The runs that satisfy a filter, in their order. @throws INVALID_PARAMETER_VALUE. Source: SearchUtils.filter */
export function filterRuns(runs: readonly Run[], filterString: string | null | undefined): Run[] {
  return filterBy(runs, parseSearchFilter(filterString, runGrammar), runGrammar, runSatisfies);
}

/** Newest first, then by id, unless `orderBy` says otherwise. Source: SearchUtils.sort */
export function sortRuns(runs: readonly Run[], orderBy: readonly string[] | null | undefined): Run[] {
  const keys: OrderBy[] = [];
  // Python sorts by the last clause first: that one's error is the one to be seen.
  for (const clause of [...(orderBy ?? [])].reverse()) {
    const key = parseRunOrderBy(clause);
    if (key.entity === 'dataset' && runs.length > 0) {
      throw MlflowError.invalidParameter(`Invalid order_by entity type '${key.entity}'`);
    }
    keys.unshift(key);
  }
  return sortByKeys(runs, [
    ...keys.map((key) => ({ fieldOf: (run: Run) => runField(run, key), ascending: key.ascending })),
    { fieldOf: (run) => run.info.startTime, ascending: false },
    { fieldOf: (run) => run.info.runId, ascending: true },
  ]);
}

function runSatisfies(run: Run, clause: Clause, comparator: string): boolean {
  if (clause.entity !== 'dataset') return satisfies(runField(run, clause), comparator, clause.value);
  return run.inputs.datasetInputs.some(({ dataset, tags }) => {
    if (clause.key === 'context') return contextTag in tags && satisfies(tags[contextTag], comparator, clause.value);
    return satisfies(clause.key === 'name' ? dataset.name : dataset.digest, comparator, clause.value);
  });
}

function runField(run: Run, { entity, key: writtenKey }: Pick<OrderBy, 'entity' | 'key'>): FieldValue {
  const key = translateKeyAlias(writtenKey);
  switch (entity) {
    case 'metric':
      return own(run.data.metrics, key);
    case 'parameter':
      return own(run.data.params, key);
    case 'tag':
      return own(run.data.tags, key);
    default:
      return runAttribute(run, key);
  }
}

function runAttribute({ info }: Run, key: string): FieldValue {
  switch (key) {
    case 'run_id':
      return info.runId;
    case 'run_name':
      return info.runName;
    case 'user_id':
      return info.userId;
    case 'status':
      return info.status;
    case 'start_time':
      return info.startTime;
    case 'end_time':
      return info.endTime;
    default:
      return info.artifactUri;
  }
}

/** The experiments that satisfy a filter. Source: SearchExperimentsUtils.filter */
export function filterExperiments(
  experiments: readonly Experiment[],
  filterString: string | null | undefined,
): Experiment[] {
  const clauses = parseSearchFilter(filterString, experimentGrammar);
  return filterBy(experiments, clauses, experimentGrammar, (experiment, clause, comparator) => {
    const field =
      clause.entity === 'tag' ? own(experiment.tags, clause.key) : experimentAttribute(experiment, clause.key);
    return satisfies(field, comparator, clause.value);
  });
}

/** Newest first, then by id, unless `orderBy` says otherwise; ids compare as text. Source: SearchExperimentsUtils.sort */
export function sortExperiments(
  experiments: readonly Experiment[],
  orderBy: readonly string[] | null | undefined,
): Experiment[] {
  const wanted = orderBy == null || orderBy.length === 0 ? ['creation_time DESC', 'experiment_id ASC'] : orderBy;
  const keys = wanted.map(parseExperimentOrderBy);
  if (!keys.some(({ key }) => key === 'experiment_id')) {
    keys.push({ entity: 'attribute', key: 'experiment_id', ascending: false });
  }
  return sortByAttributes(experiments, keys, experimentAttribute);
}

function experimentAttribute(experiment: Experiment, key: string): FieldValue {
  switch (key) {
    case 'name':
      return experiment.name;
    case 'experiment_id':
      return experiment.experimentId;
    case 'creation_time':
      return experiment.creationTime;
    default:
      return experiment.lastUpdateTime;
  }
}

/** The registered models that satisfy a filter; prompts only when it asks for them. Source: SearchModelUtils.filter */
export function filterRegisteredModels(
  models: readonly RegisteredModel[],
  filterString: string | null | undefined,
): RegisteredModel[] {
  const clauses = parseSearchFilter(withoutPrompts(filterString), registeredModelGrammar);
  return filterBy(models, clauses, registeredModelGrammar, (model, clause, comparator) =>
    registrySatisfies(clause.entity === 'tag' ? own(model.tags, clause.key) : model.name, clause, comparator),
  );
}

/** By name, unless `orderBy` says otherwise. Source: SearchModelUtils.sort */
export function sortRegisteredModels(
  models: readonly RegisteredModel[],
  orderBy: readonly string[] | null | undefined,
): RegisteredModel[] {
  const keys = (orderBy ?? []).map(parseRegisteredModelOrderBy);
  if (!keys.some(({ key }) => key === 'name')) keys.push({ entity: 'attribute', key: 'name', ascending: true });
  return sortByAttributes(models, keys, (model, key) =>
    key === 'name' ? model.name : key === 'creation_timestamp' ? model.creationTimestamp : model.lastUpdatedTimestamp,
  );
}

/** The model versions that satisfy a filter. Source: SearchModelVersionUtils.filter */
export function filterModelVersions(
  versions: readonly ModelVersion[],
  filterString: string | null | undefined,
): ModelVersion[] {
  const clauses = parseSearchFilter(withoutPrompts(filterString), modelVersionGrammar);
  return filterBy(versions, clauses, modelVersionGrammar, (version, clause, comparator) => {
    if (clause.entity === 'tag') return registrySatisfies(own(version.tags, clause.key), clause, comparator);
    const wholeClause = clause.key === 'version_number' ? { ...clause, value: wholeNumber(clause) } : clause;
    return registrySatisfies(versionAttribute(version, clause.key), wholeClause, comparator);
  });
}

/** Last updated first, then by name and version, unless `orderBy` says otherwise. Source: SearchModelVersionUtils.sort */
export function sortModelVersions(
  versions: readonly ModelVersion[],
  orderBy: readonly string[] | null | undefined,
): ModelVersion[] {
  const wanted = orderBy == null || orderBy.length === 0 ? ['last_updated_timestamp DESC', 'name ASC'] : orderBy;
  const keys = wanted.map((text) => attributesOnly(parseModelVersionOrderBy(text)));
  if (!keys.some(({ key }) => key === 'name')) keys.push({ entity: 'attribute', key: 'name', ascending: true });
  keys.push({ entity: 'attribute', key: 'version_number', ascending: false });
  return sortByAttributes(versions, keys, versionAttribute);
}

function versionAttribute(version: ModelVersion, key: string): FieldValue {
  switch (key) {
    case 'name':
      return version.name;
    case 'version_number':
      return Number(version.version);
    case 'run_id':
      return version.runId;
    case 'source_path':
      return version.source;
    case 'creation_timestamp':
      return version.creationTimestamp;
    default:
      return version.lastUpdatedTimestamp;
  }
}

/** Cuts fractions off and reads texts. Source: Python's `int(value)`. */
function wholeNumber({ value }: Clause): Clause['value'] {
  if (value.type === 'integer') return value;
  if (value.type === 'float') return { type: 'integer', integer: BigInt(Math.trunc(value.number)) };
  const text = textOfValue(value);
  if (!/^\s*[-+]?\d+(_\d+)*\s*$/.test(text)) {
    throw bareException(`invalid literal for int() with base 10: '${text}'`);
  }
  return { type: 'integer', integer: BigInt(numberOfValue({ type: 'text', text: text.replaceAll('_', '') })) };
}

function registrySatisfies(field: FieldValue, clause: Clause, comparator: string): boolean {
  if (isPromptTag(clause) && field == null) return satisfiesAsNoPrompt(clause, comparator);
  return satisfies(field, comparator, clause.value);
}

function filterBy<T>(
  items: readonly T[],
  clauses: readonly Clause[],
  grammar: FilterGrammar,
  holds: (item: T, clause: Clause, comparator: string) => boolean,
): T[] {
  return items.filter((item) =>
    clauses.every((clause) => {
      const comparator = clause.comparator.toUpperCase();
      checkComparator(clause, comparator, grammar);
      return holds(item, clause, comparator);
    }),
  );
}

function sortByAttributes<T>(
  items: readonly T[],
  keys: readonly OrderBy[],
  attributeOf: (item: T, key: string) => FieldValue,
): T[] {
  return sortByKeys(
    items,
    keys.map(({ key, ascending }) => ({ fieldOf: (item: T) => attributeOf(item, key), ascending })),
  );
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

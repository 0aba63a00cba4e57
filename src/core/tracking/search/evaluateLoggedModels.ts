import { MlflowError } from '../../errors.js';
import type { LoggedModel, Metric } from '../entities.js';
import type { LoggedModelOrderBy } from '../trackingStore.js';
import type { Clause } from './clause.js';
import { loggedModelGrammar, numericComparators } from './filterGrammar.js';
import { parseSearchFilter } from './filterParser.js';
import { translateKeyAlias } from './identifier.js';
import { checkComparator, satisfies, type FieldValue } from './matching.js';
import { bareException } from './pythonErrors.js';
import { sortByKeys } from './sorting.js';

/** A dataset whose points count; without a digest every version of it. */
export interface DatasetFilter {
  datasetName: string;
  datasetDigest?: string | undefined;
}

const knownComparators = [...numericComparators, 'LIKE', 'ILIKE', 'IN', 'NOT IN'];

/**
 * The logged models of a file store that satisfy a filter and have a metric on one of the datasets.
 * Source: SearchLoggedModelsUtils.filter_logged_models
 */
export function filterLoggedModels(
  models: readonly LoggedModel[],
  filterString: string | null | undefined,
  datasets: readonly DatasetFilter[] | null | undefined,
): LoggedModel[] {
  const clauses = parseSearchFilter(filterString, loggedModelGrammar);
  const isLimited = datasets != null && datasets.length > 0;
  const onDatasets = (metric: Metric): boolean =>
    !isLimited || datasets.some((dataset) => isOnDataset(metric, dataset));
  const isOnMetric = clauses.map((clause) => {
    if (isLimited && clause.entity === 'metric') {
      checkComparator(clause, clause.comparator.toUpperCase(), loggedModelGrammar);
    }
    return clause.entity === 'metric';
  });
  const needsMetric = isLimited && !isOnMetric.includes(true);
  return models.filter(
    (model) =>
      (!needsMetric || model.metrics.some(onDatasets)) &&
      clauses.every((clause) => modelSatisfies(model, clause, onDatasets)),
  );
}

function isOnDataset(metric: Metric, dataset: DatasetFilter): boolean {
  return (
    metric.datasetName === dataset.datasetName &&
    (dataset.datasetDigest === undefined || metric.datasetDigest === dataset.datasetDigest)
  );
}

function modelSatisfies(model: LoggedModel, clause: Clause, counts: (metric: Metric) => boolean): boolean {
  const comparator = clause.comparator.toUpperCase();
  const key = translateKeyAlias(clause.key);
  return satisfies(fieldOf(model, { ...clause, key }, comparator, counts), comparator, clause.value);
}

function fieldOf(
  model: LoggedModel,
  clause: Clause,
  comparator: string,
  counts: (metric: Metric) => boolean,
): FieldValue {
  const { entity, key } = clause;
  const isText =
    entity === 'dataset' || (entity === 'attribute' && !loggedModelGrammar.numericAttributes.includes(key));
  if (!isText) checkComparator(clause, comparator, loggedModelGrammar);
  else if (!knownComparators.includes(comparator)) throw bareException(`'${comparator}'`);
  switch (entity) {
    case 'metric':
      return model.metrics.find((metric) => metric.key === key && counts(metric))?.value;
    case 'parameter':
      return Object.hasOwn(model.params, key) ? model.params[key] : undefined;
    case 'tag':
      return Object.hasOwn(model.tags, key) ? model.tags[key] : undefined;
    default:
      return attributeOf(model, key);
  }
}

/** Keys that the grammar allows and the model does not have fail as Python's attribute look-up does. */
function attributeOf(model: LoggedModel, key: string): FieldValue {
  switch (key) {
    case 'name':
      return model.name;
    case 'model_id':
      return model.modelId;
    case 'model_type':
      return model.modelType;
    case 'status':
      return model.status;
    case 'source_run_id':
      return model.sourceRunId;
    case 'creation_timestamp':
      return model.creationTimestamp;
    case 'last_updated_timestamp':
      return model.lastUpdatedTimestamp;
    case 'creation_time':
    case 'last_updated_time':
      throw bareException(`'LoggedModel' object has no attribute '${key}'`);
    default:
      throw MlflowError.invalidParameter(`Invalid logged model search key '${key}'`);
  }
}

/**
 * Newest first, then by id, unless `orderBy` says otherwise. A metric sorts by its latest point.
 * @throws INVALID_PARAMETER_VALUE. Source: SearchLoggedModelsUtils.sort
 */
export function sortLoggedModels(
  models: readonly LoggedModel[],
  orderBy: readonly LoggedModelOrderBy[] | null | undefined,
): LoggedModel[] {
  const keys = (orderBy ?? []).map(checkedOrderBy);
  if (!keys.some(({ fieldName }) => fieldName === 'creation_timestamp')) {
    keys.push({ fieldName: 'creation_timestamp', ascending: false });
  }
  if (!keys.some(({ fieldName }) => fieldName === 'model_id')) keys.push({ fieldName: 'model_id' });
  return sortByKeys(
    models,
    keys.map((key) => ({ fieldOf: (model) => orderField(model, key), ascending: key.ascending ?? true })),
  );
}

function checkedOrderBy(orderBy: LoggedModelOrderBy): LoggedModelOrderBy {
  const { datasetName, datasetDigest } = orderBy;
  if (orderBy.fieldName == null) {
    throw MlflowError.invalidParameter('`field_name` in the `order_by` clause must be specified.');
  }
  const dot = orderBy.fieldName.indexOf('.');
  const fieldName = dot < 0 ? orderBy.fieldName.trim() : orderBy.fieldName;
  if (dot >= 0 && fieldName.slice(0, dot) !== 'metrics') {
    throw MlflowError.invalidParameter(
      `Invalid order by field name: ${fieldName.slice(0, dot)}, only \`metrics.<name>\` is allowed.`,
    );
  }
  if (dot < 0 && !loggedModelGrammar.orderAttributes.includes(fieldName)) {
    throw MlflowError.invalidParameter(`Invalid order by field name: ${fieldName}.`);
  }
  if (datasetDigest && !datasetName) {
    throw MlflowError.invalidParameter('`dataset_digest` can only be specified if `dataset_name` is also specified.');
  }
  return { ...orderBy, fieldName: fieldName === 'creation_time' ? 'creation_timestamp' : fieldName };
}

function orderField(model: LoggedModel, { fieldName, datasetName, datasetDigest }: LoggedModelOrderBy): FieldValue {
  if (!fieldName.startsWith('metrics.')) return attributeOf(model, fieldName);
  const key = fieldName.slice('metrics.'.length);
  let latest: Metric | undefined;
  for (const metric of model.metrics) {
    if (metric.key !== key) continue;
    if (datasetName && metric.datasetName !== datasetName) continue;
    if (datasetDigest && metric.datasetDigest !== datasetDigest) continue;
    if (latest === undefined || metric.timestamp > latest.timestamp) latest = metric;
  }
  return latest?.value;
}

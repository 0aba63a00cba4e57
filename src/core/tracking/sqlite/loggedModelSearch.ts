import { MlflowError } from '../../errors.js';
import type { LoggedModel, PagedList } from '../entities.js';
import {
  parseLoggedModelFilter,
  translateLoggedModelAlias,
  type LoggedModelClause,
} from '../search/sqlLoggedModelFilter.js';
import type { LoggedModelOrderBy, SearchLoggedModelsOptions } from '../trackingStore.js';
import { conjunction, type Condition } from './conditions.js';
import { placeholders, type SqlValue } from './connection.js';
import { parseExperimentId } from './experimentIds.js';
import { createLoggedModelPageToken, parseLoggedModelPageToken } from './loggedModelPageToken.js';
import { assembleLoggedModels, loggedModelColumns } from './loggedModelReads.js';
import { inList, listParameter } from './rows.js';
import type { Session } from './storeFile.js';

const defaultMaxResults = 100;
const columns: readonly string[] = loggedModelColumns;

/** @throws INVALID_PARAMETER_VALUE and others with MLflow's messages. Source: SqlAlchemyStore.search_logged_models */
export function searchLoggedModels(session: Session, options: SearchLoggedModelsOptions): PagedList<LoggedModel> {
  const datasets = options.datasets ?? [];
  if (!datasets.every(({ datasetName }) => datasetName)) {
    throw MlflowError.invalidParameter('`dataset_name` in the `datasets` clause must be specified.');
  }
  const offset = parseLoggedModelPageToken(options);
  const maxResults = options.maxResults || defaultMaxResults;
  const where = conjunction(loggedModelConditions(options));
  const order = loggedModelOrder(options.orderBy ?? []);
  if (!session.schema.hasLoggedModels) return { items: [], token: null };
  const rows = session.connection.all(
    `SELECT ${session.schema.select('logged_models', loggedModelColumns, 'm.')} FROM logged_models m ${order.joins}
     WHERE ${where.sql} ORDER BY ${order.terms} LIMIT ? OFFSET ?`,
    [...order.parameters, ...where.parameters, maxResults + 1, offset],
  );
  return {
    items: assembleLoggedModels(session, rows.slice(0, maxResults)),
    token: rows.length > maxResults ? createLoggedModelPageToken(options, offset + maxResults) : null,
  };
}

function loggedModelConditions(options: SearchLoggedModelsOptions): Condition[] {
  const clauses = parseLoggedModelFilter(options.filterString);
  const onDatasets = datasetCondition(options.datasets ?? []);
  const conditions = clauses.map((clause) => clauseCondition(clause, onDatasets));
  if (onDatasets !== null && !clauses.some(({ entity }) => entity === 'metrics')) {
    conditions.push({
      sql: `m.model_id IN (SELECT model_id FROM logged_model_metrics WHERE ${onDatasets.sql})`,
      parameters: onDatasets.parameters,
    });
  }
  const experimentIds = options.experimentIds.map((id) => Number(parseExperimentId(id)));
  return [
    ...conditions,
    { sql: `m.lifecycle_stage != 'deleted'`, parameters: [] },
    { sql: `m.experiment_id ${inList}`, parameters: [listParameter(experimentIds)] },
  ];
}

function datasetCondition(datasets: NonNullable<SearchLoggedModelsOptions['datasets']>): Condition | null {
  if (datasets.length === 0) return null;
  const parts = datasets.map(({ datasetName, datasetDigest }): Condition =>
    datasetDigest === undefined
      ? { sql: 'dataset_name = ?', parameters: [datasetName] }
      : { sql: 'dataset_name = ? AND dataset_digest = ?', parameters: [datasetName, datasetDigest] },
  );
  return {
    sql: `(${parts.map(({ sql }) => sql).join(' OR ')})`,
    parameters: parts.flatMap(({ parameters }) => parameters),
  };
}

function clauseCondition(clause: LoggedModelClause, onDatasets: Condition | null): Condition {
  if (clause.entity === 'attributes') return compare(attributeColumn(clause.key), clause);
  const [table, key, value] = {
    metrics: ['logged_model_metrics', 'metric_name', 'metric_value'],
    params: ['logged_model_params', 'param_key', 'param_value'],
    tags: ['logged_model_tags', 'tag_key', 'tag_value'],
  }[clause.entity] as [string, string, string];
  const condition = compare(value, clause);
  const limit = clause.entity === 'metrics' ? onDatasets : null;
  return {
    sql: `m.model_id IN (SELECT model_id FROM ${table} WHERE ${key} = ? AND ${condition.sql}${limit ? ` AND ${limit.sql}` : ''})`,
    parameters: [clause.key, ...condition.parameters, ...(limit?.parameters ?? [])],
  };
}

/** @throws INTERNAL_ERROR with Python's text for what is no column. */
function attributeColumn(key: string): string {
  if (columns.includes(key)) return `m."${key}"`;
  throw new MlflowError(`type object 'SqlLoggedModel' has no attribute '${key}'`);
}

function compare(column: string, { comparator, value }: LoggedModelClause): Condition {
  const isList = typeof value === 'object';
  if (comparator === 'IN' || comparator === 'NOT IN') {
    if (!isList) {
      throw new MlflowError(
        `IN expression list, SELECT construct, or bound parameter object expected, got ${String(value)}.`,
        'BAD_REQUEST',
      );
    }
    return { sql: `${column} ${comparator} (${placeholders(value.length)})`, parameters: [...value] };
  }
  if (isList) {
    throw new MlflowError(
      "(sqlite3.ProgrammingError) Error binding parameter: type 'tuple' is not supported",
      'BAD_REQUEST',
    );
  }
  if (comparator === 'ILIKE') return { sql: `lower(${column}) LIKE lower(?)`, parameters: [value] };
  return { sql: `${column} ${comparator} ?`, parameters: [value] };
}

/** Missing values last in both directions; a metric sorts by its latest point. */
function loggedModelOrder(orderBy: readonly LoggedModelOrderBy[]): {
  joins: string;
  terms: string;
  parameters: SqlValue[];
} {
  const parameters: SqlValue[] = [];
  const terms: string[] = [];
  const joins: string[] = [];
  const fields = new Set<string>();
  for (const [index, order] of orderBy.entries()) {
    const { fieldName, ascending = true } = order;
    let column: string;
    if (fieldName.includes('.')) {
      const join = metricJoin(order, `o${index}`);
      joins.push(join.sql);
      parameters.push(...join.parameters);
      column = `o${index}.metric_value`;
    } else {
      const name = translateLoggedModelAlias(fieldName);
      if (!columns.includes(name)) throw MlflowError.invalidParameter(`Invalid order by field name: ${fieldName}`);
      fields.add(name);
      column = `m."${name}"`;
    }
    terms.push(`CASE WHEN ${column} IS NULL THEN 1 ELSE 0 END`, `${column} ${ascending ? 'ASC' : 'DESC'}`);
  }
  if (!fields.has('creation_timestamp_ms')) terms.push('m.creation_timestamp_ms DESC');
  if (!fields.has('model_id')) terms.push('m.model_id ASC');
  return { joins: joins.join(' '), terms: terms.join(', '), parameters };
}

function metricJoin({ fieldName, datasetName, datasetDigest }: LoggedModelOrderBy, alias: string): Condition {
  const dot = fieldName.indexOf('.');
  if (fieldName.slice(0, dot) !== 'metrics') {
    throw MlflowError.invalidParameter(`Invalid order by field name: ${fieldName}. Only metrics are supported.`);
  }
  const conditions = ['metric_name = ?'];
  const parameters: SqlValue[] = [fieldName.slice(dot + 1)];
  if (datasetName) {
    conditions.push('dataset_name = ?');
    parameters.push(datasetName);
  }
  if (datasetDigest) {
    conditions.push('dataset_digest = ?');
    parameters.push(datasetDigest);
  }
  return {
    sql: `LEFT JOIN (SELECT model_id, metric_value FROM (
        SELECT model_id, metric_value, row_number() OVER (PARTITION BY model_id, metric_name
          ORDER BY metric_timestamp_ms DESC, metric_step DESC, run_id ASC) AS row_num
        FROM logged_model_metrics WHERE ${conditions.join(' AND ')}) WHERE row_num = 1) ${alias}
      ON ${alias}.model_id = m.model_id`,
    parameters,
  };
}

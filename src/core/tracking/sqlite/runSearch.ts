import { MlflowError } from '../../errors.js';
import type { PagedList, Run } from '../entities.js';
import { numberOfValue, type Clause, type ClauseEntity } from '../search/clause.js';
import { runGrammar } from '../search/filterGrammar.js';
import { parseSearchFilter } from '../search/filterParser.js';
import { translateKeyAlias } from '../search/identifier.js';
import { checkComparator } from '../search/matching.js';
import { parseRunOrderBy } from '../search/orderByParser.js';
import { createPageToken, parsePageToken } from '../search/pageToken.js';
import type { SearchRunsOptions } from '../trackingStore.js';
import { comparison, conjunction, type Condition } from './conditions.js';
import type { SqlValue } from './connection.js';
import { parseExperimentId } from './experimentIds.js';
import { stagesOf } from './experimentReads.js';
import { hasNanFlag, latestMetricsSource } from './latestMetrics.js';
import { assertDistinct, validateMaxResults } from './paging.js';
import { inList, listParameter } from './rows.js';
import { assembleRuns, runColumns } from './runReads.js';
import type { Session } from './storeFile.js';

const defaultMaxResults = 1000;
const contextTag = 'mlflow.data.context';
const runNameTag = 'mlflow.runName';

/**
 * One page of runs. The page's ids are found first; what belongs to the runs is then loaded for the page only.
 * @throws INVALID_PARAMETER_VALUE with MLflow's messages. Source: SqlAlchemyStore._search_runs
 */
export function searchRuns(session: Session, options: SearchRunsOptions): PagedList<Run> {
  const maxResults = options.maxResults ?? defaultMaxResults;
  validateMaxResults(maxResults);
  const clauses = parseSearchFilter(options.filterString, runGrammar);
  const order = runOrder(session, options.orderBy ?? []);
  const conditions = clauses.map((clause) => runCondition(session, clause));
  const offset = parsePageToken(options.pageToken);
  const experimentIds = options.experimentIds.map((id) => Number(parseExperimentId(id)));
  const where = conjunction([
    { sql: `r.experiment_id ${inList}`, parameters: [listParameter(experimentIds)] },
    { sql: `r.lifecycle_stage ${inList}`, parameters: [listParameter(stagesOf(options.runViewType))] },
    ...conditions,
  ]);
  const rows = session.connection.all(
    `SELECT ${session.schema.select('runs', runColumns, 'r.')} FROM runs r ${order.joins}
     WHERE ${where.sql} ORDER BY ${order.terms} LIMIT ? OFFSET ?`,
    [...order.parameters, ...where.parameters, maxResults + 1, offset],
  );
  return {
    items: assembleRuns(session, rows.slice(0, maxResults)),
    token: rows.length > maxResults ? createPageToken(offset + maxResults) : null,
  };
}

function runCondition(session: Session, clause: Clause): Condition {
  const comparator = clause.comparator.toUpperCase();
  const key = translateKeyAlias(clause.key);
  checkComparator({ ...clause, key }, comparator, runGrammar);
  switch (clause.entity) {
    case 'attribute':
      return attributeCondition(session, key, comparator, clause);
    case 'dataset':
      return datasetCondition(session, key, comparator, clause);
    default:
      return keyedCondition(session, key, comparator, clause);
  }
}

/** The name is looked up in its tag, which runs of MLflow before 1.30 have as well. */
function attributeCondition(session: Session, key: string, comparator: string, clause: Clause): Condition {
  if (key !== 'run_name') return comparison(runColumn(session, key), comparator, clause.value);
  return keyedCondition(session, runNameTag, comparator, { ...clause, entity: 'tag' });
}

function runColumn(session: Session, key: string): string {
  const column = key === 'run_id' ? 'run_uuid' : key === 'run_name' ? 'name' : key;
  return session.schema.hasColumn('runs', column) ? `r."${column}"` : 'NULL';
}

/** The table that keeps what a clause speaks of, or `null` when the database has none. */
function tableOf({ schema }: Session, entity: ClauseEntity): string | null {
  if (entity === 'metric') return latestMetricsSource(schema);
  const table = entity === 'parameter' ? 'params' : 'tags';
  return schema.hasTable(table) ? table : null;
}

function keyedCondition(session: Session, key: string, comparator: string, clause: Clause): Condition {
  const table = tableOf(session, clause.entity);
  const isMissing = table === null;
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') {
    const not = comparator === 'IS NULL' ? 'NOT ' : '';
    if (isMissing) return { sql: not === '' ? '0' : '1', parameters: [] };
    return { sql: `r.run_uuid ${not}IN (SELECT run_uuid FROM ${table} WHERE "key" = ?)`, parameters: [key] };
  }
  const condition =
    clause.entity === 'metric'
      ? metricCondition(session, comparator, clause)
      : comparison('value', comparator, clause.value);
  if (isMissing) return { sql: '0', parameters: [] };
  return {
    sql: `r.run_uuid IN (SELECT run_uuid FROM ${table} WHERE "key" = ? AND (${condition.sql}))`,
    parameters: [key, ...condition.parameters],
  };
}

/** NaN is stored as 0 with a flag: it is unequal to everything and otherwise matches nothing. */
function metricCondition(session: Session, comparator: string, clause: Clause): Condition {
  const plain = comparison('value', comparator, { type: 'float', number: numberOfValue(clause.value) });
  if (!hasNanFlag(session.schema)) return plain;
  return { ...plain, sql: comparator === '!=' ? `${plain.sql} OR is_nan = 1` : `${plain.sql} AND is_nan = 0` };
}

function datasetCondition(session: Session, key: string, comparator: string, clause: Clause): Condition {
  const condition = comparison(key === 'context' ? 't.value' : `d.${key}`, comparator, clause.value);
  if (!session.schema.hasTable('inputs') || !session.schema.hasTable('datasets')) return { sql: '0', parameters: [] };
  const tags = key === 'context' ? `JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = '${contextTag}'` : '';
  return {
    sql: `r.run_uuid IN (SELECT i.destination_id FROM datasets d JOIN inputs i ON i.source_id = d.dataset_uuid ${tags}
      WHERE ${condition.sql})`,
    parameters: condition.parameters,
  };
}

interface RunOrder {
  joins: string;
  terms: string;
  parameters: SqlValue[];
}

/** Real values first in the wanted direction, then NaN, then what is missing. */
function runOrder(session: Session, orderBy: readonly string[]): RunOrder {
  const order: RunOrder = { joins: '', terms: '', parameters: [] };
  const terms: string[] = [];
  const fields: string[] = [];
  for (const [index, text] of orderBy.entries()) {
    const { entity, key: writtenKey, ascending } = parseRunOrderBy(text);
    const key = translateKeyAlias(writtenKey);
    if (entity === 'dataset') throw MlflowError.invalidParameter(`Invalid identifier type '${entity}'`);
    fields.push(`${entity}.${key}`);
    assertDistinct(fields, orderBy);
    const column = entity === 'attribute' ? runColumn(session, key) : joinFor(session, order, entity, key, index);
    const isNan = entity === 'metric' && column !== 'NULL' && hasNanFlag(session.schema);
    const rank = isNan ? `WHEN o${index}.is_nan = 1 THEN 1 ` : '';
    terms.push(`CASE ${rank}WHEN ${column} IS NULL THEN 2 ELSE 0 END`, `${column} ${ascending ? 'ASC' : 'DESC'}`);
  }
  if (!fields.includes('attribute.start_time')) terms.push('r.start_time DESC');
  return { ...order, terms: [...terms, 'r.run_uuid'].join(', ') };
}

function joinFor(session: Session, order: RunOrder, entity: ClauseEntity, key: string, index: number): string {
  const table = tableOf(session, entity);
  if (table === null) return 'NULL';
  order.joins += ` LEFT JOIN ${table} o${index} ON o${index}.run_uuid = r.run_uuid AND o${index}."key" = ?`;
  order.parameters.push(key);
  return `o${index}.value`;
}

import { MlflowError } from '../../errors.js';
import { floatRepr } from '../../serialization/pythonRepr.js';
import type { Experiment, LifecycleStage, PagedList, ViewType } from '../entities.js';
import type { Clause } from '../search/clause.js';
import { experimentGrammar } from '../search/filterGrammar.js';
import { parseSearchFilter } from '../search/filterParser.js';
import { checkComparator } from '../search/matching.js';
import { parseExperimentOrderBy } from '../search/orderByParser.js';
import { createPageToken, parsePageToken } from '../search/pageToken.js';
import type { SearchExperimentsOptions } from '../trackingStore.js';
import { comparison, conjunction, type Condition } from './conditions.js';
import type { SqlRow } from './connection.js';
import { experimentIdParameter, parseExperimentId } from './experimentIds.js';
import { validateMaxResults } from './paging.js';
import { groupRows, inList, listParameter, numberOrNull, recordOf, textOf } from './rows.js';
import type { Session } from './storeFile.js';

const defaultMaxResults = 1000;
const columns = [
  'experiment_id',
  'name',
  'artifact_location',
  'lifecycle_stage',
  'creation_time',
  'last_update_time',
] as const;

/** The stages that a view shows. */
export function stagesOf(viewType: ViewType | undefined): LifecycleStage[] {
  if (viewType === 'ALL') return ['active', 'deleted'];
  return viewType === 'DELETED_ONLY' ? ['deleted'] : ['active'];
}

/** @throws RESOURCE_DOES_NOT_EXIST when it is not there in any stage of the view. */
export function getExperiment(session: Session, experimentId: string, viewType: ViewType = 'ALL'): Experiment {
  const id = experimentIdParameter(experimentId === '' ? '0' : experimentId);
  const row = session.connection.get(
    `SELECT ${session.schema.select('experiments', columns)} FROM experiments
     WHERE experiment_id = ? AND lifecycle_stage ${inList}`,
    [id, listParameter(stagesOf(viewType))],
  );
  if (row === undefined) throw MlflowError.doesNotExist(`No Experiment with id=${String(id)} exists`);
  return withTags(session, [row])[0] as Experiment;
}

export function getExperimentByName(session: Session, name: string): Experiment | null {
  const rows = session.connection.all(
    `SELECT ${session.schema.select('experiments', columns)} FROM experiments WHERE name = ? AND lifecycle_stage ${inList}`,
    [name, listParameter(stagesOf('ALL'))],
  );
  return withTags(session, rows)[0] ?? null;
}

/** @throws INVALID_PARAMETER_VALUE with MLflow's messages. Source: SqlAlchemyStore._search_experiments */
export function searchExperiments(session: Session, options: SearchExperimentsOptions): PagedList<Experiment> {
  const maxResults = options.maxResults ?? defaultMaxResults;
  validateMaxResults(maxResults);
  const clauses = parseSearchFilter(options.filterString, experimentGrammar);
  const where = conjunction([
    ...clauses.map((clause) => experimentCondition(session, clause)),
    { sql: `e.lifecycle_stage ${inList}`, parameters: [listParameter(stagesOf(options.viewType))] },
  ]);
  const order = experimentOrder(session, options.orderBy);
  const offset = parsePageToken(options.pageToken);
  const rows = session.connection.all(
    `SELECT ${session.schema.select('experiments', columns, 'e.')} FROM experiments e
     WHERE ${where.sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
    [...where.parameters, maxResults + 1, offset],
  );
  return {
    items: withTags(session, rows.slice(0, maxResults)),
    token: rows.length > maxResults ? createPageToken(offset + maxResults) : null,
  };
}

function experimentCondition(session: Session, clause: Clause): Condition {
  return clause.entity === 'tag' ? tagCondition(session, clause) : attributeCondition(session, clause);
}

function tagCondition(session: Session, { key, comparator, value }: Clause): Condition {
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') {
    const not = comparator === 'IS NULL' ? 'NOT ' : '';
    if (!session.schema.hasTable('experiment_tags')) return { sql: not === '' ? '0' : '1', parameters: [] };
    return {
      sql: `e.experiment_id ${not}IN (SELECT experiment_id FROM experiment_tags WHERE "key" = ?)`,
      parameters: [key],
    };
  }
  if (!['=', '!=', 'LIKE', 'ILIKE'].includes(comparator)) {
    throw MlflowError.invalidParameter(`Invalid comparator for tag: ${comparator}`);
  }
  const condition = comparison('value', comparator, value);
  if (!session.schema.hasTable('experiment_tags')) return { sql: '0', parameters: [] };
  return {
    sql: `e.experiment_id IN (SELECT experiment_id FROM experiment_tags WHERE "key" = ? AND ${condition.sql})`,
    parameters: [key, ...condition.parameters],
  };
}

/** The comparator must be in upper case here, unlike in the other searches. */
function attributeCondition(session: Session, clause: Clause): Condition {
  const { key, comparator, value } = clause;
  if (key === 'experiment_id') return experimentIdCondition(clause);
  checkComparator(clause, comparator, experimentGrammar);
  const isNumeric = experimentGrammar.numericAttributes.includes(key);
  if (!isNumeric && !['=', '!=', 'LIKE', 'ILIKE'].includes(comparator)) {
    throw MlflowError.invalidParameter(`Invalid comparator for string attribute: ${comparator}`);
  }
  if (value.type === 'float') {
    throw MlflowError.invalidParameter(`Invalid value for numeric attribute '${key}': '${floatRepr(value.number)}'`);
  }
  const column = session.schema.hasColumn('experiments', key) ? `e."${key}"` : 'NULL';
  return comparison(column, comparator, value);
}

function experimentIdCondition({ comparator, value }: Clause): Condition {
  if (!['=', '!=', 'IN', 'NOT IN'].includes(comparator)) {
    throw MlflowError.invalidParameter(`Invalid comparator for experiment_id: ${comparator}`);
  }
  const texts = value.type === 'list' ? value.items : value.type === 'text' ? [value.text] : [];
  const ids = texts.map((text) => Number(parseExperimentId(text)));
  if (value.type === 'list' && (comparator === '=' || comparator === '!='))
    return comparison('e.experiment_id', '=', value);
  const not = comparator === '!=' || comparator === 'NOT IN' ? 'NOT ' : '';
  return { sql: `e.experiment_id ${not}${inList}`, parameters: [listParameter(ids)] };
}

function experimentOrder(session: Session, orderBy: readonly string[] | undefined): string {
  const wanted = orderBy === undefined || orderBy.length === 0 ? ['creation_time DESC', 'experiment_id ASC'] : orderBy;
  const keys = wanted.map(parseExperimentOrderBy);
  if (!keys.some(({ key }) => key === 'experiment_id')) {
    keys.push({ entity: 'attribute', key: 'experiment_id', ascending: false });
  }
  return keys
    .filter(({ key }) => session.schema.hasColumn('experiments', key))
    .map(({ key, ascending }) => `e."${key}" ${ascending ? 'ASC' : 'DESC'}`)
    .join(', ');
}

function withTags(session: Session, rows: readonly SqlRow[]): Experiment[] {
  const ids = rows.map((row) => Number(row['experiment_id']));
  const tagRows = session.schema.hasTable('experiment_tags')
    ? session.connection.all(`SELECT experiment_id, "key", value FROM experiment_tags WHERE experiment_id ${inList}`, [
        listParameter(ids),
      ])
    : [];
  const tags = groupRows(tagRows, 'experiment_id');
  return rows.map((row) => ({
    experimentId: String(row['experiment_id']),
    name: textOf(row['name']),
    artifactLocation: textOf(row['artifact_location']),
    lifecycleStage: row['lifecycle_stage'] === 'deleted' ? 'deleted' : 'active',
    creationTime: numberOrNull(row['creation_time']),
    lastUpdateTime: numberOrNull(row['last_update_time']),
    tags: recordOf(tags.get(String(row['experiment_id'])), 'key', 'value'),
  }));
}

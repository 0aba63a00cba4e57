import { MlflowError } from '../../errors.js';
import type { ModelVersion, PagedList, RegisteredModel } from '../../tracking/entities.js';
import type { Clause, ClauseValue } from '../../tracking/search/clause.js';
import {
  modelVersionGrammar,
  numericComparators,
  registeredModelGrammar,
} from '../../tracking/search/filterGrammar.js';
import { parseSearchFilter } from '../../tracking/search/filterParser.js';
import { parseModelVersionOrderBy, parseSqlRegisteredModelOrderBy } from '../../tracking/search/orderByParser.js';
import { createPageToken, parsePageToken } from '../../tracking/search/pageToken.js';
import { asksForPrompts, promptTagKey, withoutPrompts } from '../../tracking/search/prompts.js';
import { comparison, conjunction, type Condition } from '../../tracking/sqlite/conditions.js';
import type { SqlRow } from '../../tracking/sqlite/connection.js';
import { assertDistinct } from '../../tracking/sqlite/paging.js';
import type { Session } from '../../tracking/sqlite/storeFile.js';
import { floatRepr, stringRepr } from '../../serialization/pythonRepr.js';
import type { SearchRegistryOptions } from '../registryStore.js';
import {
  assembleModelVersions,
  assembleRegisteredModels,
  deletedStage,
  inWorkspace,
  registeredModelColumns,
  versionColumns,
} from './registryReads.js';

const defaultRegisteredModels = 100;
const maxRegisteredModels = 1000;
const defaultModelVersions = 10_000;
const maxModelVersions = 200_000;

/** @throws INVALID_PARAMETER_VALUE with MLflow's messages. Source: SqlAlchemyStore.search_registered_models */
export function searchRegisteredModels(session: Session, options: SearchRegistryOptions): PagedList<RegisteredModel> {
  const maxResults = options.maxResults ?? defaultRegisteredModels;
  assertAtMost(maxResults, maxRegisteredModels);
  const clauses = parseSearchFilter(withoutPrompts(options.filterString), registeredModelGrammar);
  const order = registeredModelOrder(options.orderBy ?? []);
  const offset = parsePageToken(options.pageToken);
  if (!session.schema.hasRegistry) return { items: [], token: null };
  const where = conjunction([
    ...clauses.filter(({ entity }) => entity === 'attribute').map(nameCondition),
    ...tagConditions(session, clauses, 'registered_model_tags', 'x.name = t.name'),
  ]);
  const rows = session.connection.all(
    `SELECT ${session.schema.select('registered_models', registeredModelColumns, 'x.')} FROM registered_models x
     WHERE ${where.sql}${inWorkspace(session, 'registered_models', 'x.')} ORDER BY ${order} LIMIT ? OFFSET ?`,
    [...where.parameters, maxResults + 1, offset],
  );
  return page(rows, maxResults, offset, (pageRows) => assembleRegisteredModels(session, pageRows));
}

/** @throws INVALID_PARAMETER_VALUE with MLflow's messages. Source: SqlAlchemyStore.search_model_versions */
export function searchModelVersions(session: Session, options: SearchRegistryOptions): PagedList<ModelVersion> {
  const maxResults = options.maxResults ?? defaultModelVersions;
  if (!Number.isInteger(maxResults) || maxResults < 1) {
    throw MlflowError.invalidParameter(
      `Invalid value for max_results. It must be a positive integer, but got ${maxResults}`,
    );
  }
  assertAtMost(maxResults, maxModelVersions);
  const clauses = parseSearchFilter(options.filterString, modelVersionGrammar);
  const conditions = clauses.filter(({ entity }) => entity === 'attribute').map(versionCondition);
  const tags = tagConditions(session, clauses, 'model_version_tags', 'x.name = t.name AND x.version = t.version');
  const order = modelVersionOrder(options.orderBy ?? []);
  const offset = parsePageToken(options.pageToken);
  if (!session.schema.hasRegistry) return { items: [], token: null };
  const where = conjunction([...conditions, ...tags, { sql: 'x.current_stage != ?', parameters: [deletedStage] }]);
  const rows = session.connection.all(
    `SELECT ${session.schema.select('model_versions', versionColumns, 'x.')} FROM model_versions x
     WHERE ${where.sql}${inWorkspace(session, 'model_versions', 'x.')} ORDER BY ${order} LIMIT ? OFFSET ?`,
    [...where.parameters, maxResults + 1, offset],
  );
  return page(rows, maxResults, offset, (pageRows) => assembleModelVersions(session, pageRows));
}

function assertAtMost(maxResults: number, limit: number): void {
  if (maxResults <= limit) return;
  throw MlflowError.invalidParameter(
    `Invalid value for request parameter max_results. It must be at most ${limit}, but got value ${maxResults}`,
  );
}

function page<T>(
  rows: readonly SqlRow[],
  maxResults: number,
  offset: number,
  assemble: (rows: readonly SqlRow[]) => T[],
): PagedList<T> {
  return {
    items: assemble(rows.slice(0, maxResults)),
    token: rows.length === maxResults + 1 ? createPageToken(offset + maxResults) : null,
  };
}

function nameCondition({ comparator, value }: Clause): Condition {
  if (!['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'].includes(comparator)) {
    throw MlflowError.invalidParameter(`Invalid comparator for attribute: ${comparator}`);
  }
  return comparison('x.name', comparator, value);
}

const versionFields: Readonly<Record<string, string>> = {
  name: 'x.name',
  version_number: 'x.version',
  run_id: 'x.run_id',
  source_path: 'x.source',
};

function versionCondition({ key, comparator, value }: Clause): Condition {
  const column = versionFields[key] ?? 'NULL';
  if (key === 'version_number') {
    if (!(numericComparators as readonly string[]).includes(comparator)) {
      throw MlflowError.invalidParameter(`Invalid comparator for attribute ${key}: ${comparator}`);
    }
    return comparison(column, comparator, wholeNumber(key, value));
  }
  const isKnown = modelVersionGrammar.stringComparators.includes(comparator);
  if (!isKnown || ((comparator === 'IN' || comparator === 'NOT IN') && key === 'source_path')) {
    throw MlflowError.invalidParameter(`Invalid comparator for attribute: ${comparator}`);
  }
  return comparison(column, comparator, value);
}

function wholeNumber(key: string, value: ClauseValue): ClauseValue {
  if (value.type === 'integer') return value;
  if (value.type === 'text' && /^\s*[-+]?\d+(_\d+)*\s*$/.test(value.text)) {
    return { type: 'integer', integer: BigInt(value.text.trim().replaceAll('_', '').replace(/^\+/, '')) };
  }
  const shown =
    value.type === 'float' ? floatRepr(value.number) : value.type === 'text' ? stringRepr(value.text) : '()';
  throw MlflowError.invalidParameter(`Invalid value for numeric attribute '${key}': ${shown}`);
}

/** All clauses on one tag key must hold for the same tag. Prompts are left out unless they are asked for. */
function tagConditions(session: Session, clauses: readonly Clause[], table: string, join: string): Condition[] {
  const byKey = new Map<string, Condition[]>();
  for (const { entity, key, comparator, value } of clauses) {
    if (entity !== 'tag') continue;
    if (!['=', '!=', 'LIKE', 'ILIKE'].includes(comparator)) {
      throw MlflowError.invalidParameter(`Invalid comparator for tag: ${comparator}`);
    }
    byKey.set(key, [...(byKey.get(key) ?? []), comparison('t.value', comparator, value)]);
  }
  const wantsPrompts = asksForPrompts(clauses);
  if (!wantsPrompts) byKey.delete(promptTagKey);
  const hasTable = session.schema.hasTable(table);
  const workspace = inWorkspace(session, table, 't.');
  const conditions = [...byKey].map(([key, values]): Condition => {
    if (!hasTable) return { sql: '0', parameters: [] };
    const all = conjunction(values);
    return {
      sql: `EXISTS (SELECT 1 FROM ${table} t WHERE ${join} AND t."key" = ?${workspace} AND ${all.sql})`,
      parameters: [key, ...all.parameters],
    };
  });
  if (!wantsPrompts && hasTable) {
    conditions.push({
      sql: `x.name NOT IN (SELECT t.name FROM ${table} t WHERE t."key" = ? AND t.value = 'true'${workspace})`,
      parameters: [promptTagKey],
    });
  }
  return conditions;
}

/** Both time keys mean the last update. */
function registeredModelOrder(orderBy: readonly string[]): string {
  const fields: string[] = [];
  const terms = orderBy.map((text) => {
    const { key, ascending } = parseSqlRegisteredModelOrderBy(text);
    const column = key === 'name' ? 'name' : 'last_updated_time';
    fields.push(column);
    assertDistinct(fields, orderBy);
    return `x.${column} ${ascending ? 'ASC' : 'DESC'}`;
  });
  return [...terms, ...(fields.includes('name') ? [] : ['x.name ASC'])].join(', ');
}

const versionOrderColumns: Readonly<Record<string, string>> = {
  name: 'name',
  version_number: 'version',
  creation_timestamp: 'creation_time',
  last_updated_timestamp: 'last_updated_time',
};

function modelVersionOrder(orderBy: readonly string[]): string {
  const wanted = orderBy.length === 0 ? ['last_updated_timestamp DESC', 'name ASC', 'version_number DESC'] : orderBy;
  const fields: string[] = [];
  const terms = wanted.map((text) => {
    const { key, ascending } = parseModelVersionOrderBy(text);
    const column = versionOrderColumns[key];
    if (column === undefined) {
      const keys = modelVersionGrammar.orderAttributes.map((item) => `'${item}'`).join(', ');
      throw MlflowError.invalidParameter(`Invalid order by key '${key}' specified. Valid keys are {${keys}}`);
    }
    fields.push(column);
    assertDistinct(fields, wanted);
    return `x.${column} ${ascending ? 'ASC' : 'DESC'}`;
  });
  if (!fields.includes('name')) terms.push('x.name ASC');
  if (!fields.includes('version')) terms.push('x.version DESC');
  return terms.join(', ');
}

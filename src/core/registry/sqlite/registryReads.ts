import { MlflowError } from '../../errors.js';
import type { ModelVersion, ModelVersionStage, ModelVersionStatus, RegisteredModel } from '../../tracking/entities.js';
import type { SqlRow } from '../../tracking/sqlite/connection.js';
import {
  groupRows,
  inList,
  listParameter,
  numberOf,
  recordOf,
  textOf,
  textOrNull,
} from '../../tracking/sqlite/rows.js';
import type { Session } from '../../tracking/sqlite/storeFile.js';
import { validateModelAliasName, validateModelName, validateModelVersion } from '../../tracking/validation.js';
import { allStages, canonicalStage } from '../stages.js';

export const deletedStage = 'Deleted_Internal';
export const registeredModelColumns = ['name', 'creation_time', 'last_updated_time', 'description'] as const;
export const versionColumns = [
  'name',
  'version',
  'creation_time',
  'last_updated_time',
  'description',
  'user_id',
  'current_stage',
  'source',
  'run_id',
  'status',
  'status_message',
  'run_link',
  'storage_location',
] as const;

/** `AND workspace = 'default'` where the table has workspaces. */
export function inWorkspace({ schema }: Session, table: string, prefix = ''): string {
  return schema.hasWorkspace(table) ? ` AND ${prefix}workspace = 'default'` : '';
}

/** @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE for a name that no model can have. */
export function getRegisteredModelRow(session: Session, name: string): SqlRow {
  validateModelName(name);
  const row = session.schema.hasRegistry
    ? session.connection.get(
        `SELECT ${session.schema.select('registered_models', registeredModelColumns)} FROM registered_models
         WHERE name = ?${inWorkspace(session, 'registered_models')}`,
        [name],
      )
    : undefined;
  if (row === undefined) throw MlflowError.doesNotExist(`Registered Model with name=${name} not found`);
  return row;
}

export function getRegisteredModel(session: Session, name: string): RegisteredModel {
  return assembleRegisteredModels(session, [getRegisteredModelRow(session, name)])[0] as RegisteredModel;
}

/** Models of rows of the table, with the newest version of each stage, tags and aliases. */
export function assembleRegisteredModels(session: Session, rows: readonly SqlRow[]): RegisteredModel[] {
  const names = rows.map((row) => String(row['name']));
  const tags = rowsByName(session, 'registered_model_tags', ['key', 'value'], names);
  const aliases = aliasRows(session, names);
  const latest = groupRows(latestVersionRows(session, names), 'name');
  return rows.map((row) => {
    const name = String(row['name']);
    return {
      name,
      creationTimestamp: numberOf(row['creation_time']),
      lastUpdatedTimestamp: numberOf(row['last_updated_time']),
      description: textOrNull(row['description']),
      latestVersions: assembleModelVersions(session, latest.get(name) ?? []),
      tags: recordOf(tags.get(name), 'key', 'value'),
      aliases: recordOf(aliases.get(name), 'alias', 'version'),
    };
  });
}

/** The newest version of each stage, in the order in which versions came to have those stages, as Python meets them. */
function latestVersionRows(session: Session, names: readonly string[]): SqlRow[] {
  return session.connection.all(
    `SELECT ${session.schema.select('model_versions', versionColumns)} FROM (
       SELECT *, row_number() OVER (PARTITION BY name, current_stage ORDER BY version DESC) AS newest,
         min(version) OVER (PARTITION BY name, current_stage) AS oldest
       FROM model_versions WHERE name ${inList}${inWorkspace(session, 'model_versions')} AND current_stage != ?
     ) WHERE newest = 1 ORDER BY name, oldest`,
    [listParameter(names), deletedStage],
  );
}

function rowsByName(
  session: Session,
  table: string,
  columns: readonly string[],
  names: readonly string[],
): Map<string, SqlRow[]> {
  if (!session.schema.hasTable(table)) return new Map();
  const rows = session.connection.all(
    `SELECT ${session.schema.select(table, ['name', ...columns])} FROM ${table}
     WHERE name ${inList}${inWorkspace(session, table)} ORDER BY rowid`,
    [listParameter(names)],
  );
  return groupRows(rows, 'name');
}

function aliasRows(session: Session, names: readonly string[]): Map<string, SqlRow[]> {
  return rowsByName(session, 'registered_model_aliases', ['alias', 'version'], names);
}

/** @throws RESOURCE_DOES_NOT_EXIST also for a deleted version. */
export function getModelVersionRow(session: Session, name: string, version: string): SqlRow {
  validateModelName(name);
  const number = validateModelVersion(version);
  const row = session.schema.hasRegistry
    ? session.connection.get(
        `SELECT ${session.schema.select('model_versions', versionColumns)} FROM model_versions
         WHERE name = ? AND version = ? AND current_stage != ?${inWorkspace(session, 'model_versions')}`,
        [name, number, deletedStage],
      )
    : undefined;
  if (row === undefined) {
    throw MlflowError.doesNotExist(`Model Version (name=${name}, version=${number}) not found`);
  }
  return row;
}

/** One version with its aliases. */
export function getModelVersion(session: Session, name: string, version: string): ModelVersion {
  return withAliases(
    session,
    assembleModelVersions(session, [getModelVersionRow(session, name, version)]),
  )[0] as ModelVersion;
}

/** Versions of rows of the table, with their tags. Their aliases are left empty, as in Python's lists of versions. */
export function assembleModelVersions(session: Session, rows: readonly SqlRow[]): ModelVersion[] {
  const names = [...new Set(rows.map((row) => String(row['name'])))];
  const tags = rowsByName(session, 'model_version_tags', ['version', 'key', 'value'], names);
  return rows.map((row) => {
    const version = String(row['version']);
    const own = (tags.get(String(row['name'])) ?? []).filter((tag) => String(tag['version']) === version);
    return {
      name: String(row['name']),
      version,
      creationTimestamp: numberOf(row['creation_time']),
      lastUpdatedTimestamp: numberOf(row['last_updated_time']),
      description: textOrNull(row['description']),
      userId: textOrNull(row['user_id']),
      currentStage: textOf(row['current_stage']) as ModelVersionStage,
      source: textOf(row['source']),
      runId: textOrNull(row['run_id']),
      runLink: textOrNull(row['run_link']),
      status: textOf(row['status']) as ModelVersionStatus,
      statusMessage: textOrNull(row['status_message']),
      tags: recordOf(own, 'key', 'value'),
      aliases: [],
      modelId: null,
    };
  });
}

function withAliases(session: Session, versions: readonly ModelVersion[]): ModelVersion[] {
  const names = [...new Set(versions.map(({ name }) => name))];
  const aliases = aliasRows(session, names);
  return versions.map((version) => ({
    ...version,
    aliases: (aliases.get(version.name) ?? [])
      .filter((row) => String(row['version']) === version.version)
      .map((row) => String(row['alias'])),
  }));
}

/** The newest version of each of the stages; of all stages without any. */
export function getLatestVersions(
  session: Session,
  name: string,
  stages: readonly string[] | undefined,
): ModelVersion[] {
  getRegisteredModelRow(session, name);
  const wanted: readonly string[] =
    stages === undefined || stages.length === 0 ? allStages : stages.map(canonicalStage);
  const versions = assembleModelVersions(session, latestVersionRows(session, [name]));
  return withAliases(
    session,
    versions.filter(({ currentStage }) => wanted.includes(currentStage)),
  );
}

/** `latest` in any case is the highest version. @throws INVALID_PARAMETER_VALUE for an unknown alias. */
export function getModelVersionByAlias(session: Session, name: string, alias: string): ModelVersion {
  validateModelName(name);
  validateModelAliasName(alias);
  if (alias.toLowerCase() === 'latest') return highestVersion(session, name);
  getRegisteredModelRow(session, name);
  const row = aliasRows(session, [name])
    .get(name)
    ?.find((candidate) => candidate['alias'] === alias);
  if (row === undefined) throw MlflowError.invalidParameter(`Registered model alias ${alias} not found.`);
  return getModelVersion(session, name, String(row['version']));
}

function highestVersion(session: Session, name: string): ModelVersion {
  const [first, ...others] = getLatestVersions(session, name, undefined);
  if (first === undefined) throw MlflowError.doesNotExist(`Latest version not found for model ${name}.`);
  return others.reduce((best, version) => (Number(version.version) > Number(best.version) ? version : best), first);
}

/** Where the files of a version lie. */
export function getDownloadUri(session: Session, name: string, version: string): string {
  const row = getModelVersionRow(session, name, version);
  return textOf(row['storage_location']) || textOf(row['source']);
}

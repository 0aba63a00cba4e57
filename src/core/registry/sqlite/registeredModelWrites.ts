import { MlflowError } from '../../errors.js';
import { stringRepr } from '../../serialization/pythonRepr.js';
import type { RegisteredModel, Tags } from '../../tracking/entities.js';
import { promptTagKey } from '../../tracking/search/prompts.js';
import { SqliteError } from '../../tracking/sqlite/connection.js';
import { insert } from '../../tracking/sqlite/insert.js';
import type { WriteSession } from '../../tracking/sqlite/storeFile.js';
import {
  validateModelAliasName,
  validateModelAliasNameReserved,
  validateModelName,
  validateModelRenaming,
  validateModelVersion,
  validateRegisteredModelTag,
  validateTagName,
} from '../../tracking/validation.js';
import { getModelVersionRow, getRegisteredModel, getRegisteredModelRow, inWorkspace } from './registryReads.js';

export function createRegisteredModel(
  session: WriteSession,
  options: { name: string; tags?: Tags | undefined; description?: string | undefined },
): RegisteredModel {
  const { name, tags = {}, description } = options;
  validateModelName(name);
  for (const [key, value] of Object.entries(tags)) validateRegisteredModelTag(key, value);
  const now = Date.now();
  try {
    insert(session, 'registered_models', {
      name,
      creation_time: now,
      last_updated_time: now,
      description: description ?? null,
    });
  } catch (error) {
    if (error instanceof SqliteError && error.isConstraint) throw alreadyExists(session, name, tags);
    throw error;
  }
  for (const [key, value] of Object.entries(tags)) insert(session, 'registered_model_tags', { key, value, name });
  return getRegisteredModel(session, name);
}

/** Models and prompts share their names. Source: mlflow.prompt.registry_utils.handle_resource_already_exist_error */
function alreadyExists(session: WriteSession, name: string, tags: Tags): MlflowError {
  const kindOf = (own: Tags): string => (promptTagKey in own ? 'Prompt' : 'Registered Model');
  const existing = kindOf(getRegisteredModel(session, name).tags);
  const wanted = kindOf(tags);
  const message =
    existing === wanted
      ? `${wanted} (name=${name}) already exists.`
      : `Tried to create a ${wanted.toLowerCase()} with name ${stringRepr(name)}, but the name is ` +
        `already taken by a ${existing.toLowerCase()}. MLflow does not allow creating a ` +
        'model and a prompt with the same name.';
  return new MlflowError(message, 'RESOURCE_ALREADY_EXISTS');
}

export function updateRegisteredModel(
  session: WriteSession,
  name: string,
  description: string | undefined,
): RegisteredModel {
  getRegisteredModelRow(session, name);
  session.connection.run(
    `UPDATE registered_models SET description = ?, last_updated_time = ? WHERE name = ?${inWorkspace(session, 'registered_models')}`,
    [description ?? null, Date.now(), name],
  );
  return getRegisteredModel(session, name);
}

/** The new name reaches versions, tags and aliases through the database's own cascades. */
export function renameRegisteredModel(session: WriteSession, name: string, newName: string): RegisteredModel {
  validateModelRenaming(newName);
  getRegisteredModelRow(session, name);
  const now = Date.now();
  try {
    session.connection.run(
      `UPDATE registered_models SET name = ?, last_updated_time = ? WHERE name = ?${inWorkspace(session, 'registered_models')}`,
      [newName, now, name],
    );
  } catch (error) {
    if (!(error instanceof SqliteError) || !error.isConstraint) throw error;
    throw new MlflowError(
      `Registered Model (name=${newName}) already exists. Error: (sqlite3.IntegrityError) ${error.message}`,
      'RESOURCE_ALREADY_EXISTS',
      { cause: error },
    );
  }
  session.connection.run(
    `UPDATE model_versions SET last_updated_time = ? WHERE name = ?${inWorkspace(session, 'model_versions')}`,
    [now, newName],
  );
  return getRegisteredModel(session, newName);
}

export function deleteRegisteredModel(session: WriteSession, name: string): void {
  getRegisteredModelRow(session, name);
  const tables = [
    'model_version_tags',
    'registered_model_aliases',
    'registered_model_tags',
    'model_versions',
    'registered_models',
  ];
  for (const table of tables) {
    session.connection.run(`DELETE FROM ${table} WHERE name = ?${inWorkspace(session, table)}`, [name]);
  }
}

export function setRegisteredModelTag(session: WriteSession, name: string, key: string, value: string): void {
  validateModelName(name);
  validateRegisteredModelTag(key, value);
  getRegisteredModelRow(session, name);
  insert(session, 'registered_model_tags', { key, value, name }, { key: ['key', 'name'], action: 'update' });
}

/** A tag that is not there is no error. */
export function deleteRegisteredModelTag(session: WriteSession, name: string, key: string): void {
  validateModelName(name);
  validateTagName(key);
  getRegisteredModelRow(session, name);
  session.connection.run(
    `DELETE FROM registered_model_tags WHERE name = ? AND "key" = ?${inWorkspace(session, 'registered_model_tags')}`,
    [name, key],
  );
}

export function setAlias(session: WriteSession, name: string, alias: string, version: string): void {
  validateModelName(name);
  validateModelAliasName(alias);
  validateModelAliasNameReserved(alias);
  const number = validateModelVersion(version);
  getModelVersionRow(session, name, version);
  insert(
    session,
    'registered_model_aliases',
    { name, alias, version: number },
    { key: ['name', 'alias'], action: 'update' },
  );
}

/** An alias that is not there is no error. */
export function deleteAlias(session: WriteSession, name: string, alias: string): void {
  validateModelName(name);
  validateModelAliasName(alias);
  getRegisteredModelRow(session, name);
  session.connection.run(
    `DELETE FROM registered_model_aliases WHERE name = ? AND alias = ?${inWorkspace(session, 'registered_model_aliases')}`,
    [name, alias],
  );
}

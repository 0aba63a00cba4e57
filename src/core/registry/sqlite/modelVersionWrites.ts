import { isModelsUri, parseModelUri } from '../../artifacts/modelUri.js';
import { MlflowError } from '../../errors.js';
import type { ModelVersion, Tags } from '../../tracking/entities.js';
import { insert } from '../../tracking/sqlite/insert.js';
import { getLoggedModel } from '../../tracking/sqlite/loggedModelReads.js';
import { numberOf } from '../../tracking/sqlite/rows.js';
import type { WriteSession } from '../../tracking/sqlite/storeFile.js';
import {
  validateModelName,
  validateModelVersion,
  validateModelVersionTag,
  validateTagName,
} from '../../tracking/validation.js';
import { canonicalStage, checkCanArchive } from '../stages.js';
import {
  deletedStage,
  getDownloadUri,
  getModelVersion,
  getModelVersionRow,
  getRegisteredModelRow,
  inWorkspace,
} from './registryReads.js';

export interface CreateModelVersionOptions {
  name: string;
  source: string;
  runId?: string | undefined;
  tags?: Tags | undefined;
  runLink?: string | undefined;
  description?: string | undefined;
  modelId?: string | undefined;
}

/** The next version; numbers of deleted ones are not used again. */
export function createModelVersion(session: WriteSession, options: CreateModelVersionOptions): ModelVersion {
  const { name, source, tags = {}, modelId } = options;
  validateModelName(name);
  for (const [key, value] of Object.entries(tags)) validateModelVersionTag(key, value);
  const located = locate(session, source, options.runId ?? null);
  const runId = located.runId || !modelId ? located.runId : getLoggedModel(session, modelId).sourceRunId;
  getRegisteredModelRow(session, name);
  const now = Date.now();
  touchModel(session, name, now);
  const newest = session.connection.get(
    `SELECT max(version) AS version FROM model_versions WHERE name = ?${inWorkspace(session, 'model_versions')}`,
    [name],
  );
  const version = numberOf(newest?.['version']) + 1;
  insert(session, 'model_versions', {
    name,
    version,
    creation_time: now,
    last_updated_time: now,
    description: options.description ?? null,
    user_id: null,
    current_stage: 'None',
    source,
    storage_location: located.storageLocation,
    run_id: runId,
    run_link: options.runLink ?? null,
    status: 'READY',
    status_message: null,
  });
  for (const [key, value] of Object.entries(tags)) insert(session, 'model_version_tags', { name, version, key, value });
  return getModelVersion(session, name, String(version));
}

/** Where the files really lie: sources that name another model are followed once. */
function locate(
  session: WriteSession,
  source: string,
  runId: string | null,
): { storageLocation: string; runId: string | null } {
  if (!isModelsUri(source)) return { storageLocation: source, runId };
  const parsed = parseModelUri(source);
  try {
    if (parsed.kind === 'loggedModel') {
      const model = getLoggedModel(session, parsed.modelId);
      return { storageLocation: model.artifactLocation, runId: runId || model.sourceRunId };
    }
    if (parsed.version === undefined) {
      throw MlflowError.invalidParameter(
        "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
      );
    }
    return { storageLocation: getDownloadUri(session, parsed.name, parsed.version), runId };
  } catch (error) {
    if (!MlflowError.is(error)) throw error;
    throw new MlflowError(
      `Unable to fetch model from model URI source artifact location '${source}'.Error: ${error.message}`,
      'INTERNAL_ERROR',
      { cause: error },
    );
  }
}

function touchModel(session: WriteSession, name: string, now: number): void {
  session.connection.run(
    `UPDATE registered_models SET last_updated_time = ? WHERE name = ?${inWorkspace(session, 'registered_models')}`,
    [now, name],
  );
}

export function updateModelVersion(
  session: WriteSession,
  name: string,
  version: string,
  description: string | undefined,
): ModelVersion {
  getModelVersionRow(session, name, version);
  updateVersionRow(session, name, version, 'description = ?, last_updated_time = ?', [description ?? null, Date.now()]);
  return getModelVersion(session, name, version);
}

function updateVersionRow(
  session: WriteSession,
  name: string,
  version: string,
  assignments: string,
  values: (string | number | null)[],
): void {
  session.connection.run(
    `UPDATE model_versions SET ${assignments} WHERE name = ? AND version = ?${inWorkspace(session, 'model_versions')}`,
    [...values, name, validateModelVersion(version)],
  );
}

export function transitionModelVersionStage(
  session: WriteSession,
  options: { name: string; version: string; stage: string; archiveExistingVersions?: boolean | undefined },
): ModelVersion {
  const { name, version } = options;
  const stage = canonicalStage(options.stage);
  if (options.archiveExistingVersions) checkCanArchive(options.stage);
  getModelVersionRow(session, name, version);
  const now = Date.now();
  if (options.archiveExistingVersions) {
    session.connection.run(
      `UPDATE model_versions SET current_stage = 'Archived', last_updated_time = ?
       WHERE name = ? AND version != ? AND current_stage = ?${inWorkspace(session, 'model_versions')}`,
      [now, name, validateModelVersion(version), stage],
    );
  }
  updateVersionRow(session, name, version, 'current_stage = ?, last_updated_time = ?', [stage, now]);
  touchModel(session, name, now);
  return getModelVersion(session, name, version);
}

/** The row stays, with what it told taken out; its aliases go. */
export function deleteModelVersion(session: WriteSession, name: string, version: string): void {
  const number = validateModelVersion(version);
  getModelVersionRow(session, name, version);
  const now = Date.now();
  touchModel(session, name, now);
  session.connection.run(
    `DELETE FROM registered_model_aliases WHERE name = ? AND version = ?${inWorkspace(session, 'registered_model_aliases')}`,
    [name, number],
  );
  updateVersionRow(
    session,
    name,
    version,
    'current_stage = ?, last_updated_time = ?, description = NULL, user_id = NULL, source = ?, run_id = ?, run_link = ?, status_message = NULL',
    [deletedStage, now, 'REDACTED-SOURCE-PATH', 'REDACTED-RUN-ID', 'REDACTED-RUN-LINK'],
  );
}

export function setModelVersionTag(
  session: WriteSession,
  options: { name: string; version: string; key: string; value: string },
): void {
  const { name, version, key, value } = options;
  validateModelName(name);
  const number = validateModelVersion(version);
  validateModelVersionTag(key, value);
  getModelVersionRow(session, name, version);
  insert(
    session,
    'model_version_tags',
    { name, version: number, key, value },
    { key: ['key', 'name', 'version'], action: 'update' },
  );
}

/** A tag that is not there is no error. */
export function deleteModelVersionTag(session: WriteSession, name: string, version: string, key: string): void {
  validateModelName(name);
  const number = validateModelVersion(version);
  validateTagName(key);
  getModelVersionRow(session, name, version);
  session.connection.run(
    `DELETE FROM model_version_tags WHERE name = ? AND version = ? AND "key" = ?${inWorkspace(session, 'model_version_tags')}`,
    [name, number, key],
  );
}

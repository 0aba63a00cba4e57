import { appendToUriPath } from '../../artifacts/uri.js';
import { MlflowError } from '../../errors.js';
import { stringRepr } from '../../serialization/pythonRepr.js';
import type { LoggedModel, LoggedModelStatus, Tags } from '../entities.js';
import { newModelId, newRandomName } from '../identifiers.js';
import type { CreateLoggedModelOptions } from '../trackingStore.js';
import { validateLoggedModelName } from '../validation.js';
import type { SqlRow } from './connection.js';
import { experimentIdParameter } from './experimentIds.js';
import { getExperiment } from './experimentReads.js';
import { assertExperimentIsActive } from './experimentWrites.js';
import { insert } from './insert.js';
import {
  assembleLoggedModels,
  findLoggedModelRow,
  getLoggedModel,
  loggedModelNotFound,
  statusNumber,
} from './loggedModelReads.js';
import type { WriteSession } from './storeFile.js';

export function createLoggedModel(session: WriteSession, options: CreateLoggedModelOptions): LoggedModel {
  validateLoggedModelName(options.name);
  assertHasLoggedModels(session);
  const experiment = getExperiment(session, options.experimentId);
  assertExperimentIsActive(experiment);
  const modelId = newModelId();
  const experimentId = experimentIdParameter(experiment.experimentId);
  const now = Date.now();
  insert(session, 'logged_models', {
    model_id: modelId,
    experiment_id: experimentId,
    name: options.name ?? newRandomName(),
    artifact_location: appendToUriPath(experiment.artifactLocation, 'models', modelId, 'artifacts'),
    creation_timestamp_ms: now,
    last_updated_timestamp_ms: now,
    status: statusNumber('PENDING'),
    lifecycle_stage: 'active',
    model_type: options.modelType ?? null,
    source_run_id: options.sourceRunId ?? null,
    status_message: null,
  });
  const own = { model_id: modelId, experiment_id: experimentId };
  for (const [key, value] of Object.entries(options.params ?? {})) {
    insert(session, 'logged_model_params', { ...own, param_key: key, param_value: value });
  }
  for (const [key, value] of Object.entries(options.tags ?? {})) {
    insert(session, 'logged_model_tags', { ...own, tag_key: key, tag_value: value });
  }
  return getLoggedModel(session, modelId);
}

/** Sets the status. A deleted model has one too. */
export function finalizeLoggedModel(session: WriteSession, modelId: string, status: LoggedModelStatus): LoggedModel {
  const number = statusNumber(status);
  if (number < 0) {
    throw MlflowError.invalidParameter(`${stringRepr(status)} is not a valid LoggedModelStatus`);
  }
  requireRow(session, modelId);
  session.connection.run('UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ? WHERE model_id = ?', [
    number,
    Date.now(),
    modelId,
  ]);
  return assembleLoggedModels(session, [requireRow(session, modelId)])[0] as LoggedModel;
}

export function deleteLoggedModel(session: WriteSession, modelId: string): void {
  requireRow(session, modelId);
  session.connection.run(
    `UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = ? WHERE model_id = ?`,
    [Date.now(), modelId],
  );
}

export function setLoggedModelTags(session: WriteSession, modelId: string, tags: Tags): void {
  const experimentId = requireRow(session, modelId)['experiment_id'] ?? null;
  for (const [key, value] of Object.entries(tags)) {
    insert(
      session,
      'logged_model_tags',
      { model_id: modelId, experiment_id: experimentId, tag_key: key, tag_value: value },
      { key: ['model_id', 'tag_key'], action: 'update' },
    );
  }
}

export function deleteLoggedModelTag(session: WriteSession, modelId: string, key: string): void {
  requireRow(session, modelId);
  const { changes } = session.connection.run('DELETE FROM logged_model_tags WHERE model_id = ? AND tag_key = ?', [
    modelId,
    key,
  ]);
  if (changes === 0) {
    throw MlflowError.doesNotExist(
      `No tag with key ${stringRepr(key)} found for model with ID ${stringRepr(modelId)}.`,
    );
  }
}

/** @throws BAD_REQUEST when the model has one of the params already. */
export function logLoggedModelParams(session: WriteSession, modelId: string, params: Record<string, string>): void {
  const experimentId = requireRow(session, modelId)['experiment_id'] ?? null;
  for (const [key, value] of Object.entries(params)) {
    insert(session, 'logged_model_params', {
      model_id: modelId,
      experiment_id: experimentId,
      param_key: key,
      param_value: value,
    });
  }
}

function requireRow(session: WriteSession, modelId: string): SqlRow {
  const row = findLoggedModelRow(session, modelId);
  if (row === undefined) throw loggedModelNotFound(modelId);
  return row;
}

function assertHasLoggedModels(session: WriteSession): void {
  if (session.schema.hasLoggedModels) return;
  throw new MlflowError(
    'This database is of MLflow 2, which has no logged models. Run `mlflow db upgrade` on it with MLflow 3.',
    'NOT_IMPLEMENTED',
    { reason: 'storeSchemaUnknown' },
  );
}

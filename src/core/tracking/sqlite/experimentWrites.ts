import { appendToUriPath, resolveUriIfLocal } from '../../artifacts/uri.js';
import { MlflowError } from '../../errors.js';
import type { Experiment, Tags } from '../entities.js';
import { validateArtifactLocationLength, validateExperimentName, validateExperimentTag } from '../validation.js';
import { SqliteError } from './connection.js';
import { experimentIdParameter } from './experimentIds.js';
import { getExperiment } from './experimentReads.js';
import { insert } from './insert.js';
import type { WriteSession } from './storeFile.js';

/** Where artifacts go, and what relative locations are relative to. */
export interface ArtifactPlaces {
  artifactRoot: string;
  cwd: string;
}

/** @throws RESOURCE_ALREADY_EXISTS when the name is taken, also by a deleted experiment. @returns the new id. */
export function createExperiment(
  session: WriteSession,
  options: { name: string; artifactLocation?: string | undefined; tags?: Tags | undefined },
  places: ArtifactPlaces,
): string {
  const { name, tags = {} } = options;
  validateExperimentName(name);
  const given = options.artifactLocation ? resolveUriIfLocal(options.artifactLocation, places.cwd) : null;
  if (given !== null) validateArtifactLocationLength(given);
  for (const [key, value] of Object.entries(tags)) validateExperimentTag(key, value);
  const id = insertExperiment(session, name, given);
  if (given === null) {
    session.connection.run('UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?', [
      appendToUriPath(places.artifactRoot, String(id)),
      id,
    ]);
  }
  for (const [key, value] of Object.entries(tags))
    insert(session, 'experiment_tags', { key, value, experiment_id: id });
  return String(id);
}

function insertExperiment(session: WriteSession, name: string, artifactLocation: string | null): number {
  const now = Date.now();
  try {
    return insert(session, 'experiments', {
      name,
      artifact_location: artifactLocation,
      lifecycle_stage: 'active',
      creation_time: now,
      last_update_time: now,
    });
  } catch (error) {
    if (!(error instanceof SqliteError) || !error.isConstraint) throw error;
    throw new MlflowError(
      `Experiment(name=${name}) already exists. Error: (sqlite3.IntegrityError) ${error.message}`,
      'RESOURCE_ALREADY_EXISTS',
      { cause: error },
    );
  }
}

export function renameExperiment(session: WriteSession, experimentId: string, newName: string): void {
  validateExperimentName(newName);
  const experiment = getExperiment(session, experimentId);
  if (experiment.lifecycleStage !== 'active') {
    throw new MlflowError('Cannot rename a non-active experiment.', 'INVALID_STATE');
  }
  session.connection.run('UPDATE experiments SET name = ?, last_update_time = ? WHERE experiment_id = ?', [
    newName,
    Date.now(),
    experimentIdParameter(experimentId),
  ]);
}

/** Deletes or restores an experiment with all its runs. */
export function moveExperiment(session: WriteSession, experimentId: string, stage: 'active' | 'deleted'): void {
  getExperiment(session, experimentId, stage === 'deleted' ? 'ACTIVE_ONLY' : 'DELETED_ONLY');
  const id = experimentIdParameter(experimentId);
  const now = Date.now();
  session.connection.run('UPDATE experiments SET lifecycle_stage = ?, last_update_time = ? WHERE experiment_id = ?', [
    stage,
    now,
    id,
  ]);
  if (stage === 'deleted') deleteAssessments(session, 'SELECT run_uuid FROM runs WHERE experiment_id = ?', id);
  session.connection.run('UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE experiment_id = ?', [
    stage,
    stage === 'deleted' ? now : null,
    id,
  ]);
}

/** Assessments of traces that a deleted run made go with it. Source: SqlAlchemyStore._mark_run_deleted */
export function deleteAssessments(
  session: WriteSession,
  runs: string,
  parameter: string | number | bigint | null | Uint8Array,
): void {
  if (!session.schema.hasColumn('assessments', 'assessment_metadata')) return;
  session.connection.run(
    `DELETE FROM assessments WHERE assessment_metadata IS NOT NULL AND EXISTS (
       SELECT 1 FROM (${runs}) x
       WHERE instr(assessments.assessment_metadata, '"mlflow.assessment.sourceRunId": "' || x.run_uuid || '"') > 0)`,
    [parameter],
  );
}

export function setExperimentTag(session: WriteSession, experimentId: string, key: string, value: string): void {
  validateExperimentTag(key, value);
  assertExperimentIsActive(getExperiment(session, experimentId));
  insert(
    session,
    'experiment_tags',
    { key, value, experiment_id: experimentIdParameter(experimentId) },
    { key: ['key', 'experiment_id'], action: 'update' },
  );
}

export function deleteExperimentTag(session: WriteSession, experimentId: string, key: string): void {
  assertExperimentIsActive(getExperiment(session, experimentId));
  const { changes } = session.connection.run('DELETE FROM experiment_tags WHERE experiment_id = ? AND "key" = ?', [
    experimentIdParameter(experimentId),
    key,
  ]);
  if (changes === 0) {
    throw MlflowError.doesNotExist(`No tag with name: ${key} in experiment with id ${experimentId}`);
  }
}

export function assertExperimentIsActive({ experimentId, lifecycleStage }: Experiment): void {
  if (lifecycleStage === 'active') return;
  throw MlflowError.invalidParameter(
    `The experiment ${experimentId} must be in the 'active' state. Current state is ${lifecycleStage}.`,
  );
}

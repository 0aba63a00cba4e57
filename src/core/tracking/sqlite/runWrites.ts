import { appendToUriPath } from '../../artifacts/uri.js';
import { MlflowError } from '../../errors.js';
import { pythonRepr } from '../../serialization/pythonRepr.js';
import type { Param, Run, RunInfo, RunStatus } from '../entities.js';
import { newRandomName, newRunId } from '../identifiers.js';
import type { CreateRunOptions } from '../trackingStore.js';
import { validateParam, validateTag } from '../validation.js';
import type { SqlRow } from './connection.js';
import { experimentIdParameter } from './experimentIds.js';
import { getExperiment } from './experimentReads.js';
import { assertExperimentIsActive, deleteAssessments } from './experimentWrites.js';
import { insert } from './insert.js';
import { assembleRuns, getRunRow, runInfoOf } from './runReads.js';
import { textOf } from './rows.js';
import type { WriteSession } from './storeFile.js';

const runNameTag = 'mlflow.runName';
const runStatuses: readonly string[] = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

export function createRun(session: WriteSession, options: CreateRunOptions): Run {
  const experiment = getExperiment(session, options.experimentId);
  assertExperimentIsActive(experiment);
  const tags = { ...options.tags };
  const nameTag = tags[runNameTag] ?? '';
  if (options.runName && nameTag && options.runName !== nameTag) {
    throw MlflowError.invalidParameter(
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with " +
        `different values (run_name='${options.runName}', mlflow.runName='${nameTag}').`,
    );
  }
  const name = options.runName || nameTag || newRandomName();
  if (nameTag === '') tags[runNameTag] = name;
  const runId = newRunId();
  insert(session, 'runs', {
    run_uuid: runId,
    name,
    source_type: 'UNKNOWN',
    source_name: '',
    entry_point_name: '',
    user_id: options.userId ?? options.tags?.['mlflow.user'] ?? 'unknown',
    status: 'RUNNING',
    start_time: options.startTime ?? Date.now(),
    end_time: null,
    source_version: '',
    lifecycle_stage: 'active',
    artifact_uri: appendToUriPath(experiment.artifactLocation, runId, 'artifacts'),
    experiment_id: experimentIdParameter(experiment.experimentId),
    deleted_time: null,
  });
  for (const [key, value] of Object.entries(tags)) insert(session, 'tags', { key, value, run_uuid: runId });
  return assembleRuns(session, [getRunRow(session, runId)])[0] as Run;
}

/** @throws RESOURCE_DOES_NOT_EXIST, and INVALID_PARAMETER_VALUE for a deleted run. */
export function getActiveRunRow(session: WriteSession, runId: string): SqlRow {
  const row = getRunRow(session, runId);
  if (row['lifecycle_stage'] === 'active') return row;
  throw MlflowError.invalidParameter(
    `The run ${runId} must be in the 'active' state. Current state is ${textOf(row['lifecycle_stage'])}.`,
  );
}

export function updateRun(
  session: WriteSession,
  options: {
    runId: string;
    status?: RunStatus | undefined;
    endTime?: number | undefined;
    runName?: string | undefined;
  },
): RunInfo {
  const { runId, status, endTime, runName } = options;
  getActiveRunRow(session, runId);
  if (status !== undefined) {
    assertRunStatus(status);
    session.connection.run('UPDATE runs SET status = ? WHERE run_uuid = ?', [status, runId]);
  }
  if (endTime !== undefined) {
    session.connection.run('UPDATE runs SET end_time = ? WHERE run_uuid = ?', [endTime, runId]);
  }
  if (runName) renameRun(session, runId, runName);
  return runInfoOf(getRunRow(session, runId), undefined);
}

function assertRunStatus(status: string): void {
  if (runStatuses.includes(status)) return;
  throw MlflowError.invalidParameter(
    `Could not get run status corresponding to string ${status}. Valid run status strings: ${pythonRepr(runStatuses)}`,
  );
}

function renameRun(session: WriteSession, runId: string, runName: string): void {
  session.connection.run('UPDATE runs SET name = ? WHERE run_uuid = ?', [runName, runId]);
  putTag(session, runId, { key: runNameTag, value: runName });
}

export function moveRun(session: WriteSession, runId: string, stage: 'active' | 'deleted'): void {
  getRunRow(session, runId);
  if (stage === 'deleted') deleteAssessments(session, 'SELECT ? AS run_uuid', runId);
  session.connection.run('UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE run_uuid = ?', [
    stage,
    stage === 'deleted' ? Date.now() : null,
    runId,
  ]);
}

/** A param is written once. @throws INVALID_PARAMETER_VALUE when it has another value already. */
export function logParam(session: WriteSession, runId: string, given: Param): void {
  const param = validateParam(given);
  getActiveRunRow(session, runId);
  const known = findParam(session, runId, param.key);
  if (known === undefined) {
    insert(session, 'params', { key: param.key, value: param.value, run_uuid: runId });
  } else if (known !== param.value) {
    throw MlflowError.invalidParameter(
      `Changing param values is not allowed. Param with key='${param.key}' was already` +
        ` logged with value='${known}' for run ID='${runId}'. Attempted logging new value '${param.value}'.`,
    );
  }
}

/** The params of a batch, checked before. */
export function putParams(session: WriteSession, runId: string, params: readonly Param[]): void {
  const conflicts: { key: string; old_value: string; new_value: string }[] = [];
  const missing: Param[] = [];
  for (const param of params) {
    const known = findParam(session, runId, param.key);
    if (known === undefined) missing.push(param);
    else if (known !== param.value) conflicts.push({ key: param.key, old_value: known, new_value: param.value });
  }
  if (conflicts.length > 0) {
    throw MlflowError.invalidParameter(
      `Changing param values is not allowed. Params were already logged='${pythonRepr(conflicts)}' for run ID='${runId}'.`,
    );
  }
  for (const { key, value } of missing) insert(session, 'params', { key, value, run_uuid: runId });
}

function findParam(session: WriteSession, runId: string, key: string): string | undefined {
  const row = session.connection.get('SELECT value FROM params WHERE run_uuid = ? AND "key" = ?', [runId, key]);
  return row === undefined ? undefined : textOf(row['value']);
}

export function setTag(session: WriteSession, runId: string, given: Param): void {
  const tag = validateTag(given);
  getActiveRunRow(session, runId);
  putTags(session, runId, [tag]);
}

/** The tags of a batch, checked before. The tag with the run's name renames the run; an empty name is ignored. */
export function putTags(session: WriteSession, runId: string, tags: readonly Param[]): void {
  for (const tag of tags) {
    if (tag.key !== runNameTag) putTag(session, runId, tag);
    else if (tag.value !== '') renameRun(session, runId, tag.value);
  }
}

function putTag(session: WriteSession, runId: string, { key, value }: Param): void {
  insert(session, 'tags', { key, value, run_uuid: runId }, { key: ['key', 'run_uuid'], action: 'update' });
}

export function deleteTag(session: WriteSession, runId: string, key: string): void {
  getActiveRunRow(session, runId);
  const { changes } = session.connection.run('DELETE FROM tags WHERE run_uuid = ? AND "key" = ?', [runId, key]);
  if (changes === 0) throw MlflowError.doesNotExist(`No tag with name: ${key} in run with id ${runId}`);
}

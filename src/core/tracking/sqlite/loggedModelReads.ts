import { MlflowError } from '../../errors.js';
import type { LoggedModel, LoggedModelStatus, Metric } from '../entities.js';
import type { SqlRow } from './connection.js';
import { groupRows, inList, listParameter, numberOf, recordOf, textOf, textOrNull } from './rows.js';
import type { Session } from './storeFile.js';

export const loggedModelColumns = [
  'model_id',
  'experiment_id',
  'name',
  'artifact_location',
  'creation_timestamp_ms',
  'last_updated_timestamp_ms',
  'status',
  'lifecycle_stage',
  'model_type',
  'source_run_id',
  'status_message',
] as const;

const statuses: readonly LoggedModelStatus[] = ['UNSPECIFIED', 'PENDING', 'READY', 'FAILED'];

export function statusNumber(status: LoggedModelStatus): number {
  return statuses.indexOf(status);
}

export function loggedModelNotFound(modelId: string): MlflowError {
  return MlflowError.doesNotExist(`Logged model with ID '${modelId}' not found.`);
}

/** A model that is not deleted. @throws RESOURCE_DOES_NOT_EXIST */
export function getLoggedModel(session: Session, modelId: string): LoggedModel {
  const row = findLoggedModelRow(session, modelId);
  if (row === undefined || row['lifecycle_stage'] === 'deleted') throw loggedModelNotFound(modelId);
  return assembleLoggedModels(session, [row])[0] as LoggedModel;
}

/** The row of a model in any stage. */
export function findLoggedModelRow(session: Session, modelId: string): SqlRow | undefined {
  if (!session.schema.hasLoggedModels) return undefined;
  return session.connection.get(
    `SELECT ${session.schema.select('logged_models', loggedModelColumns)} FROM logged_models WHERE model_id = ?`,
    [modelId],
  );
}

/** Models of rows of the table `logged_models`, with their tags, params and metrics. */
export function assembleLoggedModels(session: Session, rows: readonly SqlRow[]): LoggedModel[] {
  const ids = listParameter(rows.map((row) => String(row['model_id'])));
  const load = (table: string, columns: string): Map<string, SqlRow[]> =>
    groupRows(
      session.connection.all(`SELECT model_id, ${columns} FROM ${table} WHERE model_id ${inList} ORDER BY rowid`, [
        ids,
      ]),
      'model_id',
    );
  const tags = load('logged_model_tags', 'tag_key, tag_value');
  const params = load('logged_model_params', 'param_key, param_value');
  const metrics = load(
    'logged_model_metrics',
    'metric_name, metric_value, metric_timestamp_ms, metric_step, run_id, dataset_name, dataset_digest',
  );
  return rows.map((row) => {
    const modelId = String(row['model_id']);
    return {
      modelId,
      experimentId: textOf(row['experiment_id']),
      name: textOf(row['name']),
      artifactLocation: textOf(row['artifact_location']),
      creationTimestamp: numberOf(row['creation_timestamp_ms']),
      lastUpdatedTimestamp: numberOf(row['last_updated_timestamp_ms']),
      status: statuses[numberOf(row['status'])] ?? 'UNSPECIFIED',
      statusMessage: textOrNull(row['status_message']),
      modelType: textOrNull(row['model_type']),
      sourceRunId: textOrNull(row['source_run_id']),
      tags: recordOf(tags.get(modelId), 'tag_key', 'tag_value'),
      params: recordOf(params.get(modelId), 'param_key', 'param_value'),
      metrics: (metrics.get(modelId) ?? []).map((metric) => metricOf(metric, modelId)),
    };
  });
}

/** NaN was stored as 0 without a flag. */
function metricOf(row: SqlRow, modelId: string): Metric {
  return {
    key: textOf(row['metric_name']),
    value: numberOf(row['metric_value']),
    timestamp: numberOf(row['metric_timestamp_ms']),
    step: numberOf(row['metric_step']),
    datasetName: textOrNull(row['dataset_name']),
    datasetDigest: textOrNull(row['dataset_digest']),
    modelId,
    runId: textOrNull(row['run_id']),
  };
}

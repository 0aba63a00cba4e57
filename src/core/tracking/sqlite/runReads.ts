import { MlflowError } from '../../errors.js';
import type {
  DatasetInput,
  LoggedModelInput,
  LoggedModelOutput,
  Metric,
  PagedList,
  Run,
  RunInfo,
  RunStatus,
} from '../entities.js';
import { createPageToken, parsePageToken } from '../search/pageToken.js';
import type { SqlRow } from './connection.js';
import { hasNanFlag, latestMetricsSource } from './latestMetrics.js';
import {
  groupRows,
  inList,
  listParameter,
  metricValueOf,
  numberOf,
  numberOrNull,
  recordOf,
  textOf,
  textOrNull,
} from './rows.js';
import type { Session } from './storeFile.js';

const runNameTag = 'mlflow.runName';
export const runColumns = [
  'run_uuid',
  'name',
  'user_id',
  'status',
  'start_time',
  'end_time',
  'lifecycle_stage',
  'artifact_uri',
  'experiment_id',
] as const;

/** @throws RESOURCE_DOES_NOT_EXIST */
export function getRunRow(session: Session, runId: string): SqlRow {
  const row = session.connection.get(
    `SELECT ${session.schema.select('runs', runColumns)} FROM runs WHERE run_uuid = ?`,
    [runId],
  );
  if (row === undefined) throw MlflowError.doesNotExist(`Run with id=${runId} not found`);
  return row;
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export function getRun(session: Session, runId: string): Run {
  const [run] = assembleRuns(session, [getRunRow(session, runId)]) as [Run];
  return { ...run, inputs: { ...run.inputs, modelInputs: modelInputs(session, runId) } };
}

/** Runs of rows of the table `runs`, with everything that belongs to them but their model inputs. */
export function assembleRuns(session: Session, rows: readonly SqlRow[]): Run[] {
  const ids = listParameter(rows.map((row) => String(row['run_uuid'])));
  const metrics = latestMetrics(session, ids);
  const params = rowsByRun(session, 'params', ['key', 'value'], ids);
  const tags = rowsByRun(session, 'tags', ['key', 'value'], ids);
  const datasets = datasetInputs(session, ids);
  const outputs = modelOutputs(session, ids);
  return rows.map((row) => {
    const runId = String(row['run_uuid']);
    const metricObjects = (metrics.get(runId) ?? []).map(metricOf);
    const runTags = recordOf(tags.get(runId), 'key', 'value');
    return {
      info: runInfoOf(row, runTags[runNameTag]),
      data: {
        metrics: Object.fromEntries(metricObjects.map(({ key, value }) => [key, value])),
        metricObjects,
        params: recordOf(params.get(runId), 'key', 'value'),
        tags: runTags,
      },
      inputs: { datasetInputs: datasets.get(runId) ?? [], modelInputs: [] },
      outputs: { modelOutputs: outputs.get(runId) ?? [] },
    };
  });
}

/** Runs of MLflow before 1.30 have their name only in a tag. */
export function runInfoOf(row: SqlRow, nameTag: string | undefined): RunInfo {
  return {
    runId: String(row['run_uuid']),
    runName: textOf(row['name']) || (nameTag ?? ''),
    experimentId: textOf(row['experiment_id']),
    userId: textOf(row['user_id']),
    status: textOf(row['status']) as RunStatus,
    startTime: numberOf(row['start_time']),
    endTime: numberOrNull(row['end_time']),
    lifecycleStage: row['lifecycle_stage'] === 'deleted' ? 'deleted' : 'active',
    artifactUri: textOf(row['artifact_uri']),
  };
}

function rowsByRun(session: Session, table: string, columns: readonly string[], ids: string): Map<string, SqlRow[]> {
  if (!session.schema.hasTable(table)) return new Map();
  const rows = session.connection.all(
    `SELECT ${session.schema.select(table, ['run_uuid', ...columns])} FROM ${table} WHERE run_uuid ${inList}`,
    [ids],
  );
  return groupRows(rows, 'run_uuid');
}

function latestMetrics(session: Session, ids: string): Map<string, SqlRow[]> {
  const source = latestMetricsSource(session.schema);
  if (source === null) return new Map();
  const flag = hasNanFlag(session.schema) ? 'is_nan' : '0 AS is_nan';
  const rows = session.connection.all(
    `SELECT run_uuid, "key", value, timestamp, step, ${flag} FROM ${source} WHERE run_uuid ${inList}`,
    [ids],
  );
  return groupRows(rows, 'run_uuid');
}

/** A run's points in a SQL store do not say where they come from. Source: SqlMetric.to_mlflow_entity */
const unknownOrigin = { datasetName: null, datasetDigest: null, modelId: null, runId: null };

function metricOf(row: SqlRow): Metric {
  return {
    key: String(row['key']),
    value: metricValueOf(row),
    timestamp: numberOf(row['timestamp']),
    step: numberOf(row['step']),
    ...unknownOrigin,
  };
}

function datasetInputs(session: Session, ids: string): Map<string, DatasetInput[]> {
  const { schema, connection } = session;
  if (!schema.hasTable('inputs') || !schema.hasTable('datasets')) return new Map();
  const rows = connection.all(
    `SELECT i.destination_id AS run_uuid, d.dataset_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source,
       d.dataset_schema, d.dataset_profile, t.name AS tag_key, t.value AS tag_value
     FROM inputs i JOIN datasets d ON i.source_id = d.dataset_uuid LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid
     WHERE i.destination_type = 'RUN' AND i.destination_id ${inList} ORDER BY i.destination_id, i.rowid`,
    [ids],
  );
  const inputs = new Map<string, DatasetInput[]>();
  for (const [runId, runRows] of groupRows(rows, 'run_uuid')) {
    inputs.set(runId, [...groupRows(runRows, 'dataset_uuid').values()].map(datasetInputOf));
  }
  return inputs;
}

function datasetInputOf(rows: readonly SqlRow[]): DatasetInput {
  const [row] = rows as [SqlRow];
  return {
    dataset: {
      name: textOf(row['name']),
      digest: textOf(row['digest']),
      sourceType: textOf(row['dataset_source_type']),
      source: textOf(row['dataset_source']),
      schema: textOrNull(row['dataset_schema']),
      profile: textOrNull(row['dataset_profile']),
    },
    tags: recordOf(
      rows.filter(({ tag_key: key }) => key != null),
      'tag_key',
      'tag_value',
    ),
  };
}

function modelOutputs(session: Session, ids: string): Map<string, LoggedModelOutput[]> {
  if (!session.schema.hasTable('inputs')) return new Map();
  const rows = session.connection.all(
    `SELECT ${session.schema.select('inputs', ['source_id', 'destination_id', 'step'])} FROM inputs
     WHERE source_type = 'RUN_OUTPUT' AND destination_type = 'MODEL_OUTPUT' AND source_id ${inList} ORDER BY rowid`,
    [ids],
  );
  const outputs = new Map<string, LoggedModelOutput[]>();
  for (const [runId, runRows] of groupRows(rows, 'source_id')) {
    outputs.set(
      runId,
      runRows.map((row) => ({ modelId: textOf(row['destination_id']), step: numberOf(row['step']) })),
    );
  }
  return outputs;
}

function modelInputs(session: Session, runId: string): LoggedModelInput[] {
  if (!session.schema.hasTable('inputs')) return [];
  const rows = session.connection.all(
    `SELECT destination_id FROM inputs
     WHERE source_type = 'RUN_INPUT' AND source_id = ? AND destination_type = 'MODEL_INPUT' ORDER BY rowid`,
    [runId],
  );
  return rows.map((row) => ({ modelId: textOf(row['destination_id']) }));
}

/** Every logged point of a metric, by time, step and value. Source: SqlAlchemyStore.get_metric_history */
export function getMetricHistory(
  session: Session,
  options: { runId: string; key: string; maxResults?: number | undefined; pageToken?: string | undefined },
): PagedList<Metric> {
  const { runId, key, maxResults } = options;
  const offset = parsePageToken(options.pageToken);
  const rows = session.connection.all(
    `SELECT ${session.schema.select('metrics', ['key', 'value', 'timestamp', 'step', 'is_nan'])} FROM metrics
     WHERE run_uuid = ? AND "key" = ? ORDER BY timestamp, step, value LIMIT ? OFFSET ?`,
    [runId, key, maxResults === undefined ? -1 : maxResults + 1, offset],
  );
  const isFull = maxResults !== undefined && rows.length === maxResults + 1;
  return {
    items: (isFull ? rows.slice(0, maxResults) : rows).map(metricOf),
    token: isFull ? createPageToken(offset + maxResults) : null,
  };
}

import { MlflowError } from '../../errors.js';
import type { Metric } from '../entities.js';
import { validateMetric } from '../validation.js';
import type { SqlRow, SqlValue } from './connection.js';
import { insert } from './insert.js';
import { numberOf } from './rows.js';
import { getActiveRunRow } from './runWrites.js';
import type { WriteSession } from './storeFile.js';

const largestFloat = Number.MAX_VALUE;

interface StoredMetric {
  key: string;
  value: number;
  timestamp: number;
  step: number;
  isNan: boolean;
}

/** One point of a run's metric, and of the logged model's when it names one. */
export function logMetric(session: WriteSession, runId: string, metric: Metric): void {
  validateMetric(metric);
  assertWholeDataset(metric);
  const run = getActiveRunRow(session, runId);
  putModelMetrics(session, runId, [metric], run['experiment_id'] ?? null);
  putMetrics(session, runId, [metric]);
}

/** A dataset is named by its name and its digest. Source: mlflow.entities.Metric */
export function assertWholeDataset({ datasetName, datasetDigest }: Metric): void {
  if ((datasetName == null) === (datasetDigest == null)) return;
  throw MlflowError.invalidParameter('Both dataset_name and dataset_digest must be provided if one is provided');
}

/** Points that were checked before. The identical point again adds nothing. */
export function putMetrics(session: WriteSession, runId: string, metrics: readonly Metric[]): void {
  const latest = new Map<string, StoredMetric>();
  for (const metric of metrics) {
    const stored = storedMetric(metric);
    insert(
      session,
      'metrics',
      {
        key: stored.key,
        value: stored.value,
        timestamp: stored.timestamp,
        run_uuid: runId,
        step: stored.step,
        is_nan: Number(stored.isNan),
      },
      { key: ['key', 'timestamp', 'step', 'run_uuid', 'value', 'is_nan'], action: 'nothing' },
    );
    const newest = latest.get(stored.key);
    if (newest === undefined || isMoreRecent(stored, newest)) latest.set(stored.key, stored);
  }
  for (const metric of latest.values()) updateLatest(session, runId, metric);
}

/** NaN is stored as 0 with a flag, infinities as the largest floats. Source: SqlAlchemyStore.sanitize_metric_value */
function storedMetric({ key, value, timestamp, step }: Metric): StoredMetric {
  const isNan = Number.isNaN(value);
  return { key, value: isNan ? 0 : clamp(value), timestamp, step, isNan };
}

function clamp(value: number): number {
  return Math.min(Math.max(value, -largestFloat), largestFloat);
}

/** Greater step, then time, then value, where a NaN counts as its stored 0. */
function isMoreRecent(left: StoredMetric, right: StoredMetric): boolean {
  if (left.step !== right.step) return left.step > right.step;
  if (left.timestamp !== right.timestamp) return left.timestamp > right.timestamp;
  return left.value > right.value;
}

function updateLatest(session: WriteSession, runId: string, metric: StoredMetric): void {
  const row = session.connection.get(
    'SELECT value, timestamp, step, is_nan FROM latest_metrics WHERE run_uuid = ? AND "key" = ?',
    [runId, metric.key],
  );
  if (row !== undefined && !isMoreRecent(metric, storedRow(metric.key, row))) return;
  insert(
    session,
    'latest_metrics',
    {
      key: metric.key,
      value: metric.value,
      timestamp: metric.timestamp,
      step: metric.step,
      is_nan: Number(metric.isNan),
      run_uuid: runId,
    },
    { key: ['key', 'run_uuid'], action: 'update' },
  );
}

function storedRow(key: string, row: SqlRow): StoredMetric {
  return {
    key,
    value: numberOf(row['value']),
    timestamp: numberOf(row['timestamp']),
    step: numberOf(row['step']),
    isNan: numberOf(row['is_nan']) !== 0,
  };
}

/** The points that name a logged model, without a flag for NaN. The identical point again adds nothing. */
export function putModelMetrics(
  session: WriteSession,
  runId: string,
  metrics: readonly Metric[],
  experimentId: SqlValue,
): void {
  for (const metric of metrics) {
    if (metric.modelId == null || !session.schema.hasLoggedModels) continue;
    const { value } = storedMetric(metric);
    if (isStoredModelMetric(session, runId, metric, value)) continue;
    insert(session, 'logged_model_metrics', {
      model_id: metric.modelId,
      metric_name: metric.key,
      metric_timestamp_ms: metric.timestamp,
      metric_step: metric.step,
      metric_value: value,
      experiment_id: experimentId,
      run_id: runId,
      dataset_uuid: null,
      dataset_name: metric.datasetName ?? null,
      dataset_digest: metric.datasetDigest ?? null,
    });
  }
}

function isStoredModelMetric(session: WriteSession, runId: string, metric: Metric, value: number): boolean {
  const row = session.connection.get(
    `SELECT 1 FROM logged_model_metrics WHERE model_id = ? AND metric_name = ? AND metric_timestamp_ms = ?
       AND metric_step = ? AND run_id = ? AND metric_value = ? AND dataset_name IS ? AND dataset_digest IS ?`,
    [
      metric.modelId ?? null,
      metric.key,
      metric.timestamp,
      metric.step,
      runId,
      value,
      metric.datasetName ?? null,
      metric.datasetDigest ?? null,
    ],
  );
  return row !== undefined;
}

import { MlflowError } from '../../errors.js';
import { floatRepr } from '../../serialization/pythonRepr.js';
import type { Metric } from '../entities.js';

/**
 * A line of a run's metric file: `timestamp value [step]`, or with a dataset `timestamp value step name digest`, whose step
 * reads as 0, as in Python.
 * @throws MlflowError INTERNAL_ERROR. Source: FileStore._get_metric_from_line
 */
export function parseRunMetricLine(key: string, line: string, runId: string, experimentId: string): Metric {
  const fields = line.trim().split(' ');
  if (fields.length !== 2 && fields.length !== 3 && fields.length !== 5) {
    throw new MlflowError(
      `Metric '${key}' is malformed; persisted metric data contained ${fields.length} fields. ` +
        `Expected 2, 3, or 5 fields. Experiment id: ${experimentId}`,
    );
  }
  const [timestamp = '', value = '', step = '0', datasetName, datasetDigest] = fields;
  return {
    key,
    value: parseFloatText(value),
    timestamp: parseIntText(timestamp),
    step: fields.length === 3 ? parseIntText(step) : 0,
    datasetName: datasetName ?? null,
    datasetDigest: datasetDigest ?? null,
    modelId: null,
    runId,
  };
}

/**
 * A line of a logged model's metric file: `timestamp value step run [dataset name, digest]`.
 * @throws MlflowError INTERNAL_ERROR. Source: FileStore._get_model_metric_from_line
 */
export function parseModelMetricLine(key: string, line: string, modelId: string): Metric {
  const fields = line.trim().split(' ');
  if (fields.length !== 4 && fields.length !== 6) {
    throw new MlflowError(
      `Metric '${key}' is malformed; persisted metric data contained ${fields.length} fields. Expected 4 or 6 fields.`,
    );
  }
  const [timestamp = '', value = '', step = '', runId = '', datasetName, datasetDigest] = fields;
  return {
    key,
    value: parseFloatText(value),
    timestamp: parseIntText(timestamp),
    step: parseIntText(step),
    datasetName: datasetName ?? null,
    datasetDigest: datasetDigest ?? null,
    modelId,
    runId,
  };
}

function parseIntText(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new MlflowError(`invalid literal for int() with base 10: '${text}'`);
}

function parseFloatText(text: string): number {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word === null) throw new MlflowError(`could not convert string to float: '${text}'`);
  if (word[2]?.toLowerCase() === 'nan') return NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}

export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Python's `max` by (step, timestamp, value): the first of equal ones, and NaN never beats anything. */
export function latestMetric(metrics: readonly Metric[]): Metric | undefined {
  let latest = metrics[0];
  for (const metric of metrics) {
    if (latest !== undefined && isLater(metric, latest)) latest = metric;
  }
  return latest;
}

function isLater(metric: Metric, than: Metric): boolean {
  if (metric.step !== than.step) return metric.step > than.step;
  if (metric.timestamp !== than.timestamp) return metric.timestamp > than.timestamp;
  return metric.value > than.value;
}

/** The line that Python appends for a metric; with a run id for a logged model's file. */
export function metricLine({ timestamp, value, step, datasetName, datasetDigest }: Metric, runId?: string): string {
  const fields = [String(timestamp), floatRepr(value), String(step)];
  if (runId !== undefined) fields.push(runId);
  if (datasetName != null && datasetDigest != null) fields.push(datasetName, datasetDigest);
  return `${fields.join(' ')}\n`;
}

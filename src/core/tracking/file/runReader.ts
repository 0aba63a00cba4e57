import path from 'node:path';
import { MlflowError } from '../../errors.js';
import type { PyValue } from '../../serialization/pyValue.js';
import type { Dataset, DatasetInput, LifecycleStage, Metric, Run, RunData, RunInfo, RunStatus } from '../entities.js';
import type { FileStoreFolder } from './fileStoreFolder.js';
import { keysBelow, readKeyFiles, readMeta, readText, subfolders } from './files.js';
import { numberOf, textOf, type Meta } from './metaYaml.js';
import { latestMetric, linesOf, parseRunMetricLine } from './metricLines.js';

/** Run statuses by the number that meta.yaml holds, from 1. */
export const runStatuses: readonly RunStatus[] = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

/**
 * The info of a run from its meta.yaml, of either generation (`run_id` or `run_uuid`).
 * @throws MlflowError INVALID_STATE when a key is missing without which it is no run
 */
export function runInfoOf(meta: Meta, folder: string): RunInfo {
  const runId = textOf(meta['run_id']) ?? textOf(meta['run_uuid']);
  const experimentId = textOf(meta['experiment_id']);
  const startTime = numberOf(meta['start_time']);
  const artifactUri = textOf(meta['artifact_uri']);
  if (runId === null || experimentId === null || startTime === null || artifactUri === null) {
    throw new MlflowError(
      `${path.join(folder, 'meta.yaml')} lacks one of run_id, experiment_id, start_time and artifact_uri.`,
      'INVALID_STATE',
    );
  }
  return {
    runId,
    runName: textOf(meta['run_name']) || readText(path.join(folder, 'tags', 'mlflow.runName')) || '',
    experimentId,
    userId: textOf(meta['user_id']) ?? '',
    status: statusOf(meta['status'], folder),
    startTime,
    endTime: numberOf(meta['end_time']),
    lifecycleStage: (textOf(meta['lifecycle_stage']) ?? 'active') as LifecycleStage,
    artifactUri,
  };
}

function statusOf(value: PyValue | undefined, folder: string): RunStatus {
  if (value === undefined || value === null) return 'RUNNING';
  const status = typeof value === 'number' ? runStatuses[value - 1] : runStatuses.find((known) => known === value);
  if (status !== undefined) return status;
  throw new MlflowError(
    `${path.join(folder, 'meta.yaml')} has the unknown run status ${String(value)}.`,
    'INVALID_STATE',
  );
}

/** Reads what lies in a run's folder. */
export class RunReader {
  constructor(private readonly store: FileStoreFolder) {}

  /** @throws MlflowError for a metric file with a malformed line, unless `tolerant`: then it is left out with a warning */
  data(info: RunInfo, folder: string, tolerant: boolean): RunData {
    const metricObjects: Metric[] = [];
    for (const key of keysBelow(path.join(folder, 'metrics'))) {
      try {
        const latest = this.latest(info, folder, key);
        if (latest !== undefined) metricObjects.push(latest);
      } catch (error) {
        if (!tolerant) throw error;
        this.store.warn(`Run '${info.runId}': ${MlflowError.from(error).message}`);
      }
    }
    return {
      metrics: Object.fromEntries(metricObjects.map(({ key, value }) => [key, value])),
      metricObjects,
      params: readKeyFiles(path.join(folder, 'params')),
      tags: readKeyFiles(path.join(folder, 'tags')),
    };
  }

  private latest(info: RunInfo, folder: string, key: string): Metric | undefined {
    const metrics = this.history(info, folder, key);
    if (metrics.length === 0) throw new MlflowError(`Metric '${key}' is malformed. No data found.`);
    return latestMetric(metrics);
  }

  /** Every point of a metric in the order of the file; none for an unknown key. */
  history(info: RunInfo, folder: string, key: string): Metric[] {
    const text = readText(path.join(folder, 'metrics', key));
    if (text === undefined) return [];
    return linesOf(text).map((line) => parseRunMetricLine(key, line, info.runId, info.experimentId));
  }

  inputs(info: RunInfo, folder: string): Run['inputs'] {
    const inputs: Run['inputs'] = { datasetInputs: [], modelInputs: [] };
    for (const name of subfolders(path.join(folder, 'inputs'))) {
      const meta = readMeta(path.join(folder, 'inputs', name));
      const sourceId = textOf(meta?.['source_id']);
      if (meta === undefined || sourceId === null) continue;
      if (meta['source_type'] === 'MODEL') inputs.modelInputs.push({ modelId: sourceId });
      if (meta['source_type'] !== 'DATASET') continue;
      const dataset = datasetOf(readMeta(path.join(folder, '..', 'datasets', sourceId)));
      if (dataset !== undefined) inputs.datasetInputs.push({ dataset, tags: tagsOf(meta['tags']) });
      else this.store.warn(`Run '${info.runId}': its dataset '${sourceId}' is not in the store.`);
    }
    return inputs;
  }

  /** The model's id is in `destination_id`: the slip that Python's writer and reader share. */
  outputs(folder: string): Run['outputs'] {
    const modelOutputs = subfolders(path.join(folder, 'outputs')).flatMap((name) => {
      const meta = readMeta(path.join(folder, 'outputs', name));
      const modelId = textOf(meta?.['destination_id']);
      if (meta?.['destination_type'] !== 'MODEL_OUTPUT' || modelId === null) return [];
      return [{ modelId, step: numberOf(meta['step']) ?? 0 }];
    });
    return { modelOutputs };
  }
}

function tagsOf(value: PyValue | undefined): DatasetInput['tags'] {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, tag]) => [key, textOf(tag as PyValue) ?? '']));
}

function datasetOf(meta: Meta | undefined): Dataset | undefined {
  if (meta === undefined) return undefined;
  return {
    name: textOf(meta['name']) ?? '',
    digest: textOf(meta['digest']) ?? '',
    sourceType: textOf(meta['source_type']) ?? '',
    source: textOf(meta['source']) ?? '',
    schema: textOf(meta['schema']),
    profile: textOf(meta['profile']),
  };
}

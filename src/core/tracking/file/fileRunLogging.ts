import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { MlflowError } from '../../errors.js';
import type { DatasetInput, LoggedModelInput, LoggedModelOutput, Metric, Param, RunInfo } from '../entities.js';
import {
  validateBatchLogData,
  validateBatchLogLimits,
  validateMetric,
  validateParam,
  validateParamKeysUnique,
  validateTagName,
} from '../validation.js';
import type { FileStoreFolder } from './fileStoreFolder.js';
import { appendText, makeFolder, readText, writeMeta, writeText } from './files.js';
import type { FileRuns } from './fileRuns.js';
import { metricLine } from './metricLines.js';

const runNameTag = 'mlflow.runName';

/** Everything that is logged to a run of a file store. Source: mlflow.store.tracking.file_store.FileStore */
export class FileRunLogging {
  constructor(
    private readonly store: FileStoreFolder,
    private readonly runs: FileRuns,
  ) {}

  logMetric(runId: string, metric: Metric): void {
    validateMetric(metric);
    const { info, folder } = this.runs.findActive(runId);
    this.appendMetric(info, folder, metric);
  }

  private appendMetric(info: RunInfo, folder: string, metric: Metric): void {
    appendText(path.join(folder, 'metrics', metric.key), metricLine(metric));
    if (metric.modelId == null) return;
    const modelFolder = this.modelFolder(info.experimentId, metric.modelId);
    appendText(path.join(modelFolder, 'metrics', metric.key), metricLine(metric, info.runId));
  }

  private modelFolder(experimentId: string, modelId: string): string {
    const found = this.store.findModel(modelId);
    if (found !== undefined && found.experimentId === experimentId) return found.folder;
    throw MlflowError.doesNotExist(`Model '${modelId}' not found`);
  }

  logParam(runId: string, param: Param): void {
    const valid = validateParam(param);
    const { info, folder } = this.runs.findActive(runId);
    this.writeParam(info, folder, valid);
  }

  private writeParam(info: RunInfo, folder: string, { key, value }: Param): void {
    const file = path.join(folder, 'params', key);
    const current = readText(file);
    if (current === value) return;
    if (current !== undefined) {
      throw MlflowError.invalidParameter(
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${current}' ` +
          `for run ID='${info.runId}'. Attempted logging new value '${value}'.`,
      );
    }
    writeText(file, value, folder);
  }

  setTag(runId: string, key: string, value: string): void {
    validateTagName(key);
    const { folder } = this.runs.findActive(runId);
    this.writeTag(runId, folder, { key, value });
  }

  private writeTag(runId: string, folder: string, { key, value }: Param): void {
    writeText(path.join(folder, 'tags', key), value, folder);
    if (key === runNameTag) this.runs.update({ runId, runName: value });
  }

  deleteTag(runId: string, key: string): void {
    const { folder } = this.runs.findActive(runId);
    validateTagName(key);
    const file = path.join(folder, 'tags', key);
    if (readText(file) === undefined) {
      throw MlflowError.doesNotExist(`No tag with name: ${key} in run with id ${runId}`);
    }
    rmSync(file);
  }

  /** Params, metrics, tags, one after another: a file store has no transactions. */
  logBatch(runId: string, metrics: readonly Metric[], params: readonly Param[], tags: readonly Param[]): void {
    const valid = validateBatchLogData(metrics, params, tags);
    validateBatchLogLimits(metrics.length, params.length, tags.length);
    validateParamKeysUnique(valid.params);
    const { info, folder } = this.runs.findActive(runId);
    try {
      for (const param of valid.params) this.writeParam(info, folder, param);
      for (const metric of metrics) this.appendMetric(info, folder, metric);
      for (const tag of valid.tags) this.writeTag(runId, folder, tag);
    } catch (error) {
      const { message, reason, details } = MlflowError.from(error);
      throw new MlflowError(message, 'INTERNAL_ERROR', { reason, details, cause: error });
    }
  }

  logInputs(runId: string, datasets: readonly DatasetInput[], models: readonly LoggedModelInput[]): void {
    const { info, folder } = this.runs.findActive(runId);
    const experimentFolder = this.store.experimentFolder(info.experimentId) ?? '';
    for (const { dataset, tags } of datasets) {
      const datasetId = datasetIdOf(dataset.name, dataset.digest);
      writeOnce(path.join(experimentFolder, 'datasets', datasetId), {
        digest: dataset.digest,
        name: dataset.name,
        profile: dataset.profile,
        schema: dataset.schema,
        source: dataset.source,
        source_type: dataset.sourceType,
      });
      writeOnce(path.join(folder, 'inputs', inputIdOf(datasetId, runId)), inputMeta('DATASET', datasetId, tags));
    }
    for (const { modelId } of models) {
      writeOnce(path.join(folder, 'inputs', inputIdOf(modelId, runId)), inputMeta('MODEL', modelId, {}));
    }
  }

  logOutputs(runId: string, models: readonly LoggedModelOutput[]): void {
    const { folder } = this.runs.findActive(runId);
    for (const { modelId, step } of models) {
      writeOnce(path.join(folder, 'outputs', modelId), {
        destination_id: modelId,
        destination_type: 'MODEL_OUTPUT',
        source_id: modelId,
        source_type: 'RUN_OUTPUT',
        step,
        tags: {},
      });
    }
  }
}

/** The source's id stands in `destination_id` too: the slip that Python's writer and reader share. */
function inputMeta(sourceType: 'DATASET' | 'MODEL', sourceId: string, tags: Record<string, string>) {
  return {
    destination_id: sourceId,
    destination_type: 'RUN',
    source_id: sourceId,
    source_type: sourceType,
    tags,
  };
}

function writeOnce(folder: string, meta: Parameters<typeof writeMeta>[1]): void {
  if (existsSync(path.join(folder, 'meta.yaml'))) return;
  makeFolder(folder);
  writeMeta(folder, meta);
}

/** The id under which a file store keeps a dataset: md5 of name, then digest. */
export function datasetIdOf(name: string, digest: string): string {
  return createHash('md5').update(name, 'utf8').update(digest, 'utf8').digest('hex');
}

/** The id of an input: md5 of the dataset's or model's id, then the run's. */
export function inputIdOf(sourceId: string, runId: string): string {
  return createHash('md5').update(sourceId, 'utf8').update(runId, 'utf8').digest('hex');
}

import { rmSync } from 'node:fs';
import path from 'node:path';
import { appendToUriPath } from '../../artifacts/uri.js';
import { MlflowError } from '../../errors.js';
import { stringRepr } from '../../serialization/pythonRepr.js';
import type { LoggedModel, LoggedModelStatus, Metric, PagedList, Tags } from '../entities.js';
import { newModelId, newRandomName } from '../identifiers.js';
import type { CreateLoggedModelOptions, SearchLoggedModelsOptions } from '../trackingStore.js';
import { validateLoggedModelName, validateParam, validateTagName } from '../validation.js';
import { defaultExperimentId, type FileExperiments } from './fileExperiments.js';
import { searchLoggedModels } from './fileSearch.js';
import { reservedNames, type FileStoreFolder } from './fileStoreFolder.js';
import { keysBelow, makeFolder, readKeyFiles, readMeta, readText, subfolders, writeMeta, writeText } from './files.js';
import { numberOf, textOf, without, type Meta } from './metaYaml.js';
import { latestMetric, linesOf, parseModelMetricLine } from './metricLines.js';

const statuses: readonly LoggedModelStatus[] = ['UNSPECIFIED', 'PENDING', 'READY', 'FAILED'];

/** Logged models of a file store. Source: mlflow.store.tracking.file_store.FileStore */
export class FileLoggedModels {
  constructor(
    private readonly store: FileStoreFolder,
    private readonly experiments: FileExperiments,
  ) {}

  create(options: CreateLoggedModelOptions): LoggedModel {
    const { experimentId = defaultExperimentId, sourceRunId, tags = {}, params = {}, modelType } = options;
    validateLoggedModelName(options.name);
    const experiment = this.experiments.get(experimentId);
    if (experiment.lifecycleStage !== 'active') {
      throw new MlflowError(
        `Could not create model under non-active experiment with ID ${experimentId}.`,
        'INVALID_STATE',
      );
    }
    for (const [key, value] of Object.entries(params)) validateParam({ key, value });
    for (const key of Object.keys(tags)) validateTagName(key);
    const modelId = newModelId();
    const folder = makeFolder(this.store.experimentFolder(experimentId) ?? '', 'models', modelId);
    for (const part of ['metrics', 'params']) makeFolder(folder, part);
    writeKeyFiles(folder, 'params', params);
    writeKeyFiles(folder, 'tags', tags);
    const now = Date.now();
    writeMeta(folder, {
      artifact_location: appendToUriPath(experiment.artifactLocation, 'models', modelId, 'artifacts'),
      creation_timestamp: now,
      experiment_id: experimentId,
      last_updated_timestamp: now,
      lifecycle_stage: 'active',
      model_id: modelId,
      model_type: modelType ?? null,
      name: options.name ?? newRandomName(),
      source_run_id: sourceRunId ?? null,
      status: statuses.indexOf('PENDING'),
      status_message: null,
    });
    return this.get(modelId);
  }

  get(modelId: string): LoggedModel {
    const { meta, folder } = this.find(modelId);
    return this.modelOf(meta, folder, false);
  }

  /** @throws MlflowError RESOURCE_DOES_NOT_EXIST also for a deleted model */
  private find(modelId: string): { meta: Meta; folder: string } {
    const found = this.store.findModel(modelId);
    const meta = found === undefined ? undefined : readMeta(found.folder);
    if (found === undefined || meta === undefined || meta['lifecycle_stage'] === 'deleted') {
      throw MlflowError.doesNotExist(`Model '${modelId}' not found`);
    }
    if (textOf(meta['experiment_id']) !== found.experimentId || textOf(meta['model_id']) !== modelId) {
      throw new MlflowError(`Model '${modelId}' metadata is in invalid state.`, 'INVALID_STATE');
    }
    return { meta, folder: found.folder };
  }

  private modelOf(meta: Meta, folder: string, tolerant: boolean): LoggedModel {
    const modelId = textOf(meta['model_id']) ?? path.basename(folder);
    return {
      modelId,
      experimentId: textOf(meta['experiment_id']) ?? '',
      name: textOf(meta['name']) ?? '',
      artifactLocation: textOf(meta['artifact_location']) ?? '',
      creationTimestamp: numberOf(meta['creation_timestamp']) ?? 0,
      lastUpdatedTimestamp: numberOf(meta['last_updated_timestamp']) ?? 0,
      status: statuses[numberOf(meta['status']) ?? 0] ?? 'UNSPECIFIED',
      statusMessage: textOf(meta['status_message']),
      modelType: textOf(meta['model_type']),
      sourceRunId: textOf(meta['source_run_id']),
      tags: readKeyFiles(path.join(folder, 'tags')),
      params: readKeyFiles(path.join(folder, 'params')),
      metrics: this.metricsOf(modelId, folder, tolerant),
    };
  }

  /** The latest point of each metric and dataset. */
  private metricsOf(modelId: string, folder: string, tolerant: boolean): Metric[] {
    return keysBelow(path.join(folder, 'metrics')).flatMap((key) => {
      try {
        const text = readText(path.join(folder, 'metrics', key)) ?? '';
        return latestByDataset(linesOf(text).map((line) => parseModelMetricLine(key, line, modelId)));
      } catch (error) {
        if (!tolerant) throw error;
        this.store.warn(`Model '${modelId}': ${MlflowError.from(error).message}`);
        return [];
      }
    });
  }

  search(options: SearchLoggedModelsOptions): PagedList<LoggedModel> {
    this.store.checkRoot();
    return searchLoggedModels(() => options.experimentIds.flatMap((id) => this.list(id)), options);
  }

  private list(experimentId: string): LoggedModel[] {
    const experimentFolder = this.store.experimentFolder(experimentId);
    if (experimentFolder === undefined) return [];
    const parent = path.join(experimentFolder, 'models');
    return subfolders(parent).flatMap((name) => {
      if (reservedNames.has(name)) return [];
      const model = this.readSafely(experimentId, path.join(parent, name));
      return model === undefined ? [] : [model];
    });
  }

  private readSafely(experimentId: string, folder: string): LoggedModel | undefined {
    try {
      const meta = readMeta(folder);
      if (meta === undefined || meta['lifecycle_stage'] === 'deleted') return undefined;
      const model = this.modelOf(meta, folder, true);
      if (model.experimentId === experimentId && model.modelId === path.basename(folder)) return model;
      this.store.warn(
        `Wrong experiment ID (${model.experimentId}) recorded for model '${model.modelId}' in ${folder}. It will be ignored.`,
      );
    } catch (error) {
      this.store.warn(`Malformed model '${path.basename(folder)}': ${MlflowError.from(error).message}`);
    }
    return undefined;
  }

  finalize(modelId: string, status: LoggedModelStatus): LoggedModel {
    const { meta, folder } = this.find(modelId);
    writeMeta(folder, {
      ...without(meta, 'lifecycle_stage'),
      status: statuses.indexOf(status),
      last_updated_timestamp: Date.now(),
    });
    return this.get(modelId);
  }

  delete(modelId: string): void {
    const { meta, folder } = this.find(modelId);
    writeMeta(folder, { ...meta, lifecycle_stage: 'deleted', last_updated_timestamp: Date.now() });
  }

  setTags(modelId: string, tags: Tags): void {
    const { folder } = this.find(modelId);
    for (const key of Object.keys(tags)) validateTagName(key);
    writeKeyFiles(folder, 'tags', tags);
  }

  deleteTag(modelId: string, key: string): void {
    validateTagName(key);
    const { folder } = this.find(modelId);
    const file = path.join(folder, 'tags', key);
    if (readText(file) === undefined) {
      throw MlflowError.doesNotExist(
        `No tag with key ${stringRepr(key)} found for model with ID ${stringRepr(modelId)}.`,
      );
    }
    rmSync(file);
  }

  logParams(modelId: string, params: Record<string, string>): void {
    for (const [key, value] of Object.entries(params)) validateParam({ key, value });
    writeKeyFiles(this.find(modelId).folder, 'params', params);
  }
}

function writeKeyFiles(folder: string, part: string, values: Record<string, string>): void {
  for (const [key, value] of Object.entries(values)) writeText(path.join(folder, part, key), value, folder);
}

function latestByDataset(metrics: readonly Metric[]): Metric[] {
  const groups = new Map<string, Metric[]>();
  for (const metric of metrics) {
    const key = JSON.stringify([metric.datasetName, metric.datasetDigest]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [metric]);
    else group.push(metric);
  }
  return [...groups.values()].flatMap((group) => latestMetric(group) ?? []);
}

import type {
  DatasetInput,
  Experiment,
  LoggedModel,
  LoggedModelInput,
  LoggedModelOutput,
  LoggedModelStatus,
  Metric,
  PagedList,
  Param,
  Run,
  RunInfo,
  RunStatus,
  Tags,
} from '../entities.js';
import type { CountRunsOptions, RunCount } from '../countRuns.js';
import type {
  CreateLoggedModelOptions,
  CreateRunOptions,
  SearchExperimentsOptions,
  SearchLoggedModelsOptions,
  SearchRunsOptions,
  TrackingStore,
} from '../trackingStore.js';
import { fileStoreChangeToken } from './changeToken.js';
import { FileExperiments } from './fileExperiments.js';
import { FileLoggedModels } from './fileLoggedModels.js';
import { FileRunLogging } from './fileRunLogging.js';
import { FileRuns } from './fileRuns.js';
import type { FileStoreFolder } from './fileStoreFolder.js';

/** A folder of experiments (`mlruns`), read and written with synchronous file access: open it in a thread of its own. */
export class FileTrackingStore implements TrackingStore {
  private readonly experiments: FileExperiments;
  private readonly runs: FileRuns;
  private readonly logging: FileRunLogging;
  private readonly models: FileLoggedModels;

  constructor(
    readonly trackingUri: string,
    private readonly folder: FileStoreFolder,
  ) {
    this.experiments = new FileExperiments(folder);
    this.runs = new FileRuns(folder, this.experiments);
    this.logging = new FileRunLogging(folder, this.runs);
    this.models = new FileLoggedModels(folder, this.experiments);
  }

  /** Folders and files that were skipped, and why. */
  get warnings(): readonly string[] {
    return this.folder.warnings;
  }

  async searchExperiments(options: SearchExperimentsOptions = {}): Promise<PagedList<Experiment>> {
    return this.experiments.search(options);
  }

  async getExperiment({ experimentId }: { experimentId: string }): Promise<Experiment> {
    return this.experiments.get(experimentId);
  }

  async getExperimentByName({ name }: { name: string }): Promise<Experiment | null> {
    return this.experiments.getByName(name);
  }

  async createExperiment(options: {
    name: string;
    artifactLocation?: string | undefined;
    tags?: Tags | undefined;
  }): Promise<string> {
    return this.experiments.create(options);
  }

  async renameExperiment({ experimentId, newName }: { experimentId: string; newName: string }): Promise<void> {
    this.experiments.rename(experimentId, newName);
  }

  async deleteExperiment({ experimentId }: { experimentId: string }): Promise<void> {
    this.runs.deleteExperiment(experimentId);
  }

  async restoreExperiment({ experimentId }: { experimentId: string }): Promise<void> {
    this.runs.restoreExperiment(experimentId);
  }

  async setExperimentTag(options: { experimentId: string; key: string; value: string }): Promise<void> {
    this.experiments.setTag(options.experimentId, options.key, options.value);
  }

  async deleteExperimentTag({ experimentId, key }: { experimentId: string; key: string }): Promise<void> {
    this.experiments.deleteTag(experimentId, key);
  }

  async createRun(options: CreateRunOptions): Promise<Run> {
    return this.runs.create(options);
  }

  async getRun({ runId }: { runId: string }): Promise<Run> {
    return this.runs.get(runId);
  }

  async searchRuns(options: SearchRunsOptions): Promise<PagedList<Run>> {
    return this.runs.search(options);
  }

  async countRuns(options: CountRunsOptions): Promise<RunCount> {
    return this.runs.count(options);
  }

  async updateRun(options: {
    runId: string;
    status?: RunStatus | undefined;
    endTime?: number | undefined;
    runName?: string | undefined;
  }): Promise<RunInfo> {
    return this.runs.update(options);
  }

  async deleteRun({ runId }: { runId: string }): Promise<void> {
    this.runs.delete(runId);
  }

  async restoreRun({ runId }: { runId: string }): Promise<void> {
    this.runs.restore(runId);
  }

  async logMetric({ runId, metric }: { runId: string; metric: Metric }): Promise<void> {
    this.logging.logMetric(runId, metric);
  }

  async logParam({ runId, key, value }: { runId: string; key: string; value: string }): Promise<void> {
    this.logging.logParam(runId, { key, value });
  }

  async logBatch(options: { runId: string; metrics?: Metric[]; params?: Param[]; tags?: Param[] }): Promise<void> {
    this.logging.logBatch(options.runId, options.metrics ?? [], options.params ?? [], options.tags ?? []);
  }

  async setTag({ runId, key, value }: { runId: string; key: string; value: string }): Promise<void> {
    this.logging.setTag(runId, key, value);
  }

  async deleteTag({ runId, key }: { runId: string; key: string }): Promise<void> {
    this.logging.deleteTag(runId, key);
  }

  async getMetricHistory(options: {
    runId: string;
    key: string;
    maxResults?: number | undefined;
    pageToken?: string | undefined;
  }): Promise<PagedList<Metric>> {
    return this.runs.metricHistory(options);
  }

  async logInputs(options: { runId: string; datasets?: DatasetInput[]; models?: LoggedModelInput[] }): Promise<void> {
    this.logging.logInputs(options.runId, options.datasets ?? [], options.models ?? []);
  }

  async logOutputs({ runId, models }: { runId: string; models: LoggedModelOutput[] }): Promise<void> {
    this.logging.logOutputs(runId, models);
  }

  async createLoggedModel(options: CreateLoggedModelOptions): Promise<LoggedModel> {
    return this.models.create(options);
  }

  async getLoggedModel({ modelId }: { modelId: string }): Promise<LoggedModel> {
    return this.models.get(modelId);
  }

  async searchLoggedModels(options: SearchLoggedModelsOptions): Promise<PagedList<LoggedModel>> {
    return this.models.search(options);
  }

  async finalizeLoggedModel(options: { modelId: string; status: LoggedModelStatus }): Promise<LoggedModel> {
    return this.models.finalize(options.modelId, options.status);
  }

  async deleteLoggedModel({ modelId }: { modelId: string }): Promise<void> {
    this.models.delete(modelId);
  }

  async setLoggedModelTags({ modelId, tags }: { modelId: string; tags: Tags }): Promise<void> {
    this.models.setTags(modelId, tags);
  }

  async deleteLoggedModelTag({ modelId, key }: { modelId: string; key: string }): Promise<void> {
    this.models.deleteTag(modelId, key);
  }

  async logLoggedModelParams(options: { modelId: string; params: Record<string, string> }): Promise<void> {
    this.models.logParams(options.modelId, options.params);
  }

  async changeToken(): Promise<string> {
    return fileStoreChangeToken(this.folder);
  }

  async close(): Promise<void> {}
}

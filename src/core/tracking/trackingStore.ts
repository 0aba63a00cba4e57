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
  ViewType,
} from './entities.js';

export interface SearchExperimentsOptions {
  viewType?: ViewType | undefined;
  maxResults?: number | undefined;
  filterString?: string | undefined;
  orderBy?: string[] | undefined;
  pageToken?: string | undefined;
}

export interface SearchRunsOptions {
  experimentIds: string[];
  filterString?: string | undefined;
  runViewType?: ViewType | undefined;
  /** Default 1000, at most 50000. */
  maxResults?: number | undefined;
  orderBy?: string[] | undefined;
  pageToken?: string | undefined;
}

export interface LoggedModelOrderBy {
  fieldName: string;
  ascending?: boolean | undefined;
  datasetName?: string | undefined;
  datasetDigest?: string | undefined;
}

export interface SearchLoggedModelsOptions {
  experimentIds: string[];
  filterString?: string | undefined;
  datasets?: { datasetName: string; datasetDigest?: string | undefined }[] | undefined;
  maxResults?: number | undefined;
  orderBy?: LoggedModelOrderBy[] | undefined;
  pageToken?: string | undefined;
}

export interface CreateRunOptions {
  experimentId: string;
  userId?: string | undefined;
  startTime?: number | undefined;
  tags?: Tags | undefined;
  runName?: string | undefined;
}

export interface CreateLoggedModelOptions {
  experimentId: string;
  name?: string | undefined;
  sourceRunId?: string | undefined;
  tags?: Tags | undefined;
  params?: Record<string, string> | undefined;
  modelType?: string | undefined;
}

/**
 * Experiments, runs and logged models, over a file store, a SQLite database or a tracking server.
 * Every method throws `MlflowError` with MLflow's code and message. One options object a call, Python's parameter names.
 * Source: mlflow.store.tracking.abstract_store.
 */
export interface TrackingStore {
  /** The URI the store was opened with, absolute. */
  readonly trackingUri: string;

  searchExperiments(options?: SearchExperimentsOptions): Promise<PagedList<Experiment>>;
  getExperiment(options: { experimentId: string }): Promise<Experiment>;
  /** `null` when there is none. */
  getExperimentByName(options: { name: string }): Promise<Experiment | null>;
  createExperiment(options: {
    name: string;
    artifactLocation?: string | undefined;
    tags?: Tags | undefined;
  }): Promise<string>;
  renameExperiment(options: { experimentId: string; newName: string }): Promise<void>;
  deleteExperiment(options: { experimentId: string }): Promise<void>;
  restoreExperiment(options: { experimentId: string }): Promise<void>;
  setExperimentTag(options: { experimentId: string; key: string; value: string }): Promise<void>;
  deleteExperimentTag(options: { experimentId: string; key: string }): Promise<void>;

  createRun(options: CreateRunOptions): Promise<Run>;
  getRun(options: { runId: string }): Promise<Run>;
  searchRuns(options: SearchRunsOptions): Promise<PagedList<Run>>;
  updateRun(options: {
    runId: string;
    status?: RunStatus | undefined;
    endTime?: number | undefined;
    runName?: string | undefined;
  }): Promise<RunInfo>;
  deleteRun(options: { runId: string }): Promise<void>;
  restoreRun(options: { runId: string }): Promise<void>;
  logMetric(options: { runId: string; metric: Metric }): Promise<void>;
  logParam(options: { runId: string; key: string; value: string }): Promise<void>;
  logBatch(options: { runId: string; metrics?: Metric[]; params?: Param[]; tags?: Param[] }): Promise<void>;
  setTag(options: { runId: string; key: string; value: string }): Promise<void>;
  deleteTag(options: { runId: string; key: string }): Promise<void>;
  getMetricHistory(options: {
    runId: string;
    key: string;
    maxResults?: number | undefined;
    pageToken?: string | undefined;
  }): Promise<PagedList<Metric>>;
  logInputs(options: { runId: string; datasets?: DatasetInput[]; models?: LoggedModelInput[] }): Promise<void>;
  logOutputs(options: { runId: string; models: LoggedModelOutput[] }): Promise<void>;

  createLoggedModel(options: CreateLoggedModelOptions): Promise<LoggedModel>;
  getLoggedModel(options: { modelId: string }): Promise<LoggedModel>;
  searchLoggedModels(options: SearchLoggedModelsOptions): Promise<PagedList<LoggedModel>>;
  finalizeLoggedModel(options: { modelId: string; status: LoggedModelStatus }): Promise<LoggedModel>;
  deleteLoggedModel(options: { modelId: string }): Promise<void>;
  setLoggedModelTags(options: { modelId: string; tags: Tags }): Promise<void>;
  deleteLoggedModelTag(options: { modelId: string; key: string }): Promise<void>;
  logLoggedModelParams(options: { modelId: string; params: Record<string, string> }): Promise<void>;

  /** A text that differs when anything in the store may have changed. Cheap enough to ask for once a second. */
  changeToken(): Promise<string>;
  close(): Promise<void>;
}

/**
 * MLflow's entities with Python's attributes in camelCase: plain data, JSON-serializable, absent values `null`,
 * tags and params as records by name. Times are milliseconds since 1970 (UTC). Ids are text.
 * Source: mlflow.entities.
 */

export type LifecycleStage = 'active' | 'deleted';
export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';
export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
export type LoggedModelStatus = 'UNSPECIFIED' | 'PENDING' | 'READY' | 'FAILED';
export type ModelVersionStatus = 'PENDING_REGISTRATION' | 'FAILED_REGISTRATION' | 'READY';
export type ModelVersionStage = 'None' | 'Staging' | 'Production' | 'Archived';
export type Tags = Record<string, string>;

/** A page of results; `token` is `null` on the last page. */
export interface PagedList<T> {
  items: T[];
  token: string | null;
}

export interface Experiment {
  experimentId: string;
  name: string;
  artifactLocation: string;
  lifecycleStage: LifecycleStage;
  creationTime: number | null;
  lastUpdateTime: number | null;
  tags: Tags;
}

export interface RunInfo {
  runId: string;
  runName: string;
  experimentId: string;
  userId: string;
  status: RunStatus;
  startTime: number;
  endTime: number | null;
  lifecycleStage: LifecycleStage;
  artifactUri: string;
}

export interface Metric {
  key: string;
  value: number;
  timestamp: number;
  step: number;
  datasetName?: string | null;
  datasetDigest?: string | null;
  modelId?: string | null;
  runId?: string | null;
}

export interface Param {
  key: string;
  value: string;
}

export interface RunData {
  /** Latest value by key. */
  metrics: Record<string, number>;
  /** Latest points with step and timestamp. */
  metricObjects: Metric[];
  params: Record<string, string>;
  tags: Tags;
}

export interface Dataset {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

export interface DatasetInput {
  dataset: Dataset;
  tags: Tags;
}

export interface LoggedModelInput {
  modelId: string;
}

export interface LoggedModelOutput {
  modelId: string;
  step: number;
}

export interface Run {
  info: RunInfo;
  data: RunData;
  inputs: { datasetInputs: DatasetInput[]; modelInputs: LoggedModelInput[] };
  outputs: { modelOutputs: LoggedModelOutput[] };
}

/** MLflow 3's logged model: a model directory with an identity of its own. */
export interface LoggedModel {
  modelId: string;
  experimentId: string;
  name: string;
  artifactLocation: string;
  creationTimestamp: number;
  lastUpdatedTimestamp: number;
  status: LoggedModelStatus;
  statusMessage: string | null;
  modelType: string | null;
  sourceRunId: string | null;
  tags: Tags;
  params: Record<string, string>;
  metrics: Metric[];
}

export interface RegisteredModel {
  name: string;
  creationTimestamp: number;
  lastUpdatedTimestamp: number;
  description: string | null;
  /** The newest version of each stage. */
  latestVersions: ModelVersion[];
  tags: Tags;
  /** Alias to version. */
  aliases: Record<string, string>;
}

export interface ModelVersion {
  name: string;
  /** Text at the API, as in Python. */
  version: string;
  creationTimestamp: number;
  lastUpdatedTimestamp: number;
  description: string | null;
  userId: string | null;
  currentStage: ModelVersionStage;
  source: string;
  runId: string | null;
  runLink: string | null;
  status: ModelVersionStatus;
  statusMessage: string | null;
  tags: Tags;
  aliases: string[];
  modelId: string | null;
}

export interface FileInfo {
  /** Relative to the artifact root, with `/`. */
  path: string;
  isDir: boolean;
  /** Bytes; `null` for a directory. */
  fileSize: number | null;
}

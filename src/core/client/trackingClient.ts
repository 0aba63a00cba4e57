import { MlflowError } from '../errors.js';
import type {
  DatasetInput,
  Experiment,
  LoggedModel,
  LoggedModelInput,
  LoggedModelOutput,
  LoggedModelStatus,
  Metric,
  PagedList,
  Run,
  RunStatus,
} from '../tracking/entities.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import type {
  SearchExperimentsOptions,
  SearchLoggedModelsOptions,
  SearchRunsOptions,
} from '../tracking/trackingStore.js';
import { validateExperimentArtifactLocation, validateRunId } from '../tracking/validation.js';
import { splitBatches } from './batches.js';
import { ClientStores, processContext, type ClientContext, type ClientUris } from './clientContext.js';
import { paramImmutableHint } from './paramImmutableHint.js';
import {
  given,
  givenSearch,
  storedMetric,
  storedMetrics,
  storedParams,
  storedTags,
  storedText,
  type MetricInputs,
  type ParamInputs,
} from './values.js';

const runStatuses: readonly string[] = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];
const historyPageSize = 25_000;
type AnyRecord = Readonly<Record<string, unknown>>;

/** Experiments, runs and logged models. Source: mlflow.tracking.client.MlflowClient, _tracking_service.client */
export class TrackingClient {
  /** The stores behind the client. */
  readonly stores: ClientStores;

  constructor(uris: ClientUris = {}, context: ClientContext = processContext) {
    this.stores = new ClientStores(uris, context);
  }

  get trackingUri(): string {
    return this.stores.trackingUri;
  }

  async searchExperiments(options: SearchExperimentsOptions = {}): Promise<PagedList<Experiment>> {
    return (await this.stores.read()).tracking.searchExperiments(givenSearch(options));
  }

  async getExperiment({ experimentId }: { experimentId: string }): Promise<Experiment> {
    return (await this.stores.read()).tracking.getExperiment({ experimentId });
  }

  async getExperimentByName({ name }: { name: string }): Promise<Experiment | null> {
    return (await this.stores.read()).tracking.getExperimentByName({ name });
  }

  async createExperiment(options: {
    name: string;
    artifactLocation?: string | undefined;
    tags?: AnyRecord | undefined;
  }): Promise<string> {
    const { artifactLocation } = given(options);
    validateExperimentArtifactLocation(artifactLocation);
    const { tracking } = await this.stores.write();
    return tracking.createExperiment({ ...options, artifactLocation, tags: storedTags(options.tags) });
  }

  async renameExperiment(options: { experimentId: string; newName: string }): Promise<void> {
    await (await this.stores.write()).tracking.renameExperiment(options);
  }

  async deleteExperiment({ experimentId }: { experimentId: string }): Promise<void> {
    await (await this.stores.write()).tracking.deleteExperiment({ experimentId });
  }

  async restoreExperiment({ experimentId }: { experimentId: string }): Promise<void> {
    await (await this.stores.write()).tracking.restoreExperiment({ experimentId });
  }

  async setExperimentTag(options: { experimentId: string; key: string; value: unknown }): Promise<void> {
    const { tracking } = await this.stores.write();
    await tracking.setExperimentTag({ ...options, value: storedText(options.value) });
  }

  async deleteExperimentTag(options: { experimentId: string; key: string }): Promise<void> {
    await (await this.stores.write()).tracking.deleteExperimentTag(options);
  }

  async createRun(options: {
    experimentId: string;
    startTime?: number | undefined;
    tags?: AnyRecord | undefined;
    runName?: string | undefined;
  }): Promise<Run> {
    const tags = storedTags(options.tags) ?? {};
    const { tracking } = await this.stores.write();
    return tracking.createRun({
      experimentId: options.experimentId,
      userId: tags['mlflow.user'] ?? 'unknown',
      startTime: options.startTime || Date.now(),
      tags,
      runName: options.runName ?? undefined,
    });
  }

  async getRun({ runId }: { runId: string }): Promise<Run> {
    validateRunId(runId);
    return (await this.stores.read()).tracking.getRun({ runId });
  }

  /** The run that this one is nested in; `null` when it is in none. */
  async getParentRun({ runId }: { runId: string }): Promise<Run | null> {
    const parentId = (await this.getRun({ runId })).data.tags['mlflow.parentRunId'];
    return parentId === undefined ? null : this.getRun({ runId: parentId });
  }

  async searchRuns(
    options: Omit<SearchRunsOptions, 'experimentIds'> & { experimentIds: string[] | string },
  ): Promise<PagedList<Run>> {
    const { experimentIds } = options;
    const ids = typeof experimentIds === 'string' ? [experimentIds] : experimentIds;
    return (await this.stores.read()).tracking.searchRuns({ ...givenSearch(options), experimentIds: ids });
  }

  async updateRun(options: {
    runId: string;
    status?: RunStatus | undefined;
    name?: string | undefined;
  }): Promise<void> {
    const { runId, status, name } = given(options);
    if (status === undefined && name === undefined) return;
    const { tracking } = await this.stores.write();
    checkStatus(status);
    await tracking.updateRun({ runId, status, runName: name });
  }

  async setTerminated(options: {
    runId: string;
    status?: RunStatus | undefined;
    endTime?: number | undefined;
  }): Promise<void> {
    const { runId, status, endTime } = given(options);
    checkStatus(status);
    const { tracking } = await this.stores.write();
    await tracking.updateRun({ runId, status: status ?? 'FINISHED', endTime: endTime || Date.now() });
  }

  async deleteRun({ runId }: { runId: string }): Promise<void> {
    await (await this.stores.write()).tracking.deleteRun({ runId });
  }

  async restoreRun({ runId }: { runId: string }): Promise<void> {
    await (await this.stores.write()).tracking.restoreRun({ runId });
  }

  async logMetric(options: {
    runId: string;
    key: string;
    value: number | string | boolean;
    timestamp?: number | undefined;
    step?: number | undefined;
    datasetName?: string | undefined;
    datasetDigest?: string | undefined;
    modelId?: string | undefined;
  }): Promise<void> {
    const { runId, key, value, timestamp, step, datasetName = null, datasetDigest = null, modelId = null } = options;
    const metric = storedMetric({ key, value, timestamp, step, datasetName, datasetDigest, modelId });
    await (await this.stores.write()).tracking.logMetric({ runId, metric });
  }

  /** @returns the value as it was given, as in Python */
  async logParam<T>({ runId, key, value }: { runId: string; key: string; value: T }): Promise<T> {
    const { tracking } = await this.stores.write();
    try {
      await tracking.logParam({ runId, key, value: storedText(value) });
    } catch (error) {
      if (!MlflowError.is(error, 'INVALID_PARAMETER_VALUE')) throw error;
      throw MlflowError.invalidParameter(error.message + paramImmutableHint, { cause: error });
    }
    return value;
  }

  /** Any number of metrics, params and tags, split into batches as the stores take them. */
  async logBatch(options: {
    runId: string;
    metrics?: MetricInputs | undefined;
    params?: ParamInputs | undefined;
    tags?: ParamInputs | undefined;
  }): Promise<void> {
    const { runId } = options;
    const batches = splitBatches(
      storedMetrics(options.metrics),
      storedParams(options.params),
      storedParams(options.tags),
    );
    if (batches.length === 0) return;
    const { tracking } = await this.stores.write();
    for (const batch of batches) await tracking.logBatch({ runId, ...batch });
  }

  async setTag({ runId, key, value }: { runId: string; key: string; value: unknown }): Promise<void> {
    await (await this.stores.write()).tracking.setTag({ runId, key, value: storedText(value) });
  }

  async deleteTag(options: { runId: string; key: string }): Promise<void> {
    await (await this.stores.write()).tracking.deleteTag(options);
  }

  /** Every point that was logged for a metric; none for an unknown key. */
  async getMetricHistory({ runId, key }: { runId: string; key: string }): Promise<Metric[]> {
    const { tracking } = await this.stores.read();
    const history: Metric[] = [];
    let pageToken: string | undefined;
    do {
      const page = await tracking.getMetricHistory({ runId, key, maxResults: historyPageSize, pageToken });
      history.push(...page.items);
      pageToken = page.token ?? undefined;
    } while (pageToken !== undefined);
    return history;
  }

  async logInputs(options: {
    runId: string;
    datasets?: DatasetInput[] | undefined;
    models?: LoggedModelInput[] | undefined;
  }): Promise<void> {
    const { runId, datasets = [], models = [] } = given(options);
    const whole = datasets.map(({ dataset, tags }) => ({
      dataset: { ...dataset, schema: dataset.schema ?? null, profile: dataset.profile ?? null },
      tags: tags ?? {},
    }));
    await (await this.stores.write()).tracking.logInputs({ runId, datasets: whole, models });
  }

  async logOutputs(options: { runId: string; models: LoggedModelOutput[] }): Promise<void> {
    await (await this.stores.write()).tracking.logOutputs(options);
  }

  async createLoggedModel(options: {
    experimentId: string;
    name?: string | undefined;
    sourceRunId?: string | undefined;
    tags?: AnyRecord | undefined;
    params?: AnyRecord | undefined;
    modelType?: string | undefined;
  }): Promise<LoggedModel> {
    const { tracking } = await this.stores.write();
    return tracking.createLoggedModel({
      ...given(options),
      tags: storedTags(options.tags),
      params: storedTags(options.params),
    });
  }

  async getLoggedModel({ modelId }: { modelId: string }): Promise<LoggedModel> {
    checkModelId(modelId);
    return (await this.stores.read()).tracking.getLoggedModel({ modelId });
  }

  async searchLoggedModels(options: SearchLoggedModelsOptions): Promise<PagedList<LoggedModel>> {
    if (!Array.isArray(options.experimentIds)) {
      throw MlflowError.invalidParameter(
        `experiment_ids must be a list of strings, got ${typeof options.experimentIds}`,
      );
    }
    return (await this.stores.read()).tracking.searchLoggedModels(givenSearch(options));
  }

  async finalizeLoggedModel(options: { modelId: string; status: LoggedModelStatus }): Promise<LoggedModel> {
    const { modelId, status } = options;
    checkModelId(modelId);
    if (!['PENDING', 'READY', 'FAILED'].includes(status)) {
      throw MlflowError.invalidParameter(`${stringRepr(status)} is not a valid LoggedModelStatus`);
    }
    return (await this.stores.write()).tracking.finalizeLoggedModel({ modelId, status });
  }

  async deleteLoggedModel({ modelId }: { modelId: string }): Promise<void> {
    checkModelId(modelId);
    await (await this.stores.write()).tracking.deleteLoggedModel({ modelId });
  }

  async setLoggedModelTags({ modelId, tags }: { modelId: string; tags: AnyRecord }): Promise<void> {
    const { tracking } = await this.stores.write();
    await this.checkModelExists(
      modelId,
      'set tags on a Registered Model Version, use `set_model_version_tag` instead.',
    );
    await tracking.setLoggedModelTags({ modelId, tags: storedTags(tags) ?? {} });
  }

  async deleteLoggedModelTag({ modelId, key }: { modelId: string; key: string }): Promise<void> {
    checkModelId(modelId);
    await (await this.stores.write()).tracking.deleteLoggedModelTag({ modelId, key });
  }

  async logModelParams({ modelId, params }: { modelId: string; params: AnyRecord }): Promise<void> {
    const { tracking } = await this.stores.write();
    await this.checkModelExists(modelId, 'log parameters to a Registered Model Version, this is not supported.');
    await tracking.logLoggedModelParams({ modelId, params: storedTags(params) ?? {} });
  }

  private async checkModelExists(modelId: string, attempt: string): Promise<void> {
    checkModelId(modelId);
    try {
      await this.getLoggedModel({ modelId });
    } catch (error) {
      throw MlflowError.invalidParameter(
        `Failed to get logged model with ID ${modelId}. You may not have access to the logged model, or the logged model ` +
          `may have been deleted. If you are attempting to ${attempt}`,
        { cause: error },
      );
    }
  }
}

function checkModelId(modelId: string): void {
  if (modelId) return;
  throw MlflowError.invalidParameter(`\`model_id\` must be a non-empty string, but got ${stringRepr(modelId ?? '')}`);
}

function checkStatus(status: string | undefined): void {
  if (status === undefined || runStatuses.includes(status)) return;
  throw new MlflowError(
    `Could not get run status corresponding to string ${status}. Valid run status strings: ` +
      `[${runStatuses.map((known) => `'${known}'`).join(', ')}]`,
  );
}

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
import { asInSession } from '../search/pythonErrors.js';
import type {
  CreateLoggedModelOptions,
  CreateRunOptions,
  SearchExperimentsOptions,
  SearchLoggedModelsOptions,
  SearchRunsOptions,
  TrackingStore,
} from '../trackingStore.js';
import { validateBatchLogData, validateBatchLogLimits, validateParamKeysUnique, validateRunId } from '../validation.js';
import * as experimentReads from './experimentReads.js';
import * as experimentWrites from './experimentWrites.js';
import * as inputWrites from './inputWrites.js';
import * as loggedModelReads from './loggedModelReads.js';
import { searchLoggedModels } from './loggedModelSearch.js';
import * as loggedModelWrites from './loggedModelWrites.js';
import * as metricWrites from './metricWrites.js';
import * as runReads from './runReads.js';
import { searchRuns } from './runSearch.js';
import * as runWrites from './runWrites.js';
import type { StoreFile } from './storeFile.js';

/**
 * The tracking half of an MLflow database. Every write is one transaction; what a method throws is MLflow's code and text.
 * Source: mlflow.store.tracking.sqlalchemy_store.SqlAlchemyStore
 */
export class SqliteTrackingStore implements TrackingStore {
  readonly trackingUri: string;
  readonly #file: StoreFile;
  readonly #places: experimentWrites.ArtifactPlaces;
  readonly #close: () => Promise<void>;

  constructor(
    trackingUri: string,
    file: StoreFile,
    places: experimentWrites.ArtifactPlaces,
    close: () => Promise<void>,
  ) {
    this.trackingUri = trackingUri;
    this.#file = file;
    this.#places = places;
    this.#close = close;
  }

  searchExperiments(options: SearchExperimentsOptions = {}): Promise<PagedList<Experiment>> {
    return this.#file.read((session) => asInSession(() => experimentReads.searchExperiments(session, options)));
  }

  getExperiment({ experimentId }: { experimentId: string }): Promise<Experiment> {
    return this.#file.read((session) => experimentReads.getExperiment(session, experimentId));
  }

  getExperimentByName({ name }: { name: string }): Promise<Experiment | null> {
    return this.#file.read((session) => experimentReads.getExperimentByName(session, name));
  }

  createExperiment(options: {
    name: string;
    artifactLocation?: string | undefined;
    tags?: Tags | undefined;
  }): Promise<string> {
    return this.#file.write((session) => experimentWrites.createExperiment(session, options, this.#places));
  }

  renameExperiment({ experimentId, newName }: { experimentId: string; newName: string }): Promise<void> {
    return this.#file.write((session) => experimentWrites.renameExperiment(session, experimentId, newName));
  }

  deleteExperiment({ experimentId }: { experimentId: string }): Promise<void> {
    return this.#file.write((session) => experimentWrites.moveExperiment(session, experimentId, 'deleted'));
  }

  restoreExperiment({ experimentId }: { experimentId: string }): Promise<void> {
    return this.#file.write((session) => experimentWrites.moveExperiment(session, experimentId, 'active'));
  }

  setExperimentTag({ experimentId, key, value }: { experimentId: string; key: string; value: string }): Promise<void> {
    return this.#file.write((session) => experimentWrites.setExperimentTag(session, experimentId, key, value));
  }

  deleteExperimentTag({ experimentId, key }: { experimentId: string; key: string }): Promise<void> {
    return this.#file.write((session) => experimentWrites.deleteExperimentTag(session, experimentId, key));
  }

  createRun(options: CreateRunOptions): Promise<Run> {
    return this.#file.write((session) => runWrites.createRun(session, options));
  }

  getRun({ runId }: { runId: string }): Promise<Run> {
    return this.#file.read((session) => runReads.getRun(session, runId));
  }

  searchRuns(options: SearchRunsOptions): Promise<PagedList<Run>> {
    return this.#file.read((session) => asInSession(() => searchRuns(session, options)));
  }

  updateRun(options: {
    runId: string;
    status?: RunStatus | undefined;
    endTime?: number | undefined;
    runName?: string | undefined;
  }): Promise<RunInfo> {
    return this.#file.write((session) => runWrites.updateRun(session, options));
  }

  deleteRun({ runId }: { runId: string }): Promise<void> {
    return this.#file.write((session) => runWrites.moveRun(session, runId, 'deleted'));
  }

  restoreRun({ runId }: { runId: string }): Promise<void> {
    return this.#file.write((session) => runWrites.moveRun(session, runId, 'active'));
  }

  logMetric({ runId, metric }: { runId: string; metric: Metric }): Promise<void> {
    return this.#file.write((session) => metricWrites.logMetric(session, runId, metric));
  }

  logParam({ runId, key, value }: { runId: string; key: string; value: string }): Promise<void> {
    return this.#file.write((session) => runWrites.logParam(session, runId, { key, value }));
  }

  logBatch(options: { runId: string; metrics?: Metric[]; params?: Param[]; tags?: Param[] }): Promise<void> {
    const { runId, metrics = [] } = options;
    return this.#file.write((session) => {
      metrics.forEach(metricWrites.assertWholeDataset);
      validateRunId(runId);
      const { params, tags } = validateBatchLogData(metrics, options.params ?? [], options.tags ?? []);
      validateBatchLogLimits(metrics.length, params.length, tags.length);
      validateParamKeysUnique(params);
      const run = runWrites.getActiveRunRow(session, runId);
      runWrites.putParams(session, runId, params);
      metricWrites.putMetrics(session, runId, metrics);
      metricWrites.putModelMetrics(session, runId, metrics, run['experiment_id'] ?? null);
      runWrites.putTags(session, runId, tags);
    });
  }

  setTag({ runId, key, value }: { runId: string; key: string; value: string }): Promise<void> {
    return this.#file.write((session) => runWrites.setTag(session, runId, { key, value }));
  }

  deleteTag({ runId, key }: { runId: string; key: string }): Promise<void> {
    return this.#file.write((session) => runWrites.deleteTag(session, runId, key));
  }

  getMetricHistory(options: {
    runId: string;
    key: string;
    maxResults?: number | undefined;
    pageToken?: string | undefined;
  }): Promise<PagedList<Metric>> {
    return this.#file.read((session) => runReads.getMetricHistory(session, options));
  }

  logInputs(options: { runId: string; datasets?: DatasetInput[]; models?: LoggedModelInput[] }): Promise<void> {
    return this.#file.write((session) => inputWrites.logInputs(session, options));
  }

  logOutputs({ runId, models }: { runId: string; models: LoggedModelOutput[] }): Promise<void> {
    return this.#file.write((session) => inputWrites.logOutputs(session, runId, models));
  }

  createLoggedModel(options: CreateLoggedModelOptions): Promise<LoggedModel> {
    return this.#file.write((session) => loggedModelWrites.createLoggedModel(session, options));
  }

  getLoggedModel({ modelId }: { modelId: string }): Promise<LoggedModel> {
    return this.#file.read((session) => loggedModelReads.getLoggedModel(session, modelId));
  }

  searchLoggedModels(options: SearchLoggedModelsOptions): Promise<PagedList<LoggedModel>> {
    return this.#file.read((session) => searchLoggedModels(session, options));
  }

  finalizeLoggedModel({ modelId, status }: { modelId: string; status: LoggedModelStatus }): Promise<LoggedModel> {
    return this.#file.write((session) => loggedModelWrites.finalizeLoggedModel(session, modelId, status));
  }

  deleteLoggedModel({ modelId }: { modelId: string }): Promise<void> {
    return this.#file.write((session) => loggedModelWrites.deleteLoggedModel(session, modelId));
  }

  setLoggedModelTags({ modelId, tags }: { modelId: string; tags: Tags }): Promise<void> {
    return this.#file.write((session) => loggedModelWrites.setLoggedModelTags(session, modelId, tags));
  }

  deleteLoggedModelTag({ modelId, key }: { modelId: string; key: string }): Promise<void> {
    return this.#file.write((session) => loggedModelWrites.deleteLoggedModelTag(session, modelId, key));
  }

  logLoggedModelParams({ modelId, params }: { modelId: string; params: Record<string, string> }): Promise<void> {
    return this.#file.write((session) => loggedModelWrites.logLoggedModelParams(session, modelId, params));
  }

  changeToken(): Promise<string> {
    return this.#file.database.changeToken();
  }

  close(): Promise<void> {
    return this.#close();
  }
}

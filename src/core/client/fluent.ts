import {
  downloadArtifacts,
  listArtifacts,
  loadDict,
  loadText,
  type ArtifactSelection,
} from '../artifacts/artifactFunctions.js';
import { resolveModelUri, type ResolvedModelUri } from '../artifacts/resolveModelUri.js';
import { appendToUriPath } from '../artifacts/uri.js';
import { HubClient } from '../hub/hubClient.js';
import type { JsonValue, LongRunningOptions } from '../ports.js';
import type { FileInfo, LoggedModel, ModelVersion, Run, RunStatus } from '../tracking/entities.js';
import { ActiveRuns } from './activeRuns.js';
import { processContext, type ClientContext, type ClientUris } from './clientContext.js';
import { FluentExperiments } from './fluentExperiments.js';
import { MlflowClient } from './mlflowClient.js';
import { registerModel, type RegisterModelOptions } from './registerModel.js';
import { contextTags } from './runContext.js';
import { startedRun, type StartRunOptions } from './startedRun.js';
import { given, storedTags, type MetricInput } from './values.js';

export interface LogMetricOptions {
  step?: number | undefined;
  timestamp?: number | undefined;
  runId?: string | undefined;
  modelId?: string | undefined;
}

type AnyRecord = Readonly<Record<string, unknown>>;

/**
 * Python's module-level functions: a current tracking URI, experiment and run. One instance is `mlflow` as callers see it.
 * Source: mlflow.tracking.fluent
 */
export class Fluent {
  readonly experiments: FluentExperiments;
  private readonly active = new ActiveRuns();
  private trackingUri: string | undefined;
  private registryUri: string | undefined;
  private current: { key: string; client: MlflowClient } | undefined;

  constructor(
    private readonly context: ClientContext = processContext,
    /** The program, as the tag `mlflow.source.name` shows it. */
    private readonly mainFile: string | undefined = process.argv[1],
  ) {
    this.experiments = new FluentExperiments(() => this.client(), context.environment);
  }

  setTrackingUri(uri: string): void {
    this.trackingUri = uri;
  }

  getTrackingUri(): string {
    return this.client().trackingUri;
  }

  setRegistryUri(uri: string): void {
    this.registryUri = uri;
  }

  getRegistryUri(): string {
    return this.client().registryUri;
  }

  /** What `setTrackingUri` and `setRegistryUri` said; a client without URIs of its own follows it. */
  get chosenUris(): ClientUris {
    return { trackingUri: this.trackingUri, registryUri: this.registryUri };
  }

  /** The client for the current URIs. */
  client(): MlflowClient {
    const client = new MlflowClient(this.chosenUris, this.context);
    const key = JSON.stringify([client.trackingUri, client.registryUri, this.context.cwd()]);
    if (this.current?.key !== key) this.current = { key, client };
    return this.current.client;
  }

  /** Makes an experiment the current one, by its name (made when missing) or its id. */
  setExperiment = (...args: Parameters<FluentExperiments['set']>) => this.experiments.set(...args);

  activeRun(): Run | null {
    return this.active.current ?? null;
  }

  /**
   * Starts a run (or takes up an existing one), calls `action` with it and ends it: FINISHED, or FAILED when `action` throws.
   * Without `action` the run stays active until `endRun`.
   * @throws MlflowError when another run is active and `nested` is not set
   */
  async startRun<T = Run>(options: StartRunOptions = {}, action?: (run: Run) => Promise<T> | T): Promise<T> {
    await this.experiments.settled();
    const run = await startedRun(options, {
      client: this.client(),
      activeRuns: this.active.stack,
      currentExperimentId: () => this.experiments.currentId(),
      activeExperimentId: this.experiments.activeId,
      environment: this.context.environment,
      contextTags: (tags) => contextTags(this.context.environment, this.mainFile, tags),
    });
    if (action === undefined) {
      this.active.stack.push(run);
      return run as T;
    }
    return this.active.runInside(run, () => this.finish(run, action));
  }

  private async finish<T>(run: Run, action: (run: Run) => Promise<T> | T): Promise<T> {
    const client = this.client();
    const { runId } = run.info;
    let result: T;
    try {
      result = await action(run);
    } catch (error) {
      await client.setTerminated({ runId, status: 'FAILED' });
      throw error;
    }
    if (this.active.stack.includes(run)) await client.setTerminated({ runId, status: 'FINISHED' });
    return result;
  }

  /** Ends the innermost active run. */
  async endRun(status: RunStatus = 'FINISHED'): Promise<void> {
    const run = this.active.stack.pop();
    if (run !== undefined) await this.client().setTerminated({ runId: run.info.runId, status });
  }

  async logParam<T>(key: string, value: T): Promise<T> {
    return this.client().logParam({ runId: await this.currentRunId(), key, value });
  }

  async logParams(params: AnyRecord, { runId }: { runId?: string | undefined } = {}): Promise<void> {
    await this.client().logBatch({ runId: runId ?? (await this.currentRunId()), params });
  }

  async logMetric(key: string, value: number, options: LogMetricOptions = {}): Promise<void> {
    await this.logMetrics({ [key]: value }, options);
  }

  /** Metrics of a step at which the run logged models become metrics of those models too. */
  async logMetrics(metrics: Readonly<Record<string, number>>, options: LogMetricOptions = {}): Promise<void> {
    const { step = 0, timestamp = Date.now(), modelId } = given(options);
    const client = this.client();
    const run = await client.getRun({ runId: options.runId ?? (await this.currentRunId()) });
    const { runId } = run.info;
    const outputs = run.outputs.modelOutputs;
    const known = [...run.inputs.modelInputs, ...outputs].map((model) => model.modelId);
    if (modelId !== undefined && !known.includes(modelId)) await client.logInputs({ runId, models: [{ modelId }] });
    const atStep = outputs.filter((output) => output.step === step).map((output) => output.modelId);
    const modelIds = modelId !== undefined ? [modelId] : atStep.length > 0 ? atStep : [null];
    const points = Object.entries(metrics).flatMap(([key, value]) =>
      modelIds.map((id): MetricInput => ({ key, value, timestamp, step, modelId: id })),
    );
    await client.logBatch({ runId, metrics: points });
  }

  async setTag(key: string, value: unknown): Promise<void> {
    await this.client().setTag({ runId: await this.currentRunId(), key, value });
  }

  async setTags(tags: AnyRecord): Promise<void> {
    await this.client().logBatch({ runId: await this.currentRunId(), tags });
  }

  async deleteTag(key: string): Promise<void> {
    await this.client().deleteTag({ runId: await this.currentRunId(), key });
  }

  async logText(text: string, artifactFile: string): Promise<void> {
    await this.client().logText({ runId: await this.currentRunId(), text, artifactFile });
  }

  async logDict(dictionary: unknown, artifactFile: string): Promise<void> {
    await this.client().logDict({ runId: await this.currentRunId(), dictionary, artifactFile });
  }

  async logArtifact(localPath: string, artifactPath?: string, options: LongRunningOptions = {}): Promise<void> {
    await this.client().logArtifact({ runId: await this.currentRunId(), localPath, artifactPath, ...options });
  }

  async logArtifacts(localDir: string, artifactPath?: string, options: LongRunningOptions = {}): Promise<void> {
    await this.client().logArtifacts({ runId: await this.currentRunId(), localDir, artifactPath, ...options });
  }

  /** The URI of the current run's artifacts, or of a path below them. */
  async getArtifactUri(artifactPath?: string): Promise<string> {
    const { info } = await this.client().getRun({ runId: await this.currentRunId() });
    return artifactPath === undefined ? info.artifactUri : appendToUriPath(info.artifactUri, artifactPath);
  }

  /** A logged model of the current run and experiment, PENDING, with tags that say where it comes from. */
  async initializeLoggedModel(
    options: {
      name?: string | undefined;
      sourceRunId?: string | undefined;
      tags?: AnyRecord | undefined;
      params?: AnyRecord | undefined;
      modelType?: string | undefined;
      experimentId?: string | undefined;
    } = {},
  ): Promise<LoggedModel> {
    const client = this.client();
    const run = this.active.current;
    const experimentId = options.experimentId ?? run?.info.experimentId ?? (await this.experiments.currentId());
    const tags = contextTags(this.context.environment, this.mainFile, storedTags(options.tags));
    return client.createLoggedModel({
      ...options,
      experimentId,
      sourceRunId: options.sourceRunId ?? run?.info.runId,
      tags,
    });
  }

  async registerModel(modelUri: string, name: string, options: RegisterModelOptions = {}): Promise<ModelVersion> {
    return registerModel(this.client(), modelUri, name, options);
  }

  /** Every run that matches, in the current experiment unless others are named. */
  async searchRuns(
    options: {
      experimentIds?: string[] | undefined;
      experimentNames?: string[] | undefined;
      searchAllExperiments?: boolean | undefined;
      filterString?: string | undefined;
      runViewType?: 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL' | undefined;
      maxResults?: number | undefined;
      orderBy?: string[] | undefined;
    } = {},
  ): Promise<Run[]> {
    const { filterString, runViewType, orderBy, maxResults = 100_000 } = given(options);
    const experimentIds = await this.experiments.idsOfSearch(given(options));
    const runs: Run[] = [];
    let pageToken: string | undefined;
    while (experimentIds.length > 0 && runs.length < maxResults) {
      const page = await this.client().searchRuns({
        experimentIds,
        filterString,
        runViewType,
        orderBy,
        pageToken,
        maxResults: Math.min(10_000, maxResults - runs.length),
      });
      runs.push(...page.items);
      if (page.token === null) break;
      pageToken = page.token;
    }
    return runs;
  }

  resolveModelUri(uri: string): Promise<ResolvedModelUri> {
    return resolveModelUri(uri, () => this.client().artifactStores());
  }

  /** The Hub as the environment of the moment describes it. */
  private readonly hub = () => new HubClient({ environment: this.context.environment });

  /** `mlflow.artifacts`. */
  readonly artifacts = {
    downloadArtifacts: (
      options: ArtifactSelection & UriOptions & { dstPath?: string | undefined } & LongRunningOptions,
    ): Promise<string> => downloadArtifacts(options, () => this.storesFor(options), this.hub),
    listArtifacts: (options: ArtifactSelection & UriOptions): Promise<FileInfo[]> =>
      listArtifacts(options, () => this.storesFor(options), this.hub),
    loadText: (artifactUri: string): Promise<string> => loadText(artifactUri, () => this.storesFor({}), this.hub),
    loadDict: (artifactUri: string): Promise<JsonValue> => loadDict(artifactUri, () => this.storesFor({}), this.hub),
  };

  private storesFor({ trackingUri, registryUri }: UriOptions) {
    if (trackingUri === undefined && registryUri === undefined) return this.client().artifactStores();
    return new MlflowClient({ trackingUri, registryUri }, this.context).artifactStores();
  }

  /** The innermost active run; one is started when there is none, as in Python. */
  private async currentRunId(): Promise<string> {
    const { info } = this.active.current ?? (await this.startRun<Run>());
    return info.runId;
  }
}

export interface UriOptions {
  trackingUri?: string | undefined;
  registryUri?: string | undefined;
}

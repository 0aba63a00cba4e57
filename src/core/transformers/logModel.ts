import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStored } from '../artifacts/artifactFunctions.js';
import { appendToUriPath } from '../artifacts/uri.js';
import type { Fluent } from '../client/fluent.js';
import { MlflowError } from '../errors.js';
import { Model } from '../mlmodel/model.js';
import type { ModelInfo } from '../mlmodel/modelInfo.js';
import { silentLog, type Log } from '../ports.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';
import { pythonStr } from '../serialization/pythonRepr.js';
import { dumpPythonJson, parsePythonJson } from '../serialization/pythonJson.js';
import type { LoggedModel, Run } from '../tracking/entities.js';
import { declaredEnvironment } from './declaredVersions.js';
import type { TransformersModel } from './modelSource.js';
import { completeLoggedModel } from './loggedFiles.js';
import { saveModelWith } from './saveModel.js';
import type { SaveModelOptions, SaveServices, SavedModel } from './saveOptions.js';

/** Python's parameters of `mlflow.transformers.log_model` beyond those of `saveModel`. */
export interface LogModelOptions extends Omit<SaveModelOptions, 'mlflowModel'> {
  name?: string | undefined;
  /** @deprecated Python's old name of `name`; the path below the run's artifacts in generation 2. */
  artifactPath?: string | undefined;
  /** Log to this run instead of the active one. */
  runId?: string | undefined;
  registeredModelName?: string | undefined;
  /** Seconds to wait for the registered version; `null` or 0: not at all. */
  awaitRegistrationFor?: number | null | undefined;
  prompts?: readonly string[] | undefined;
  params?: PyRecord | undefined;
  tags?: PyRecord | undefined;
  modelType?: string | undefined;
  step?: number | undefined;
  /** Complete this logged model instead of making one. */
  modelId?: string | undefined;
  /** Experiment of a model that is logged without a run. */
  experimentId?: string | undefined;
}

/** What `logModel` returns: Python's ModelInfo, and what the user should know. */
export interface LoggedModelInfo extends ModelInfo {
  readonly warnings: string[];
}

const historyTag = 'mlflow.log-model.history';

/**
 * Saves a model into the store: as a LoggedModel with an identity of its own (MLflow 3), or below a run's artifacts
 * (`compatibility: '2'`). A failed save leaves the LoggedModel FAILED and no files; a cancelled one leaves neither.
 * Source: mlflow.models.Model.log of both generations.
 * @throws MlflowError as `saveModel` does; INVALID_PARAMETER_VALUE when both `name` and `artifactPath` are given.
 */
export async function logModel(
  transformersModel: TransformersModel,
  options: LogModelOptions,
  fluent: Fluent,
  services: SaveServices = {},
): Promise<LoggedModelInfo> {
  if (options.compatibility === '2') return logBelowRun(transformersModel, options, fluent, services);
  if (options.name !== undefined && options.artifactPath !== undefined) {
    throw MlflowError.invalidParameter(
      'Both `artifact_path` (deprecated) and `name` parameters were specified. Please only specify `name`.',
    );
  }
  const runId = options.runId ?? fluent.activeRun()?.info.runId;
  const run = runId === undefined ? null : await fluent.client().getRun({ runId });
  const logged = await openLoggedModel(options, fluent, run);
  try {
    if (run) await connectToRun(fluent, run, logged, options.step ?? 0);
    const document = new Model({
      artifactPath: logged.artifactLocation,
      modelUuid: logged.modelId,
      modelId: logged.modelId,
      runId: run?.info.runId ?? null,
      prompts: options.prompts ?? null,
      mlflowVersion: declaredEnvironment('3', '', options.environment).mlflowVersion,
    });
    const saved = await saveAt(
      logged.artifactLocation,
      transformersModel,
      { ...options, mlflowModel: document },
      fluent,
      services,
    );
    if (run && options.modelConfig)
      await logConfigAsParams(fluent, run.info.runId, options.modelConfig, services.log ?? silentLog);
    const ready = await fluent.client().finalizeLoggedModel({ modelId: logged.modelId, status: 'READY' });
    const version = await register(`models:/${logged.modelId}`, options, fluent);
    return { ...saved.model.getModelInfo(ready), registeredModelVersion: version, warnings: saved.warnings };
  } catch (error) {
    const client = fluent.client();
    await client.finalizeLoggedModel({ modelId: logged.modelId, status: 'FAILED' }).catch(() => undefined);
    // What was given up on purpose is not kept as a failure.
    if (MlflowError.is(error, 'CANCELLED') && options.modelId === undefined) {
      await client.deleteLoggedModel({ modelId: logged.modelId }).catch(() => undefined);
    }
    throw error;
  }
}

async function openLoggedModel(options: LogModelOptions, fluent: Fluent, run: Run | null): Promise<LoggedModel> {
  if (options.modelId !== undefined) return fluent.client().getLoggedModel({ modelId: options.modelId });
  // A model carries the params of its run; the run's win over those given.
  const params: Record<string, unknown> = { ...options.params, ...run?.data.params };
  return fluent.initializeLoggedModel({
    // An empty name is none.
    name: options.name || options.artifactPath,
    sourceRunId: run?.info.runId,
    experimentId: run?.info.experimentId ?? options.experimentId,
    tags: options.tags,
    params,
    modelType: options.modelType,
  });
}

/** Records the model among the run's outputs; metrics the run has at that step become the model's too. */
async function connectToRun(fluent: Fluent, run: Run, logged: LoggedModel, step: number): Promise<void> {
  const client = fluent.client();
  await client.logOutputs({ runId: run.info.runId, models: [{ modelId: logged.modelId, step }] });
  const { runId } = run.info;
  const histories = await Promise.all(
    Object.keys(run.data.metrics).map((key) => client.getMetricHistory({ runId, key })),
  );
  const atStep = histories.flat().filter((metric) => metric.step === step && metric.modelId == null);
  if (atStep.length === 0) return;
  await client.logBatch({ runId, metrics: atStep.map((metric) => ({ ...metric, modelId: logged.modelId })) });
}

/** Saves straight into the artifact folder where it is local, else into a temporary folder that is uploaded. */
async function saveAt(
  artifactUri: string,
  transformersModel: TransformersModel,
  options: SaveModelOptions,
  fluent: Fluent,
  services: SaveServices,
): Promise<SavedModel> {
  const repository = openStored(artifactUri, await fluent.client().artifactStores());
  const saveInto = (folder: string): Promise<SavedModel> =>
    saveModelWith(
      (save) => completeLoggedModel(save, typeof transformersModel === 'string'),
      transformersModel,
      folder,
      options,
      services,
    );
  if (repository.localPath !== undefined) return saveInto(repository.localPath);
  const folder = await mkdtemp(path.join(tmpdir(), 'mlflow-model-'));
  try {
    const saved = await saveInto(folder);
    await repository.uploadFolder(folder, undefined, { signal: options.signal, onProgress: options.onProgress });
    return saved;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** MLflow logs the inference settings as the run's params, nested keys joined by `/`; params that are there stay. */
async function logConfigAsParams(fluent: Fluent, runId: string, config: PyRecord, log: Log): Promise<void> {
  const flat = (value: PyValue | undefined, prefix: string): [string, string][] =>
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
      ? Object.entries(value as PyRecord).flatMap(([key, inner]) =>
          flat(inner, prefix === '' ? key : `${prefix}/${key}`),
        )
      : [[prefix, pythonStr(value)]];
  try {
    await fluent.client().logBatch({ runId, params: Object.fromEntries(flat(config, '')) });
  } catch (error) {
    log.warn(`Failed to log model config as params: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function register(modelUri: string, options: LogModelOptions, fluent: Fluent): Promise<number | null> {
  if (options.registeredModelName === undefined) return null;
  const version = await fluent.registerModel(modelUri, options.registeredModelName, {
    awaitRegistrationFor: options.awaitRegistrationFor ?? undefined,
    tags: options.tags,
  });
  return Number(version.version);
}

/** MLflow 2: the model is a folder below the run's artifacts, listed in a tag of the run. */
async function logBelowRun(
  transformersModel: TransformersModel,
  options: LogModelOptions,
  fluent: Fluent,
  services: SaveServices,
): Promise<LoggedModelInfo> {
  const artifactPath = options.artifactPath ?? options.name;
  if (artifactPath === undefined) {
    throw MlflowError.invalidParameter("log_model() missing 1 required positional argument: 'artifact_path'");
  }
  const log = services.log ?? silentLog;
  const runId = options.runId ?? fluent.activeRun()?.info.runId ?? (await fluent.startRun()).info.runId;
  const run = await fluent.client().getRun({ runId });
  const document = new Model({
    artifactPath,
    runId,
    compatibility: '2',
    mlflowVersion: declaredEnvironment('2', '', options.environment).mlflowVersion,
  });
  const target = appendToUriPath(run.info.artifactUri, artifactPath);
  const saved = await saveAt(target, transformersModel, { ...options, mlflowModel: document }, fluent, services);
  if (options.modelConfig) await logConfigAsParams(fluent, runId, options.modelConfig, log);
  try {
    await appendToHistory(fluent, run, document);
  } catch (error) {
    log.warn(
      `The model was logged, but the run's list of models could not be updated: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const modelUri = `runs:/${runId}/${artifactPath}`;
  return {
    ...document.getModelInfo(),
    modelUri,
    registeredModelVersion: await register(modelUri, options, fluent),
    warnings: saved.warnings,
  };
}

async function appendToHistory(fluent: Fluent, run: Run, document: Model): Promise<void> {
  const flavors = Object.fromEntries(
    Object.entries(document.flavors).map(([name, { config: _config, ...settings }]) => [name, settings]),
  );
  const entry: PyRecord = {
    run_id: run.info.runId,
    artifact_path: document.artifactPath,
    utc_time_created: document.utcTimeCreated,
    model_uuid: document.modelUuid,
    flavors,
  };
  const known = run.data.tags[historyTag];
  const entries = known === undefined ? [] : (parsePythonJson(known) as PyValue[]);
  await fluent.client().setTag({ runId: run.info.runId, key: historyTag, value: dumpPythonJson([...entries, entry]) });
}

import type { Fluent } from '../core/client/fluent.js';
import type { HubClient } from '../core/hub/hubClient.js';
import type { Environment, JsonObject, Log, LongRunningOptions } from '../core/ports.js';
import { autolog, type AutologOptions, type AutologSettings } from '../core/transformers/autolog.js';
import type { CallablePipeline } from '../core/transformers/callablePipeline.js';
import { describeSource, type SourceDescription } from '../core/transformers/describeSource.js';
import { getDefaultCondaEnv, getDefaultPipRequirements } from '../core/transformers/defaultRequirements.js';
import { generateSignatureOutput, type SignatureOutputOptions } from '../core/transformers/generateSignatureOutput.js';
import { loadModel, type LoadedComponents } from '../core/transformers/loadModel.js';
import type { LoadModelOptions, LoadServices } from '../core/transformers/loadOptions.js';
import { logModel, type LoggedModelInfo, type LogModelOptions } from '../core/transformers/logModel.js';
import type { TransformersModel } from '../core/transformers/modelSource.js';
import { assertRegistrable, planPersist, type PersistPlan } from '../core/transformers/persistPlan.js';
import {
  persistPretrainedModel,
  type PersistedModel,
  type PersistOptions,
} from '../core/transformers/persistPretrainedModel.js';
import { previewSave, saveModel } from '../core/transformers/saveModel.js';
import type { SavedModel, SaveModelOptions, SavePreview, SaveServices } from '../core/transformers/saveOptions.js';
import { validateModel, type ModelRunner, type ValidationReport } from '../core/transformers/validateModel.js';
import { lazyHub } from './hub.js';
import { openPipeline } from './openPipeline.js';

export interface TransformersServices extends Omit<SaveServices, 'hub'> {
  environment?: Environment | undefined;
  log?: Log | undefined;
}

/** `loadModel` says by `returnType` what it gives. */
export interface LoadModel {
  (modelUri: string, options: LoadModelOptions & { returnType: 'components' }): Promise<LoadedComponents>;
  (modelUri: string, options?: LoadModelOptions & { returnType?: 'pipeline' | undefined }): Promise<CallablePipeline>;
}

/** `mlflow.transformers`. */
export function createTransformers(fluent: Fluent, services: TransformersServices = {}) {
  const environment = services.environment ?? process.env;
  const hub: () => HubClient = lazyHub(environment);
  const stores = () => fluent.client().artifactStores();
  const saving = (): SaveServices => ({ ...services, hub: hub() });
  const loading: LoadServices = { stores, hub, openPipeline, environment, log: services.log };
  return {
    /** Saves a model into a new folder, as Python's `save_model`. */
    saveModel: (model: TransformersModel, path: string, options: SaveModelOptions = {}): Promise<SavedModel> =>
      saveModel(model, path, options, saving()),
    /** What a folder or a repository holds, and what saving it would take. */
    describeSource: (nameOrPath: string, options: LongRunningOptions = {}): Promise<SourceDescription> =>
      describeSource(nameOrPath, { hub: hub() }, options),
    /** Tries the model of a folder with `runner`; what is wrong is in the report. */
    validateModel: (folder: string, runner: ModelRunner, options: LongRunningOptions = {}): Promise<ValidationReport> =>
      validateModel(folder, runner, options),
    /** What `saveModel` would write, without storing weights. */
    previewSave: (model: TransformersModel, options: SaveModelOptions = {}): Promise<SavePreview> =>
      previewSave(model, options, saving()),
    /** Saves a model into the store, as Python's `log_model`. */
    logModel: (model: TransformersModel, options: LogModelOptions = {}): Promise<LoggedModelInfo> =>
      logModel(model, options, fluent, saving()),
    /** A pipeline that runs, or the components' files, as Python's `load_model`. */
    loadModel: ((modelUri: string, options: LoadModelOptions = {}) =>
      loadModel(modelUri, options, loading)) as LoadModel,
    /** Stores the weights of a reference-only model, as Python's `persist_pretrained_model`. */
    persistPretrainedModel: (modelUri: string, options: PersistOptions = {}): Promise<PersistedModel> =>
      persistPretrainedModel(modelUri, { stores, hub: hub(), log: services.log }, options),
    /** Exactly what `persistPretrainedModel` would download. */
    planPersist: (modelUri: string, options: LongRunningOptions = {}): Promise<PersistPlan> =>
      planPersist(modelUri, { stores, hub: hub() }, options),
    /** @throws MlflowError `referenceOnly` for a model whose weights lie elsewhere. */
    assertRegistrable: (modelUri: string): Promise<void> => assertRegistrable(modelUri, stores),
    /** What the pyfunc model of a pipeline would answer. */
    generateSignatureOutput: (
      pipeline: unknown,
      data: unknown,
      options: SignatureOutputOptions & { params?: JsonObject } = {},
    ): Promise<unknown> => generateSignatureOutput(pipeline, data, options, services.log),
    getDefaultPipRequirements,
    getDefaultCondaEnv,
    /** Checks and completes Python's settings; nothing is trained here. */
    autolog: (options: AutologOptions = {}): AutologSettings => autolog(options, services.log),
  };
}

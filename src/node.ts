/**
 * The library: `import mlflow from 'mlflow-transformers'`. Python's names in camelCase; core and the inference engine put
 * together for plain Node, in this process.
 */
import { Fluent } from './core/client/fluent.js';
import type { ClientUris } from './core/client/clientContext.js';
import { MlflowClient as StoresClient } from './core/client/mlflowClient.js';
import { MlflowError } from './core/errors.js';
import { exampleWithParams, tensorExample } from './core/mlmodel/exampleTypes.js';
import { Model } from './core/mlmodel/model.js';
import type { ModelInfo } from './core/mlmodel/modelInfo.js';
import { DataClass } from './core/signature/dataClass.js';
import { inferSignature } from './core/signature/inferSignature.js';
import { ModelSignature, type SignatureDict } from './core/signature/modelSignature.js';
import { createModels } from './library/models.js';
import { loadPyfuncModel, type LoadPyfuncOptions, type LoadedPyfuncModel } from './library/pyfunc.js';
import { createTransformers } from './library/transformers.js';
import { lazyInference } from './library/inference.js';

const fluent = new Fluent();
const inference = lazyInference();

/** A client; without URIs of its own it works where `setTrackingUri` and `setRegistryUri` point. */
export class MlflowClient extends StoresClient {
  constructor({ trackingUri, registryUri }: ClientUris = {}) {
    const chosen = fluent.chosenUris;
    super({ trackingUri: trackingUri ?? chosen.trackingUri, registryUri: registryUri ?? chosen.registryUri });
  }
}

export const pyfunc = {
  /** Loads a model from any model URI; see {@link LoadPyfuncOptions}. */
  loadModel: (modelUri: string, options: LoadPyfuncOptions = {}): Promise<LoadedPyfuncModel> =>
    loadPyfuncModel(modelUri, options, fluent, inference),
};
export const transformers = createTransformers(fluent);
export const models = createModels(fluent);
export const artifacts = fluent.artifacts;

export const setTrackingUri = fluent.setTrackingUri.bind(fluent);
export const getTrackingUri = fluent.getTrackingUri.bind(fluent);
export const setRegistryUri = fluent.setRegistryUri.bind(fluent);
export const getRegistryUri = fluent.getRegistryUri.bind(fluent);
export const setExperiment = fluent.setExperiment;
export const startRun = fluent.startRun.bind(fluent);
export const endRun = fluent.endRun.bind(fluent);
export const activeRun = fluent.activeRun.bind(fluent);
export const logParam = fluent.logParam.bind(fluent);
export const logParams = fluent.logParams.bind(fluent);
export const logMetric = fluent.logMetric.bind(fluent);
export const logMetrics = fluent.logMetrics.bind(fluent);
export const setTag = fluent.setTag.bind(fluent);
export const setTags = fluent.setTags.bind(fluent);
export const deleteTag = fluent.deleteTag.bind(fluent);
export const logText = fluent.logText.bind(fluent);
export const logDict = fluent.logDict.bind(fluent);
export const logArtifact = fluent.logArtifact.bind(fluent);
export const logArtifacts = fluent.logArtifacts.bind(fluent);
export const getArtifactUri = fluent.getArtifactUri.bind(fluent);
export const searchRuns = fluent.searchRuns.bind(fluent);
export const registerModel = fluent.registerModel.bind(fluent);

export { DataClass, exampleWithParams, inferSignature, MlflowError, Model, ModelSignature, tensorExample };
export type { LoadedPyfuncModel, LoadPyfuncOptions, ModelInfo, SignatureDict };
export type * from './core/tracking/entities.js';

export default {
  pyfunc,
  transformers,
  models,
  artifacts,
  setTrackingUri,
  getTrackingUri,
  setRegistryUri,
  getRegistryUri,
  setExperiment,
  startRun,
  endRun,
  activeRun,
  logParam,
  logParams,
  logMetric,
  logMetrics,
  setTag,
  setTags,
  deleteTag,
  logText,
  logDict,
  logArtifact,
  logArtifacts,
  getArtifactUri,
  searchRuns,
  registerModel,
  exampleWithParams,
  tensorExample,
  MlflowClient,
  MlflowError,
};

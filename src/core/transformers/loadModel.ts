import path from 'node:path';
import { downloadArtifacts } from '../artifacts/artifactFunctions.js';
import { MlflowError } from '../errors.js';
import { Model } from '../mlmodel/model.js';
import type { ComponentName, TransformersFlavor } from '../mlmodel/transformersFlavor.js';
import { silentLog, type JsonObject } from '../ports.js';
import { checkpointModel } from './checkpointModel.js';
import { readJsonFile } from './jsonFile.js';
import { parseHubUri, type HubUri } from './hubUri.js';
import {
  checkReturnType,
  loadSettings,
  type LoadModelOptions,
  type LoadServices,
  type LoadSettings,
} from './loadOptions.js';
import { callablePipeline, type CallablePipeline } from './callablePipeline.js';
import type { ModelSource } from './modelSource.js';
import { resolveWeights, transformersFlavorOf, type ResolvedWeights } from './resolveWeights.js';
import { pipelineClassOf } from './tasks.js';

/** A model or one of its components, as files: what one hands to other libraries, or back to `saveModel`. */
export interface ComponentHandle {
  folder: string;
  /** Python's class. */
  className: string | null;
  nameOrPath: string;
  /** config.json of a model, tokenizer_config.json of a tokenizer, ... */
  config: JsonObject;
}

/** What `returnType: 'components'` gives. */
export interface LoadedComponents {
  task: string;
  framework?: string;
  device?: number | string;
  deviceMap?: string;
  torchDtype?: string;
  model: ComponentHandle & { adapterFolder?: string };
  tokenizer?: ComponentHandle;
  featureExtractor?: ComponentHandle;
  imageProcessor?: ComponentHandle;
  processor?: ComponentHandle;
}

const componentKeys = {
  tokenizer: 'tokenizer',
  feature_extractor: 'featureExtractor',
  image_processor: 'imageProcessor',
  processor: 'processor',
} as const satisfies Record<ComponentName, keyof LoadedComponents>;

const configFiles: Readonly<Record<ComponentName, readonly string[]>> = {
  tokenizer: ['tokenizer_config.json'],
  feature_extractor: ['preprocessor_config.json', 'processor_config.json'],
  image_processor: ['preprocessor_config.json', 'processor_config.json'],
  processor: ['processor_config.json', 'preprocessor_config.json', 'tokenizer_config.json'],
};

/**
 * Loads a logged model: as a pipeline that runs, or as its components' files. Code that lies with a model is never executed.
 * Source: mlflow.transformers.load_model.
 * @throws MlflowError with Python's codes and texts; reason `referenceOnly` when the weights are neither stored nor cached.
 */
export async function loadModel(
  modelUri: string,
  options: LoadModelOptions,
  services: LoadServices,
): Promise<CallablePipeline | LoadedComponents> {
  checkReturnType(options.returnType);
  const { model, weights } = await locateModel(modelUri, options, services);
  const flavor = transformersFlavorOf(model, modelUri);
  const settings = loadSettings(options, flavor.torchDtype, services.environment ?? {}, services.log ?? silentLog);
  const components = await describeLoaded(flavor, weights, settings);
  if (options.returnType === 'components') return components;
  return openCallable(modelUri, model, flavor, weights, components, settings, options, services);
}

interface LocatedModel {
  model: Model;
  weights: ResolvedWeights;
}

async function locateModel(modelUri: string, options: LoadModelOptions, services: LoadServices): Promise<LocatedModel> {
  const named = parseHubUri(modelUri);
  // Nobody asked for the network with a bare name: what is cached is loaded, else it is a path that does not exist.
  const hubUri =
    named && (named.isExplicit || options.allowDownload || (await isCached(named, services))) ? named : undefined;
  const located = hubUri
    ? await checkpointModel(modelUri, hubUri, options, services.hub?.())
    : { folder: await downloadArtifacts(selection(modelUri, options), services.stores), model: undefined };
  const model = located.model ?? (await Model.load(located.folder));
  refuseProcessor(model, modelUri, options);
  const hub = model.transformersFlavor?.weights.kind === 'hub' ? services.hub?.() : undefined;
  const weights = await resolveWeights(located.folder, model, {
    modelUri,
    hub,
    allowDownload: options.allowDownload ?? hubUri !== undefined,
    baseModelPath: options.baseModelPath,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  return { model, weights };
}

async function isCached({ repository, revision }: HubUri, services: LoadServices): Promise<boolean> {
  return (await services.hub?.().cachedSnapshot(repository, revision ?? 'main')) !== undefined;
}

function selection(artifactUri: string, { dstPath, signal, onProgress }: LoadModelOptions) {
  return { artifactUri, dstPath, signal, onProgress };
}

function refuseProcessor(model: Model, modelUri: string, options: LoadModelOptions): void {
  transformersFlavorOf(model, modelUri);
  if (options.returnType === 'components' || !('processor_type' in (model.flavors['transformers'] ?? {}))) return;
  throw new MlflowError(
    'This model has been saved with a processor. Processor objects are not compatible with Pipelines. Please load this model by ' +
      "specifying the 'return_type'='components'.",
    'BAD_REQUEST',
  );
}

async function describeLoaded(
  flavor: TransformersFlavor,
  weights: ResolvedWeights,
  settings: LoadSettings,
): Promise<LoadedComponents> {
  const { device, deviceMap, torchDtype } = settings;
  const nameOrPath = flavor.weights.kind === 'hub' ? flavor.weights.repository : weights.modelFolder;
  const loaded: LoadedComponents = {
    task: flavor.task ?? '',
    ...(flavor.framework === null ? {} : { framework: flavor.framework }),
    ...(deviceMap === undefined ? {} : { deviceMap }),
    ...(device === undefined ? {} : { device }),
    ...(torchDtype === undefined ? {} : { torchDtype }),
    model: {
      folder: weights.modelFolder,
      className: flavor.modelType,
      nameOrPath,
      config: (await readJsonFile(path.join(weights.modelFolder, 'config.json'))) ?? {},
      ...(weights.adapterFolder === undefined ? {} : { adapterFolder: weights.adapterFolder }),
    },
  };
  for (const component of flavor.components) {
    const folder = weights.componentFolder(component.name);
    loaded[componentKeys[component.name]] = {
      folder,
      className: component.type,
      nameOrPath: component.sourceName ?? folder,
      config: await firstJson(folder, configFiles[component.name]),
    };
  }
  return loaded;
}

async function firstJson(folder: string, names: readonly string[]): Promise<JsonObject> {
  for (const name of names) {
    const value = await readJsonFile(path.join(folder, name));
    if (value) return value;
  }
  return {};
}

async function openCallable(
  modelUri: string,
  model: Model,
  flavor: TransformersFlavor,
  weights: ResolvedWeights,
  components: LoadedComponents,
  settings: LoadSettings,
  options: LoadModelOptions,
  services: LoadServices,
): Promise<CallablePipeline> {
  if (!services.openPipeline) {
    throw new MlflowError(
      "No inference engine is at hand: load the model with returnType 'components'.",
      'NOT_IMPLEMENTED',
    );
  }
  const { task: givenTask, ...keywords } = settings.keywords;
  const task = typeof givenTask === 'string' ? givenTask : components.task;
  const instanceType =
    flavor.instanceType !== null && task === components.task ? flavor.instanceType : pipelineClassOf(task);
  const opened = await services.openPipeline({
    model,
    modelUri,
    weights,
    task,
    instanceType,
    device: settings.device,
    precision: options.precision ?? ((options.dtype ?? options.torchDtype) ? 'fp32' : 'auto'),
    cacheFolder: options.cacheFolder,
    signal: options.signal,
    onProgress: options.onProgress,
    onWarning: (message) => (services.log ?? silentLog).warn(message),
  });
  return callablePipeline(opened, components, sourceOf(flavor, weights, components, task, instanceType), keywords);
}

/** What `saveModel` needs to save the loaded pipeline again. */
function sourceOf(
  flavor: TransformersFlavor,
  weights: ResolvedWeights,
  components: LoadedComponents,
  task: string,
  instanceType: string,
): ModelSource {
  const source: ModelSource = {
    kind: 'pipeline',
    modelFolder: weights.modelFolder,
    nameOrPath: components.model.nameOrPath,
    revision: flavor.weights.kind === 'hub' ? flavor.weights.revision : undefined,
    components: {},
    adapterFolder: weights.adapterFolder,
    baseModelPath: flavor.weights.kind === 'localBase' ? weights.modelFolder : undefined,
    task,
    instanceType,
    config: components.model.config,
  };
  for (const { name } of flavor.components) {
    const handle = components[componentKeys[name]];
    if (name === 'processor' || handle === undefined) continue;
    source.components[name] = {
      folder: handle.folder,
      className: handle.className ?? undefined,
      nameOrPath: handle.nameOrPath,
    };
  }
  return source;
}

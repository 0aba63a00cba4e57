import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { Model } from '../mlmodel/model.js';
import {
  componentNames,
  type ComponentName,
  type FlavorComponent,
  type TransformersFlavor,
  type WeightsPlace,
} from '../mlmodel/transformersFlavor.js';
import type { LongRunningOptions } from '../ports.js';
import { isCheckpointFile, isProcessorFile, isWholeProcessorFile } from './checkpointFiles.js';
import { isFolder } from './modelSource.js';
import { isTokenizerFile } from './tokenizerClass.js';

/** Where snapshots of Hub repositories come from: the cache, and the network where it may be used. */
export interface HubSnapshots {
  /** A revision whose weights are cached as a whole. */
  cachedSnapshot(repositoryId: string, revision: string): Promise<{ folder: string; commit: string } | undefined>;
  /** Whatever is cached of a revision. */
  cachedFolder(repositoryId: string, revision: string): Promise<string | undefined>;
  downloadSnapshot(
    repositoryId: string,
    options: LongRunningOptions & { revision?: string | undefined; filter?: ((name: string) => boolean) | undefined },
  ): Promise<{ folder: string; commit: string }>;
}

/** The folders behind a logged model. */
export interface ResolvedWeights {
  kind: WeightsPlace['kind'];
  /** Folder with config.json and the weights of the (base) model. */
  modelFolder: string;
  adapterFolder: string | undefined;
  /** The component's own folder, else the model's. */
  componentFolder: (name: ComponentName) => string;
}

export interface ResolveWeightsOptions extends LongRunningOptions {
  /** As the user named the model, for messages. */
  modelUri: string;
  hub?: HubSnapshots | undefined;
  /** Whether what the cache lacks may be downloaded. */
  allowDownload?: boolean | undefined;
  /** Asks the Hub for every file of the model, even where the cache has weights and components: some may lack a file. */
  isComplete?: boolean | undefined;
  /** Replaces the stored path of a local base model. */
  baseModelPath?: string | undefined;
}

/**
 * Finds the weights and components of a logged model: in its folder, in the folder of a local base, or in the Hub's cache at
 * the pinned commit.
 * Source: mlflow.transformers._load_model, mlflow.transformers.model_io.
 * @throws MlflowError `flavorMissing`, `referenceOnly` (weights elsewhere and not to be had), `fileMissing`; INVALID_STATE
 *   for a reference without a commit; Python's texts for `baseModelPath`.
 */
export async function resolveWeights(
  folder: string,
  model: Model,
  options: ResolveWeightsOptions,
): Promise<ResolvedWeights> {
  const flavor = transformersFlavorOf(model, options.modelUri);
  const settings = model.flavors['transformers'] ?? {};
  if (options.baseModelPath !== undefined) await checkBaseModelPath(options.baseModelPath, settings);
  if (flavor.weights.kind !== 'localBase' && 'source_model_revision' in settings && !settings['source_model_revision'])
    throw withoutRevision();
  const modelFolder = await modelFolderOf(folder, flavor, options);
  const components = new Map<ComponentName, string>();
  for (const name of componentNames) {
    const own = path.join(folder, 'components', name);
    if (await isFolder(own)) components.set(name, own);
    else if (flavor.weights.kind === 'hub') {
      const found = await hubComponentFolder(name, flavor, modelFolder, options);
      if (found !== undefined) components.set(name, found);
    }
  }
  return {
    kind: flavor.weights.kind,
    modelFolder,
    adapterFolder: flavor.peftAdaptor === null ? undefined : path.join(folder, flavor.peftAdaptor),
    componentFolder: (name) => components.get(name) ?? modelFolder,
  };
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST, reason `flavorMissing`. */
export function transformersFlavorOf(model: Model, modelUri: string): TransformersFlavor {
  const flavor = model.transformersFlavor;
  if (flavor) return flavor;
  const found = Object.keys(model.flavors).filter((name) => name !== 'python_function');
  throw MlflowError.doesNotExist(
    `Model does not have the "transformers" flavor: '${modelUri}' was logged with ${found.join(', ') || 'no other flavor'}. ` +
      'Only models of the transformers flavor run without Python; use the python engine for this one.',
    { reason: 'flavorMissing', details: { flavor: 'transformers' } },
  );
}

async function modelFolderOf(
  folder: string,
  flavor: TransformersFlavor,
  options: ResolveWeightsOptions,
): Promise<string> {
  const { weights } = flavor;
  const { modelUri } = options;
  switch (weights.kind) {
    case 'hub':
      return hubModelFolder(weights.repository, weights.revision, flavor, options);
    case 'localBase': {
      const base = options.baseModelPath === undefined ? weights.path : path.resolve(options.baseModelPath);
      if (await isFile(path.join(base, 'config.json'))) return base;
      throw new MlflowError(
        `The base model of '${modelUri}' is not stored with it: it lies in '${base}' of the machine that saved it. ` +
          'Restore that folder, give its place here as baseModelPath, or persist the weights (persistPretrainedModel) where it exists.',
        'INVALID_STATE',
        { reason: 'referenceOnly', details: { path: base } },
      );
    }
    case 'stored': {
      const stored = path.join(folder, weights.folder);
      if (await isFolder(stored)) return stored;
      throw MlflowError.doesNotExist(
        `The weights of '${modelUri}' are missing: '${stored}' does not exist. Download or log the model again.`,
        { reason: 'fileMissing', details: { folder: stored } },
      );
    }
  }
}

async function hubModelFolder(
  repository: string,
  revision: string,
  flavor: TransformersFlavor,
  options: ResolveWeightsOptions,
): Promise<string> {
  const { hub, allowDownload, modelUri } = options;
  const cached = await hub?.cachedSnapshot(repository, revision);
  if (hub && allowDownload) {
    const isEnough = cached !== undefined && !options.isComplete && (await hasOwnComponents(cached.folder, flavor));
    if (isEnough) return cached.folder;
    return (await hub.downloadSnapshot(repository, { ...options, revision, filter: isCheckpointFile })).folder;
  }
  if (cached) return cached.folder;
  throw new MlflowError(
    `The weights of '${modelUri}' are not stored with the model: it refers to '${repository}' at revision ${revision} of the ` +
      'Hugging Face Hub, which is not in the cache of this machine. Persist the weights first (persistPretrainedModel), or allow the download.',
    'INVALID_STATE',
    { reason: 'referenceOnly', details: { repository, revision } },
  );
}

/** Whether a folder has something of every component that comes from the model's own repository. */
async function hasOwnComponents(folder: string, flavor: TransformersFlavor): Promise<boolean> {
  for (const component of flavor.components) {
    if (isFromModelRepository(component, flavor) && !(await hasComponent(folder, component.name))) return false;
  }
  return true;
}

/** A processor is a tokenizer and more: either may stand for it. */
async function hasComponent(folder: string, name: ComponentName): Promise<boolean> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const belongs =
    name === 'tokenizer' ? isTokenizerFile : name === 'processor' ? isWholeProcessorFile : isProcessorFile;
  return names.some(belongs);
}

function isFromModelRepository({ sourceName, revision }: FlavorComponent, { weights }: TransformersFlavor): boolean {
  if (weights.kind !== 'hub') return false;
  return (
    (sourceName ?? weights.repository) === weights.repository && (revision ?? weights.revision) === weights.revision
  );
}

/** A component of a reference: its repository at its commit, or the folder it was loaded from on the saving machine. */
async function hubComponentFolder(
  name: ComponentName,
  flavor: TransformersFlavor,
  modelFolder: string,
  options: ResolveWeightsOptions,
): Promise<string | undefined> {
  const component = flavor.components.find((candidate) => candidate.name === name);
  if (!component || flavor.weights.kind !== 'hub') return undefined;
  const repository = component.sourceName ?? flavor.weights.repository;
  const revision = component.revision ?? flavor.weights.revision;
  const { hub, allowDownload, modelUri } = options;
  const isOwn = isFromModelRepository(component, flavor);
  if (!isOwn && (await isFolder(repository))) return path.resolve(repository);
  const folder = isOwn ? modelFolder : await hub?.cachedFolder(repository, revision);
  const isCached = folder !== undefined && (await hasComponent(folder, name));
  if (isCached && (isOwn || !allowDownload || !options.isComplete)) return folder;
  if (hub && allowDownload && !isOwn) {
    const download = hub.downloadSnapshot(repository, { ...options, revision, filter: isComponentFile });
    return (await download.catch((error: unknown) => orCached(error, isCached ? folder : undefined))).folder;
  }
  throw new MlflowError(
    `The ${name} of '${modelUri}' is not stored with the model: it refers to '${repository}' at revision ${revision}, which is ` +
      'not in the cache of this machine. Persist the model first (persistPretrainedModel), or allow the download.',
    'INVALID_STATE',
    { reason: 'referenceOnly', details: { repository, revision, component: name } },
  );
}

function isComponentFile(file: string): boolean {
  return isWholeProcessorFile(file) || file === 'config.json';
}

/** What the cache has stands in where the Hub cannot be reached. */
function orCached(error: unknown, folder: string | undefined): { folder: string } {
  if (folder !== undefined && MlflowError.is(error, 'TEMPORARILY_UNAVAILABLE')) return { folder };
  throw error;
}

async function checkBaseModelPath(given: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  if (!('local_base_model_path' in settings)) {
    throw MlflowError.invalidParameter(
      'The `base_model_path` parameter can only be used with models that were saved with `base_model_path`. The specified model was not saved with a local base model path.',
    );
  }
  const base = path.resolve(given);
  if (!(await isFolder(base))) {
    throw MlflowError.invalidParameter(
      `The specified base_model_path '${base}' does not exist or is not a directory. Please provide a valid path to the base model.`,
    );
  }
  if (!(await isFile(path.join(base, 'config.json')))) {
    throw MlflowError.invalidParameter(
      `The specified base_model_path '${base}' is not a valid Transformers checkpoint directory. Expected to find a 'config.json' file in this directory.`,
    );
  }
}

function withoutRevision(): MlflowError {
  return new MlflowError(
    "The model was saved with 'save_pretrained' set to False, but the commit hash is not found in the saved metadata. Loading the " +
      'model with the different version may cause inconsistency issue and security risk.',
    'INVALID_STATE',
  );
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (info) => info.isFile(),
    () => false,
  );
}

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { JsonObject, LongRunningOptions } from '../ports.js';
import { pythonTypeName } from '../serialization/pythonRepr.js';
import { isCheckpointFile, isModelFile } from './checkpointFiles.js';
import { isRepositoryId, type HubAccess } from './hubAccess.js';
import { readJsonFile } from './jsonFile.js';
import {
  isFolder,
  sourceOfObject,
  type ModelSource,
  type SourceComponent,
  type TransformersModel,
} from './modelSource.js';
import { tokenizerClassOf } from './tokenizerClass.js';

export interface ResolveSourceOptions extends LongRunningOptions {
  hub?: HubAccess | undefined;
  /** Without weights only the small files of a repository are fetched. */
  withWeights: boolean;
  /** Folder of an adapter's base model, whatever the adapter names. */
  baseModelPath?: string | undefined;
}

/** A source together with what its folder says: the (base) model's configuration, and the adapter's where there is one. */
export interface ResolvedSource extends ModelSource {
  config: JsonObject;
  adapterConfig: JsonObject | null;
}

/**
 * Finds the files behind whatever was given to save.
 * @throws MlflowError with Python's texts for objects that are no model and folders without config.json.
 */
export async function resolveSource(model: TransformersModel, options: ResolveSourceOptions): Promise<ResolvedSource> {
  if (typeof model === 'string') return describe(await sourceOfText(model, options), options);
  if ((typeof model !== 'object' && typeof model !== 'function') || model === null || Array.isArray(model)) {
    throw MlflowError.invalidParameter(
      'The `transformers_model` must be one of the following types: \n (1) a transformers Pipeline\n (2) a dictionary of ' +
        'components for a transformers Pipeline\n (3) a path to a local/DBFS directory containing a transformers model ' +
        `checkpoint.\nreceived: <class '${pythonTypeName(model)}'>`,
    );
  }
  return describe(await sourceOfObject(model, (nameOrPath) => locate(nameOrPath, options)), options);
}

async function sourceOfText(text: string, options: ResolveSourceOptions): Promise<ModelSource> {
  const given = text.startsWith('dbfs:') ? text.replace('dbfs:', '/dbfs') : text;
  if (await isFolder(given))
    return { kind: 'checkpoint', modelFolder: path.resolve(given), nameOrPath: given, components: {} };
  if (options.hub && isRepositoryId(given)) {
    const { folder, revision } = await locate(given, options);
    return { kind: 'pipeline', modelFolder: folder, nameOrPath: given, revision, components: {} };
  }
  throw withoutConfig(given);
}

/** The folder of a path, or of a repository's newest commit. */
async function locate(
  nameOrPath: string,
  options: ResolveSourceOptions,
): Promise<{ folder: string; revision?: string | undefined }> {
  if (await isFolder(nameOrPath)) return { folder: path.resolve(nameOrPath) };
  if (!options.hub || !isRepositoryId(nameOrPath)) {
    throw MlflowError.doesNotExist(
      `'${nameOrPath}' is neither a folder nor a repository that can be reached. Give the folder of a checkpoint, or a Hub repository id with network access.`,
      { details: { nameOrPath } },
    );
  }
  // The card tells the task.
  const filter = (name: string): boolean =>
    name === 'README.md' || (isCheckpointFile(name) && (options.withWeights || !isWeightsFile(name)));
  const { folder, commit } = await options.hub.downloadSnapshot(nameOrPath, { ...options, filter });
  return { folder, revision: commit };
}

/** The folder of a processor: one that was loaded, a path, or a repository. */
export async function resolveProcessor(
  processor: string | { readonly folder: string },
  options: Omit<ResolveSourceOptions, 'withWeights'>,
): Promise<string> {
  if (typeof processor !== 'string') return processor.folder;
  return (await locate(processor, { ...options, withWeights: false })).folder;
}

function isWeightsFile(name: string): boolean {
  return isModelFile(name) && !/^(config|generation_config)\.json$/.test(name);
}

async function describe(source: ModelSource, options: ResolveSourceOptions): Promise<ResolvedSource> {
  const adapterConfig = await readJsonFile(
    path.join(source.adapterFolder ?? source.modelFolder, 'adapter_config.json'),
  );
  const config = await readJsonFile(path.join(source.modelFolder, 'config.json'));
  if (adapterConfig && !source.adapterFolder && config === null) return describeAdapter(source, adapterConfig, options);
  if (config === null) throw withoutConfig(source.nameOrPath);
  return { ...source, config, adapterConfig: source.adapterFolder ? adapterConfig : null };
}

/**
 * A folder that holds nothing but an adapter: the base model is where the caller or its configuration says. Its own tokenizer
 * goes before the base's, as in PEFT's Auto classes, wherever it can be stored or referred to.
 */
async function describeAdapter(
  source: ModelSource,
  adapterConfig: JsonObject,
  options: ResolveSourceOptions,
): Promise<ResolvedSource> {
  if (options.baseModelPath !== undefined) await checkBaseFolder(options.baseModelPath);
  const base = options.baseModelPath ?? source.baseModelPath ?? adapterConfig['base_model_name_or_path'];
  if (typeof base !== 'string' || base === '') {
    throw MlflowError.invalidParameter(
      `The adapter in ${source.modelFolder} does not name its base model. Add base_model_name_or_path to adapter_config.json, or pass baseModelPath.`,
    );
  }
  const { folder, revision } = await locate(base, { ...options, withWeights: false });
  const config = await readJsonFile(path.join(folder, 'config.json'));
  if (config === null) throw withoutConfig(base);
  const adapter: SourceComponent = { folder: source.modelFolder, nameOrPath: source.nameOrPath };
  const canKeepTokenizer = (await isFolder(base)) || !(await isFolder(source.nameOrPath));
  const hasTokenizer = canKeepTokenizer && (await tokenizerClassOf(adapter.folder, config, 'both')) !== null;
  return {
    ...source,
    kind: 'pipeline',
    adapterFolder: source.modelFolder,
    modelFolder: folder,
    nameOrPath: base,
    revision,
    components: { ...(hasTokenizer && { tokenizer: adapter }), ...source.components },
    config,
    adapterConfig,
  };
}

/** @throws MlflowError INVALID_PARAMETER_VALUE with MLflow's texts when the folder of a base model is none. */
export async function checkBaseFolder(baseModelPath: string): Promise<void> {
  const resolved = path.resolve(baseModelPath);
  if (!(await isFolder(resolved))) {
    throw MlflowError.invalidParameter(
      `The specified base_model_path '${resolved}' does not exist or is not a directory. Please provide a valid path to the base model.`,
    );
  }
  if (!(await stat(path.join(resolved, 'config.json')).catch(() => undefined))?.isFile()) {
    throw MlflowError.invalidParameter(
      `The specified base_model_path '${resolved}' is not a valid Transformers checkpoint directory. Expected to find a 'config.json' file in the directory.`,
    );
  }
}

function withoutConfig(folder: string): MlflowError {
  return MlflowError.invalidParameter(
    `The provided directory ${folder} does not contain a config.json file.Please ensure that the directory contains a valid transformers model checkpoint.`,
    { reason: 'fileMissing', details: { folder } },
  );
}

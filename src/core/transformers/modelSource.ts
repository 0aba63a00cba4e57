import { stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { JsonObject } from '../ports.js';
import type { ComponentName } from '../mlmodel/transformersFlavor.js';
import { pythonTypeName } from '../serialization/pythonRepr.js';

/** One part of a pipeline that lies in a folder. */
export interface SourceComponent {
  folder: string;
  /** Python's class; found in the folder when absent. */
  className?: string | undefined;
  /** Where it was loaded from: a repository, or a folder. */
  nameOrPath?: string | undefined;
}

/** A pipeline that was loaded here, or one of transformers.js: enough to find the files it came from. */
export interface LoadedPipeline {
  task: string;
  model: { config?: unknown };
  tokenizer?: unknown;
  processor?: unknown;
  /** Set by our own `loadModel`. */
  source?: ModelSource | undefined;
}

/** Python's dict of components: each a folder or a repository id (or an object loaded from one). */
export interface ModelComponents {
  model: unknown;
  tokenizer?: unknown;
  featureExtractor?: unknown;
  imageProcessor?: unknown;
  processor?: unknown;
  torchDtype?: string | undefined;
}

/** Everything `saveModel` takes: a checkpoint folder, a Hub repository id, a loaded pipeline, or components. */
export type TransformersModel = string | ModelComponents | LoadedPipeline;

/**
 * A model on disk, before it is saved. `checkpoint` is Python's save from a local path (the whole folder is copied),
 * `pipeline` its save of a loaded pipeline (only what belongs to the model and its components).
 */
export interface ModelSource {
  kind: 'checkpoint' | 'pipeline';
  /** Folder with config.json and the weights. */
  modelFolder: string;
  /** `source_model_name`: repository id, or the folder as it was given. */
  nameOrPath: string;
  /** Commit the files were taken from, for a repository. */
  revision?: string | undefined;
  components: Partial<Record<ComponentName, SourceComponent>>;
  /** PEFT adapter folder; `modelFolder` then holds the base model, or nothing. */
  adapterFolder?: string | undefined;
  /** Where the base model of an adapter lies, when it is no repository. */
  baseModelPath?: string | undefined;
  task?: string | undefined;
  instanceType?: string | undefined;
  config?: JsonObject | undefined;
}

const componentKeys: Readonly<Record<string, ComponentName>> = {
  tokenizer: 'tokenizer',
  feature_extractor: 'feature_extractor',
  featureExtractor: 'feature_extractor',
  image_processor: 'image_processor',
  imageProcessor: 'image_processor',
};
const dictKeys = new Set(['model', 'torch_dtype', 'torchDtype', 'dtype', ...Object.keys(componentKeys)]);

export function isLoadedPipeline(model: unknown): model is LoadedPipeline {
  return (
    (typeof model === 'object' || typeof model === 'function') &&
    model !== null &&
    typeof (model as { task?: unknown }).task === 'string' &&
    'model' in model
  );
}

/**
 * Turns a dict of components or a pipeline into a source. `resolve` finds the folder of a repository or path.
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's texts for wrong keys and objects.
 */
export async function sourceOfObject(
  model: ModelComponents | LoadedPipeline,
  resolve: (nameOrPath: string) => Promise<{ folder: string; revision?: string | undefined }>,
): Promise<ModelSource> {
  if (isLoadedPipeline(model)) {
    const nameOrPath = model.source?.nameOrPath ?? requireNameOrPath(model.model);
    refuseDistributed(model.model);
    if (model.source) return model.source;
    const own = folderOf(model.model);
    const { folder, revision } = own === undefined ? await resolve(nameOrPath) : { folder: own, revision: undefined };
    return { kind: 'pipeline', modelFolder: folder, nameOrPath, revision, components: {}, task: model.task };
  }
  checkKeys(model);
  const nameOrPath = requireNameOrPath(model.model);
  refuseComponentAsModel(model.model);
  refuseDistributed(model.model);
  const own = folderOf(model.model);
  const { folder, revision } = own === undefined ? await resolve(nameOrPath) : { folder: own, revision: undefined };
  const components: ModelSource['components'] = {};
  for (const [key, value] of Object.entries(model)) {
    const name = componentKeys[key];
    if (name === undefined || value == null) continue;
    const componentName = requireNameOrPath(value);
    const own = folderOf(value);
    components[name] = { folder: own ?? (await resolve(componentName)).folder, nameOrPath: componentName };
  }
  return { kind: 'pipeline', modelFolder: folder, nameOrPath, revision, components };
}

function checkKeys(model: ModelComponents): void {
  if (!('model' in model)) {
    throw MlflowError.invalidParameter("The 'transformers_model' dictionary must have an entry for model");
  }
  const unknown = Object.keys(model).filter((key) => !dictKeys.has(key));
  if (unknown.length > 0) {
    const given = unknown.map((key) => `'${key}'`).join(', ');
    throw MlflowError.invalidParameter(
      `Invalid dictionary submitted for 'transformers_model'. The key(s) [${given}] are not permitted. Must be one of: ` +
        "{'model', 'tokenizer', 'feature_extractor', 'image_processor', 'torch_dtype'}",
    );
  }
}

/** Where the files of a component loaded by `loadModel` lie. */
function folderOf(value: unknown): string | undefined {
  const folder = typeof value === 'object' && value !== null ? (value as { folder?: unknown }).folder : undefined;
  return typeof folder === 'string' ? folder : undefined;
}

/** Classes of components that stand where the model belongs. Source: mlflow.transformers._build_pipeline_from_model_input. */
function refuseComponentAsModel(value: unknown): void {
  const className =
    typeof value === 'object' && value !== null ? (value as { className?: unknown }).className : undefined;
  if (typeof className !== 'string' || !componentClass.test(className)) return;
  throw MlflowError.invalidParameter(
    'The supplied model type is unsupported. The model must be one of: PreTrainedModel, TFPreTrainedModel, FlaxPreTrainedModel, or PeftModel',
    { details: { className } },
  );
}

const componentClass = /(Tokenizer(Fast)?|TokenizersBackend|PythonBackend|Processor(Fast|Pil)?|FeatureExtractor)$/;

/**
 * Refuses a model whose `hf_device_map` names more than one device: parts of its weights lie elsewhere.
 * Source: mlflow.transformers._is_model_distributed_in_memory.
 */
function refuseDistributed(model: unknown): void {
  if (!isDistributed(model)) return;
  throw new MlflowError(
    'The model that is attempting to be saved has been loaded into memory with an incompatible configuration. If you are using ' +
      'the accelerate library to load your model, please ensure that it is saved only after loading with the default device ' +
      'mapping. Do not specify `device_map` and please try again.',
  );
}

/** Whether a model's `hf_device_map` (`hfDeviceMap`) has more than one distinct value; a model without one is in one place. */
export function isDistributed(model: unknown): boolean {
  if ((typeof model !== 'object' && typeof model !== 'function') || model === null) return false;
  const { hf_device_map: map = (model as { hfDeviceMap?: unknown }).hfDeviceMap } = model as {
    hf_device_map?: unknown;
  };
  if (typeof map !== 'object' || map === null) return false;
  return new Set(map instanceof Map ? map.values() : Object.values(map)).size > 1;
}

/**
 * A folder or repository id given as text, or the `name_or_path` of an object loaded from one. A model that was made from a
 * configuration has an empty one; its files must be named then.
 */
function requireNameOrPath(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  if ((typeof value === 'object' || typeof value === 'function') && value !== null) {
    const holder = value as {
      nameOrPath?: unknown;
      name_or_path?: unknown;
      config?: { _name_or_path?: unknown; nameOrPath?: unknown };
    };
    for (const name of [
      holder.nameOrPath,
      holder.name_or_path,
      holder.config?._name_or_path,
      holder.config?.nameOrPath,
    ]) {
      if (typeof name === 'string' && (name !== '' || folderOf(value) !== undefined)) return name;
    }
  }
  throw MlflowError.invalidParameter(
    `The submitted model type ${pythonTypeName(value)} does not inherit from a transformers pre-trained model. It is missing the ` +
      "attribute 'name_or_path'. Please verify that the model is a supported transformers model.",
  );
}

/** Whether a text names an existing folder. */
export async function isFolder(file: string): Promise<boolean> {
  return stat(path.resolve(file)).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

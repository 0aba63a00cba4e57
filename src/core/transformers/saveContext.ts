import { MlflowError } from '../errors.js';
import type { MlflowGeneration } from '../mlmodel/compatibility.js';
import { databricksRuntimeVersion } from '../mlmodel/databricksRuntime.js';
import { Model } from '../mlmodel/model.js';
import type { Log } from '../ports.js';
import { declaredEnvironment, type DeclaredEnvironment } from './declaredVersions.js';
import { isRepositoryId } from './hubAccess.js';
import { isFolder, type TransformersModel } from './modelSource.js';
import { checkBaseFolder, resolveProcessor, resolveSource, type ResolvedSource } from './resolveSource.js';
import type { SaveModelOptions, SaveServices } from './saveOptions.js';
import { resolveTask, type ResolvedTask } from './saveTask.js';
import type { TransformersGeneration } from './tasks.js';

/** Everything one save has worked out before it writes, in the order of Python's steps. */
export interface Save {
  folder: string;
  source: ResolvedSource;
  processorFolder: string | undefined;
  task: ResolvedTask;
  generation: MlflowGeneration;
  /** Whose class names are written. */
  nameGeneration: TransformersGeneration | 'both';
  versions: DeclaredEnvironment;
  options: SaveModelOptions;
  services: SaveServices;
  log: Log;
  model: Model;
  isPeft: boolean;
  savePretrained: boolean;
  /** Large files are counted, not stored. */
  isPreview: boolean;
}

export interface SaveTarget {
  folder: string;
  log: Log;
  isPreview: boolean;
}

/** @throws MlflowError with Python's texts for models, tasks and base folders that cannot be saved. */
export async function prepareSave(
  model: TransformersModel,
  options: SaveModelOptions,
  services: SaveServices,
  target: SaveTarget,
): Promise<Save> {
  const { log } = target;
  warnAboutDeprecated(options, log);
  const generation = options.compatibility ?? '3';
  const source = await resolveSource(model, {
    ...options,
    hub: services.hub,
    withWeights: options.savePretrained !== false && !target.isPreview,
  });
  if (source.kind === 'checkpoint' && options.savePretrained === false) {
    throw MlflowError.invalidParameter(
      'The `save_pretrained` argument must be set to True when logging a model from a local checkpoint. Please set `save_pretrained=True`.',
    );
  }
  const processorFolder =
    options.processor === undefined
      ? undefined
      : await resolveProcessor(options.processor, { ...options, hub: services.hub });
  const isPeft = source.adapterConfig !== null;
  const nameGeneration = options.compatibility === undefined ? 'both' : generation === '3' ? 5 : 4;
  const task = await resolveTask(source, options.task, nameGeneration, log);
  const versions = declaredEnvironment(generation, task.pipelineTask, options.environment);
  const document =
    options.mlflowModel ?? new Model({ compatibility: generation, mlflowVersion: versions.mlflowVersion });
  document.databricksRuntime ??= await databricksRuntimeVersion(services.environment ?? {}, generation);
  const savePretrained = await decideSavePretrained(source, options, isPeft, log);
  return {
    ...target,
    source,
    processorFolder,
    task,
    generation,
    nameGeneration,
    versions,
    options,
    services,
    model: document,
    isPeft,
    savePretrained,
  };
}

function warnAboutDeprecated(options: SaveModelOptions, log: Log): void {
  if (options.inferenceConfig !== undefined) {
    log.warn('The `inference_config` parameter is deprecated. Please use `model_config` instead.');
  }
  if (options.exampleNoConversion !== undefined) {
    log.warn('The `example_no_conversion` parameter is deprecated and has no effect: examples are stored as they are.');
  }
}

/** Whether weights are stored: not for references to the Hub, and for adapters only when their base is a local folder. */
async function decideSavePretrained(
  source: ResolvedSource,
  options: SaveModelOptions,
  isPeft: boolean,
  log: Log,
): Promise<boolean> {
  if (options.baseModelPath !== undefined) {
    if (!isPeft) {
      throw MlflowError.invalidParameter(
        'The `base_model_path` parameter is only supported for PEFT models. The provided model is not a PEFT model.',
      );
    }
    await checkBaseFolder(options.baseModelPath);
    return false;
  }
  if (!isPeft && options.savePretrained !== false) return true;
  if (isRepositoryId(source.nameOrPath) && !(await isFolder(source.nameOrPath))) return false;
  log.warn(
    'The save_pretrained parameter is set to False, but the specified model does not have a valid HuggingFace Hub repository ' +
      'identifier. Therefore, the weights will be saved to disk anyway.',
  );
  return true;
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../../core/ports.js';
import type { Pipeline } from '../../core/pyfunc/pipeline.js';
import { TransformersVersion } from '../../core/transformers/transformersVersion.js';
import type { DeviceChoice, PrecisionChoice } from '../../protocol/inference.js';
import { checkTask, createPipeline, inputReaderOf, needsTokenizer } from '../pipelines/createPipeline.js';
import type { RuntimeModel } from '../runtime/model.js';
import { openModel } from '../runtime/openModel.js';
import { Tokenizer } from '../tokenizer/tokenizer.js';
import type { ModelFolder } from './modelFolder.js';
import { architectureOrCode, refuseRemoteCode } from './remoteCode.js';

export interface OpenPipelineOptions {
  modelUri: string;
  device: DeviceChoice;
  precision: PrecisionChoice;
  cacheFolder?: string | undefined;
  cacheLimitBytes?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((message: string, fraction: number | null) => void) | undefined;
  onWarning: (message: string) => void;
}

/** A pipeline with the parts that it stands on. `model.dispose()` frees them. */
export interface OpenedPipeline {
  pipeline: Pipeline;
  model: RuntimeModel;
  tokenizer: Tokenizer | undefined;
}

/**
 * The Hugging Face pipeline of a logged model, as `mlflow.transformers.load_model` gives it.
 * @throws MlflowError as openModel and Tokenizer.load; reason `codeExecutionRefused` or `taskUnsupported`.
 */
export async function openPipeline(folder: ModelFolder, options: OpenPipelineOptions): Promise<OpenedPipeline> {
  const config = await readConfig(folder.checkpointFolder);
  refuseRemoteCode(folder, config, options.modelUri);
  const { task, instanceType, generation } = folder;
  checkTask(task, instanceType);
  try {
    const [model, tokenizer] = await openBoth(folder, options);
    const reader = inputReaderOf(task, instanceType);
    const processorFolder = folder.componentFolder(reader);
    const processorType = folder.flavorConfig[`${reader}_type`];
    const version = new TransformersVersion(folder.flavor.transformersVersion);
    const context = {
      model,
      tokenizer,
      version,
      generation,
      task,
      instanceType,
      processorFolder,
      processorType: typeof processorType === 'string' ? processorType : undefined,
      warn: options.onWarning,
    };
    try {
      return { pipeline: await createPipeline(context), model, tokenizer };
    } catch (error) {
      await model.dispose();
      throw error;
    }
  } catch (error) {
    throw architectureOrCode(error, folder, config, options.modelUri);
  }
}

async function openBoth(
  folder: ModelFolder,
  options: OpenPipelineOptions,
): Promise<[RuntimeModel, Tokenizer | undefined]> {
  const tokenizerType = folder.flavorConfig['tokenizer_type'];
  const opening = openModel({
    checkpointFolder: folder.checkpointFolder,
    adapterFolder: folder.adapterFolder,
    modelClass: folder.flavor.modelType ?? undefined,
    task: folder.task,
    transformersVersion: folder.flavor.transformersVersion ?? undefined,
    device: options.device,
    precision: options.precision,
    cacheFolder: options.cacheFolder,
    cacheLimitBytes: options.cacheLimitBytes,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  const reading = needsTokenizer(folder.task, folder.instanceType)
    ? Tokenizer.load(
        folder.componentFolder('tokenizer'),
        folder.generation,
        typeof tokenizerType === 'string' ? tokenizerType : undefined,
        new TransformersVersion(folder.flavor.transformersVersion),
      )
    : undefined;
  const [model, tokenizer] = await Promise.allSettled([opening, reading]);
  if (model.status === 'rejected') throw model.reason;
  if (tokenizer.status === 'rejected') {
    await model.value.dispose();
    throw tokenizer.reason;
  }
  return [model.value, tokenizer.value];
}

async function readConfig(folder: string): Promise<JsonObject> {
  try {
    return JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8')) as JsonObject;
  } catch {
    return {};
  }
}

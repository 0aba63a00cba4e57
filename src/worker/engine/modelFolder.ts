import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import { HubClient } from '../../core/hub/hubClient.js';
import { Model } from '../../core/mlmodel/model.js';
import type { TransformersFlavor } from '../../core/mlmodel/transformersFlavor.js';
import type { JsonObject } from '../../core/ports.js';
import { toPlain } from '../../core/serialization/plainValue.js';
import { resolveWeights, transformersFlavorOf } from '../../core/transformers/resolveWeights.js';
import { ModelSignature } from '../../core/signature/modelSignature.js';
import { overriddenConfig } from '../../core/pyfunc/modelConfig.js';
import { pipelineKind } from '../../core/pyfunc/pipelineKind.js';
import { hasPyfunc } from '../../core/transformers/tasks.js';
import { builtPipelineClass } from '../pipelines/createPipeline.js';
import { transformersGeneration, type TransformersGeneration } from '../tokenizer/generation.js';

/** What a logged model's folder says about how to run it. */
export interface ModelFolder {
  readonly mlmodel: Model;
  readonly flavor: TransformersFlavor;
  /** `flavors.transformers` as MLflow's wrapper reads it. */
  readonly flavorConfig: JsonObject;
  readonly task: string;
  readonly instanceType: string;
  readonly generation: TransformersGeneration;
  readonly checkpointFolder: string;
  readonly adapterFolder: string | undefined;
  /** Folder of a component: its own, else the checkpoint's. */
  readonly componentFolder: (name: 'tokenizer' | 'feature_extractor' | 'image_processor') => string;
  readonly signature: ModelSignature | null;
  readonly modelConfig: JsonObject | undefined;
  readonly promptTemplate: string | undefined;
}

export interface ReadModelFolderOptions {
  modelUri: string;
  modelConfig?: JsonObject | undefined;
  /** Read for pyfunc, so the model has to have that flavor too. */
  isPyfunc: boolean;
  onWarning: (message: string) => void;
}

/**
 * Reads a logged model's folder as Python's pyfunc loader does.
 * @throws MlflowError with reason `flavorMissing`, `referenceOnly`, `fileMissing`, `taskUnsupported`, `mlmodelInvalid` or
 * `signatureInvalid`.
 */
export async function readModelFolder(folder: string, options: ReadModelFolderOptions): Promise<ModelFolder> {
  const mlmodel = await Model.load(folder);
  if (options.isPyfunc) checkPyfuncFlavor(mlmodel, options.modelUri);
  const flavor = transformersFlavorOf(mlmodel, options.modelUri);
  const task = flavor.task ?? '';
  const instanceType = builtPipelineClass(task, flavor.instanceType);
  if (options.isPyfunc) checkPyfuncPipeline(task, instanceType);
  // What a reference-only model refers to may be in the cache that all Hugging Face libraries share; nothing is downloaded.
  const hub = new HubClient({ environment: process.env });
  const weights = await resolveWeights(folder, mlmodel, { modelUri: options.modelUri, hub });
  const { signature, metadata } = mlmodel;
  const promptTemplate = metadata?.['prompt_template'];
  return {
    mlmodel,
    flavor,
    flavorConfig: toPlain(mlmodel.flavors['transformers']) as JsonObject,
    task,
    instanceType,
    generation: transformersGeneration(flavor.transformersVersion),
    checkpointFolder: weights.modelFolder,
    adapterFolder: weights.adapterFolder,
    componentFolder: weights.componentFolder,
    signature: signature === null || isEmpty(signature) ? null : ModelSignature.fromDict(signature),
    modelConfig: await modelConfigOf(folder, mlmodel, options),
    promptTemplate: typeof promptTemplate === 'string' ? promptTemplate : undefined,
  };
}

function checkPyfuncFlavor(mlmodel: Model, modelUri: string): void {
  if (mlmodel.flavors['python_function'] === undefined && mlmodel.flavors['transformers'] !== undefined) {
    const { instanceType, modelType } = transformersFlavorOf(mlmodel, modelUri);
    if (instanceType && !hasPyfunc(instanceType, modelType ?? '')) {
      throw MlflowError.doesNotExist(
        'Model does not have the "python_function" flavor, which MLflow adds to no ' +
          `${instanceType} of ${modelType ?? 'its model'}; call it in Python through \`mlflow.transformers.load_model\`.`,
        { reason: 'flavorMissing', details: { flavor: 'python_function' } },
      );
    }
  }
  mlmodel.flavor('python_function');
}

/** Python's wrapper says this at every call; here nothing is loaded for answers that never come. */
function checkPyfuncPipeline(task: string, instanceType: string): void {
  if (pipelineKind({ task, instanceType }) !== 'other') return;
  throw new MlflowError(
    `The loaded pipeline type ${instanceType} is not enabled for pyfunc predict functionality; ` +
      'call the model in Python through `mlflow.transformers.load_model`.',
    'BAD_REQUEST',
    { reason: 'taskUnsupported', details: { task } },
  );
}

function isEmpty(signature: { inputs: string | null; outputs: string | null; params: string | null }): boolean {
  return !signature.inputs && !signature.outputs && !signature.params;
}

async function modelConfigOf(
  folder: string,
  mlmodel: Model,
  { modelConfig, onWarning }: ReadModelFolderOptions,
): Promise<JsonObject | undefined> {
  const python = mlmodel.pythonFunctionFlavor;
  const saved = python?.hasConfig ? python.config : undefined;
  const overridden = overriddenConfig(saved, modelConfig, onWarning);
  const file = path.join(folder, 'components', 'inference_config.txt');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return overridden;
  if (overridden && Object.keys(overridden).length > 0) {
    onWarning('The model was saved with an inference configuration file. It is used in place of `model_config`.');
  }
  try {
    return JSON.parse(text) as JsonObject;
  } catch (error) {
    throw MlflowError.invalidParameter(`'${file}' is not valid JSON: ${(error as Error).message}`, {
      reason: 'fileUnreadable',
      details: { file },
      cause: error,
    });
  }
}

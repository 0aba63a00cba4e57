import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../../core/errors.js';
import { Model } from '../../core/mlmodel/model.js';
import type { TransformersFlavor } from '../../core/mlmodel/transformersFlavor.js';
import type { JsonObject } from '../../core/ports.js';
import { toPlain } from '../../core/serialization/plainValue.js';
import { ModelSignature } from '../../core/signature/modelSignature.js';
import { overriddenConfig } from '../../core/pyfunc/modelConfig.js';
import { pipelineClassOf } from '../pipelines/createPipeline.js';
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
  const flavor = transformersFlavorOf(mlmodel, options);
  const checkpointFolder = checkpointFolderOf(folder, flavor, options.modelUri);
  const adapterFolder = flavor.peftAdaptor === null ? undefined : path.join(folder, flavor.peftAdaptor);
  const task = flavor.task ?? '';
  const { signature, metadata } = mlmodel;
  const promptTemplate = metadata?.['prompt_template'];
  return {
    mlmodel,
    flavor,
    flavorConfig: toPlain(mlmodel.flavors['transformers']) as JsonObject,
    task,
    instanceType: flavor.instanceType ?? pipelineClassOf(task),
    generation: transformersGeneration(flavor.transformersVersion),
    checkpointFolder,
    adapterFolder,
    componentFolder: (name) => {
      const own = path.join(folder, 'components', name);
      return existsSync(own) ? own : checkpointFolder;
    },
    signature: signature === null || isEmpty(signature) ? null : ModelSignature.fromDict(signature),
    modelConfig: await modelConfigOf(folder, mlmodel, options),
    promptTemplate: typeof promptTemplate === 'string' ? promptTemplate : undefined,
  };
}

function isEmpty(signature: { inputs: string | null; outputs: string | null; params: string | null }): boolean {
  return !signature.inputs && !signature.outputs && !signature.params;
}

function transformersFlavorOf(mlmodel: Model, { modelUri, isPyfunc }: ReadModelFolderOptions): TransformersFlavor {
  if (isPyfunc) mlmodel.flavor('python_function');
  const flavor = mlmodel.transformersFlavor;
  if (flavor) return flavor;
  const found = Object.keys(mlmodel.flavors).filter((name) => name !== 'python_function');
  throw MlflowError.doesNotExist(
    `Model does not have the "transformers" flavor: '${modelUri}' was logged with ${found.join(', ') || 'no other flavor'}. ` +
      'Only models of the transformers flavor run without Python; use the python engine for this one.',
    { reason: 'flavorMissing', details: { flavor: 'transformers' } },
  );
}

function checkpointFolderOf(folder: string, flavor: TransformersFlavor, modelUri: string): string {
  const { weights } = flavor;
  switch (weights.kind) {
    case 'hub':
      throw new MlflowError(
        `The weights of '${modelUri}' are not stored with the model: it refers to '${weights.repository}' at revision ` +
          `${weights.revision} of the Hugging Face Hub. Persist the weights first (persistPretrainedModel), then load it again.`,
        'INVALID_STATE',
        { reason: 'referenceOnly', details: { repository: weights.repository, revision: weights.revision } },
      );
    case 'localBase':
      if (existsSync(path.join(weights.path, 'config.json'))) return weights.path;
      throw new MlflowError(
        `The base model of '${modelUri}' is not stored with it: it lies in '${weights.path}' of the machine that saved it. ` +
          'Restore that folder, or persist the weights (persistPretrainedModel) where it exists.',
        'INVALID_STATE',
        { reason: 'referenceOnly', details: { path: weights.path } },
      );
    case 'stored': {
      const stored = path.join(folder, weights.folder);
      if (existsSync(stored)) return stored;
      throw MlflowError.doesNotExist(
        `The weights of '${modelUri}' are missing: '${stored}' does not exist. Download or log the model again.`,
        { reason: 'fileMissing', details: { folder: stored } },
      );
    }
  }
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

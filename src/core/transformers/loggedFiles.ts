import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { condaFileName, pythonEnvFileName, requirementsFileName } from '../mlmodel/environment.js';
import { readServingInput } from '../mlmodel/inputExample.js';
import { mlmodelFileName } from '../mlmodel/mlmodelText.js';
import type { JsonObject } from '../ports.js';
import { PyfuncWrapper } from '../pyfunc/pyfuncWrapper.js';
import { toPlain } from '../serialization/plainValue.js';
import { ModelSignature } from '../signature/modelSignature.js';
import { prepareInput } from '../signature/prepareInput.js';
import { castServingInput } from '../signature/servingInput.js';
import type { Save } from './saveContext.js';
import { shapePipelineOf } from './savePyfunc.js';

/**
 * What MLflow adds to a saved model when it is logged, before anything is uploaded.
 * @param isCheckpointPath the model was given as a path: its example is not tried, as in Python.
 * Source: mlflow.models.Model.log.
 */
export async function completeLoggedModel(save: Save, isCheckpointPath: boolean): Promise<void> {
  if (save.model.databricksRuntime !== null) await copyMetadata(save.folder);
  if (!isCheckpointPath) await tryServingExample(save);
}

/** Copies for sharing through Unity Catalog. Source: mlflow.models.model._copy_model_metadata_for_uc_sharing. */
async function copyMetadata(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'metadata'), { recursive: true });
  for (const name of [mlmodelFileName, condaFileName, requirementsFileName, pythonEnvFileName])
    await copyFile(path.join(folder, name), path.join(folder, 'metadata', name));
}

/**
 * Sends the stored serving example through what a scoring server would do with it: reading, the signature, MLflow's wrapper. No
 * weights are loaded; the pipeline answers with values of the right shape. A failure is a warning.
 * Source: mlflow.models.utils._validate_serving_input.
 */
async function tryServingExample(save: Save): Promise<void> {
  const { folder, model, generation, log } = save;
  const text = await readServingInput(folder, model.savedInputExampleInfo);
  if (text === null) return;
  const options = { compatibility: generation };
  try {
    const config = model.flavor('python_function')['config'];
    const signature = model.signature === null ? null : ModelSignature.fromDict(model.signature, options);
    const request = castServingInput(text, signature, options);
    const { data, params } = prepareInput(request.data, signature, request.params, options);
    const template = model.metadata?.['prompt_template'];
    const wrapper = new PyfuncWrapper({
      pipeline: await shapePipelineOf(save),
      flavorConfig: toPlain(model.flavor('transformers')) as JsonObject,
      modelConfig: config === undefined ? undefined : (toPlain(config) as JsonObject),
      promptTemplate: typeof template === 'string' ? template : undefined,
      ...options,
    });
    await wrapper.predict(data, (params ?? undefined) as JsonObject | undefined);
  } catch (error) {
    log.warn(notServable(text, error, generation));
  }
}

function notServable(text: string, error: unknown, generation: Save['generation']): string {
  const isNew = generation === '3';
  const shown = isNew && text.length > 50 ? `${text.slice(0, 50)}...` : text;
  const remedy = isNew
    ? '`mlflow.models.predict(model_uri=..., input_data=serving_input, env_manager="uv")`'
    : '`mlflow.models.validate_serving_input`';
  return (
    `Failed to validate serving input example ${shown}. Alternatively, you can avoid passing input example and pass model ` +
    `signature instead when logging the model. To ensure the input example is valid prior to serving, please try calling ${remedy} ` +
    'on the model uri and serving input example. A serving input example can be generated from model input example using ' +
    '`mlflow.models.convert_input_example_to_serving_input` function.\n' +
    `Got error: ${error instanceof Error ? error.message : String(error)}`
  );
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { buildFolder } from '../files/atomicFolder.js';
import { validateEnvironmentArguments } from '../mlmodel/environment.js';
import { saveInputExample } from '../mlmodel/inputExample.js';
import type { Model } from '../mlmodel/model.js';
import { silentLog, type Log } from '../ports.js';
import type { PyValue } from '../serialization/pyValue.js';
import { pythonStr } from '../serialization/pythonRepr.js';
import { inferParamSchema } from '../signature/inferParams.js';
import { isTruthy } from '../signature/pythonTruth.js';
import { copyCodePaths } from './codePaths.js';
import { describeComponents } from './components.js';
import { formatExampleForTask } from './exampleSignature.js';
import type { TransformersModel } from './modelSource.js';
import { validatePromptTemplate } from './promptTemplate.js';
import { prepareSave, type Save } from './saveContext.js';
import { saveEnvironmentFiles } from './saveEnvironment.js';
import { flavorSettings } from './saveFlavor.js';
import type { SavedModel, SaveModelOptions, SavePreview, SaveServices } from './saveOptions.js';
import { folderSizeBytes, storePayload, writeCardAndLicense } from './savePayload.js';
import { addPyfunc } from './savePyfunc.js';
import { chosenSignature } from './saveSignature.js';

/**
 * Saves a model as `mlflow.transformers.save_model` does: same files, same MLmodel, same texts of errors. The checkpoint's
 * files are linked or copied as they are; the folder appears under its name when it is complete.
 * Source: mlflow/transformers/__init__.py (save_model).
 * @throws MlflowError as the table of the flavor's errors says; RESOURCE_ALREADY_EXISTS when `target` is not empty.
 */
export async function saveModel(
  transformersModel: TransformersModel,
  target: string,
  options: SaveModelOptions = {},
  services: SaveServices = {},
): Promise<SavedModel> {
  return saveModelWith(() => Promise.resolve(), transformersModel, target, options, services);
}

/** {@link saveModel} with a last step before the folder appears under its name. */
export async function saveModelWith(
  lastStep: (save: Save) => Promise<void>,
  transformersModel: TransformersModel,
  target: string,
  options: SaveModelOptions,
  services: SaveServices,
): Promise<SavedModel> {
  validateEnvironmentArguments(options);
  const { warnings, log } = collectWarnings(services.log);
  return buildFolder(path.resolve(target), async (folder) => {
    const code = await copyCodePaths(options.codePaths, folder, options);
    const save = await prepareSave(transformersModel, options, services, { folder, log, isPreview: false });
    const { bytesByPlacement } = await writeFlavor(save, code);
    await lastStep(save);
    return { path: path.resolve(target), model: save.model, warnings, bytesByPlacement };
  });
}

/**
 * The MLmodel file and the environment files that {@link saveModel} would write with these arguments, without storing
 * weights. Ids and times are those of the preview.
 * @throws MlflowError as `saveModel` does, but for what concerns the target.
 */
export async function previewSave(
  transformersModel: TransformersModel,
  options: SaveModelOptions = {},
  services: SaveServices = {},
): Promise<SavePreview> {
  validateEnvironmentArguments(options);
  const { warnings, log } = collectWarnings(services.log);
  const folder = await mkdtemp(path.join(tmpdir(), 'mlflow-preview-'));
  try {
    const code = await copyCodePaths(options.codePaths, folder, options);
    const save = await prepareSave(transformersModel, options, services, { folder, log, isPreview: true });
    const { environment } = await writeFlavor(save, code);
    return { mlmodel: save.model.toYaml(), environment, sizeBytes: save.model.modelSizeBytes ?? 0, warnings };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function collectWarnings(outer: Log = silentLog): { warnings: string[]; log: Log } {
  const warnings: string[] = [];
  const log: Log = {
    ...silentLog,
    info: (message) => outer.info(message),
    warn: (message) => void (warnings.push(message), outer.warn(message)),
  };
  return { warnings, log };
}

interface WrittenFlavor {
  environment: Record<string, string>;
  bytesByPlacement: SavedModel['bytesByPlacement'];
}

async function writeFlavor(save: Save, code: string | null): Promise<WrittenFlavor> {
  const { folder, task, model, options } = save;
  const example =
    options.inputExample === undefined ? undefined : formatExampleForTask(options.inputExample, task.pipelineTask);
  const given = chosenSignature(task.llmTask, options.signature, save.generation, save.nameGeneration === 'both');
  if (given) model.signature = given.toDict({ compatibility: save.generation });
  if (example !== undefined) {
    model.savedInputExampleInfo = await saveInputExample(example, folder, {
      compatibility: save.generation,
      validateParams: (params) => void inferParamSchema(params, save.generation),
    });
  }
  addMetadata(save);
  const components = await describeComponents(save.source, task.pipelineTask, save.source.config, save.nameGeneration);
  const flavor = await flavorSettings(save, components);
  if (task.llmTask !== null) {
    flavor['inference_task'] = task.llmTask;
    model.metadata = { ...model.metadata, task: task.llmTask };
  }
  model.addFlavor('transformers', { transformers_version: save.versions.transformersVersion, code, ...flavor });
  // Before the weights: a mistake in the requirements should not cost a copy.
  const environment = await saveEnvironmentFiles(save);
  const stored = await storePayload(save, components, flavor);
  await writeCardAndLicense(save);
  await addPyfunc(save, flavor, example, code);
  const sizeBytes = (await folderSizeBytes(folder)) + stored.skippedBytes;
  if (sizeBytes > 0) model.modelSizeBytes = sizeBytes;
  await model.save(path.join(folder, 'MLmodel'));
  for (const [name, text] of Object.entries(environment)) await writeFile(path.join(folder, name), text);
  return { environment, bytesByPlacement: stored.bytesByPlacement };
}

/** The caller's metadata, and the prompt template beside it. */
function addMetadata({ model, options, task }: Save): void {
  if (options.metadata !== undefined) model.metadata = { ...(options.metadata as Record<string, PyValue>) };
  checkMetadataTask(model, options.task);
  if (options.promptTemplate === undefined) return;
  validatePromptTemplate(options.promptTemplate, task.pipelineTask);
  model.metadata = { ...model.metadata, prompt_template: options.promptTemplate };
}

function checkMetadataTask(model: Model, task: string | undefined): void {
  const declared = model.metadata?.['task'];
  if (!isTruthy(declared) || declared === task) return;
  const shown = pythonStr(declared);
  throw MlflowError.invalidParameter(
    `LLM v1 task type '${shown}' is specified in metadata, but it doesn't match the task type provided in the \`task\` argument: ` +
      `'${task ?? 'None'}'. The mismatched task type may cause incorrect model inference behavior. Please provide the correct LLM v1 ` +
      `task type in the \`task\` argument. E.g. \`mlflow.transformers.save_model(task="${shown}", ...)\``,
  );
}

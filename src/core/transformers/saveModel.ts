import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { buildFolder } from '../files/atomicFolder.js';
import { placeTree } from '../files/placeTree.js';
import type { MlflowGeneration } from '../mlmodel/compatibility.js';
import { environmentFiles, validateEnvironmentArguments } from '../mlmodel/environment.js';
import { saveInputExample } from '../mlmodel/inputExample.js';
import { Model, type FlavorSettings } from '../mlmodel/model.js';
import { silentLog, type JsonObject, type Log } from '../ports.js';
import { parseShardSize } from '../safetensors/writeCheckpoint.js';
import { dumpPythonJson } from '../serialization/pythonJson.js';
import { toPlain } from '../serialization/plainValue.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';
import { inferParamSchema } from '../signature/inferParams.js';
import { copyCodePaths } from './codePaths.js';
import { describeComponents, processorClassOf, type DescribedComponents } from './components.js';
import { declaredEnvironment, type DeclaredEnvironment } from './declaredVersions.js';
import { getDefaultPipRequirements } from './defaultRequirements.js';
import { formatExampleForTask, signatureOfExample } from './exampleSignature.js';
import { buildFlavorConfig } from './flavorConfig.js';
import { isRepositoryId } from './hubAccess.js';
import { writeLicense } from './license.js';
import { cardDataFileName, cardDataText, cardTextFileName, parseModelCard, type ModelCard } from './modelCard.js';
import { declaredModelClass, modelClassForTask } from './modelClass.js';
import { isFolder, type TransformersModel } from './modelSource.js';
import { validatePromptTemplate } from './promptTemplate.js';
import { resolveSource, type ResolvedSource } from './resolveSource.js';
import type { SavedModel, SaveModelOptions, SaveServices } from './saveOptions.js';
import { chosenSignature, defaultOrNone } from './saveSignature.js';
import { resolveTask, type ResolvedTask } from './saveTask.js';
import { storeComponents, storeModel } from './storeFiles.js';
import { hasPyfunc } from './tasks.js';
import { floatDtypeOf, normalizeTorchDtype, torchDtypeOfConfig } from './torchDtype.js';

/** Everything one save has worked out, in the order of Python's steps. */
interface Save {
  folder: string;
  source: ResolvedSource;
  task: ResolvedTask;
  generation: MlflowGeneration;
  versions: DeclaredEnvironment;
  options: SaveModelOptions;
  services: SaveServices;
  log: Log;
  model: Model;
  isPeft: boolean;
  savePretrained: boolean;
}

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
  validateEnvironmentArguments(options);
  const warnings: string[] = [];
  const outer = services.log ?? silentLog;
  const log: Log = {
    ...silentLog,
    info: (message) => outer.info(message),
    warn: (message) => void (warnings.push(message), outer.warn(message)),
  };
  return buildFolder(path.resolve(target), async (folder) => {
    const code = await copyCodePaths(options.codePaths, folder, options);
    const save = await prepare(transformersModel, folder, options, services, log);
    const bytesByPlacement = await writeFlavor(save, code);
    return { path: path.resolve(target), model: save.model, warnings, bytesByPlacement };
  });
}

async function prepare(
  model: TransformersModel,
  folder: string,
  options: SaveModelOptions,
  services: SaveServices,
  log: Log,
): Promise<Save> {
  warnAboutDeprecated(options, log);
  const generation = options.compatibility ?? '3';
  const source = await resolveSource(model, {
    ...options,
    hub: services.hub,
    withWeights: options.savePretrained !== false,
  });
  const isPeft = source.adapterConfig !== null;
  if (source.kind === 'checkpoint' && options.savePretrained === false) {
    throw MlflowError.invalidParameter(
      'The `save_pretrained` argument must be set to True when logging a model from a local checkpoint. Please set `save_pretrained=True`.',
    );
  }
  const task = await resolveTask(source, options.task, log);
  const versions = declaredEnvironment(generation, task.pipelineTask, options.environment);
  const document =
    options.mlflowModel ?? new Model({ compatibility: generation, mlflowVersion: versions.mlflowVersion });
  const save = { folder, source, task, generation, versions, options, services, log, model: document, isPeft };
  return { ...save, savePretrained: await decideSavePretrained(source, options, isPeft, log) };
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
    await checkBaseModelPath(options.baseModelPath, isPeft);
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

async function checkBaseModelPath(baseModelPath: string, isPeft: boolean): Promise<void> {
  if (!isPeft) {
    throw MlflowError.invalidParameter(
      'The `base_model_path` parameter is only supported for PEFT models. The provided model is not a PEFT model.',
    );
  }
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

async function writeFlavor(save: Save, code: string | null): Promise<SavedModel['bytesByPlacement']> {
  const { folder, source, task, model, options, log } = save;
  const example =
    options.inputExample === undefined ? undefined : formatExampleForTask(options.inputExample, task.pipelineTask);
  const given = chosenSignature(task.llmTask, options.signature, save.generation, options.compatibility === undefined);
  if (given) model.signature = given.toDict({ compatibility: save.generation });
  if (example !== undefined) {
    model.savedInputExampleInfo = await saveInputExample(example, folder, {
      compatibility: save.generation,
      validateParams: (params) => void inferParamSchema(params, save.generation),
    });
  }
  if (options.metadata !== undefined) model.metadata = { ...(options.metadata as Record<string, PyValue>) };
  checkMetadataTask(model, options.task);
  if (options.promptTemplate !== undefined) {
    validatePromptTemplate(options.promptTemplate, task.pipelineTask);
    model.metadata = { ...model.metadata, prompt_template: options.promptTemplate };
  }
  const nameGeneration = options.compatibility === undefined ? 'both' : options.compatibility === '3' ? 5 : 4;
  const components = await describeComponents(source, task.pipelineTask, source.config, nameGeneration);
  const flavor = await flavorSettings(save, components);
  if (task.llmTask !== null) {
    flavor['inference_task'] = task.llmTask;
    model.metadata = { ...model.metadata, task: task.llmTask };
  }
  model.addFlavor('transformers', { transformers_version: save.versions.transformersVersion, code, ...flavor });
  const bytes = await storeFiles(save, components, flavor);
  const card = await cardOf(save);
  if (options.baseModelPath === undefined)
    await writeLicense(folder, source.nameOrPath, card, await hubOf(save), log, options);
  if (card) {
    await writeFile(path.join(folder, cardTextFileName), card.text);
    await writeFile(path.join(folder, cardDataFileName), cardDataText(card));
  }
  await addPyfunc(save, flavor, example, code);
  const sizeBytes = await folderSizeBytes(folder);
  if (sizeBytes > 0) model.modelSizeBytes = sizeBytes;
  await model.save(path.join(folder, 'MLmodel'));
  await writeEnvironment(save);
  return bytes;
}

function checkMetadataTask(model: Model, task: string | undefined): void {
  const declared = model.metadata?.['task'];
  if (!declared || declared === task) return;
  throw MlflowError.invalidParameter(
    `LLM v1 task type '${String(declared)}' is specified in metadata, but it doesn't match the task type provided in the \`task\` argument: ` +
      `'${task ?? 'None'}'. The mismatched task type may cause incorrect model inference behavior. Please provide the correct LLM v1 ` +
      `task type in the \`task\` argument. E.g. \`mlflow.transformers.save_model(task="${String(declared)}", ...)\``,
  );
}

async function flavorSettings(save: Save, components: DescribedComponents): Promise<FlavorSettings> {
  const { source, task, options, generation } = save;
  const isCheckpoint = source.kind === 'checkpoint';
  const modelClass = isCheckpoint
    ? declaredModelClass(source.config)
    : modelClassForTask(source.config, task.pipelineTask);
  if (modelClass === null) {
    throw MlflowError.invalidParameter(
      `config.json of ${source.nameOrPath} names no model class. Add an \`architectures\` list such as ["BertForSequenceClassification"].`,
    );
  }
  const hub = save.services.hub;
  const commitOf = async (repository: string): Promise<string> => {
    if (repository === source.nameOrPath && source.revision !== undefined) return source.revision;
    if (!hub) {
      throw new MlflowError(
        `The commit of '${repository}' cannot be asked for without access to the Hub. Allow it, or store the weights.`,
        'RESOURCE_DOES_NOT_EXIST',
        { reason: 'hubOffline' },
      );
    }
    return hub.latestCommit(repository, options);
  };
  return buildFlavorConfig({
    task: task.pipelineTask,
    instanceType: task.instanceType,
    modelClass,
    nameOrPath: source.nameOrPath,
    components,
    processorClass: options.processor === undefined ? undefined : await processorClassOf(options.processor),
    torchDtype: recordedDtype(save),
    framework: options.compatibility === '3' ? undefined : 'pt',
    isPeft: save.isPeft,
    weights:
      options.baseModelPath !== undefined
        ? { kind: 'localBase', path: path.resolve(options.baseModelPath) }
        : save.savePretrained
          ? { kind: 'stored' }
          : { kind: 'hub', revision: await commitOf(source.nameOrPath) },
    componentRevision: commitOf,
  });

  function recordedDtype({ options: { torchDtype } }: Save): string | null {
    if (torchDtype !== undefined) return normalizeTorchDtype(torchDtype);
    if (isCheckpoint) return null;
    // transformers 4 loads in single precision whatever config.json says.
    return generation === '2' ? 'torch.float32' : (torchDtypeOfConfig(source.config) ?? 'torch.float32');
  }
}

async function storeFiles(
  save: Save,
  components: DescribedComponents,
  flavor: FlavorSettings,
): Promise<SavedModel['bytesByPlacement']> {
  const { folder, source, options } = save;
  const shared = {
    signal: options.signal,
    onProgress: options.onProgress,
    allowHardLinks: options.allowHardLinks,
    isBilingual: options.compatibility !== '3',
  };
  let bytes: SavedModel['bytesByPlacement'] = null;
  if (source.adapterFolder) {
    await placeTree(source.adapterFolder, path.join(folder, 'peft'), {
      ...shared,
      filter: (name) => /^(adapter_|README\.md$)/.test(name),
    });
  }
  if (save.savePretrained) {
    const placed = await storeModel(source.modelFolder, path.join(folder, 'model'), {
      ...shared,
      wholeFolder: source.kind === 'checkpoint',
      convertTo: options.torchDtype === undefined ? undefined : floatDtypeOf(options.torchDtype),
      maxShardSizeBytes: options.maxShardSize === undefined ? undefined : parseShardSize(options.maxShardSize),
    });
    bytes = placed.bytesByPlacement;
  }
  if ('model_binary' in flavor || 'local_base_model_path' in flavor) {
    const all: DescribedComponents = { ...components };
    if (options.processor !== undefined)
      all.processor = { folder: options.processor, className: String(flavor['processor_type']) };
    await storeComponents(all, path.join(folder, 'components'), shared);
    if (options.inferenceConfig !== undefined && save.generation === '2') {
      await writeFile(
        path.join(folder, 'components', 'inference_config.txt'),
        dumpPythonJson(options.inferenceConfig, { indent: 2 }),
      );
    }
  }
  return bytes;
}

/** The Hub, where the model can be on it: the relative path of a folder reads like a repository's id. */
async function hubOf({ source, services }: Save): Promise<SaveServices['hub']> {
  return (await isFolder(source.nameOrPath)) ? undefined : services.hub;
}

async function cardOf(save: Save): Promise<ModelCard | null> {
  const { source, options, log } = save;
  if (typeof options.modelCard === 'string') return parseModelCard(options.modelCard);
  if (options.modelCard !== undefined) return options.modelCard;
  const hub = await hubOf(save);
  if (!hub || options.baseModelPath !== undefined || !isRepositoryId(source.nameOrPath)) return null;
  try {
    const text = await hub.modelCard(source.nameOrPath, options);
    return text === null ? null : parseModelCard(text);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    log.warn(
      `The model card could not be retrieved from the hub due to ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
}

async function addPyfunc(
  save: Save,
  flavor: FlavorSettings,
  example: SaveModelOptions['inputExample'],
  code: string | null,
): Promise<void> {
  const { model, source, task, options, log } = save;
  const isCheckpoint = source.kind === 'checkpoint';
  if (!isCheckpoint && !hasPyfunc(task.instanceType, String(flavor['pipeline_model_type']))) {
    const reason =
      options.processor === undefined
        ? 'the model is not a language-based model and requires a complex input type that is currently not supported.'
        : "the model has been saved with a 'processor' argument supplied.";
    log.warn(
      `This model is unable to be used for pyfunc prediction because ${reason} The pyfunc flavor will not be added to the Model.`,
    );
    return;
  }
  let modelConfig: PyRecord = { ...options.inferenceConfig, ...options.modelConfig };
  if (model.signature === null) {
    const inferred =
      example === undefined || isCheckpoint
        ? null
        : await signatureOfExample(example, {
            task: task.pipelineTask,
            instanceType: task.instanceType,
            config: source.config,
            transformersVersion: save.versions.transformersVersion,
            flavorConfig: toPlain(flavor as Record<string, PyValue>) as JsonObject,
            modelConfig: toPlain(modelConfig) as JsonObject,
            compatibility: save.generation,
            log,
          });
    model.signature =
      (inferred ?? defaultOrNone(task.pipelineTask, log))?.toDict({ compatibility: save.generation }) ?? null;
  }
  if (
    options.promptTemplate !== undefined &&
    task.pipelineTask === 'text-generation' &&
    !('return_full_text' in modelConfig)
  ) {
    modelConfig = { ...modelConfig, return_full_text: false };
    log.info(
      'text-generation pipelines saved with prompt templates have the `return_full_text` pipeline kwarg set to False by default. ' +
        'To override this behavior, provide a `model_config` dict with `return_full_text` set to `True` when saving the model.',
    );
  }
  model.addFlavor('python_function', {
    loader_module: 'mlflow.transformers',
    python_version: save.versions.pythonVersion,
    env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
    ...(code === null ? {} : { code }),
    ...(Object.keys(modelConfig).length === 0 ? {} : { config: modelConfig }),
  });
}

async function writeEnvironment(save: Save): Promise<void> {
  const { versions, options, generation } = save;
  const defaults = getDefaultPipRequirements(
    { isPeft: save.isPeft, task: save.task.pipelineTask },
    { compatibility: generation, environment: options.environment },
  ).sort();
  const files = await environmentFiles({
    defaultPipRequirements: defaults,
    pipRequirements: options.pipRequirements,
    extraPipRequirements: options.extraPipRequirements,
    condaEnv: options.condaEnv,
    pythonVersion: versions.pythonVersion,
    buildPackages: { pip: versions.pipVersion, setuptools: versions.setuptoolsVersion, wheel: versions.wheelVersion },
    mlflowVersion: versions.mlflowVersion,
    compatibility: generation,
  });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(save.folder, name), text);
}

async function folderSizeBytes(folder: string): Promise<number> {
  let sizeBytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sizeBytes += (await stat(path.join(entry.parentPath ?? entry.path, entry.name))).size;
  }
  return sizeBytes;
}

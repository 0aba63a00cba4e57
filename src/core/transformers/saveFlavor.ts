import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { FlavorSettings } from '../mlmodel/model.js';
import { processorClassOf, type DescribedComponents } from './components.js';
import { buildFlavorConfig, type FlavorConfigOptions } from './flavorConfig.js';
import { declaredModelClass, modelClassForTask } from './modelClass.js';
import type { Save } from './saveContext.js';
import { normalizeTorchDtype, torchDtypeOfConfig } from './torchDtype.js';

/** The settings of `flavors.transformers` of a save. @throws MlflowError where Python does. */
export async function flavorSettings(save: Save, components: DescribedComponents): Promise<FlavorSettings> {
  const { source, task } = save;
  return buildFlavorConfig({
    task: task.pipelineTask,
    instanceType: task.instanceType,
    modelClass: modelClassOf(save),
    nameOrPath: source.nameOrPath,
    components,
    processorClass: save.processorFolder === undefined ? undefined : await requireProcessor(save.processorFolder),
    torchDtype: recordedDtype(save),
    framework: save.nameGeneration === 5 ? undefined : 'pt',
    isPeft: save.isPeft,
    weights: await weightsOf(save),
    componentRevision: (repository) => commitOf(save, repository),
  });
}

async function requireProcessor(folder: string): Promise<string> {
  const className = await processorClassOf(folder);
  if (className !== null) return className;
  throw MlflowError.invalidParameter(
    `'${folder}' holds no processor: neither processor_config.json nor config.json names one. Give the folder of a processor.`,
    { details: { folder } },
  );
}

function modelClassOf({ source, task, nameGeneration }: Save): string {
  const modelClass =
    source.kind === 'checkpoint'
      ? declaredModelClass(source.config)
      : modelClassForTask(source.config, task.pipelineTask, nameGeneration);
  if (modelClass !== null) return modelClass;
  throw MlflowError.invalidParameter(
    `config.json of ${source.nameOrPath} names no model class. Add an \`architectures\` list such as ["BertForSequenceClassification"].`,
  );
}

async function weightsOf(save: Save): Promise<FlavorConfigOptions['weights']> {
  const { baseModelPath } = save.options;
  if (baseModelPath !== undefined) return { kind: 'localBase', path: path.resolve(baseModelPath) };
  if (save.savePretrained) return { kind: 'stored' };
  return { kind: 'hub', revision: await commitOf(save, save.source.nameOrPath) };
}

/** The commit a repository's files were taken from, else its newest. */
async function commitOf({ source, services, options }: Save, repository: string): Promise<string> {
  if (repository === source.nameOrPath && source.revision !== undefined) return source.revision;
  if (!services.hub) {
    throw new MlflowError(
      `The commit of '${repository}' cannot be asked for without access to the Hub. Allow it, or store the weights.`,
      'RESOURCE_DOES_NOT_EXIST',
      { reason: 'hubOffline' },
    );
  }
  return services.hub.latestCommit(repository, options);
}

function recordedDtype({ source, generation, options: { torchDtype } }: Save): string | null {
  if (torchDtype !== undefined) return normalizeTorchDtype(torchDtype);
  if (source.kind === 'checkpoint') return null;
  // transformers 4 loads in single precision whatever config.json says.
  return generation === '2' ? 'torch.float32' : (torchDtypeOfConfig(source.config) ?? 'torch.float32');
}

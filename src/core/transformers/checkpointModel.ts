import { stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { Model } from '../mlmodel/model.js';
import { isCheckpointFile } from './checkpointFiles.js';
import { describeComponents } from './components.js';
import { declaredEnvironment } from './declaredVersions.js';
import { buildFlavorConfig } from './flavorConfig.js';
import type { HubAccess } from './hubAccess.js';
import type { HubUri } from './hubUri.js';
import { readJsonFile } from './jsonFile.js';
import type { LoadModelOptions } from './loadOptions.js';
import { modelClassForTask } from './modelClass.js';
import type { HubSnapshots } from './resolveWeights.js';
import { detectTask } from './taskDetection.js';
import { normalizeTask, pipelineClassOf } from './tasks.js';
import { torchDtypeOfConfig } from './torchDtype.js';

/**
 * A repository of the Hub in place of a logged model: the MLflow model in it, or the checkpoint with the flavor that a save of
 * it would have.
 * @throws MlflowError `hubOffline` and the like, `taskUnsupported` when nothing tells the task, `fileMissing` without config.json.
 */
export async function checkpointModel(
  modelUri: string,
  { repository, revision }: Pick<HubUri, 'repository' | 'revision'>,
  options: LoadModelOptions,
  hub: (HubAccess & HubSnapshots) | undefined,
): Promise<{ folder: string; model: Model | undefined }> {
  if (!hub) throw unreachable(modelUri);
  const { folder, commit } = await snapshotOf(modelUri, { repository, revision }, options, hub);
  const isLogged = await stat(path.join(folder, 'MLmodel')).catch(() => undefined);
  if (isLogged?.isFile()) return { folder, model: undefined };
  const config = await readJsonFile(path.join(folder, 'config.json'));
  if (config === null) {
    throw MlflowError.doesNotExist(
      `'${modelUri}' holds neither an MLmodel file nor a config.json. Give the repository of a transformers model.`,
      { reason: 'fileMissing', details: { repository } },
    );
  }
  const given = options['task'];
  const task = typeof given === 'string' ? normalizeTask(given) : await detectTask(folder, config);
  const modelClass = task === null ? null : modelClassForTask(config, task, 5);
  if (task === null || modelClass === null) {
    throw MlflowError.invalidParameter(`Nothing in '${modelUri}' tells its task. Pass \`task\`.`, {
      reason: 'taskUnsupported',
      details: { repository },
    });
  }
  const environment = declaredEnvironment('3', task, undefined);
  const source = { kind: 'pipeline' as const, modelFolder: folder, nameOrPath: repository, components: {} };
  const settings = await buildFlavorConfig({
    task,
    instanceType: pipelineClassOf(task),
    modelClass,
    nameOrPath: repository,
    components: await describeComponents(source, task, config, 5),
    torchDtype: torchDtypeOfConfig(config) ?? 'torch.float32',
    weights: { kind: 'hub', revision: commit },
  });
  const model = new Model({ mlflowVersion: environment.mlflowVersion });
  model.addFlavor('transformers', { transformers_version: environment.transformersVersion, code: null, ...settings });
  return { folder, model };
}

async function snapshotOf(
  modelUri: string,
  { repository, revision }: Pick<HubUri, 'repository' | 'revision'>,
  options: LoadModelOptions,
  hub: HubAccess & HubSnapshots,
): Promise<{ folder: string; commit: string }> {
  if (options.allowDownload === false) {
    const cached = await hub.cachedSnapshot(repository, revision ?? 'main');
    if (cached) return cached;
    throw unreachable(modelUri);
  }
  const { signal, onProgress } = options;
  const names = await hub.listFiles(repository, { revision, signal }).catch(() => [] as string[]);
  const filter = names.includes('MLmodel')
    ? undefined
    : (name: string) => isCheckpointFile(name) || name === 'README.md';
  return hub.downloadSnapshot(repository, { revision, filter, signal, onProgress });
}

function unreachable(modelUri: string): MlflowError {
  return new MlflowError(
    `'${modelUri}' is not in the Hub's cache of this machine, and downloads are not allowed here. Allow the download.`,
    'INVALID_STATE',
    { reason: 'referenceOnly', details: { uri: modelUri } },
  );
}

import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ArtifactStoresSource } from '../artifacts/artifactStores.js';
import { MlflowError } from '../errors.js';
import { makeHiddenFolder, removeAbandonedFolders, replaceFolders } from '../files/atomicFolder.js';
import { Model } from '../mlmodel/model.js';
import { silentLog, type Log, type LongRunningOptions } from '../ports.js';
import type { DescribedComponents } from './components.js';
import { persistedFlavorConfig } from './flavorConfig.js';
import { isFolder } from './modelSource.js';
import { hasWeightsFolder } from './persistPlan.js';
import { isBareVersion, persistTarget, versionRefused, type PersistTarget } from './persistTarget.js';
import { resolveWeights, transformersFlavorOf, type HubSnapshots, type ResolvedWeights } from './resolveWeights.js';
import { storeComponents, storeModel } from './storeFiles.js';

export interface PersistServices {
  stores: ArtifactStoresSource;
  hub: HubSnapshots;
  log?: Log | undefined;
}

export interface PersistOptions extends LongRunningOptions {
  /** Hard links to the Hub's cache instead of copies where both share a disk. */
  allowHardLinks?: boolean | undefined;
}

export interface PersistedModel {
  modelUri: string;
  /** Where the files are; undefined when they are not on this machine. */
  folder: string | undefined;
  /** False when there was nothing to do. */
  isChanged: boolean;
  /** What the user should know, such as where the files went. */
  notes: string[];
}

/**
 * Stores the weights of a model that only refers to them: downloads what the cache lacks, puts `model/` and `components/`
 * into the model's folder and rewrites MLmodel last. A second call does nothing; a call that was killed is completed by the
 * next. The base of a PEFT model is stored as it is, without the adapter's names.
 * Source: mlflow.transformers.persist_pretrained_model.
 * @throws MlflowError ALREADY_EXISTS (Python's text), `flavorMissing`, `pickledWeights`, `diskFull`, as the Hub answers;
 *   Python's text for a version of a registered model that no logged model stands behind.
 */
export async function persistPretrainedModel(
  modelUri: string,
  services: PersistServices,
  options: PersistOptions = {},
): Promise<PersistedModel> {
  const log = services.log ?? silentLog;
  const target = await persistTarget(modelUri, services.stores);
  const notes = target.note === undefined ? [] : [target.note];
  for (const note of notes) log.info(note);
  const result = { modelUri, folder: target.folder, notes };
  const isChanged =
    target.folder === undefined
      ? await persistRemotely(modelUri, target, services, options, log)
      : await persistInPlace(modelUri, target.folder, services, options, log);
  if (isChanged) log.info(`The pretrained model has been successfully persisted in ${modelUri}.`);
  return { ...result, isChanged };
}

async function persistInPlace(
  modelUri: string,
  folder: string,
  services: PersistServices,
  options: PersistOptions,
  log: Log,
): Promise<boolean> {
  const model = await Model.load(folder);
  const flavor = transformersFlavorOf(model, modelUri);
  // A `model` folder beside a reference is what a killed call left: it is made anew.
  if (flavor.weights.kind === 'stored' && (await hasWeightsFolder(folder))) return nothingToDo(modelUri, log);
  const settings = persistedFlavorConfig(model.flavors['transformers'] ?? {});
  if (await isBareVersion(modelUri, services.stores)) throw versionRefused();
  await removeAbandonedFolders(folder);
  const weights = await weightsOf(modelUri, folder, model, services, options);
  await buildParts(folder, model, weights, options);
  model.addFlavor('transformers', settings);
  await model.save(folder);
  return true;
}

function nothingToDo(modelUri: string, log: Log): boolean {
  log.info(
    'The full pretrained model weight already exists in the artifact directory of the ' +
      `specified model_uri: ${modelUri}. No action is needed.`,
  );
  return false;
}

async function weightsOf(
  modelUri: string,
  folder: string,
  model: Model,
  services: PersistServices,
  options: PersistOptions,
): Promise<ResolvedWeights> {
  const { signal, onProgress } = options;
  const download = { allowDownload: true, isComplete: true, signal, onProgress };
  return resolveWeights(folder, model, { modelUri, hub: services.hub, ...download });
}

/** `components` appears before `model`: whoever finds weights finds all. */
async function buildParts(
  folder: string,
  model: Model,
  weights: ResolvedWeights,
  options: PersistOptions,
): Promise<void> {
  const stored = { ...options, isBilingual: true };
  const components = componentsOf(model, weights);
  const hasComponents = weights.kind === 'hub' && Object.keys(components).length > 0;
  await replaceFolders(folder, {
    ...(hasComponents && { components: (hidden: string) => storeComponents(components, hidden, stored) }),
    model: (hidden) => storeModel(weights.modelFolder, hidden, { ...stored, wholeFolder: false }),
  });
}

function componentsOf(model: Model, weights: ResolvedWeights): DescribedComponents {
  const described: DescribedComponents = {};
  for (const { name, type } of model.transformersFlavor?.components ?? []) {
    described[name] = { folder: weights.componentFolder(name), className: type ?? '' };
  }
  return described;
}

/** The files of a model elsewhere: completed in a copy, then uploaded, MLmodel last. */
async function persistRemotely(
  modelUri: string,
  target: PersistTarget,
  services: PersistServices,
  options: PersistOptions,
  log: Log,
): Promise<boolean> {
  const { repository } = target;
  await removeAbandonedFolders(tmpdir());
  const copy = await makeHiddenFolder(tmpdir());
  try {
    const names = (await repository.list()).map((file) => path.posix.basename(file.path));
    if (names.includes('MLmodel') && names.includes('model')) {
      const document = await repository.download('MLmodel', { ...options, dstPath: copy });
      const { weights } = transformersFlavorOf(await Model.load(path.dirname(document)), modelUri);
      if (weights.kind === 'stored') return nothingToDo(modelUri, log);
    }
    const local = await repository.download('', { ...options, dstPath: copy });
    if (!(await persistInPlace(local, local, services, options, silentLog))) return nothingToDo(modelUri, log);
    for (const name of ['components', 'model']) {
      if (!(await isFolder(path.join(local, name)))) continue;
      await repository.uploadFolder(path.join(local, name), name, options).catch((error: unknown) => {
        throw uploadFailed(path.join(local, name), error, options);
      });
    }
    await repository.uploadFile(path.join(local, 'MLmodel'), undefined, options);
    return true;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function uploadFailed(folder: string, error: unknown, { signal }: PersistOptions): unknown {
  if (signal?.aborted) return MlflowError.cancelled();
  return new MlflowError(
    `Failed to upload ${folder} to the existing model_uri due to ${error instanceof Error ? error.message : String(error)}.` +
      'Some other files may have been uploaded.',
    'INTERNAL_ERROR',
    { cause: error },
  );
}

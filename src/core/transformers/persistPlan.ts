import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactStoresSource } from '../artifacts/artifactStores.js';
import { MlflowError } from '../errors.js';
import type { DownloadSize } from '../hub/downloadSize.js';
import { Model } from '../mlmodel/model.js';
import type { LongRunningOptions } from '../ports.js';
import { transformersFlavorOf } from './resolveWeights.js';
import { persistTarget, readableFolder } from './persistTarget.js';

/** What asks the Hub for sizes. */
export interface HubSizes {
  sizeBeforeDownload(repositoryId: string, revision: string, options?: LongRunningOptions): Promise<DownloadSize>;
}

/** What `persistPretrainedModel` would do, told before it begins. */
export interface PersistPlan {
  modelUri: string;
  /** False when the weights are stored already. */
  isNeeded: boolean;
  /** The download of the model's repository; `null` when nothing is downloaded (a local base, or nothing to do). */
  download: DownloadSize | null;
  /** The local base model that is copied. */
  localBase: string | null;
  /** Where the files go, when that is not what the URI says. */
  note: string | undefined;
}

/**
 * The exact bytes, shards and dtype of what persisting a model would bring.
 * @throws MlflowError `flavorMissing`, `pickledWeights`, or as the Hub answers.
 */
export async function planPersist(
  modelUri: string,
  services: { stores: ArtifactStoresSource; hub: HubSizes },
  options: LongRunningOptions = {},
): Promise<PersistPlan> {
  const target = await persistTarget(modelUri, services.stores);
  const model = await Model.load(await readableFolder(modelUri, target, services.stores));
  const { weights } = transformersFlavorOf(model, modelUri);
  const { note } = target;
  if (weights.kind === 'stored') return { modelUri, isNeeded: false, download: null, localBase: null, note };
  if (weights.kind === 'localBase') return { modelUri, isNeeded: true, download: null, localBase: weights.path, note };
  const download = await services.hub.sizeBeforeDownload(weights.repository, weights.revision, options);
  return { modelUri, isNeeded: true, download, localBase: null, note };
}

/**
 * Refuses to register a model whose weights lie elsewhere: a version of it could be loaded only where the Hub (or the folder
 * of the base model) can be reached.
 * @throws MlflowError INVALID_STATE, reason `referenceOnly`.
 */
export async function assertRegistrable(modelUri: string, stores: ArtifactStoresSource): Promise<void> {
  const folder = await readableFolder(modelUri, await persistTarget(modelUri, stores), stores);
  const model = await Model.load(folder);
  const weights = model.transformersFlavor?.weights;
  if (weights === undefined || weights.kind === 'stored') return;
  const place = weights.kind === 'hub' ? `on the Hub ('${weights.repository}')` : `in '${weights.path}'`;
  throw new MlflowError(
    `'${modelUri}' cannot be registered: its weights are not stored with it but lie ${place}. Persist them first (persistPretrainedModel).`,
    'INVALID_STATE',
    { reason: 'referenceOnly', details: { uri: modelUri } },
  );
}

/** Whether a folder has both its MLmodel file and a `model` folder: Python then has nothing to do. */
export async function hasWeightsFolder(folder: string): Promise<boolean> {
  const [document, weights] = await Promise.all(
    ['MLmodel', 'model'].map((name) => stat(path.join(folder, name)).catch(() => undefined)),
  );
  return document?.isFile() === true && weights?.isDirectory() === true;
}

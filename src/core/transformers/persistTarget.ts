import { downloadArtifacts, openStored } from '../artifacts/artifactFunctions.js';
import type { ArtifactRepository } from '../artifacts/artifactRepository.js';
import { storesOf, type ArtifactStoresSource } from '../artifacts/artifactStores.js';
import { LocalArtifactRepository } from '../artifacts/localArtifactRepository.js';
import { isModelsUri, isRunsUri, parseModelUri, splitModelsUri } from '../artifacts/modelUri.js';
import { openArtifactRepository } from '../artifacts/openArtifactRepository.js';
import { resolveModelUri } from '../artifacts/resolveModelUri.js';
import { MlflowError } from '../errors.js';

/** The model whose files are to be completed. */
export interface PersistTarget {
  repository: ArtifactRepository;
  /** Its folder, when it is on this machine. */
  folder: string | undefined;
  /** What the user should know about where the files go. */
  note: string | undefined;
}

/**
 * Where the files of a model URI are written. A run's path that names a logged model means that model, and so does a version
 * of a registered model that stands for one: Python writes beside the former and refuses the latter.
 */
export async function persistTarget(modelUri: string, stores: ArtifactStoresSource): Promise<PersistTarget> {
  if (!isRunsUri(modelUri) && !isModelsUri(modelUri)) {
    const repository = openArtifactRepository(modelUri);
    return { repository, folder: repository.localPath, note: undefined };
  }
  const resolved = await resolveModelUri(modelUri, stores);
  const repository =
    resolved.path === undefined
      ? openStored(resolved.artifactUri, await storesOf(stores))
      : new LocalArtifactRepository(resolved.artifactUri, resolved.path);
  const own = resolved.loggedModel && isModelsUri(modelUri) && !isVersion(modelUri);
  const note =
    resolved.loggedModel && !own
      ? `${modelUri} stands for the logged model models:/${resolved.loggedModel.modelId}; its files are completed there.`
      : undefined;
  return { repository, folder: resolved.path, note };
}

/** Whether a URI names a version of a registered model that no logged model stands behind. */
export async function isBareVersion(modelUri: string, stores: ArtifactStoresSource): Promise<boolean> {
  if (!isModelsUri(modelUri) || !isVersion(modelUri)) return false;
  return (await resolveModelUri(modelUri, stores)).loggedModel === undefined;
}

/** Python's answer to writing through a version. Source: ModelsArtifactRepository.log_artifacts */
export function versionRefused(): MlflowError {
  return new MlflowError(
    'Failed to upload model to the existing model_uri due to log_artifacts is not supported for ' +
      'models:/<name>/<version> URIs. Use register_model instead..Some other files may have been uploaded.',
    'INTERNAL_ERROR',
  );
}

/** The folder with the MLmodel file of a target: its own, else a copy. */
export async function readableFolder(
  modelUri: string,
  target: PersistTarget,
  stores: ArtifactStoresSource,
): Promise<string> {
  return target.folder ?? downloadArtifacts({ artifactUri: modelUri }, stores);
}

function isVersion(modelUri: string): boolean {
  return parseModelUri(splitModelsUri(modelUri).rootUri).kind === 'registered';
}

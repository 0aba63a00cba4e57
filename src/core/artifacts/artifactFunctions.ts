import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { JsonValue, LongRunningOptions } from '../ports.js';
import { parsePythonJson } from '../serialization/pythonJson.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import type { FileInfo, LoggedModel } from '../tracking/entities.js';
import type { ArtifactRepository } from './artifactRepository.js';
import { storeLocationOf, storesOf, type ArtifactStores, type ArtifactStoresSource } from './artifactStores.js';
import type { HubFiles } from './hubArtifactRepository.js';
import { isModelsUri, isRunsUri, parseModelUri, parseRunsUri, splitModelsUri } from './modelUri.js';
import { openArtifactRepository } from './openArtifactRepository.js';
import { LocalArtifactRepository } from './localArtifactRepository.js';
import { findVersionOfModel, resolveModelUri } from './resolveModelUri.js';
import { RunArtifactRepository } from './runArtifactRepository.js';
import { appendToUriPath, isLocalUri, parseUri, uriScheme } from './uri.js';
import { loggedModelMeta, writeRegisteredModelMeta, type RegisteredModelMeta } from './registeredModelMeta.js';

/** Which artifacts are meant: a URI, or a run and a path below its artifacts. */
export interface ArtifactSelection {
  artifactUri?: string | undefined;
  runId?: string | undefined;
  artifactPath?: string | undefined;
}

/** How to get the Hub that `hf:` addresses are read from; without it they are refused. */
export type HubSource = () => HubFiles;

/**
 * Copies a file or a folder to `dstPath` (made when missing) and returns where it lies. Without `dstPath`, files that are on
 * this machine already are not copied. A model folder that was reached through `models:/` gets `registered_model_meta`.
 * Source: mlflow.artifacts.download_artifacts
 */
export async function downloadArtifacts(
  selection: ArtifactSelection & { dstPath?: string | undefined } & LongRunningOptions,
  stores: ArtifactStoresSource,
  hub?: HubSource,
): Promise<string> {
  checkSelection(selection);
  const { signal, onProgress } = selection;
  const dstPath = selection.dstPath ?? undefined;
  if (dstPath !== undefined) await mkdir(dstPath, { recursive: true });
  const target = await openSelection(selection, stores, hub);
  try {
    const result = await target.repository.download(target.path, { dstPath, signal, onProgress });
    if (target.registered !== undefined) await writeRegisteredModelMeta(result, target.registered);
    return result;
  } catch (error) {
    const uri = selection.artifactUri ?? '';
    if (!uri.startsWith('m-')) throw error;
    throw new MlflowError(`Invalid uri \`${uri}\` is passed. Maybe you meant 'models:/${uri}'?`, 'INTERNAL_ERROR', {
      cause: error,
    });
  }
}

/** Files and folders directly at the selection. Source: mlflow.artifacts.list_artifacts */
export async function listArtifacts(
  selection: ArtifactSelection,
  stores: ArtifactStoresSource,
  hub?: HubSource,
): Promise<FileInfo[]> {
  checkSelection(selection);
  const target = await openSelection(selection, stores, hub);
  return target.repository.list(target.path);
}

/** @throws MlflowError BAD_REQUEST when the file is no UTF-8. Source: mlflow.artifacts.load_text */
export async function loadText(artifactUri: string, stores: ArtifactStoresSource, hub?: HubSource): Promise<string> {
  const temporary = await mkdtemp(path.join(tmpdir(), 'mlflow-artifacts-'));
  try {
    const file = await downloadArtifacts({ artifactUri, dstPath: temporary }, stores, hub);
    if ((await stat(file)).isDirectory()) {
      throw MlflowError.invalidParameter(`[Errno 21] Is a directory: ${stringRepr(file)}`);
    }
    const bytes = await readFile(file);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r\n?/g, '\n');
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new MlflowError(
      `Artifact ${stringRepr(artifactUri)} is not valid UTF-8. To read a file in another encoding, download it with ` +
        '`mlflow.artifacts.download_artifacts` and open it with the correct `encoding`.',
      'BAD_REQUEST',
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @throws MlflowError BAD_REQUEST when the file is no JSON. Source: mlflow.artifacts.load_dict */
export async function loadDict(artifactUri: string, stores: ArtifactStoresSource, hub?: HubSource): Promise<JsonValue> {
  const text = await loadText(artifactUri, stores, hub);
  try {
    return parsePythonJson(text) as JsonValue;
  } catch (error) {
    throw new MlflowError('Unable to form a JSON object from file content', 'BAD_REQUEST', { cause: error });
  }
}

/**
 * The repository at a URI as a whole: `runs:/<run>`, `models:/...`, a path, a URL. A sub-path is part of what is opened.
 * @throws MlflowError as `resolveModelUri`
 */
export async function openArtifacts(uri: string, stores: ArtifactStoresSource): Promise<ArtifactRepository> {
  const isStored = isRunsUri(uri) || isModelsUri(uri);
  if (!isStored) return openArtifactRepository(uri);
  if (isRunsUri(uri) && parseRunsUri(uri).artifactPath === '') return openRun(uri, await storesOf(stores));
  const resolved = await resolveModelUri(uri, stores);
  return resolved.path === undefined
    ? openArtifactRepository(resolved.artifactUri)
    : new LocalArtifactRepository(resolved.artifactUri, resolved.path);
}

function checkSelection(selection: ArtifactSelection): void {
  const { artifactUri, runId, artifactPath } = withoutNulls(selection);
  if ((artifactUri === undefined) === (runId === undefined)) {
    throw MlflowError.invalidParameter('Exactly one of `run_id` or `artifact_uri` must be specified');
  }
  if (artifactUri !== undefined && artifactPath !== undefined) {
    throw MlflowError.invalidParameter('`artifact_path` cannot be specified if `artifact_uri` is specified');
  }
}

/** Python's None, which JavaScript callers write as `null`. */
function withoutNulls(selection: ArtifactSelection): ArtifactSelection {
  const { artifactUri, runId, artifactPath } = selection;
  return { artifactUri: artifactUri ?? undefined, runId: runId ?? undefined, artifactPath: artifactPath ?? undefined };
}

interface OpenedSelection {
  repository: ArtifactRepository;
  path: string;
  registered?: RegisteredModelMeta;
}

async function openSelection(
  selection: ArtifactSelection,
  source: ArtifactStoresSource,
  hub: HubSource | undefined,
): Promise<OpenedSelection> {
  const { artifactUri, runId, artifactPath = '' } = withoutNulls(selection);
  if (runId !== undefined) {
    return { repository: await openRun(`runs:/${runId}`, await storesOf(source)), path: artifactPath };
  }
  const uri = artifactUri ?? '';
  if (isModelsUri(uri)) return openModel(uri, await storesOf(source));
  // A repository is one artifact: its owner alone is none.
  if (uriScheme(uri) === 'hf') return { repository: openArtifactRepository(uri, { hub }), path: '' };
  const { rootUri, name } = splitLast(uri);
  if (isRunsUri(uri)) return { repository: await openRun(rootUri, await storesOf(source)), path: name };
  return { repository: openArtifactRepository(rootUri), path: name };
}

/** The last segment is the artifact, what lies before it the repository. Source: _get_root_uri_and_artifact_path */
function splitLast(uri: string): { rootUri: string; name: string } {
  if (isLocalUri(uri) && existsSync(uri)) return { rootUri: path.dirname(uri), name: path.basename(uri) };
  const { path: uriPath, query, fragment } = parseUri(uri);
  const tail = query + fragment;
  const beforePath = uri.slice(0, uri.length - tail.length - uriPath.length);
  const cut = uriPath.lastIndexOf('/') + 1;
  const folder = uriPath.slice(0, cut).replace(/(?<=[^/])\/+$/, '');
  return { rootUri: (beforePath + folder || '.') + tail, name: uriPath.slice(cut) };
}

/** The run's artifacts, or a folder of them: paths of the run's own files are relative to what the URI names. */
async function openRun(uri: string, stores: ArtifactStores): Promise<ArtifactRepository> {
  const { runId, artifactPath } = parseRunsUri(uri);
  const run = await stores.tracking.getRun({ runId });
  const { artifactUri } = run.info;
  const root = artifactPath === '' ? artifactUri : appendToUriPath(artifactUri, artifactPath);
  const base = artifactPath === '' ? '' : `${artifactPath}/`;
  const openModel = (model: LoggedModel) => openStored(model.artifactLocation, stores);
  return new RunArtifactRepository(uri, run, openStored(root, stores), stores.tracking, openModel, base);
}

/** A repository at a URI that a store has. */
export function openStored(uri: string, stores: ArtifactStores): ArtifactRepository {
  const { trackingUri } = stores.tracking;
  return openArtifactRepository(uri, {
    trackingUri,
    storeLocation: storeLocationOf(trackingUri),
    fetch: stores.fetch,
  });
}

async function openModel(uri: string, stores: ArtifactStores): Promise<OpenedSelection> {
  const { rootUri, subPath } = splitModelsUri(uri);
  const parsed = parseModelUri(rootUri);
  if (parsed.kind === 'loggedModel') {
    const model = await stores.tracking.getLoggedModel({ modelId: parsed.modelId });
    const repository = openStored(model.artifactLocation, stores);
    return { repository, path: subPath, registered: loggedModelMeta };
  }
  const { name, version } = await findVersionOfModel(parsed, stores);
  const downloadUri = await stores.registry.getModelVersionDownloadUri({ name, version });
  const registered = { modelName: name, modelVersion: parsed.alias === undefined ? version : Number(version) };
  if (isModelsUri(downloadUri)) return { ...(await openModel(join(downloadUri, subPath), stores)), registered };
  if (isRunsUri(downloadUri)) return { repository: await openRun(downloadUri, stores), path: subPath, registered };
  return { repository: openStored(downloadUri, stores), path: subPath, registered };
}

function join(uri: string, subPath: string): string {
  return subPath === '' ? uri : `${uri}/${subPath}`;
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { assertNoPrompt } from '../registry/prompts.js';
import type { LoggedModel, ModelVersion, Run } from '../tracking/entities.js';
import { validatePathIsSafe, validateWithin } from './artifactPath.js';
import { storeLocationOf, storesOf, type ArtifactStores, type ArtifactStoresSource } from './artifactStores.js';
import {
  isModelsUri,
  isRunsUri,
  parseModelUri,
  parseRunsUri,
  splitModelsUri,
  type ParsedModelUri,
} from './modelUri.js';
import { relocatedPath } from './relocation.js';
import { loggedModelOfRun, pathMissing } from './runArtifactRepository.js';
import { appendToUriPath, isLocalUri, localPathOf, parseUri, uriScheme } from './uri.js';

/** Where a model URI leads. */
export interface ResolvedModelUri {
  /** As it was given. */
  uri: string;
  /** The URI that the files lie at, as the store has it, sub-path included. */
  artifactUri: string;
  /** The local folder (or file) behind it; undefined when the files are not on this machine. */
  path: string | undefined;
  loggedModel?: LoggedModel;
  modelVersion?: ModelVersion;
  runId?: string;
  /** The run's own artifacts of the same path, which lie under those of the logged model: its files win. */
  runArtifactUri?: string;
  /** Set when the stored path is gone and the files were found beside the store, which was copied from elsewhere. */
  relocatedFrom?: string;
}

const maximumHops = 8;

/**
 * Resolves every form of a model URI: plain path, `file:`, `runs:/<run>/<path>`, `models:/<id>`,
 * `models:/<name>/<version | stage | latest>`, `models:/<name>@<alias>`, with sub-paths where MLflow takes them. Other
 * schemes come back as they are. Nothing is downloaded or written.
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST when the run, model, version or path is not there; Python's texts
 * Source: mlflow.store.artifact.models_artifact_repo, runs_artifact_repo
 */
export async function resolveModelUri(uri: string, stores: ArtifactStoresSource): Promise<ResolvedModelUri> {
  return resolveHop(uri, stores, 0);
}

async function resolveHop(uri: string, source: ArtifactStoresSource, hops: number): Promise<ResolvedModelUri> {
  if (hops > maximumHops) {
    throw new MlflowError(`${uri} is one of several URIs that lead to each other; none of them has files.`);
  }
  if (isRunsUri(uri)) return resolveRuns(uri, await storesOf(source));
  if (isModelsUri(uri)) return resolveModels(uri, await storesOf(source), hops);
  if (!isLocalUri(uri)) return { uri, artifactUri: uri, path: undefined };
  const local = path.resolve(localPathOf(uri));
  if (!existsSync(local)) throw missingPath(uri);
  return { uri, artifactUri: uri, path: local };
}

function missingPath(uri: string): MlflowError {
  const hint = uri.startsWith('m-') ? ` Maybe you meant 'models:/${uri}'?` : '';
  return MlflowError.doesNotExist(`No such artifact: '${uri}'.${hint}`, {
    reason: 'fileMissing',
    details: { path: uri },
  });
}

async function resolveRuns(uri: string, stores: ArtifactStores): Promise<ResolvedModelUri> {
  const { runId, artifactPath } = parseRunsUri(uri);
  const run = await stores.tracking.getRun({ runId });
  const own = locate(run.info.artifactUri, artifactPath, stores);
  const model = await modelBehind(run, artifactPath, stores);
  const ownExists = own.path === undefined || existsSync(own.path);
  if (model === undefined) {
    if (!ownExists) throw pathMissing(path.posix.basename(artifactPath));
    return { uri, runId, ...own };
  }
  return { uri, runId, ...model, ...(ownExists ? { runArtifactUri: own.artifactUri } : {}) };
}

async function modelBehind(
  run: Run,
  artifactPath: string,
  stores: ArtifactStores,
): Promise<(Located & { loggedModel: LoggedModel }) | undefined> {
  const [name = '', ...rest] = artifactPath.split('/');
  const loggedModel = name === '' ? undefined : await loggedModelOfRun(stores.tracking, run, name);
  if (loggedModel === undefined) return undefined;
  const located = locate(loggedModel.artifactLocation, rest.join('/'), stores);
  return located.path !== undefined && !existsSync(located.path) ? undefined : { ...located, loggedModel };
}

async function resolveModels(uri: string, stores: ArtifactStores, hops: number): Promise<ResolvedModelUri> {
  refuseDatabricks(uri);
  const { rootUri, subPath } = splitModelsUri(uri);
  const parsed = parseModelUri(rootUri);
  if (parsed.kind === 'loggedModel') {
    const loggedModel = await stores.tracking.getLoggedModel({ modelId: parsed.modelId });
    const located = locate(loggedModel.artifactLocation, subPath, stores);
    if (located.path !== undefined && !existsSync(located.path)) throw missingFiles(uri, located.path);
    return { uri, ...located, loggedModel, ...(loggedModel.sourceRunId ? { runId: loggedModel.sourceRunId } : {}) };
  }
  const modelVersion = await findVersionOfModel(parsed, stores);
  const target = await resolveVersion(uri, subPath, modelVersion, stores, hops);
  const runId = modelVersion.runId ?? target.runId;
  return { ...target, uri, modelVersion, ...(runId == null ? {} : { runId }) };
}

async function resolveVersion(
  uri: string,
  subPath: string,
  { name, version, modelId, source }: ModelVersion,
  stores: ArtifactStores,
  hops: number,
): Promise<ResolvedModelUri> {
  const downloadUri = await stores.registry.getModelVersionDownloadUri({ name, version });
  if (isRunsUri(downloadUri) || isModelsUri(downloadUri)) {
    const next = subPath === '' ? downloadUri : appendToUriPath(downloadUri, subPath);
    return resolveHop(next, stores, hops + 1);
  }
  const located = locate(downloadUri, subPath, stores);
  if (located.path !== undefined && !existsSync(located.path)) throw missingFiles(uri, located.path);
  const loggedModel = await loggedModelOfVersion(modelId, source, stores);
  return { uri, ...located, ...(loggedModel === undefined ? {} : { loggedModel }) };
}

async function loggedModelOfVersion(
  modelId: string | null,
  source: string,
  { tracking }: ArtifactStores,
): Promise<LoggedModel | undefined> {
  const id = modelId ?? /^models:\/(m-[0-9a-f]+)$/.exec(source)?.[1];
  if (id === undefined) return undefined;
  try {
    return await tracking.getLoggedModel({ modelId: id });
  } catch (error) {
    if (MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined;
    throw error;
  }
}

/**
 * The version whose files a parsed URI names: the model is looked for first, and prompts are no models.
 * Source: MlflowClient.get_model_version_download_uri
 */
export async function findVersionOfModel(
  parsed: Extract<ParsedModelUri, { kind: 'registered' }>,
  stores: Pick<ArtifactStores, 'registry'>,
): Promise<ModelVersion> {
  const found = parsed.version === undefined ? await findModelVersion(parsed, stores) : undefined;
  assertNoPrompt(await stores.registry.getRegisteredModel({ name: parsed.name }));
  return found ?? findModelVersion(parsed, stores);
}

/**
 * The version that a parsed URI names.
 * @throws MlflowError, INTERNAL_ERROR when a name or stage has no version. Source: get_model_name_and_version
 */
export async function findModelVersion(
  parsed: Extract<ParsedModelUri, { kind: 'registered' }>,
  { registry }: Pick<ArtifactStores, 'registry'>,
): Promise<ModelVersion> {
  const { name, version, stage, alias } = parsed;
  if (version !== undefined) return registry.getModelVersion({ name, version });
  if (alias !== undefined) return registry.getModelVersionByAlias({ name, alias });
  const latest = await registry.getLatestVersions({ name, stages: stage === undefined ? undefined : [stage] });
  const newest = latest.reduce<ModelVersion | undefined>(
    (best, candidate) => (best === undefined || Number(candidate.version) > Number(best.version) ? candidate : best),
    undefined,
  );
  if (newest !== undefined) return newest;
  throw new MlflowError(
    `No versions of model with name '${name}'${stage === undefined ? '' : ` and stage '${stage}'`} found`,
  );
}

interface Located {
  artifactUri: string;
  path: string | undefined;
  relocatedFrom?: string;
}

/** A path below an artifact root, on this machine where it is one, and where the store lies now. */
function locate(rootUri: string, subPath: string, stores: ArtifactStores): Located {
  const artifactUri = subPath === '' ? rootUri : appendToUriPath(rootUri, subPath);
  if (!isLocalUri(rootUri)) return { artifactUri, path: undefined };
  const stored = path.resolve(localPathOf(rootUri));
  const moved = relocatedPath(stored, storeLocationOf(stores.tracking.trackingUri));
  const root = moved ?? stored;
  const local = subPath === '' ? root : validateWithin(root, path.join(root, validatePathIsSafe(subPath)));
  return { artifactUri, path: local, ...(moved === undefined ? {} : { relocatedFrom: stored }) };
}

function missingFiles(uri: string, localPath: string): MlflowError {
  return MlflowError.doesNotExist(
    `No such artifact: '${localPath}', where the files of ${uri} should be. Copy the store together with its artifacts.`,
    { reason: 'fileMissing', details: { path: localPath } },
  );
}

function refuseDatabricks(uri: string): void {
  const host = parseUri(uri).authority.split('@').at(-1)?.toLowerCase();
  if (host !== 'databricks' && host !== 'databricks-uc') return;
  throw new MlflowError(`Models in a Databricks registry cannot be read: ${uri}.`, 'NOT_IMPLEMENTED', {
    reason: 'artifactSchemeUnsupported',
    details: { uri, scheme: uriScheme(uri) },
  });
}

import { openStored } from '../artifacts/artifactFunctions.js';
import { isModelsUri, isRunsUri, parseModelUri, parseRunsUri } from '../artifacts/modelUri.js';
import { appendToUriPath } from '../artifacts/uri.js';
import { MlflowError } from '../errors.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import { dumpPythonJson, parsePythonJson } from '../serialization/pythonJson.js';
import type { PyValue } from '../serialization/pyValue.js';
import type { LoggedModel, ModelVersion, Run } from '../tracking/entities.js';
import type { MlflowClient } from './mlflowClient.js';

const modelVersionsTag = 'mlflow.modelVersions';

export interface RegisterModelOptions {
  /** Seconds to wait for the version; local stores make it at once. */
  awaitRegistrationFor?: number | undefined;
  /** Tags of the new version. */
  tags?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Registers a model under a name, which is made when missing, and notes the version in the logged model's tags.
 * @throws MlflowError when the URI leads to no model. Source: mlflow.register_model
 */
export async function registerModel(
  client: MlflowClient,
  modelUri: string,
  name: string,
  options: RegisterModelOptions = {},
): Promise<ModelVersion> {
  await makeRegisteredModel(client, name);
  const origin = isRunsUri(modelUri)
    ? await originOfRunsUri(client, modelUri)
    : { source: modelUri, modelId: await modelIdOf(client, modelUri) };
  const version = await client.createModelVersion({ name, ...origin, tags: options.tags });
  if (origin.modelId !== undefined) await noteVersion(client, origin.modelId, version);
  return version;
}

async function makeRegisteredModel(client: MlflowClient, name: string): Promise<void> {
  try {
    await client.createRegisteredModel({ name });
  } catch (error) {
    if (!MlflowError.is(error, 'RESOURCE_ALREADY_EXISTS') && !MlflowError.is(error, 'ALREADY_EXISTS')) throw error;
  }
}

interface Origin {
  source: string;
  runId?: string | undefined;
  modelId?: string | undefined;
}

/** The run's own artifacts where they hold an MLmodel file, else the logged model of that name. */
async function originOfRunsUri(client: MlflowClient, uri: string): Promise<Origin> {
  const { runId, artifactPath } = parseRunsUri(uri);
  const run = await client.getRun({ runId });
  const source = artifactPath === '' ? run.info.artifactUri : appendToUriPath(run.info.artifactUri, artifactPath);
  const files = await openStored(source, await client.artifactStores()).list();
  if (files.some((file) => file.path === 'MLmodel')) return { source, runId };
  const models = await loggedModelsOfRun(client, run, artifactPath);
  const model = lastLogged(models, run);
  if (model === undefined) {
    throw new MlflowError(
      `Unable to find a logged_model with artifact_path ${artifactPath || 'None'} under run ${runId}`,
    );
  }
  return { source: `models:/${model.modelId}`, runId, modelId: model.modelId };
}

async function loggedModelsOfRun(client: MlflowClient, run: Run, name: string): Promise<LoggedModel[]> {
  const models: LoggedModel[] = [];
  let pageToken: string | undefined;
  do {
    const page = await client.searchLoggedModels({
      experimentIds: [run.info.experimentId],
      filterString: `name = '${name}'`,
      pageToken,
    });
    models.push(...page.items.filter((model) => model.sourceRunId === run.info.runId));
    pageToken = page.token ?? undefined;
  } while (pageToken !== undefined);
  return models;
}

/** Of several models of one name the one with the highest step among the run's outputs. */
function lastLogged(models: readonly LoggedModel[], run: Run): LoggedModel | undefined {
  const stepOf = (model: LoggedModel): number =>
    run.outputs.modelOutputs.find(({ modelId }) => modelId === model.modelId)?.step ?? -Infinity;
  return models.reduce<LoggedModel | undefined>(
    (best, model) => (best === undefined || stepOf(model) > stepOf(best) ? model : best),
    undefined,
  );
}

async function modelIdOf(client: MlflowClient, uri: string): Promise<string | undefined> {
  if (!isModelsUri(uri)) return undefined;
  const parsed = parseModelUri(uri);
  if (parsed.kind === 'loggedModel') return parsed.modelId;
  if (parsed.version === undefined) return undefined;
  const version = await client.getModelVersion({ name: parsed.name, version: parsed.version });
  return version.modelId ?? undefined;
}

/** Appends the version to the JSON list in the logged model's tag; a model of another store is left alone. */
async function noteVersion(client: MlflowClient, modelId: string, { name, version }: ModelVersion): Promise<void> {
  try {
    const { tags } = await client.getLoggedModel({ modelId });
    const known = tags[modelVersionsTag];
    const versions = known === undefined ? [] : (parsePythonJson(known) as PyValue[]);
    if (!Array.isArray(versions))
      throw MlflowError.invalidParameter(`The tag ${stringRepr(modelVersionsTag)} is no list.`);
    const value = dumpPythonJson([...versions, { name, version: Number(version) }]);
    await client.setLoggedModelTags({ modelId, tags: { [modelVersionsTag]: value } });
  } catch (error) {
    if (!MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
  }
}

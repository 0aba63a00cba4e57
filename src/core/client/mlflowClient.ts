import { isModelsUri, parseModelUri } from '../artifacts/modelUri.js';
import { findModelVersion } from '../artifacts/resolveModelUri.js';
import { MlflowError } from '../errors.js';
import { assertNoPrompt, hasPromptTag } from '../registry/prompts.js';
import type { RegistryStore, SearchRegistryOptions } from '../registry/registryStore.js';
import { allStages } from '../registry/stages.js';
import type { ModelVersion, ModelVersionStage, PagedList, RegisteredModel } from '../tracking/entities.js';
import { validateModelAliasName, validateModelName, validateModelVersion } from '../tracking/validation.js';
import { ArtifactClient } from './artifactClient.js';
import { given, givenSearch, storedTags, storedText } from './values.js';

type AnyRecord = Readonly<Record<string, unknown>>;
type VersionOrStage = { name: string; version?: string | undefined; stage?: string | undefined; key: string };

/**
 * Everything that Python's client does with experiments, runs, artifacts, logged models and registered models: its
 * parameter names in camelCase, one object a call. Source: mlflow.MlflowClient
 */
export class MlflowClient extends ArtifactClient {
  get registryUri(): string {
    return this.stores.registryUri;
  }

  async createRegisteredModel(options: {
    name: string;
    tags?: AnyRecord | undefined;
    description?: string | undefined;
  }): Promise<RegisteredModel> {
    const tags = storedTags(options.tags);
    if (hasPromptTag(tags)) throw promptsAreNoModels();
    return (await this.stores.write()).registry.createRegisteredModel({ ...given(options), tags });
  }

  async getRegisteredModel({ name }: { name: string }): Promise<RegisteredModel> {
    return this.modelOrPromptError(await this.reading(), name);
  }

  async searchRegisteredModels(options: SearchRegistryOptions = {}): Promise<PagedList<RegisteredModel>> {
    return (await this.reading()).searchRegisteredModels(givenSearch(options));
  }

  async renameRegisteredModel({ name, newName }: { name: string; newName: string }): Promise<RegisteredModel> {
    const registry = await this.writing(name);
    if (newName.trim() === '') throw new MlflowError('The name must not be an empty string.');
    return registry.renameRegisteredModel({ name, newName });
  }

  async updateRegisteredModel(options: { name: string; description?: string | undefined }): Promise<RegisteredModel> {
    return (await this.writing(options.name)).updateRegisteredModel(given(options));
  }

  async deleteRegisteredModel({ name }: { name: string }): Promise<void> {
    await (await this.writing(name)).deleteRegisteredModel({ name });
  }

  async setRegisteredModelTag({ name, key, value }: { name: string; key: string; value: unknown }): Promise<void> {
    await (await this.writing(name)).setRegisteredModelTag({ name, key, value: storedText(value) });
  }

  async deleteRegisteredModelTag({ name, key }: { name: string; key: string }): Promise<void> {
    await (await this.writing(name)).deleteRegisteredModelTag({ name, key });
  }

  async setRegisteredModelAlias(options: { name: string; alias: string; version: string }): Promise<void> {
    const { name, alias, version } = options;
    validateModelName(name);
    validateModelAliasName(alias);
    validateModelVersion(version);
    await (await this.writing(name)).setRegisteredModelAlias({ name, alias, version: String(version) });
  }

  async deleteRegisteredModelAlias({ name, alias }: { name: string; alias: string }): Promise<void> {
    validateModelName(name);
    validateModelAliasName(alias);
    await (await this.writing(name)).deleteRegisteredModelAlias({ name, alias });
  }

  async getModelVersionByAlias({ name, alias }: { name: string; alias: string }): Promise<ModelVersion> {
    validateModelName(name);
    return noPrompt(await (await this.reading()).getModelVersionByAlias({ name, alias }));
  }

  async getLatestVersions({ name, stages }: { name: string; stages?: string[] | undefined }): Promise<ModelVersion[]> {
    const registry = await this.reading();
    await this.modelOrPromptError(registry, name);
    return registry.getLatestVersions({ name, stages: stages ?? undefined });
  }

  async createModelVersion(options: {
    name: string;
    source: string;
    runId?: string | undefined;
    tags?: AnyRecord | undefined;
    runLink?: string | undefined;
    description?: string | undefined;
    /** Accepted as in Python; local stores make a version at once. */
    awaitCreationFor?: number | undefined;
    modelId?: string | undefined;
  }): Promise<ModelVersion> {
    const { name, source, runId, runLink, description, modelId } = given(options);
    const tags = storedTags(options.tags);
    if (hasPromptTag(tags)) throw promptsAreNoModels();
    return (await this.stores.write()).registry.createModelVersion({
      name,
      source,
      runId,
      tags,
      runLink,
      description,
      modelId,
    });
  }

  /** A new version of `dstName` (made when missing) with the files, tags and run of another version. */
  async copyModelVersion({ srcModelUri, dstName }: { srcModelUri: string; dstName: string }): Promise<ModelVersion> {
    if (!isModelsUri(srcModelUri)) {
      throw new MlflowError(
        `Unsupported source model URI: '${srcModelUri}'. The \`copy_model_version\` API only copies models stored in the 'models:/' scheme.`,
      );
    }
    const { registry } = await this.stores.write();
    const source = noPrompt(await sourceVersion(srcModelUri, registry));
    try {
      await registry.createRegisteredModel({ name: dstName });
    } catch (error) {
      if (!MlflowError.is(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
    }
    return registry.createModelVersion({
      name: dstName,
      source: `models:/${source.name}/${source.version}`,
      runId: source.runId ?? undefined,
      tags: source.tags,
      runLink: source.runLink ?? undefined,
      description: source.description ?? undefined,
      modelId: source.modelId ?? undefined,
    });
  }

  async getModelVersion({ name, version }: { name: string; version: string }): Promise<ModelVersion> {
    return noPrompt(await (await this.reading()).getModelVersion({ name, version: String(version) }));
  }

  async searchModelVersions(options: SearchRegistryOptions = {}): Promise<PagedList<ModelVersion>> {
    return (await this.reading()).searchModelVersions(givenSearch(options));
  }

  async updateModelVersion(options: {
    name: string;
    version: string;
    description?: string | undefined;
  }): Promise<ModelVersion> {
    if (options.description === undefined || options.description === null) {
      throw new MlflowError('Attempting to update model version with no new field values.');
    }
    return (await this.writing(options.name)).updateModelVersion({ ...options, version: String(options.version) });
  }

  async deleteModelVersion({ name, version }: { name: string; version: string }): Promise<void> {
    await (await this.writing(name)).deleteModelVersion({ name, version: String(version) });
  }

  async transitionModelVersionStage(options: {
    name: string;
    version: string;
    stage: string;
    archiveExistingVersions?: boolean | undefined;
  }): Promise<ModelVersion> {
    const { name, version, archiveExistingVersions } = given(options);
    const stage = options.stage as ModelVersionStage;
    const registry = await this.writing(name);
    return registry.transitionModelVersionStage({ name, version: String(version), stage, archiveExistingVersions });
  }

  async getModelVersionDownloadUri({ name, version }: { name: string; version: string }): Promise<string> {
    const registry = await this.reading();
    await this.modelOrPromptError(registry, name);
    return registry.getModelVersionDownloadUri({ name, version: String(version) });
  }

  async getModelVersionStages(_options: { name: string; version: string }): Promise<string[]> {
    return [...allStages];
  }

  async setModelVersionTag(options: VersionOrStage & { value: unknown }): Promise<void> {
    const version = await this.versionOf(options);
    const { name, key, value } = options;
    await (await this.writing(name)).setModelVersionTag({ name, version, key, value: storedText(value) });
  }

  async deleteModelVersionTag(options: VersionOrStage): Promise<void> {
    const version = await this.versionOf(options);
    await (await this.writing(options.name)).deleteModelVersionTag({ name: options.name, version, key: options.key });
  }

  private async versionOf({ name, version, stage }: VersionOrStage): Promise<string> {
    if (version && stage) throw MlflowError.invalidParameter('version and stage cannot be set together');
    if (version) return String(version);
    if (!stage) throw MlflowError.invalidParameter('version or stage must be set');
    const [latest] = await this.getLatestVersions({ name, stages: [stage] });
    if (latest === undefined) throw new MlflowError(`Could not find any model version for ${stage} stage`);
    return latest.version;
  }

  private async reading(): Promise<RegistryStore> {
    return (await this.stores.read()).registry;
  }

  /** The registry, after the check that the name is not that of a prompt. */
  private async writing(name: string): Promise<RegistryStore> {
    const { registry } = await this.stores.write();
    await this.modelOrPromptError(registry, name);
    return registry;
  }

  private async modelOrPromptError(registry: RegistryStore, name: string): Promise<RegisteredModel> {
    const model = await registry.getRegisteredModel({ name });
    assertNoPrompt(model);
    return model;
  }
}

function noPrompt(version: ModelVersion): ModelVersion {
  assertNoPrompt(version);
  return version;
}

function promptsAreNoModels(): MlflowError {
  return MlflowError.invalidParameter('Prompts cannot be registered as models.');
}

async function sourceVersion(uri: string, registry: RegistryStore): Promise<ModelVersion> {
  try {
    const parsed = parseModelUri(uri);
    if (parsed.kind === 'loggedModel') {
      throw MlflowError.invalidParameter(`${uri} names a logged model, not a version of a registered model.`);
    }
    return await findModelVersion(parsed, { registry });
  } catch (error) {
    throw new MlflowError(
      `Failed to fetch model version from source model URI: '${uri}'. Error: ${MlflowError.from(error).message}`,
      'INTERNAL_ERROR',
      { cause: error },
    );
  }
}

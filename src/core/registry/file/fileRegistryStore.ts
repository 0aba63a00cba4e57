import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findModelVersion } from '../../artifacts/resolveModelUri.js';
import { isModelsUri, parseModelUri } from '../../artifacts/modelUri.js';
import { MlflowError } from '../../errors.js';
import type { ModelVersion, ModelVersionStage, PagedList, RegisteredModel, Tags } from '../../tracking/entities.js';
import { makeFolder, readKeyFiles, readText, subfolders, writeMeta, writeText } from '../../tracking/file/files.js';
import { searchModelVersions, searchRegisteredModels } from '../../tracking/file/fileSearch.js';
import type { FileStoreFolder } from '../../tracking/file/fileStoreFolder.js';
import { readMeta } from '../../tracking/file/files.js';
import type { Meta } from '../../tracking/file/metaYaml.js';
import type { TrackingStore } from '../../tracking/trackingStore.js';
import {
  validateModelAliasName,
  validateModelAliasNameReserved,
  validateModelName,
  validateModelVersion,
  validateModelVersionTag,
  validateRegisteredModelTag,
  validateTagName,
} from '../../tracking/validation.js';
import { hasPromptTag, nameTaken } from '../prompts.js';
import type { RegistryStore, SearchRegistryOptions } from '../registryStore.js';
import { allStages, canonicalStage, checkCanArchive } from '../stages.js';
import {
  deletedStage,
  latestOf,
  readRegisteredModel,
  readVersion,
  readVersions,
  type StoredVersion,
} from './registeredModelFolder.js';
import { renameRegisteredModelFolder } from './renameRegisteredModel.js';

/** Registered models in the folder `models` of a file store. Source: mlflow.store.model_registry.file_store */
export class FileRegistryStore implements RegistryStore {
  constructor(
    readonly registryUri: string,
    private readonly store: FileStoreFolder,
    private readonly tracking: TrackingStore,
  ) {}

  private get modelsFolder(): string {
    return path.join(this.store.root, 'models');
  }

  async createRegisteredModel(options: {
    name: string;
    tags?: Tags | undefined;
    description?: string | undefined;
  }): Promise<RegisteredModel> {
    const { name, tags = {}, description } = options;
    this.store.checkRoot();
    const folder = this.folderOf(name);
    if (existsSync(folder)) {
      throw nameTaken(name, hasPromptTag(readKeyFiles(path.join(folder, 'tags'))), hasPromptTag(tags));
    }
    for (const [key, value] of Object.entries(tags)) validateRegisteredModelTag(key, value);
    makeFolder(folder);
    const now = Date.now();
    writeMeta(folder, {
      aliases: {},
      creation_timestamp: now,
      deployment_job_id: null,
      deployment_job_state: null,
      description: description ?? null,
      last_updated_timestamp: now,
      name,
      workspace: 'default',
    });
    for (const [key, value] of Object.entries(tags)) writeText(path.join(folder, 'tags', key), value, folder);
    return readRegisteredModel(folder);
  }

  async getRegisteredModel({ name }: { name: string }): Promise<RegisteredModel> {
    return readRegisteredModel(this.existingFolder(name));
  }

  async searchRegisteredModels(options: SearchRegistryOptions = {}): Promise<PagedList<RegisteredModel>> {
    this.store.checkRoot();
    const list = () => this.modelFolders().flatMap((folder) => this.readSafely(folder, readRegisteredModel) ?? []);
    return searchRegisteredModels(list, options);
  }

  private modelFolders(): string[] {
    return subfolders(this.modelsFolder).map((name) => path.join(this.modelsFolder, name));
  }

  private readSafely<T>(folder: string, read: (folder: string) => T): T | undefined {
    try {
      return read(folder);
    } catch (error) {
      this.store.warn(`Malformed registered model '${path.basename(folder)}': ${MlflowError.from(error).message}`);
      return undefined;
    }
  }

  async renameRegisteredModel(options: { name: string; newName: string }): Promise<RegisteredModel> {
    const folder = this.existingFolder(options.name);
    const target = this.folderOf(options.newName);
    if (existsSync(target)) throw nameTaken(options.newName, false, false);
    renameRegisteredModelFolder(folder, target, options.newName, Date.now());
    return readRegisteredModel(target);
  }

  async updateRegisteredModel(options: { name: string; description?: string | undefined }): Promise<RegisteredModel> {
    const folder = this.existingFolder(options.name);
    this.touchModel(folder, Date.now(), { description: options.description ?? null });
    return readRegisteredModel(folder);
  }

  async deleteRegisteredModel({ name }: { name: string }): Promise<void> {
    rmSync(this.existingFolder(name), { recursive: true });
  }

  async setRegisteredModelTag({ name, key, value }: { name: string; key: string; value: string }): Promise<void> {
    validateRegisteredModelTag(key, value);
    const folder = this.existingFolder(name);
    writeText(path.join(folder, 'tags', key), value, folder);
    this.touchModel(folder, Date.now());
  }

  async deleteRegisteredModelTag({ name, key }: { name: string; key: string }): Promise<void> {
    validateTagName(key);
    const folder = this.existingFolder(name);
    this.removeAndTouch(path.join(folder, 'tags', key), folder);
  }

  async setRegisteredModelAlias(options: { name: string; alias: string; version: string }): Promise<void> {
    const { name, alias, version } = options;
    validateModelAliasName(alias);
    const folder = this.existingFolder(name);
    validateModelAliasNameReserved(alias);
    const stored = this.existingVersion(name, version);
    writeText(path.join(folder, 'aliases', alias), String(stored.number), folder);
    this.touchModel(folder, Date.now());
  }

  async deleteRegisteredModelAlias({ name, alias }: { name: string; alias: string }): Promise<void> {
    validateModelAliasName(alias);
    const folder = this.existingFolder(name);
    this.removeAndTouch(path.join(folder, 'aliases', alias), folder);
  }

  async getModelVersionByAlias({ name, alias }: { name: string; alias: string }): Promise<ModelVersion> {
    this.checkName(name);
    if (alias.toLowerCase() === 'latest') return findModelVersion({ kind: 'registered', name }, { registry: this });
    validateModelAliasName(alias);
    const version = readText(path.join(this.existingFolder(name), 'aliases', alias));
    if (version === undefined) throw MlflowError.invalidParameter(`Registered model alias ${alias} not found.`);
    return this.existingVersion(name, version).entity;
  }

  async getLatestVersions(options: { name: string; stages?: string[] | undefined }): Promise<ModelVersion[]> {
    const folder = this.existingFolder(options.name);
    const stages = options.stages?.length ? options.stages.map(canonicalStage) : allStages;
    return latestOf(readVersions(folder), stages);
  }

  async createModelVersion(options: {
    name: string;
    source: string;
    runId?: string | undefined;
    tags?: Tags | undefined;
    runLink?: string | undefined;
    description?: string | undefined;
    modelId?: string | undefined;
  }): Promise<ModelVersion> {
    const { name, source, tags = {}, runLink, description, modelId } = options;
    this.checkName(name);
    for (const [key, value] of Object.entries(tags)) validateModelVersionTag(key, value);
    const origin = await this.originOf(source);
    const modelRunId =
      modelId === undefined ? undefined : (await this.tracking.getLoggedModel({ modelId })).sourceRunId;
    const folder = this.folderOf(name);
    if (!existsSync(folder)) throw creationFailed(name);
    const now = Date.now();
    const number = (readVersions(folder).at(-1)?.number ?? 0) + 1;
    const versionFolder = makeFolder(folder, `version-${number}`);
    for (const [key, value] of Object.entries(tags))
      writeText(path.join(versionFolder, 'tags', key), value, versionFolder);
    writeMeta(versionFolder, {
      creation_timestamp: now,
      current_stage: 'None',
      deployment_job_state: null,
      description: description ?? null,
      last_updated_timestamp: now,
      model_id: modelId ?? null,
      name,
      run_id: options.runId ?? origin.runId ?? modelRunId ?? null,
      run_link: runLink ?? null,
      source,
      status: 'READY',
      status_message: null,
      storage_location: origin.storageLocation,
      user_id: null,
      version: number,
      workspace: 'default',
    });
    this.touchModel(folder, now);
    return this.existingVersion(name, String(number)).entity;
  }

  /** Where the files behind a source really lie: sources through `models:/` are followed, others are what they are. */
  private async originOf(source: string): Promise<{ storageLocation: string; runId?: string | null }> {
    if (!isModelsUri(source)) return { storageLocation: source };
    const parsed = parseModelUri(source);
    try {
      if (parsed.kind === 'loggedModel') {
        const model = await this.tracking.getLoggedModel({ modelId: parsed.modelId });
        return { storageLocation: model.artifactLocation, runId: model.sourceRunId };
      }
      const { name, version } = parsed;
      if (version === undefined)
        throw MlflowError.invalidParameter("Parameter 'version' must be an integer, got 'None'.");
      return { storageLocation: await this.getModelVersionDownloadUri({ name, version }) };
    } catch (error) {
      const { message } = MlflowError.from(error);
      throw new MlflowError(
        `Unable to fetch model from model URI source artifact location '${source}'.Error: ${message}`,
        'INTERNAL_ERROR',
        { cause: error },
      );
    }
  }

  async getModelVersion({ name, version }: { name: string; version: string }): Promise<ModelVersion> {
    return this.existingVersion(name, version).entity;
  }

  async searchModelVersions(options: SearchRegistryOptions = {}): Promise<PagedList<ModelVersion>> {
    this.store.checkRoot();
    const list = () =>
      this.modelFolders()
        .flatMap((folder) => this.readSafely(folder, readVersions) ?? [])
        .filter(({ isDeleted }) => !isDeleted)
        .map(({ entity }) => entity);
    return searchModelVersions(list, options);
  }

  async updateModelVersion(options: {
    name: string;
    version: string;
    description?: string | undefined;
  }): Promise<ModelVersion> {
    const stored = this.existingVersion(options.name, options.version);
    this.touchVersion(stored, Date.now(), { description: options.description ?? null });
    return this.existingVersion(options.name, options.version).entity;
  }

  async deleteModelVersion({ name, version }: { name: string; version: string }): Promise<void> {
    const stored = this.existingVersion(name, version);
    const now = Date.now();
    this.touchVersion(stored, now, { current_stage: deletedStage });
    const folder = path.dirname(stored.folder);
    for (const alias of stored.entity.aliases) rmSync(path.join(folder, 'aliases', alias), { force: true });
    this.touchModel(folder, now);
  }

  async transitionModelVersionStage(options: {
    name: string;
    version: string;
    stage: ModelVersionStage;
    archiveExistingVersions?: boolean | undefined;
  }): Promise<ModelVersion> {
    const { name, version, archiveExistingVersions = false } = options;
    const stage = canonicalStage(options.stage);
    if (archiveExistingVersions) checkCanArchive(options.stage);
    const stored = this.existingVersion(name, version);
    const folder = path.dirname(stored.folder);
    const now = Date.now();
    const holders = archiveExistingVersions ? readVersions(folder) : [];
    for (const holder of holders) {
      if (holder.number === stored.number || holder.isDeleted || holder.entity.currentStage !== stage) continue;
      this.touchVersion(holder, now, { current_stage: 'Archived' });
    }
    this.touchVersion(stored, now, { current_stage: stage });
    this.touchModel(folder, now);
    return this.existingVersion(name, version).entity;
  }

  async getModelVersionDownloadUri({ name, version }: { name: string; version: string }): Promise<string> {
    const stored = this.existingVersion(name, version);
    return stored.storageLocation || stored.entity.source;
  }

  async setModelVersionTag(options: { name: string; version: string; key: string; value: string }): Promise<void> {
    const { name, version, key, value } = options;
    validateModelVersionTag(key, value);
    const { folder } = this.existingVersion(name, version);
    writeText(path.join(folder, 'tags', key), value, folder);
    this.touchModel(path.dirname(folder), Date.now());
  }

  async deleteModelVersionTag(options: { name: string; version: string; key: string }): Promise<void> {
    validateTagName(options.key);
    const { folder } = this.existingVersion(options.name, options.version);
    this.removeAndTouch(path.join(folder, 'tags', options.key), path.dirname(folder));
  }

  async close(): Promise<void> {}

  private checkName(name: string): void {
    validateModelName(name);
    if (path.sep === '\\' && name.includes('\\')) {
      throw MlflowError.invalidParameter(
        `Invalid name: '${name}'. Registered model name cannot contain path separator`,
      );
    }
    if (name.includes('%')) {
      throw MlflowError.invalidParameter(`Invalid name: '${name}'. Registered model name cannot contain '%' character`);
    }
  }

  private folderOf(name: string): string {
    this.checkName(name);
    return path.join(this.modelsFolder, name);
  }

  private existingFolder(name: string): string {
    const folder = this.folderOf(name);
    if (existsSync(folder)) return folder;
    throw MlflowError.doesNotExist(`Registered Model with name=${name} not found`);
  }

  private existingVersion(name: string, version: string): StoredVersion {
    this.checkName(name);
    const number = validateModelVersion(version);
    const folder = this.existingFolder(name);
    const stored = readVersion(path.join(folder, `version-${number}`), readKeyFiles(path.join(folder, 'aliases')));
    if (stored !== undefined && !stored.isDeleted) return stored;
    throw MlflowError.doesNotExist(`Model Version (name=${name}, version=${number}) not found`);
  }

  private removeAndTouch(file: string, modelFolder: string): void {
    if (readText(file) === undefined) return;
    rmSync(file);
    this.touchModel(modelFolder, Date.now());
  }

  /** The model's meta.yaml with its aliases as the alias files have them now. */
  private touchModel(folder: string, now: number, changes: Meta = {}): void {
    const aliases = readKeyFiles(path.join(folder, 'aliases'));
    writeMeta(folder, { ...readMeta(folder), aliases, last_updated_timestamp: now, ...changes });
  }

  private touchVersion({ meta, folder }: StoredVersion, now: number, changes: Meta): void {
    writeMeta(folder, { ...meta, last_updated_timestamp: now, ...changes });
  }
}

function creationFailed(name: string): MlflowError {
  return new MlflowError(
    `Model Version creation error (name=${name}). Error: Registered Model with name=${name} not found. ` +
      'Giving up after 3 attempts.',
  );
}

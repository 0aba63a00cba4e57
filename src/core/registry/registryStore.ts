import type { ModelVersion, ModelVersionStage, PagedList, RegisteredModel, Tags } from '../tracking/entities.js';

export interface SearchRegistryOptions {
  filterString?: string | undefined;
  maxResults?: number | undefined;
  orderBy?: string[] | undefined;
  pageToken?: string | undefined;
}

/**
 * Registered models, versions and aliases over the same three kinds of store.
 * Source: mlflow.store.model_registry.abstract_store.
 */
export interface RegistryStore {
  readonly registryUri: string;

  createRegisteredModel(options: {
    name: string;
    tags?: Tags | undefined;
    description?: string | undefined;
  }): Promise<RegisteredModel>;
  getRegisteredModel(options: { name: string }): Promise<RegisteredModel>;
  searchRegisteredModels(options?: SearchRegistryOptions): Promise<PagedList<RegisteredModel>>;
  renameRegisteredModel(options: { name: string; newName: string }): Promise<RegisteredModel>;
  updateRegisteredModel(options: { name: string; description?: string | undefined }): Promise<RegisteredModel>;
  deleteRegisteredModel(options: { name: string }): Promise<void>;
  setRegisteredModelTag(options: { name: string; key: string; value: string }): Promise<void>;
  deleteRegisteredModelTag(options: { name: string; key: string }): Promise<void>;
  setRegisteredModelAlias(options: { name: string; alias: string; version: string }): Promise<void>;
  deleteRegisteredModelAlias(options: { name: string; alias: string }): Promise<void>;
  getModelVersionByAlias(options: { name: string; alias: string }): Promise<ModelVersion>;
  getLatestVersions(options: { name: string; stages?: string[] | undefined }): Promise<ModelVersion[]>;

  createModelVersion(options: {
    name: string;
    source: string;
    runId?: string | undefined;
    tags?: Tags | undefined;
    runLink?: string | undefined;
    description?: string | undefined;
    modelId?: string | undefined;
  }): Promise<ModelVersion>;
  getModelVersion(options: { name: string; version: string }): Promise<ModelVersion>;
  searchModelVersions(options?: SearchRegistryOptions): Promise<PagedList<ModelVersion>>;
  updateModelVersion(options: {
    name: string;
    version: string;
    description?: string | undefined;
  }): Promise<ModelVersion>;
  deleteModelVersion(options: { name: string; version: string }): Promise<void>;
  transitionModelVersionStage(options: {
    name: string;
    version: string;
    stage: ModelVersionStage;
    archiveExistingVersions?: boolean | undefined;
  }): Promise<ModelVersion>;
  /** The URI that the version's files really lie at (its storage location). */
  getModelVersionDownloadUri(options: { name: string; version: string }): Promise<string>;
  setModelVersionTag(options: { name: string; version: string; key: string; value: string }): Promise<void>;
  deleteModelVersionTag(options: { name: string; version: string; key: string }): Promise<void>;

  close(): Promise<void>;
}

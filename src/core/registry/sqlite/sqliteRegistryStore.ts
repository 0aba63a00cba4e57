import type { ModelVersion, ModelVersionStage, PagedList, RegisteredModel, Tags } from '../../tracking/entities.js';
import type { StoreFile } from '../../tracking/sqlite/storeFile.js';
import type { RegistryStore, SearchRegistryOptions } from '../registryStore.js';
import * as modelWrites from './registeredModelWrites.js';
import * as reads from './registryReads.js';
import { searchModelVersions, searchRegisteredModels } from './registrySearch.js';
import * as versionWrites from './modelVersionWrites.js';

/**
 * The registry half of an MLflow database.
 * Source: mlflow.store.model_registry.sqlalchemy_store.SqlAlchemyStore
 */
export class SqliteRegistryStore implements RegistryStore {
  readonly registryUri: string;
  readonly #file: StoreFile;
  readonly #close: () => Promise<void>;

  constructor(registryUri: string, file: StoreFile, close: () => Promise<void>) {
    this.registryUri = registryUri;
    this.#file = file;
    this.#close = close;
  }

  createRegisteredModel(options: {
    name: string;
    tags?: Tags | undefined;
    description?: string | undefined;
  }): Promise<RegisteredModel> {
    return this.#file.write((session) => modelWrites.createRegisteredModel(session, options));
  }

  getRegisteredModel({ name }: { name: string }): Promise<RegisteredModel> {
    return this.#file.read((session) => reads.getRegisteredModel(session, name));
  }

  searchRegisteredModels(options: SearchRegistryOptions = {}): Promise<PagedList<RegisteredModel>> {
    return this.#file.read((session) => searchRegisteredModels(session, options));
  }

  renameRegisteredModel({ name, newName }: { name: string; newName: string }): Promise<RegisteredModel> {
    return this.#file.write((session) => modelWrites.renameRegisteredModel(session, name, newName));
  }

  updateRegisteredModel(options: { name: string; description?: string | undefined }): Promise<RegisteredModel> {
    return this.#file.write((session) => modelWrites.updateRegisteredModel(session, options.name, options.description));
  }

  deleteRegisteredModel({ name }: { name: string }): Promise<void> {
    return this.#file.write((session) => modelWrites.deleteRegisteredModel(session, name));
  }

  setRegisteredModelTag({ name, key, value }: { name: string; key: string; value: string }): Promise<void> {
    return this.#file.write((session) => modelWrites.setRegisteredModelTag(session, name, key, value));
  }

  deleteRegisteredModelTag({ name, key }: { name: string; key: string }): Promise<void> {
    return this.#file.write((session) => modelWrites.deleteRegisteredModelTag(session, name, key));
  }

  setRegisteredModelAlias(options: { name: string; alias: string; version: string }): Promise<void> {
    return this.#file.write((session) => modelWrites.setAlias(session, options.name, options.alias, options.version));
  }

  deleteRegisteredModelAlias({ name, alias }: { name: string; alias: string }): Promise<void> {
    return this.#file.write((session) => modelWrites.deleteAlias(session, name, alias));
  }

  getModelVersionByAlias({ name, alias }: { name: string; alias: string }): Promise<ModelVersion> {
    return this.#file.read((session) => reads.getModelVersionByAlias(session, name, alias));
  }

  getLatestVersions({ name, stages }: { name: string; stages?: string[] | undefined }): Promise<ModelVersion[]> {
    return this.#file.read((session) => reads.getLatestVersions(session, name, stages));
  }

  createModelVersion(options: versionWrites.CreateModelVersionOptions): Promise<ModelVersion> {
    return this.#file.write((session) => versionWrites.createModelVersion(session, options));
  }

  getModelVersion({ name, version }: { name: string; version: string }): Promise<ModelVersion> {
    return this.#file.read((session) => reads.getModelVersion(session, name, version));
  }

  searchModelVersions(options: SearchRegistryOptions = {}): Promise<PagedList<ModelVersion>> {
    return this.#file.read((session) => searchModelVersions(session, options));
  }

  updateModelVersion(options: {
    name: string;
    version: string;
    description?: string | undefined;
  }): Promise<ModelVersion> {
    const { name, version, description } = options;
    return this.#file.write((session) => versionWrites.updateModelVersion(session, name, version, description));
  }

  deleteModelVersion({ name, version }: { name: string; version: string }): Promise<void> {
    return this.#file.write((session) => versionWrites.deleteModelVersion(session, name, version));
  }

  transitionModelVersionStage(options: {
    name: string;
    version: string;
    stage: ModelVersionStage;
    archiveExistingVersions?: boolean | undefined;
  }): Promise<ModelVersion> {
    return this.#file.write((session) => versionWrites.transitionModelVersionStage(session, options));
  }

  getModelVersionDownloadUri({ name, version }: { name: string; version: string }): Promise<string> {
    return this.#file.read((session) => reads.getDownloadUri(session, name, version));
  }

  setModelVersionTag(options: { name: string; version: string; key: string; value: string }): Promise<void> {
    return this.#file.write((session) => versionWrites.setModelVersionTag(session, options));
  }

  deleteModelVersionTag(options: { name: string; version: string; key: string }): Promise<void> {
    const { name, version, key } = options;
    return this.#file.write((session) => versionWrites.deleteModelVersionTag(session, name, version, key));
  }

  close(): Promise<void> {
    return this.#close();
  }
}

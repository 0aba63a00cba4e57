import { rmSync } from 'node:fs';
import path from 'node:path';
import { appendToUriPath, resolveUriIfLocal } from '../../artifacts/uri.js';
import { MlflowError } from '../../errors.js';
import { stringRepr } from '../../serialization/pythonRepr.js';
import type { Experiment, LifecycleStage, PagedList, Tags, ViewType } from '../entities.js';
import { newFileStoreExperimentId } from '../identifiers.js';
import { searchExperiments } from './fileSearch.js';
import type { SearchExperimentsOptions } from '../trackingStore.js';
import {
  validateArtifactLocationLength,
  validateExperimentId,
  validateExperimentName,
  validateExperimentTag,
  validateTagName,
} from '../validation.js';
import { isFolder, makeFolder, readKeyFiles, readMeta, readText, writeMeta, writeText } from './files.js';
import type { FileStoreFolder } from './fileStoreFolder.js';
import { numberOf, textOf, type Meta } from './metaYaml.js';

export const defaultExperimentId = '0';

/** Experiments of a file store. Source: mlflow.store.tracking.file_store.FileStore */
export class FileExperiments {
  constructor(private readonly folder: FileStoreFolder) {}

  search(options: SearchExperimentsOptions): PagedList<Experiment> {
    return searchExperiments(this.list(options.viewType ?? 'ACTIVE_ONLY'), options);
  }

  /** Every readable experiment of the view; the others are noted as warnings. */
  list(view: ViewType): Experiment[] {
    this.folder.checkRoot();
    const ids = [
      ...(view === 'DELETED_ONLY' ? [] : this.folder.activeExperimentIds()),
      ...(view === 'ACTIVE_ONLY' ? [] : this.folder.deletedExperimentIds()),
    ];
    return ids.flatMap((id) => {
      const folder = this.folder.experimentFolder(id, view);
      const experiment = folder === undefined ? undefined : this.readSafely(id, folder);
      return experiment === undefined ? [] : [experiment];
    });
  }

  private readSafely(experimentId: string, folder: string): Experiment | undefined {
    try {
      return this.read(experimentId, folder);
    } catch (error) {
      this.folder.warn(`Malformed experiment '${experimentId}': ${MlflowError.from(error).message}`);
      return undefined;
    }
  }

  private read(experimentId: string, folder: string): Experiment {
    const meta = readMeta(folder);
    if (meta === undefined) {
      throw MlflowError.doesNotExist(
        `Experiment ${experimentId} is invalid with empty or missing meta.yaml in directory '${folder}'.`,
        { reason: 'fileMissing', details: { path: path.join(folder, 'meta.yaml') } },
      );
    }
    const recordedId = textOf(meta['experiment_id']);
    if (recordedId !== experimentId) {
      const recorded = `ID recorded as '${recordedId ?? ''}' in meta data`;
      throw MlflowError.doesNotExist(
        `Experiment ID mismatch for exp ${experimentId}. ${recorded}. Experiment will be ignored.`,
      );
    }
    return { ...experimentOf(experimentId, meta), tags: readKeyFiles(path.join(folder, 'tags')) };
  }

  /** @throws MlflowError RESOURCE_DOES_NOT_EXIST */
  get(experimentId: string): Experiment {
    validateExperimentId(experimentId);
    this.folder.checkRoot();
    const folder = this.folder.experimentFolder(experimentId);
    if (folder === undefined) throw MlflowError.doesNotExist(`Could not find experiment with ID ${experimentId}`);
    return this.read(experimentId, folder);
  }

  getByName(name: string): Experiment | null {
    if (name.includes("'")) {
      return this.search({ viewType: 'ALL', filterString: `name = '${name}'` }).items[0] ?? null;
    }
    const named = this.list('ALL').filter((experiment) => experiment.name === name);
    return named.sort((a, b) => (b.creationTime ?? 0) - (a.creationTime ?? 0))[0] ?? null;
  }

  create(options: { name: string; artifactLocation?: string | undefined; tags?: Tags | undefined }): string {
    const { name, artifactLocation, tags = {} } = options;
    this.folder.checkRoot();
    validateExperimentName(name);
    if (artifactLocation) validateArtifactLocationLength(artifactLocation);
    for (const [key, value] of Object.entries(tags)) validateExperimentTag(key, value);
    this.checkNameIsFree(name);
    return this.createWithId(newFileStoreExperimentId(), name, artifactLocation, tags);
  }

  createWithId(experimentId: string, name: string, artifactLocation: string | undefined, tags: Tags): string {
    const folder = makeFolder(this.folder.root, experimentId);
    const now = Date.now();
    writeMeta(folder, {
      artifact_location: artifactLocation
        ? resolveUriIfLocal(artifactLocation)
        : appendToUriPath(this.folder.artifactRootUri, experimentId),
      creation_time: now,
      effective_trace_archival_retention: null,
      experiment_id: experimentId,
      last_update_time: now,
      lifecycle_stage: 'active',
      name,
      trace_location: null,
      workspace: 'default',
    });
    for (const [key, value] of Object.entries(tags)) writeText(path.join(folder, 'tags', key), value, folder);
    return experimentId;
  }

  private checkNameIsFree(name: string): void {
    const existing = this.getByName(name);
    if (existing === null) return;
    if (existing.lifecycleStage === 'active') {
      throw new MlflowError(`Experiment '${existing.name}' already exists.`, 'RESOURCE_ALREADY_EXISTS');
    }
    throw new MlflowError(
      `Experiment ${stringRepr(existing.name)} already exists in deleted state. You can restore the experiment, or ` +
        "permanently delete the experiment from the .trash folder (under tracking server's root folder) in order to use " +
        'this experiment name again.',
      'RESOURCE_ALREADY_EXISTS',
    );
  }

  rename(experimentId: string, newName: string): void {
    validateExperimentName(newName);
    const experiment = this.get(experimentId);
    this.checkNameIsFree(newName);
    if (experiment.lifecycleStage !== 'active') {
      throw new MlflowError(
        `Cannot rename experiment in non-active lifecycle stage. Current stage: ${experiment.lifecycleStage}`,
      );
    }
    this.overwrite(experimentId, { name: newName, last_update_time: Date.now() });
  }

  /** The changed meta.yaml with a snapshot of the tags, as Python leaves it after its first rewrite. */
  overwrite(experimentId: string, changes: Meta): void {
    const folder = this.folder.experimentFolder(experimentId) ?? '';
    const tags = readKeyFiles(path.join(folder, 'tags'));
    writeMeta(folder, { ...readMeta(folder), ...changes, tags });
  }

  setTag(experimentId: string, key: string, value: string): void {
    validateExperimentTag(key, value);
    const folder = this.activeFolder(experimentId, 'set');
    writeText(path.join(folder, 'tags', key), value, folder);
  }

  deleteTag(experimentId: string, key: string): void {
    const folder = this.activeFolder(experimentId, 'delete');
    validateTagName(key);
    const file = path.join(folder, 'tags', key);
    if (readText(file) === undefined) {
      throw MlflowError.doesNotExist(`No tag with name: ${key} in experiment with id ${experimentId}`);
    }
    rmSync(file);
  }

  private activeFolder(experimentId: string, action: 'set' | 'delete'): string {
    const experiment = this.get(experimentId);
    const folder = this.folder.experimentFolder(experimentId);
    if (experiment.lifecycleStage === 'active' && folder !== undefined && isFolder(folder)) return folder;
    throw MlflowError.invalidParameter(
      `The experiment ${experimentId} must be in the 'active' lifecycle_stage to ${action} tags`,
    );
  }
}

function experimentOf(experimentId: string, meta: Meta): Omit<Experiment, 'tags'> {
  return {
    experimentId,
    name: textOf(meta['name']) ?? '',
    artifactLocation: textOf(meta['artifact_location']) ?? '',
    lifecycleStage: (textOf(meta['lifecycle_stage']) ?? 'active') as LifecycleStage,
    creationTime: numberOf(meta['creation_time']),
    lastUpdateTime: numberOf(meta['last_update_time']),
  };
}

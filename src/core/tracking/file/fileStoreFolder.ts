import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { MlflowError } from '../../errors.js';
import type { ViewType } from '../entities.js';
import { validateRunId } from '../validation.js';
import { isFolder, makeFolder, subfolders } from './files.js';

const trashName = '.trash';
const registryName = 'models';
/** Folders of an experiment that are no runs. */
export const reservedNames: ReadonlySet<string> = new Set(['tags', 'datasets', 'traces', 'models']);
const maximumWarnings = 200;

/** The folders of a file store: where experiments, runs and logged models lie. Source: mlflow.store.tracking.file_store */
export class FileStoreFolder {
  /** What was skipped and why, each once. */
  readonly warnings: string[] = [];
  private readonly warned = new Set<string>();

  constructor(
    readonly root: string,
    /** What new experiments' artifact locations begin with: the store's URI. */
    readonly artifactRootUri: string,
  ) {}

  get trash(): string {
    return path.join(this.root, trashName);
  }

  warn(message: string): void {
    if (this.warned.has(message) || this.warnings.length >= maximumWarnings) return;
    this.warned.add(message);
    this.warnings.push(message);
  }

  /** @throws MlflowError `storeMissing` when the folder is gone */
  checkRoot(): void {
    if (isFolder(this.root)) return;
    throw MlflowError.doesNotExist(`There is no MLflow store at ${this.root}.`, {
      reason: 'storeMissing',
      details: { path: this.root },
    });
  }

  activeExperimentIds(): string[] {
    return subfolders(this.root).filter((name) => name !== trashName && name !== registryName);
  }

  deletedExperimentIds(): string[] {
    return subfolders(this.trash);
  }

  /** The folder of an experiment, active or in the trash; undefined when there is none. */
  experimentFolder(experimentId: string, view: ViewType = 'ALL'): string | undefined {
    const parents =
      view === 'ACTIVE_ONLY' ? [this.root] : view === 'DELETED_ONLY' ? [this.trash] : [this.root, this.trash];
    if (!isPlainName(experimentId)) return undefined;
    return parents.map((parent) => path.join(parent, experimentId)).find(isFolder);
  }

  /** The folder of a run by its id. */
  findRun(runId: string): { experimentId: string; folder: string } | undefined {
    validateRunId(runId);
    this.checkRoot();
    if (reservedNames.has(runId)) return undefined;
    const place = (experiment: string): string => path.join(experiment, runId);
    return (
      findBelow(this.root, this.activeExperimentIds(), place, runId) ??
      findBelow(this.trash, this.deletedExperimentIds(), place, runId)
    );
  }

  /** The folder of a logged model by its id; those of deleted experiments are not found, unlike their runs. */
  findModel(modelId: string): { experimentId: string; folder: string } | undefined {
    this.checkRoot();
    if (!isPlainName(modelId)) return undefined;
    const place = (experiment: string): string => path.join(experiment, 'models', modelId);
    return findBelow(this.root, this.activeExperimentIds(), place, modelId);
  }

  moveToTrash(experimentFolder: string, experimentId: string): void {
    makeFolder(this.trash);
    renameSync(experimentFolder, path.join(this.trash, experimentId));
  }

  moveFromTrash(experimentFolder: string, experimentId: string): void {
    renameSync(experimentFolder, path.join(this.root, experimentId));
  }
}

/** One segment of a path that leads nowhere else. */
export function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}

/** Artifact folders may lie in the store: nothing below one is a run or a model. */
function findBelow(
  parent: string,
  experimentIds: readonly string[],
  place: (experimentFolder: string) => string,
  id: string,
): { experimentId: string; folder: string } | undefined {
  if (id === 'artifacts') return undefined;
  for (const experimentId of experimentIds) {
    if (experimentId === 'artifacts') continue;
    const folder = place(path.join(parent, experimentId));
    if (existsSync(path.join(folder, 'meta.yaml'))) return { experimentId, folder };
  }
  return undefined;
}

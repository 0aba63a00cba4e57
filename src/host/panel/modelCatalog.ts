import type { LongRunningOptions } from '../../core/ports.js';
import type { ModelReference } from '../tree/modelReference.js';

/** A model that can be chosen in the panel. */
export interface ModelEntry extends ModelReference {
  /** The same as long as the model is the same one, over restarts too. */
  id: string;
  /** Where it comes from, such as `mlflow.db`. */
  storeLabel: string;
  /** What tells it from others of its name: the run that logged it, the aliases of a version. */
  note: string;
}

/** The models of the open stores and folders. */
export interface ModelCatalog {
  /** Newest first. */
  list(): readonly ModelEntry[];
  /** Stores are still being read. */
  readonly isLoading: boolean;
  /** Reads the stores anew; `onDidChange` tells of the end. */
  refresh(): Promise<readonly ModelEntry[]>;
  onDidChange(listener: () => void): { dispose(): void };
  /** The local folder that holds the model's MLmodel; remote artifacts are downloaded. @throws MlflowError */
  resolveFolder(model: ModelReference, options?: LongRunningOptions): Promise<string>;
}

/** Names of models that stand side by side: those of the same name with what tells them apart. */
export function distinctNames(entries: readonly ModelEntry[]): string[] {
  return entries.map((entry) => {
    const isAlone = entries.every((other) => other === entry || other.name !== entry.name);
    return isAlone || entry.note === '' ? entry.name : `${entry.name} ${entry.note}`;
  });
}

/** A reference that came from elsewhere (a command's argument) as an entry. */
export function entryOf(reference: ModelReference, storeLabel = '', note = ''): ModelEntry {
  return { ...reference, id: `${reference.storeUri ?? ''}|${reference.uri}`, storeLabel, note };
}

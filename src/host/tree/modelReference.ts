import type { ModelSummary } from '../../core/mlmodel/modelSummary.js';

/** A model as the tree and the commands know it: how to name it, and where its files lie. */
export interface ModelReference {
  name: string;
  /** What Python would be given: `models:/m-...`, `models:/name/3`, `runs:/...`, or a path. */
  uri: string;
  /** Tracking store that resolves the URI; `undefined` for a folder. */
  storeUri: string | undefined;
  /** Artifact URI (or path) of the folder that holds MLmodel; `undefined` until resolved. */
  location: string | undefined;
  /** What its MLmodel says; `undefined` while unread or unreadable. */
  summary: ModelSummary | undefined;
}

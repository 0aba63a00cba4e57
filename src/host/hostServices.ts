import type { Memento, Uri } from 'vscode';
import type { ShownTexts } from './commands/shownTexts.js';
import type { FlavorLibrary } from './flavorLibrary.js';
import type { InferenceEngine } from './inference/inferenceEngine.js';
import type { HostLog } from './log/log.js';
import type { StoreCollection } from './stores/storeCollection.js';
import type { StoreThread } from './stores/storeThread.js';
import type { WorkspaceModels } from './stores/workspaceModels.js';
import type { WorkspaceStores } from './stores/workspaceStores.js';
import type { RunsView } from './tree/runsView.js';

/** What commands work with. Made once, by extension.ts. */
export interface HostServices {
  readonly log: HostLog;
  readonly stores: StoreCollection;
  readonly thread: StoreThread;
  readonly workspaceStores: WorkspaceStores;
  readonly models: WorkspaceModels;
  readonly view: RunsView;
  readonly texts: ShownTexts;
  /** Kept for all workspaces. */
  readonly globalState: Memento;
  readonly engine: InferenceEngine;
  /** The flavor's functions; loaded when first asked for. */
  readonly library: () => Promise<FlavorLibrary>;
  readonly extensionUri: Uri;
  readonly extensionVersion: string;
  readonly globalStorageUri: Uri;
}

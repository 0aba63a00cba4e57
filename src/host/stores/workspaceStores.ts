import path from 'node:path';
import { commands, EventEmitter, workspace, type Disposable } from 'vscode';
import type { Log } from '../../core/ports.js';
import { trackingUris } from '../settings/settings.js';
import type { ModelFolder, ModelLoader } from '../tree/modelLoader.js';
import { listStores } from './listStores.js';
import type { StoreCollection } from './storeCollection.js';
import type { StoreThread } from './storeThread.js';

/** File events come in bursts. */
const settleMs = 300;

/** Keeps the store collection and the saved models in step with the workspace: files, setting, environment. */
export class WorkspaceStores implements Disposable {
  private readonly changed = new EventEmitter<void>();
  /** Another set of stores or saved models. */
  readonly onDidChange = this.changed.event;
  private readonly disposables: Disposable[] = [this.changed];
  private timer: NodeJS.Timeout | undefined;
  private searching: Promise<void> | undefined;

  constructor(
    private readonly stores: StoreCollection,
    private readonly models: ModelLoader,
    private readonly thread: StoreThread,
    private readonly environmentUri: string | undefined,
    private readonly log: Log,
  ) {
    const searchSoon = (): void => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.search(), settleMs);
    };
    this.disposables.push(
      workspace.onDidChangeWorkspaceFolders(searchSoon),
      workspace.onDidGrantWorkspaceTrust(searchSoon),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('mlflow.trackingUris')) searchSoon();
      }),
    );
    for (const pattern of ['**/mlflow.db', '**/mlruns/*/meta.yaml', '**/MLmodel']) {
      const watcher = workspace.createFileSystemWatcher(pattern, false, true, false);
      this.disposables.push(watcher, watcher.onDidCreate(searchSoon), watcher.onDidDelete(searchSoon));
    }
  }

  /** Looks through the workspace. Calls while one is under way share it. */
  search(): Promise<void> {
    this.searching ??= this.run()
      .catch((error: unknown) => this.log.error(`The workspace could not be searched: ${String(error)}`))
      .finally(() => {
        this.searching = undefined;
        this.stores.settle();
      });
    return this.searching;
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private async run(): Promise<void> {
    const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    const found = await Promise.all(folders.map(({ uri }) => this.thread.discover(uri.fsPath)));
    const locations = listStores({
      folders: folders.map(({ uri }) => uri.fsPath),
      found: found.flatMap(({ stores }) => stores.map(({ uri }) => uri)),
      configured: workspace.isTrusted ? trackingUris() : [],
      environmentUri: this.environmentUri,
    });
    const models = found.flatMap((result) => result.models.map(modelFolder));
    const haveModelsChanged = this.models.setFolders(models);
    const haveStoresChanged = await this.stores.replace(locations);
    this.log.info(`Stores: ${locations.map(({ uri }) => uri).join(', ') || 'none'}. Saved models: ${models.length}.`);
    const isEmpty = locations.length === 0 && models.length === 0;
    await commands.executeCommand('setContext', 'mlflow.state', isEmpty ? 'empty' : 'ready');
    if (haveModelsChanged || haveStoresChanged) this.changed.fire();
  }
}

function modelFolder(folder: string): ModelFolder {
  const name = workspace.asRelativePath(folder, (workspace.workspaceFolders?.length ?? 0) > 1);
  return { name: name === folder ? path.basename(folder) : name, path: folder };
}

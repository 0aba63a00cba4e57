import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { MlflowError } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import type { LongRunningOptions } from '../../core/ports.js';
import { entryOf, type ModelCatalog, type ModelEntry } from '../panel/modelCatalog.js';
import { modelNote } from '../tree/describeNode.js';
import type { ModelLoader } from '../tree/modelLoader.js';
import type { ModelReference } from '../tree/modelReference.js';
import { isModelNode, type GroupNode, type RegisteredModelNode } from '../tree/treeNode.js';
import type { StoreCollection } from './storeCollection.js';
import type { StoreConnection } from './storeConnection.js';
import type { StoreSession } from './storeSession.js';

/** Models that a choice lists; more are reached through the tree. */
const maxModels = 200;

/** Every model of the open stores and the workspace's folders, for choices in commands and in the panel. */
export class WorkspaceModels implements ModelCatalog {
  private entries: readonly ModelEntry[] = [];
  private loading: Promise<readonly ModelEntry[]> | undefined;
  /** Something changed while the stores were being read. */
  private isOutdated = false;
  private readonly listeners = new Set<() => void>();

  /** @param downloadFolder where remote models are downloaded to */
  constructor(
    private readonly stores: StoreCollection,
    private readonly models: ModelLoader,
    private readonly downloadFolder: string,
  ) {}

  get isLoading(): boolean {
    return this.loading !== undefined;
  }

  list(): readonly ModelEntry[] {
    return this.entries;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  }

  /** Reads the stores anew; calls while one is under way share it and its end. A store that fails has no models. */
  refresh(): Promise<readonly ModelEntry[]> {
    if (this.loading !== undefined) this.isOutdated = true;
    this.loading ??= this.readCurrent().then((entries) => {
      this.entries = entries;
      this.loading = undefined;
      this.tell();
      return entries;
    });
    return this.loading;
  }

  async resolveFolder(model: ModelReference, options: LongRunningOptions = {}): Promise<string> {
    if (model.storeUri === undefined) return model.location ?? model.uri;
    // The panel comes back with its model before the workspace has been searched.
    if (this.stores.get(model.storeUri) === undefined) await this.stores.firstSearch;
    const connection = this.stores.get(model.storeUri);
    if (connection === undefined) {
      throw MlflowError.doesNotExist(`The store of ${model.uri} is not open any more. Add it to the tree again.`, {
        reason: 'storeMissing',
      });
    }
    const session = await connection.open();
    const repository = await session.artifacts(model.location ?? model.uri);
    if (repository.localPath !== undefined) return repository.localPath;
    const name = createHash('sha256').update(`${model.storeUri}|${repository.artifactUri}`).digest('hex').slice(0, 32);
    const dstPath = path.join(this.downloadFolder, name);
    await mkdir(dstPath, { recursive: true });
    return repository.download('', { ...options, dstPath });
  }

  private async readCurrent(): Promise<ModelEntry[]> {
    this.tell();
    let entries: ModelEntry[];
    do {
      this.isOutdated = false;
      entries = await this.read();
    } while (this.isOutdated);
    return entries;
  }

  private async read(): Promise<ModelEntry[]> {
    const perStore = await Promise.all(this.stores.all.map((connection) => this.readStore(connection).catch(() => [])));
    const folders: GroupNode = { kind: 'group', id: '', parent: undefined, group: 'modelFolders', storeUri: undefined };
    const saved = await this.models.folders(folders);
    return [...perStore.flat(), ...saved.map((node) => entryOf(node.model, l10n.t('Saved models'), modelNote(node)))];
  }

  private async readStore(connection: StoreConnection): Promise<ModelEntry[]> {
    const session = await connection.open();
    const { label } = connection.location;
    const group: GroupNode = {
      kind: 'group',
      id: '',
      parent: undefined,
      group: 'loggedModels',
      storeUri: connection.uri,
    };
    const [logged, versions] = await Promise.all([
      this.models.loggedModels(session, group, maxModels).then(
        ({ nodes }) => nodes,
        () => [],
      ),
      this.versions(session, group).catch(() => []),
    ]);
    return [...logged, ...versions].filter(isModelNode).map((node) => entryOf(node.model, label, modelNote(node)));
  }

  private async versions(session: StoreSession, group: GroupNode) {
    const { nodes } = await this.models.registeredModels(session, group, maxModels);
    const registered = nodes.filter((node): node is RegisteredModelNode => node.kind === 'registeredModel');
    return (await Promise.all(registered.map((node) => this.models.versions(session, node)))).flat();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

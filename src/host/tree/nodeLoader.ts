import { MlflowError } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import type { Run } from '../../core/tracking/entities.js';
import type { StoreCollection } from '../stores/storeCollection.js';
import type { StoreConnection } from '../stores/storeConnection.js';
import type { StoreSession } from '../stores/storeSession.js';
import type { ModelLoader } from './modelLoader.js';
import { nestRuns, type NestedRuns } from './nestRuns.js';
import { loadArtifacts, loadSection, loadSections } from './runSectionLoader.js';
import { defaultColumns, runViewType, type RunView } from './runView.js';
import type { ExperimentNode, GroupName, GroupNode, LoadMoreNode, RunColumn, RunNode, TreeNode } from './treeNode.js';

/** Runs and models a page; "Load more" adds as many. */
export const pageSize = 200;

/** Everything the nodes are made from. */
export interface NodeSource {
  stores: StoreCollection;
  models: ModelLoader;
  view(): RunView;
}

/** Makes the children of a node by asking the stores. Holds no nodes, only how many pages each list shows. */
export class NodeLoader {
  private readonly limits = new Map<string, number>();

  constructor(private readonly source: NodeSource) {}

  /** Makes the list below the node longer by one page at its next load. */
  showMore(listId: string): void {
    this.limits.set(listId, this.limit(listId) + pageSize);
  }

  /** Never throws: what a store refuses becomes an error node in its place. */
  async load(node: TreeNode | undefined): Promise<TreeNode[]> {
    try {
      return await this.children(node);
    } catch (error) {
      return [errorNode(node, MlflowError.from(error))];
    }
  }

  private async children(node: TreeNode | undefined): Promise<TreeNode[]> {
    if (node === undefined) return this.roots();
    if (node.kind === 'group' && node.group === 'modelFolders') return this.source.models.folders(node);
    const connection = node.storeUri === undefined ? undefined : this.source.stores.get(node.storeUri);
    if (connection === undefined) return [];
    const session = await connection.open();
    switch (node.kind) {
      case 'store':
        return this.groups(connection, node);
      case 'group':
        return this.group(session, node);
      case 'experiment':
        return this.runs(session, node);
      case 'run':
        return [...loadSections(node), ...this.nestedRuns(node)];
      case 'section':
        return loadSection(session, this.source.models, node);
      case 'artifactFolder':
        return loadArtifacts(session, node, node.artifactUri, node.path);
      case 'registeredModel':
        return this.source.models.versions(session, node);
      default:
        return [];
    }
  }

  private async roots(): Promise<TreeNode[]> {
    const connections = this.source.stores.all;
    const [only] = connections;
    const stores =
      connections.length === 1 && only !== undefined
        ? await this.groups(only, undefined)
        : connections.map((connection) => storeNode(connection));
    const folders: GroupNode = {
      kind: 'group',
      id: 'folders',
      parent: undefined,
      group: 'modelFolders',
      storeUri: undefined,
    };
    return this.source.models.hasFolders() ? [...stores, folders] : stores;
  }

  /** The three groups of a store, or why it cannot be opened. */
  private async groups(connection: StoreConnection, parent: TreeNode | undefined): Promise<TreeNode[]> {
    try {
      const { tracking } = await connection.open();
      await tracking.searchExperiments({ maxResults: 1 });
    } catch (error) {
      return [errorNode(parent, MlflowError.from(error), connection.uri)];
    }
    const names: GroupName[] = ['experiments', 'loggedModels', 'registeredModels'];
    return names.map((group) => ({
      kind: 'group',
      id: `${connection.uri}|${group}`,
      parent,
      group,
      storeUri: connection.uri,
    }));
  }

  private async group(session: StoreSession, node: GroupNode): Promise<TreeNode[]> {
    const limit = this.limit(node.id);
    switch (node.group) {
      case 'experiments':
        return this.experiments(session, node, limit);
      case 'loggedModels': {
        const { nodes, hasMore } = await this.source.models.loggedModels(session, node, limit);
        return nodes.length === 0
          ? [noteNode(node, l10n.t('No logged models yet'))]
          : withMore(node, nodes, hasMore, undefined);
      }
      case 'registeredModels': {
        const { nodes, hasMore } = await this.source.models.registeredModels(session, node, limit);
        return nodes.length === 0
          ? [noteNode(node, l10n.t('No registered models yet'))]
          : withMore(node, nodes, hasMore, undefined);
      }
      default:
        return [];
    }
  }

  private async experiments(session: StoreSession, node: GroupNode, limit: number): Promise<TreeNode[]> {
    const storeUri = node.storeUri ?? '';
    const view = this.source.view();
    const page = await session.tracking.searchExperiments({ viewType: runViewType(view), maxResults: limit });
    const nodes = await Promise.all(
      page.items.map(async (experiment): Promise<ExperimentNode> => {
        const { experimentId } = experiment;
        const count = (filterString: string) =>
          session.countRuns({ experimentId, filterString, runViewType: runViewType(view) }).catch(() => undefined);
        const [runCount, totalCount] = await Promise.all([
          count(view.filterString),
          view.filterString === '' ? undefined : count(''),
        ]);
        return {
          kind: 'experiment',
          id: `${node.id}|${experimentId}`,
          parent: node,
          storeUri,
          experiment,
          runCount,
          totalCount,
        };
      }),
    );
    return withMore(node, nodes, page.token !== null, undefined);
  }

  private async runs(session: StoreSession, node: ExperimentNode): Promise<TreeNode[]> {
    const view = this.source.view();
    const limit = this.limit(node.id);
    const page = await session.tracking.searchRuns({
      experimentIds: [node.experiment.experimentId],
      filterString: view.filterString,
      runViewType: runViewType(view),
      maxResults: limit,
      orderBy: view.orderBy,
    });
    if (page.items.length === 0) {
      return [noteNode(node, view.filterString === '' ? l10n.t('No runs yet') : l10n.t('No run matches the filter'))];
    }
    const nested = nestRuns(page.items);
    const columns = view.columns ?? defaultColumns(page.items);
    const nodes = nested.roots.map((run) => this.runNode(node, run, nested, columns));
    const remaining = node.runCount?.isExact ? node.runCount.count - page.items.length : undefined;
    return withMore(node, nodes, page.token !== null, remaining);
  }

  private runNode(
    parent: ExperimentNode | RunNode,
    run: Run,
    nested: NestedRuns,
    columns: readonly RunColumn[],
  ): RunNode {
    const id = `${parent.id}|${run.info.runId}`;
    const node: RunNode = {
      kind: 'run',
      id,
      parent,
      storeUri: parent.storeUri,
      run,
      nested: nested.nestedByParent.get(run.info.runId) ?? [],
      descendants: nested,
      columns,
    };
    return node;
  }

  private nestedRuns(node: RunNode): TreeNode[] {
    return node.nested.map((run) => this.runNode(node, run, node.descendants, node.columns));
  }

  private limit(listId: string): number {
    return this.limits.get(listId) ?? pageSize;
  }
}

function storeNode({ uri, location }: StoreConnection): TreeNode {
  const { label, description, origin } = location;
  return {
    kind: 'store',
    id: uri,
    parent: undefined,
    storeUri: uri,
    label,
    description,
    isRemovable: origin === 'setting',
  };
}

function withMore(
  parent: GroupNode | ExperimentNode,
  nodes: TreeNode[],
  hasMore: boolean,
  remaining: number | undefined,
): TreeNode[] {
  if (!hasMore) return nodes;
  const more: LoadMoreNode = {
    kind: 'loadMore',
    id: `${parent.id}|more`,
    parent,
    storeUri: parent.storeUri ?? '',
    pageSize,
    remaining,
  };
  return [...nodes, more];
}

export function noteNode(parent: TreeNode, text: string): TreeNode {
  return { kind: 'note', id: `${parent.id}|note`, parent, storeUri: parent.storeUri, text };
}

function errorNode(parent: TreeNode | undefined, error: MlflowError, storeUri = parent?.storeUri): TreeNode {
  return { kind: 'error', id: `${parent?.id ?? storeUri ?? ''}|error`, parent, storeUri, error };
}

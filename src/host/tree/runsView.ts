import { commands, l10n, window, type Disposable, type Memento, type TreeView } from 'vscode';
import type { Log } from '../../core/ports.js';
import type { StoreCollection } from '../stores/storeCollection.js';
import { refreshIntervalMs } from '../settings/settings.js';
import { formatRunCount } from './describeNode.js';
import { ModelDragController } from './modelDragController.js';
import { NodeLoader } from './nodeLoader.js';
import type { ModelLoader } from './modelLoader.js';
import { restoreRunView, type RunView } from './runView.js';
import { TreeModel } from './treeModel.js';
import type { ExperimentNode, TreeNode } from './treeNode.js';
import { TreeProvider } from './treeProvider.js';

export const viewId = 'mlflow.runsAndModels';
const runViewKey = 'runView';
/** How often relative times are written anew. */
const timesIntervalMs = 15_000;

/** The view "MLflow": the tree, its filter, and its watch over the stores while it is visible. */
export class RunsView implements Disposable {
  readonly tree: TreeModel;
  readonly view: TreeView<TreeNode>;
  private readonly provider: TreeProvider;
  private readonly disposables: Disposable[] = [];
  private runView: RunView;
  private timer: NodeJS.Timeout | undefined;
  private isPolling = false;
  private timesDrawnMs = Date.now();

  constructor(
    private readonly stores: StoreCollection,
    private readonly models: ModelLoader,
    private readonly state: Memento,
    private readonly log: Log,
  ) {
    this.runView = restoreRunView(state.get(runViewKey));
    this.tree = new TreeModel(new NodeLoader({ stores, models, view: () => this.runView }));
    this.provider = new TreeProvider(this.tree);
    this.view = window.createTreeView(viewId, {
      treeDataProvider: this.provider,
      canSelectMany: true,
      showCollapseAll: true,
      dragAndDropController: new ModelDragController(),
    });
    this.disposables.push(
      this.view,
      this.view.onDidExpandElement(({ element }) => this.tree.setCollapsed(element, false)),
      this.view.onDidCollapseElement(({ element }) => this.tree.setCollapsed(element, true)),
      this.view.onDidChangeVisibility(() => this.schedule(0)),
    );
    this.tellFilter();
    this.schedule(refreshIntervalMs());
  }

  get current(): RunView {
    return this.runView;
  }

  async change(fields: Partial<RunView>): Promise<void> {
    this.runView = { ...this.runView, ...fields };
    await this.state.update(runViewKey, this.runView);
    this.tellFilter();
    this.redrawAll();
  }

  redrawAll(): void {
    this.tree.clear();
    this.models.clear();
    this.provider.redraw('root');
  }

  showMore(node: TreeNode): void {
    const owner = this.tree.showMore(node);
    this.provider.redraw(owner === undefined ? 'root' : [owner]);
  }

  /** Asks a store for changes now, not at the next second. */
  async storeChanged(storeUri: string | undefined): Promise<void> {
    this.provider.redraw(await this.tree.refresh(storeUri));
    this.tellCounts();
  }

  /** Shows a node and selects it. */
  async reveal(node: TreeNode): Promise<void> {
    await this.view.reveal(node, { select: true, focus: true, expand: true });
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    if (!this.view.visible) return;
    this.timer = setTimeout(() => void this.poll().finally(() => this.schedule(refreshIntervalMs())), delayMs);
  }

  private async poll(): Promise<void> {
    if (this.isPolling) return;
    this.isPolling = true;
    try {
      for (const connection of this.stores.all) {
        const hasChanged = await connection.hasChanged().catch((error: unknown) => {
          this.log.debug(`${connection.uri}: ${String(error)}`);
          return false;
        });
        if (hasChanged) await this.storeChanged(connection.uri);
      }
      this.drawTimes();
      this.tellCounts();
    } finally {
      this.isPolling = false;
    }
  }

  private drawTimes(): void {
    if (Date.now() - this.timesDrawnMs < timesIntervalMs) return;
    this.timesDrawnMs = Date.now();
    const runs = this.tree.shownRuns();
    this.tree.keepLists(runs);
    this.provider.redraw(runs);
  }

  private tellFilter(): void {
    void commands.executeCommand('setContext', 'mlflow.isFiltered', this.runView.filterString !== '');
    void commands.executeCommand('setContext', 'mlflow.showsDeleted', this.runView.showDeleted);
    this.tellCounts();
  }

  private tellCounts(): void {
    const { filterString } = this.runView;
    if (filterString === '') {
      if (this.view.message !== undefined) this.view.message = '';
      return;
    }
    const experiments = this.tree.all((node): node is ExperimentNode => node.kind === 'experiment');
    const counts = experiments.map((node) => node.runCount).filter((count) => count !== undefined);
    const count = counts.reduce((sum, { count }) => sum + count, 0);
    const totals = experiments.map((node) => node.totalCount).filter((count) => count !== undefined);
    const total = totals.reduce((sum, { count }) => sum + count, 0);
    const isExact = [...counts, ...totals].every((item) => item.isExact);
    const text = isExact
      ? l10n.t('{0} of {1}', count.toLocaleString('en-US'), formatRunCount({ count: total, isExact }))
      : l10n.t('Filtered runs');
    this.view.message = `${text} · ${filterString}`;
  }
}

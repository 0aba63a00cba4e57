import { describeNode } from './describeNode.js';
import type { NodeLoader } from './nodeLoader.js';
import type { TreeNode } from './treeNode.js';

/** Stands for the root among nodes. */
const rootId = '';

/**
 * The nodes that have been shown, each the same object for as long as its id lives, so that VS Code recognises them.
 * `refresh` asks again for what is open and tells the smallest set of nodes that look different now.
 */
export class TreeModel {
  private readonly nodes = new Map<string, TreeNode>();
  private readonly lists = new Map<string, TreeNode[]>();
  private readonly looks = new Map<string, string>();
  private readonly fresh = new Set<string>();
  private readonly collapsed = new Set<string>();

  constructor(
    private readonly loader: NodeLoader,
    private readonly now: () => number = Date.now,
  ) {}

  async children(node?: TreeNode): Promise<TreeNode[]> {
    const id = node?.id ?? rootId;
    const list = this.lists.get(id);
    if (list !== undefined && this.fresh.delete(id)) return list;
    return this.load(node);
  }

  /** The node with this id, when it has been shown. */
  find(id: string): TreeNode | undefined {
    return this.nodes.get(id);
  }

  /** The nodes that are in the tree now and fit. */
  all<N extends TreeNode>(isWanted: (node: TreeNode) => node is N): N[] {
    return [...this.lists.values()].flat().filter(isWanted);
  }

  setCollapsed(node: TreeNode, isCollapsed: boolean): void {
    if (isCollapsed) this.collapsed.add(node.id);
    else this.collapsed.delete(node.id);
  }

  /** Forgets every list: the next question asks the stores. */
  clear(): void {
    this.lists.clear();
    this.fresh.clear();
  }

  /** Makes the list that ends with `node` one page longer. @returns the list's owner, which looks different now. */
  showMore(node: TreeNode): TreeNode | undefined {
    this.loader.showMore(node.parent?.id ?? rootId);
    return node.parent;
  }

  /**
   * Loads the open lists of a store (`undefined`: of no store) again.
   * @returns nodes to draw again, none below another; `'root'` when everything is.
   */
  async refresh(storeUri: string | undefined): Promise<'root' | TreeNode[]> {
    const changed = new Map<string, TreeNode>();
    for (const id of [...this.lists.keys()]) {
      const owner = this.nodes.get(id);
      if (id !== rootId && (owner === undefined || owner.storeUri !== storeUri)) continue;
      if (owner !== undefined && this.isHidden(owner)) {
        this.lists.delete(id);
        changed.set(id, owner);
        continue;
      }
      const before = this.lists.get(id) ?? [];
      const looks = before.map((node) => this.looks.get(node.id));
      const loaded = await this.loader.load(owner);
      if (before.length > 0 && isPassingFailure(loaded)) continue;
      const after = this.keep(owner, loaded);
      if (hasOtherNodes(before, after)) {
        if (owner === undefined) return 'root';
        changed.set(id, owner);
      } else {
        after
          .filter((node, index) => this.looks.get(node.id) !== looks[index])
          .forEach((node) => changed.set(node.id, node));
      }
    }
    const redrawn = [...changed.values()].filter((node) => !hasAncestorIn(node, changed));
    this.keepLists(redrawn);
    return redrawn;
  }

  /** Lets the nodes be drawn again without asking the stores for what is below them. */
  keepLists(nodes: readonly TreeNode[]): void {
    const ids = new Map(nodes.map((node) => [node.id, node]));
    for (const id of this.lists.keys()) {
      const owner = this.nodes.get(id);
      if (owner !== undefined && (ids.has(id) || hasAncestorIn(owner, ids))) this.fresh.add(id);
    }
  }

  /** Runs that are shown: their relative times grow old. */
  shownRuns(): TreeNode[] {
    return [...this.lists.values()].flat().filter((node) => node.kind === 'run' && !this.isHidden(node.parent));
  }

  private async load(node: TreeNode | undefined): Promise<TreeNode[]> {
    return this.keep(node, await this.loader.load(node));
  }

  private keep(node: TreeNode | undefined, loaded: readonly TreeNode[]): TreeNode[] {
    const list = loaded.map((child) => this.intern(child));
    this.lists.set(node?.id ?? rootId, list);
    return list;
  }

  private intern(node: TreeNode): TreeNode {
    const known = this.nodes.get(node.id);
    const kept = known === undefined || known.kind !== node.kind ? node : Object.assign(known, node);
    this.nodes.set(kept.id, kept);
    this.looks.set(kept.id, this.look(kept));
    return kept;
  }

  /** What would differ on screen, relative times left out. */
  private look(node: TreeNode): string {
    const { label, description, icon, contextValue } = describeNode(node, node.kind === 'run' ? 0 : this.now());
    return JSON.stringify([label, description, icon, contextValue]);
  }

  private isHidden(node: TreeNode | undefined): boolean {
    for (let at = node; at !== undefined; at = at.parent) if (this.collapsed.has(at.id)) return true;
    return false;
  }
}

/** Another program is writing: what was shown before is better than an error that is gone in a second. */
function isPassingFailure(nodes: readonly TreeNode[]): boolean {
  const [only] = nodes;
  return nodes.length === 1 && only?.kind === 'error' && only.error.reason === 'storeLocked';
}

function hasOtherNodes(before: readonly TreeNode[], after: readonly TreeNode[]): boolean {
  return before.length !== after.length || before.some((node, index) => node.id !== after[index]?.id);
}

function hasAncestorIn(node: TreeNode, nodes: ReadonlyMap<string, TreeNode>): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (nodes.has(at.id)) return true;
  return false;
}

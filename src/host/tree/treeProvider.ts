import {
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
  type TreeDataProvider,
} from 'vscode';
import { describeHover } from './describeHover.js';
import { describeNode, type NodeView } from './describeNode.js';
import type { TreeModel } from './treeModel.js';
import type { TreeNode } from './treeNode.js';

const collapsibleStates = {
  none: TreeItemCollapsibleState.None,
  collapsed: TreeItemCollapsibleState.Collapsed,
  expanded: TreeItemCollapsibleState.Expanded,
} as const;

/** Shows the nodes of a {@link TreeModel} as VS Code's tree items. */
export class TreeProvider implements TreeDataProvider<TreeNode> {
  private readonly changed = new EventEmitter<TreeNode | TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly model: TreeModel) {}

  getChildren(node?: TreeNode): Promise<TreeNode[]> {
    return this.model.children(node);
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  getTreeItem(node: TreeNode): TreeItem {
    const view = describeNode(node, Date.now());
    const item = new TreeItem(view.label, collapsibleStates[view.collapsible]);
    item.id = node.id;
    item.description = view.description;
    item.contextValue = view.contextValue;
    if (view.icon !== undefined) item.iconPath = themeIcon(view.icon);
    if (view.accessibilityLabel !== undefined) item.accessibilityInformation = { label: view.accessibilityLabel };
    if (view.command !== undefined) item.command = { command: view.command, title: view.label, arguments: [node] };
    if (node.kind === 'artifactFile' || node.kind === 'artifactFolder') {
      item.resourceUri = Uri.from({ scheme: 'mlflow-artifact', path: `/${node.path}` });
      item.iconPath = node.kind === 'artifactFile' ? ThemeIcon.File : ThemeIcon.Folder;
    }
    return item;
  }

  resolveTreeItem(item: TreeItem, node: TreeNode): TreeItem {
    const hover = describeHover(node);
    if (hover !== undefined) item.tooltip = new MarkdownString(hover);
    return item;
  }

  /** Draws nodes again in one event; `root` everything. */
  redraw(nodes: readonly TreeNode[] | 'root'): void {
    if (nodes === 'root') this.changed.fire(undefined);
    else if (nodes.length > 0) this.changed.fire([...nodes]);
  }
}

function themeIcon({ name, color }: NonNullable<NodeView['icon']>): ThemeIcon {
  return color === undefined ? new ThemeIcon(name) : new ThemeIcon(name, new ThemeColor(color));
}

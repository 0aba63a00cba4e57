import { DataTransferItem, type DataTransfer, type TreeDragAndDropController } from 'vscode';
import { isModelNode, type TreeNode } from './treeNode.js';

/** Lets models be dragged into an editor, where their URIs are inserted. */
export class ModelDragController implements TreeDragAndDropController<TreeNode> {
  readonly dragMimeTypes = ['text/plain'];
  readonly dropMimeTypes = [];

  handleDrag(nodes: readonly TreeNode[], transfer: DataTransfer): void {
    const uris = nodes.flatMap((node) =>
      isModelNode(node) ? [node.model.uri] : node.kind === 'run' ? [node.run.info.runId] : [],
    );
    if (uris.length > 0) transfer.set('text/plain', new DataTransferItem(uris.join('\n')));
  }
}

import path from 'node:path';
import { Uri } from 'vscode';
import type { ModelReference } from '../tree/modelReference.js';
import { isModelNode, type TreeNode } from '../tree/treeNode.js';

/** The model a command was started on: a tree node, a reference, or the address of an MLmodel file or its folder. */
export function modelArgument(argument: unknown): ModelReference | undefined {
  if (argument instanceof Uri) return folderReference(argument);
  if (typeof argument !== 'object' || argument === null) return undefined;
  if ('kind' in argument) {
    const node = argument as TreeNode;
    return isModelNode(node) ? node.model : undefined;
  }
  const reference = argument as Partial<ModelReference>;
  return typeof reference.uri === 'string' && typeof reference.name === 'string'
    ? (argument as ModelReference)
    : undefined;
}

/** Every model of a multiple selection, or the one the command was started on. */
export function modelArguments(first: unknown, selected: unknown): ModelReference[] {
  const all = Array.isArray(selected) && selected.length > 0 ? selected : [first];
  return all.map(modelArgument).filter((model) => model !== undefined);
}

/** A model that is known by its files alone. */
export function folderReference(uri: Uri): ModelReference {
  const folder = path.basename(uri.fsPath) === 'MLmodel' ? path.dirname(uri.fsPath) : uri.fsPath;
  return { name: path.basename(folder), uri: folder, storeUri: undefined, location: folder, summary: undefined };
}

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { commands, l10n, Uri, window, workspace, type Memento } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import { setTrackingUris, trackingUris } from '../settings/settings.js';
import { describeStore, normalizeTrackingUri, sqliteUri } from '../stores/storeLocation.js';
import type { TreeNode } from '../tree/treeNode.js';
import type { Command } from './command.js';
import { withProgress } from './progress.js';

/** The folder whose window shows the view first, when it opens next. */
const viewShownInKey = 'viewShownIn';

/** Shows the view when this window was opened for that. */
export async function showViewWhereAsked(globalState: Memento): Promise<void> {
  const folder = globalState.get<string>(viewShownInKey);
  if (folder === undefined || workspace.workspaceFolders?.[0]?.uri.fsPath !== folder) return;
  await globalState.update(viewShownInKey, undefined);
  await commands.executeCommand('mlflow.runsAndModels.focus');
}

/** Commands that add stores to the tree and take them away. */
export const storeCommands: readonly Command[] = [
  { id: 'mlflow.addTrackingStore', needsTrust: true, run: (services) => addTrackingStore(services) },
  { id: 'mlflow.removeTrackingStore', needsTrust: true, run: removeTrackingStore },
  { id: 'mlflow.createStore', needsTrust: true, run: (services) => createStore(services) },
  { id: 'mlflow.openSample', needsTrust: false, run: (services) => openSample(services) },
];

/** Makes an empty `mlflow.db` in a workspace folder, as recent MLflow would. */
async function createStore(services: HostServices): Promise<string> {
  const folders = workspace.workspaceFolders ?? [];
  const folder = folders.length > 1 ? await window.showWorkspaceFolderPick() : folders[0];
  if (folder === undefined) {
    throw MlflowError.invalidParameter(l10n.t('Open a folder first; the store is made in it.'));
  }
  const file = path.join(folder.uri.fsPath, 'mlflow.db');
  if (existsSync(file)) {
    throw new MlflowError(l10n.t('{0} exists already.', file), 'ALREADY_EXISTS', {
      reason: 'targetExists',
      details: { path: file },
    });
  }
  const session = await services.thread.create(sqliteUri(file));
  await session.tracking.searchExperiments({ maxResults: 1 });
  await session.close();
  await services.workspaceStores.search();
  await commands.executeCommand('mlflow.runsAndModels.focus');
  return sqliteUri(file);
}

/** Lays the sample workspace out, once for each version of the extension, and opens it. */
async function openSample(services: HostServices): Promise<void> {
  const { thread, extensionUri, extensionVersion, globalStorageUri } = services;
  const target = path.join(globalStorageUri.fsPath, `sample-${extensionVersion}`);
  if (!existsSync(path.join(target, 'mlflow.db'))) {
    const source = Uri.joinPath(extensionUri, 'samples', 'workspace').fsPath;
    await mkdir(globalStorageUri.fsPath, { recursive: true });
    await withProgress(l10n.t('Laying out the sample'), (options) => thread.layOutSample(source, target, options));
  }
  await services.globalState.update(viewShownInKey, target);
  const forceNewWindow = (workspace.workspaceFolders?.length ?? 0) > 0;
  await commands.executeCommand('vscode.openFolder', Uri.file(target), { forceNewWindow });
}

async function addTrackingStore(services: HostServices): Promise<void> {
  const choice = await window.showQuickPick(
    [
      { id: 'file', label: `$(database) ${l10n.t('SQLite database…')}`, description: 'mlflow.db' },
      { id: 'folder', label: `$(folder) ${l10n.t('File store…')}`, description: 'mlruns' },
    ],
    { title: l10n.t('Add tracking store'), placeHolder: l10n.t('Where are the runs?') },
  );
  if (choice === undefined) return;
  const uri = await askPath(choice.id === 'folder');
  if (uri === undefined) return;
  const configured = trackingUris();
  if (!configured.includes(uri)) await setTrackingUris([...configured, uri]);
  await services.workspaceStores.search();
  await commands.executeCommand('mlflow.runsAndModels.focus');
}

async function askPath(isFolder: boolean): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    title: isFolder ? l10n.t('Choose the folder mlruns') : l10n.t('Choose the database'),
    canSelectFiles: !isFolder,
    canSelectFolders: isFolder,
    ...(isFolder ? {} : { filters: { SQLite: ['db', 'sqlite', 'sqlite3'] } }),
  });
  const file = chosen?.[0]?.fsPath;
  if (file === undefined) return undefined;
  return normalizeTrackingUri(isFolder ? file : `sqlite:///${file}`, '/');
}

async function removeTrackingStore(services: HostServices, argument: unknown): Promise<void> {
  const base = workspace.workspaceFolders?.[0]?.uri.fsPath ?? process.cwd();
  const configured = trackingUris();
  const uri = (argument as TreeNode | undefined)?.storeUri ?? (await pickConfigured(configured));
  if (uri === undefined) return;
  const kept = configured.filter((text) => normalizeTrackingUri(text, base) !== uri && text !== uri);
  if (kept.length === configured.length) {
    throw MlflowError.invalidParameter(
      l10n.t('{0} was found in the workspace or the environment; only stores of the setting can be removed.', uri),
    );
  }
  await setTrackingUris(kept);
  await services.workspaceStores.search();
}

async function pickConfigured(configured: readonly string[]): Promise<string | undefined> {
  if (configured.length === 0) {
    throw MlflowError.doesNotExist(
      l10n.t('No store was added by the setting; stores of the workspace stay while their files do.'),
    );
  }
  const items = configured.map((uri) => ({ uri, label: label(uri), description: uri }));
  const chosen = await window.showQuickPick(items, { title: l10n.t('Remove tracking store') });
  return chosen?.uri;
}

function label(uri: string): string {
  const normalized = normalizeTrackingUri(uri, Uri.file('/').fsPath);
  return normalized === undefined ? uri : describeStore(normalized, 'setting', []).label;
}

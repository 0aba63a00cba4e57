import { l10n, window, workspace, Uri, type ExtensionContext } from 'vscode';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { l10n as coreL10n } from './core/l10n.js';
import { commandTable } from './host/commands/commandTable.js';
import { ComparedDocuments, comparedScheme } from './host/commands/comparedDocument.js';
import { registerCommands } from './host/commands/command.js';
import { mlmodelEditor } from './host/commands/modelCommands.js';
import { ShownTexts, shownTextScheme } from './host/commands/shownTexts.js';
import { showViewWhereAsked } from './host/commands/storeCommands.js';
import { MlmodelEditor } from './host/editor/mlmodelEditor.js';
import type { FlavorLibrary } from './host/flavorLibrary.js';
import type { HostServices } from './host/hostServices.js';
import { createInferenceHost } from './host/inference/createInferenceHost.js';
import { registerLanguage } from './host/language/registerLanguage.js';
import { HostLog } from './host/log/log.js';
import { registerPanel } from './host/panel/registerPanel.js';
import { StoreCollection } from './host/stores/storeCollection.js';
import { StoreThread } from './host/stores/storeThread.js';
import { WorkspaceModels } from './host/stores/workspaceModels.js';
import { WorkspaceStores } from './host/stores/workspaceStores.js';
import { ModelLoader } from './host/tree/modelLoader.js';
import { RunsView } from './host/tree/runsView.js';

/** What other extensions get from `activate`. */
export interface ExtensionApi {
  /** Raised when something here changes or goes. */
  readonly apiVersion: 1;
  /** Milliseconds that `activate` took. */
  readonly activationMs: number;
  /** Resolves when the workspace has been searched for stores and models; the tracking URIs found. */
  ready(): Promise<string[]>;
}

async function sizeOfFolder(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The library beside this bundle, loaded once. */
function lazyLibrary(file: string): () => Promise<FlavorLibrary> {
  let loading: Promise<FlavorLibrary> | undefined;
  return () => (loading ??= import(pathToFileURL(file).href) as Promise<FlavorLibrary>);
}

let shutDown: (() => Promise<void>) | undefined;

export function activate(context: ExtensionContext): ExtensionApi {
  try {
    return start(context);
  } catch (error) {
    void window.showErrorMessage(l10n.t('MLflow Transformers could not start: {0}', String(error)));
    throw error;
  }
}

export async function deactivate(): Promise<void> {
  await shutDown?.();
}

function start(context: ExtensionContext): ExtensionApi {
  const startedMs = performance.now();
  const { extensionUri, globalStorageUri, subscriptions } = context;
  const texts = l10n.bundle ?? {};
  coreL10n.configure(texts);
  const log = new HostLog();
  const thread = new StoreThread(Uri.joinPath(extensionUri, 'dist', 'storeThread.mjs').fsPath, { texts }, log);
  const stores = new StoreCollection(thread);
  const loader = new ModelLoader(
    (folder) => readFile(path.join(folder, 'MLmodel'), 'utf8').catch(() => undefined),
    sizeOfFolder,
  );
  const workspaceStores = new WorkspaceStores(stores, loader, thread, process.env['MLFLOW_TRACKING_URI'], log);
  const models = new WorkspaceModels(stores, loader, Uri.joinPath(globalStorageUri, 'models').fsPath);
  const view = new RunsView(stores, loader, context.workspaceState, log);
  const engine = createInferenceHost(context, log);
  const shownTexts = new ShownTexts();
  const services: HostServices = {
    log,
    stores,
    thread,
    workspaceStores,
    models,
    view,
    texts: shownTexts,
    globalState: context.globalState,
    engine,
    library: lazyLibrary(Uri.joinPath(extensionUri, 'dist', 'mlflow.mjs').fsPath),
    extensionUri,
    extensionVersion: String((context.extension.packageJSON as { version: unknown }).version),
    globalStorageUri,
  };
  subscriptions.push(
    log,
    workspaceStores,
    view,
    workspaceStores.onDidChange(() => {
      view.redrawAll();
      void models.refresh();
    }),
    ...registerCommands(commandTable, services),
    ...registerLanguage(thread),
    window.registerCustomEditorProvider(mlmodelEditor, new MlmodelEditor(extensionUri, services)),
    workspace.registerTextDocumentContentProvider(shownTextScheme, shownTexts),
    workspace.registerTextDocumentContentProvider(comparedScheme, new ComparedDocuments(stores, models, thread)),
  );
  registerPanel(context, { catalog: models, engine, inspector: thread, log });
  shutDown = async () => {
    await stores.close();
    await thread.dispose();
  };
  const searched = workspaceStores.search();
  void showViewWhereAsked(context.globalState);
  const activationMs = performance.now() - startedMs;
  log.info(`Activated in ${Math.round(activationMs)} ms.`);
  return {
    apiVersion: 1,
    activationMs,
    ready: async () => {
      await searched;
      return stores.all.map(({ uri }) => uri);
    },
  };
}

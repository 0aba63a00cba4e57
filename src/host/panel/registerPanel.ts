import { randomUUID } from 'node:crypto';
import { commands, window, workspace, type ExtensionContext } from 'vscode';
import type { Log } from '../../core/ports.js';
import type { DeviceChoice, PrecisionChoice } from '../../protocol/inference.js';
import { modelArgument } from '../commands/modelArgument.js';
import type { InferenceEngine } from '../inference/inferenceEngine.js';
import type { StoreThread } from '../stores/storeThread.js';
import { editorUi } from './editorUi.js';
import { entryOf, type ModelCatalog, type ModelEntry } from './modelCatalog.js';
import { PanelController } from './panelController.js';
import { PanelView, panelViewId } from './panelView.js';

export interface PanelServices {
  catalog: ModelCatalog;
  engine: InferenceEngine;
  /** Reads model folders. */
  inspector: Pick<StoreThread, 'inspect'>;
  log: Log;
}

/** Registers the view *Prompt* and its commands. */
export function registerPanel(
  context: ExtensionContext,
  { catalog, engine, inspector, log }: PanelServices,
): PanelController {
  const settings = () => workspace.getConfiguration('mlflow.inference');
  const controller = new PanelController({
    catalog,
    engine,
    log,
    memory: {
      get: (key) => context.workspaceState.get(key),
      update: (key, value) => void context.workspaceState.update(key, value),
    },
    ui: editorUi(catalog),
    isTrusted: () => workspace.isTrusted,
    defaults: () => ({
      device: settings().get<DeviceChoice>('device', 'auto'),
      precision: settings().get<PrecisionChoice>('precision', 'auto'),
    }),
    devices: platformDevices(process.platform),
    readModelForm: (folder) => inspector.inspect('modelForm', { folder }),
    now: () => Date.now(),
    newId: () => randomUUID(),
  });
  const reveal = async (): Promise<void> => commands.executeCommand(`${panelViewId}.focus`);
  context.subscriptions.push(
    { dispose: () => void controller.dispose() },
    window.registerWebviewViewProvider(panelViewId, new PanelView(context.extensionUri, controller)),
    workspace.onDidGrantWorkspaceTrust(() => controller.trustChanged()),
    commands.registerCommand('mlflow.promptModel', async (argument: unknown) => {
      const entry = modelOf(argument, catalog) ?? (await editorUi(catalog).pickModel('prompt', controller.entry?.id));
      if (!entry) return;
      await reveal();
      await controller.selectModel(entry, { isLoading: true });
    }),
    commands.registerCommand('mlflow.newConversation', async () => {
      await reveal();
      if (controller.state.runningTurnId === null) controller.showConversation(randomUUID(), []);
    }),
  );
  return controller;
}

/** The catalog's entry of what a command was given: a node, a reference, the URI of a model or of its files. */
function modelOf(argument: unknown, catalog: ModelCatalog): ModelEntry | undefined {
  const reference =
    typeof argument === 'string'
      ? { name: argument, uri: argument, storeUri: undefined, location: undefined, summary: undefined }
      : modelArgument(argument);
  if (reference === undefined) return undefined;
  const { uri, storeUri } = reference;
  const isSame = (entry: ModelEntry): boolean =>
    entry.uri === uri && (storeUri === undefined || entry.storeUri === storeUri);
  return catalog.list().find(isSame) ?? entryOf(reference);
}

/** The devices that a platform can have, best first. Which of them this machine has is found out when a model loads. */
function platformDevices(platform: NodeJS.Platform): DeviceChoice[] {
  if (platform === 'darwin') return ['auto', 'coreml', 'webgpu', 'cpu'];
  if (platform === 'win32') return ['auto', 'dml', 'webgpu', 'cpu'];
  return ['auto', 'cuda', 'webgpu', 'cpu'];
}

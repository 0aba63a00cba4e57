import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { commands, Uri, window, workspace, type ExtensionContext } from 'vscode';
import type { Log } from '../../core/ports.js';
import type { DeviceChoice, PrecisionChoice } from '../../protocol/inference.js';
import type { InferenceEngine } from '../inference/inferenceEngine.js';
import type { ModelReference } from '../tree/modelReference.js';
import { editorUi } from './editorUi.js';
import { entryOf, type ModelCatalog, type ModelEntry } from './modelCatalog.js';
import { PanelController } from './panelController.js';
import { PanelView, panelViewId } from './panelView.js';
import { readModelFile } from './readModelFile.js';

export interface PanelServices {
  catalog: ModelCatalog;
  engine: InferenceEngine;
  log: Log;
}

/** Registers the view *Prompt* and its commands. */
export function registerPanel(context: ExtensionContext, { catalog, engine, log }: PanelServices): PanelController {
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
    readModelFile,
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

/** What a command was given: a node of the tree, a model reference, a model URI, or the URI of an MLmodel file. */
function modelOf(argument: unknown, catalog: ModelCatalog): ModelEntry | undefined {
  const value = isRecord(argument) && isRecord(argument['model']) ? argument['model'] : argument;
  if (value instanceof Uri) return entryOf(folderReference(value));
  const uri = typeof value === 'string' ? value : isRecord(value) ? value['uri'] : undefined;
  if (typeof uri !== 'string') return undefined;
  const storeUri = isRecord(value) && typeof value['storeUri'] === 'string' ? value['storeUri'] : undefined;
  const known = catalog
    .list()
    .find((entry) => entry.uri === uri && (storeUri === undefined || entry.storeUri === storeUri));
  if (known) return known;
  if (!isRecord(value)) return entryOf({ name: uri, uri, storeUri, location: undefined, summary: undefined });
  const reference = value as unknown as ModelReference;
  return entryOf({ ...reference, name: typeof reference.name === 'string' ? reference.name : uri, storeUri });
}

/** The model whose folder, or MLmodel file, a URI names. */
function folderReference(uri: Uri): ModelReference {
  const folder = basename(uri.fsPath) === 'MLmodel' ? dirname(uri.fsPath) : uri.fsPath;
  return { name: basename(folder), uri: folder, storeUri: undefined, location: folder, summary: undefined };
}

/** The devices that a platform can have, best first. Which of them this machine has is found out when a model loads. */
function platformDevices(platform: NodeJS.Platform): DeviceChoice[] {
  if (platform === 'darwin') return ['auto', 'coreml', 'webgpu', 'cpu'];
  if (platform === 'win32') return ['auto', 'dml', 'webgpu', 'cpu'];
  return ['auto', 'cuda', 'webgpu', 'cpu'];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

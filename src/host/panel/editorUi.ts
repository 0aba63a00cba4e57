import { commands, env, l10n, QuickPickItemKind, Uri, window, workspace, type QuickPickItem } from 'vscode';
import { formatBytes } from '../../core/format.js';
import type { ModelCatalog, ModelEntry } from './modelCatalog.js';
import type { PanelUi } from './panelPorts.js';

const fileFilters: Record<'image' | 'audio' | 'any', Record<string, string[]>> = {
  image: { Images: ['png', 'jpg', 'jpeg', 'gif', 'bmp', 'webp', 'tif', 'tiff'] },
  audio: { Audio: ['wav', 'flac', 'mp3', 'ogg', 'm4a'] },
  any: {},
};

interface ModelItem extends QuickPickItem {
  entry?: ModelEntry;
  /** What it starts, where it is no model. */
  command?: string;
}

/** The panel's way into VS Code. */
export function editorUi(catalog: ModelCatalog): PanelUi {
  return {
    pickModel: (purpose, currentId) => pickModel(catalog, purpose, currentId),
    async pickFile(kind) {
      const chosen = await window.showOpenDialog({ canSelectMany: false, filters: fileFilters[kind] });
      return chosen?.[0]?.fsPath;
    },
    async copyText(text) {
      await env.clipboard.writeText(text);
      window.setStatusBarMessage(l10n.t('Answer copied'), 2000);
    },
    async openText(content, language) {
      await window.showTextDocument(await workspace.openTextDocument({ content, language }), { preview: true });
    },
    async openLink(href) {
      const open = l10n.t('Open');
      const message = l10n.t('A model’s answer links to {0}', href);
      const chosen = await window.showInformationMessage(
        message,
        { modal: true, detail: l10n.t('Open it in the browser?') },
        open,
      );
      if (chosen === open) await env.openExternal(Uri.parse(href, true));
    },
    async confirmClear(count) {
      const clear = l10n.t('Clear');
      const message = count === 1 ? l10n.t('Clear one conversation?') : l10n.t('Clear {0} conversations?', count);
      const detail = l10n.t('Prompts that you kept stay.');
      return (await window.showWarningMessage(message, { modal: true, detail }, clear)) === clear;
    },
    showLog: () => void commands.executeCommand('mlflow.showLog'),
    persistWeights: async (model) => commands.executeCommand('mlflow.persistPretrainedModel', model),
    manageTrust: async () => commands.executeCommand('workbench.trust.manage'),
    openMlmodel: async (model) => commands.executeCommand('mlflow.openMlmodel', model),
  };
}

/** The models of the open stores, grouped by store; the list stays current while stores are read. */
async function pickModel(
  catalog: ModelCatalog,
  purpose: 'prompt' | 'compare',
  currentId: string | undefined,
): Promise<ModelEntry | undefined> {
  const pick = window.createQuickPick<ModelItem>();
  pick.title = purpose === 'prompt' ? l10n.t('Prompt a model') : l10n.t('Compare with another model');
  pick.placeholder = l10n.t('Type to find a model by name, task or store');
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.keepScrollPosition = true;
  let shown = '';
  const update = (): void => {
    pick.busy = catalog.isLoading;
    const entries = catalog.list().filter((entry) => purpose === 'prompt' || entry.id !== currentId);
    const state = JSON.stringify(entries.map(({ id, summary }) => [id, summary?.sizeBytes]));
    // The same list again would take the user's place in it.
    if (state !== shown) pick.items = modelItems(entries, currentId);
    shown = state;
    if (entries.length === 0 && !catalog.isLoading) {
      pick.placeholder = l10n.t('There is no other model in the open stores yet');
      pick.items = waysToModels();
    }
  };
  const subscription = catalog.onDidChange(update);
  void catalog.refresh();
  update();
  try {
    return await new Promise((resolve) => {
      pick.onDidAccept(() => {
        const [item] = pick.selectedItems;
        if (item?.command !== undefined) void commands.executeCommand(item.command);
        resolve(item?.entry);
      });
      pick.onDidHide(() => resolve(undefined));
      pick.show();
    });
  } finally {
    subscription.dispose();
    pick.dispose();
  }
}

function waysToModels(): ModelItem[] {
  return [
    { label: `$(play) ${l10n.t('Open the sample')}`, command: 'mlflow.openSample' },
    { label: `$(add) ${l10n.t('Add a tracking store…')}`, command: 'mlflow.addTrackingStore' },
  ];
}

function modelItems(entries: readonly ModelEntry[], currentId: string | undefined): ModelItem[] {
  const byStore = new Map<string, ModelEntry[]>();
  for (const entry of entries) byStore.set(entry.storeLabel, [...(byStore.get(entry.storeLabel) ?? []), entry]);
  return [...byStore].flatMap(([storeLabel, models]): ModelItem[] => [
    { label: storeLabel, kind: QuickPickItemKind.Separator },
    ...models.map((entry) => modelItem(entry, currentId)),
  ]);
}

function modelItem(entry: ModelEntry, currentId: string | undefined): ModelItem {
  const { summary } = entry;
  const facts = [
    summary?.inferenceTask ?? summary?.task,
    summary?.sizeBytes ? formatBytes(summary.sizeBytes) : undefined,
    summary?.dtype,
    summary?.isReferenceOnly === true ? l10n.t('reference only') : undefined,
    entry.id === currentId ? l10n.t('chosen now') : undefined,
  ];
  return {
    label: `$(symbol-method) ${entry.name}`,
    description: facts.filter((fact) => fact !== undefined && fact !== null).join(' · '),
    detail: entry.uri,
    entry,
  };
}

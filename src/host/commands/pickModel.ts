import { commands, l10n, QuickPickItemKind, window, type QuickPickItem } from 'vscode';
import { summaryParts } from '../tree/describeNode.js';
import type { ModelCatalog, ModelEntry } from '../panel/modelCatalog.js';

export interface PickModelOptions {
  title: string;
  /** Which models can be chosen; all unless told. */
  accepts?: ((entry: ModelEntry) => boolean) | undefined;
  /** Said where no model can be chosen. */
  noneText?: string | undefined;
  /** The model that is in use now. */
  currentId?: string | undefined;
}

interface ModelItem extends QuickPickItem {
  entry?: ModelEntry;
  /** What it starts, where it is no model. */
  command?: string;
}

/** A choice among the models of the open stores and folders, grouped by store; the list stays current while stores are read. */
export async function pickModel(catalog: ModelCatalog, options: PickModelOptions): Promise<ModelEntry | undefined> {
  const { title, accepts = () => true, noneText, currentId } = options;
  const pick = window.createQuickPick<ModelItem>();
  pick.title = title;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.keepScrollPosition = true;
  let shown = '';
  const update = (): void => {
    pick.busy = catalog.isLoading;
    const entries = catalog.list().filter(accepts);
    const isNone = entries.length === 0 && !catalog.isLoading;
    pick.placeholder = isNone
      ? (noneText ?? l10n.t('There is no model in the open stores and folders yet'))
      : l10n.t('Type to find a model by name, task or store');
    const state = JSON.stringify([isNone, entries.map(({ id, summary }) => [id, summary?.sizeBytes])]);
    // The same list again would take the user's place in it.
    if (state !== shown) pick.items = isNone ? waysToModels() : modelItems(entries, currentId);
    shown = state;
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
    { label: `$(save) ${l10n.t('Save a model…')}`, command: 'mlflow.saveModel', alwaysShow: true },
    { label: `$(play) ${l10n.t('Open the sample')}`, command: 'mlflow.openSample', alwaysShow: true },
    { label: `$(add) ${l10n.t('Add a tracking store…')}`, command: 'mlflow.addTrackingStore', alwaysShow: true },
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
  const chosen = entry.id === currentId ? l10n.t('chosen now') : '';
  const facts = [chosen, entry.note, ...(entry.summary === undefined ? [] : summaryParts(entry.summary))];
  const icon = entry.summary?.isReferenceOnly === true ? 'references' : 'symbol-method';
  return {
    label: `$(${icon}) ${entry.name}`,
    description: facts.filter((fact) => fact !== '').join(' · '),
    detail: entry.uri,
    entry,
  };
}

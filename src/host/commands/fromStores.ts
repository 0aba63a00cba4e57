import { commands, l10n, window, workspace, type QuickPickItem } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import type { StoreConnection } from '../stores/storeConnection.js';
import type { StoreSession } from '../stores/storeSession.js';

/**
 * What the open stores hold, store by store. A store that cannot be read is left out, unless none can.
 * @throws MlflowError the first store's
 */
export async function fromStores<T>(
  { stores }: Pick<HostServices, 'stores'>,
  read: (session: StoreSession, connection: StoreConnection) => Promise<readonly T[]>,
): Promise<T[]> {
  const results = await Promise.allSettled(
    stores.all.map(async (connection) => read(await connection.open(), connection)),
  );
  const found = results.filter((result) => result.status === 'fulfilled');
  const [failed] = results.filter((result) => result.status === 'rejected');
  if (found.length === 0 && failed !== undefined) throw MlflowError.from(failed.reason);
  return found.flatMap(({ value }) => value);
}

/** Where no store is open yet, offers the ways to one. @throws MlflowError CANCELLED when none of them led there */
export async function requireStore({ stores }: Pick<HostServices, 'stores'>, title: string): Promise<void> {
  await stores.firstSearch;
  if (stores.all.length > 0) return;
  const ways: (QuickPickItem & { command: string })[] = [
    { label: `$(add) ${l10n.t('Add a tracking store…')}`, command: 'mlflow.addTrackingStore' },
    { label: `$(play) ${l10n.t('Open the sample')}`, command: 'mlflow.openSample' },
  ];
  if (workspace.workspaceFolders !== undefined) {
    const detail = l10n.t('An empty mlflow.db, as MLflow makes it');
    ways.unshift({ label: `$(database) ${l10n.t('Create a store here')}`, detail, command: 'mlflow.createStore' });
  }
  const chosen = await window.showQuickPick(ways, { title, placeHolder: l10n.t('No tracking store is open yet') });
  if (chosen !== undefined) await commands.executeCommand(chosen.command);
  if (stores.all.length === 0) throw MlflowError.cancelled();
}

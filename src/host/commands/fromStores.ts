import { l10n } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { StoreCollection } from '../stores/storeCollection.js';
import type { StoreConnection } from '../stores/storeConnection.js';
import type { StoreSession } from '../stores/storeSession.js';

/**
 * What the open stores hold, store by store. A store that cannot be read is left out, unless none can.
 * @throws MlflowError the first store's, or RESOURCE_DOES_NOT_EXIST when no store is open
 */
export async function fromStores<T>(
  stores: StoreCollection,
  read: (session: StoreSession, connection: StoreConnection) => Promise<readonly T[]>,
): Promise<T[]> {
  if (stores.all.length === 0) {
    throw MlflowError.doesNotExist(l10n.t('No tracking store is open. Add one, or create one in this folder.'), {
      reason: 'storeMissing',
    });
  }
  const results = await Promise.allSettled(
    stores.all.map(async (connection) => read(await connection.open(), connection)),
  );
  const found = results.filter((result) => result.status === 'fulfilled');
  const [failed] = results.filter((result) => result.status === 'rejected');
  if (found.length === 0 && failed !== undefined) throw MlflowError.from(failed.reason);
  return found.flatMap(({ value }) => value);
}

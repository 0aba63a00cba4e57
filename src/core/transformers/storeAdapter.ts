import { placeTree } from '../files/placeTree.js';
import { makeAdapterBilingual } from './bilingualFiles.js';
import type { StoreOptions } from './storeFiles.js';

const settingsFile = 'adapter_config.json';

/** Stores a PEFT adapter as `peft/`: its settings, weights and card. */
export async function storeAdapter(source: string, folder: string, options: StoreOptions): Promise<void> {
  await placeTree(source, folder, {
    ...options,
    filter: (name) => name !== settingsFile && /^(adapter_|README\.md$)/.test(name),
  });
  // Edited below: never a link to the source.
  await placeTree(source, folder, { signal: options.signal, filter: (name) => name === settingsFile });
  if (options.isBilingual) await makeAdapterBilingual(folder);
}

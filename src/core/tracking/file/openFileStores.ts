import { existsSync } from 'node:fs';
import { FileRegistryStore } from '../../registry/file/fileRegistryStore.js';
import type { TrackingStore } from '../trackingStore.js';
import { defaultExperimentId, FileExperiments } from './fileExperiments.js';
import { makeFolder } from './files.js';
import { FileStoreFolder } from './fileStoreFolder.js';
import { FileTrackingStore } from './fileTrackingStore.js';

/**
 * The two halves of a file store.
 * @param uri absolute path or `file:` URI, as artifact locations of new experiments begin
 * @param options.folder where the store lies; `create` makes a missing one with its Default experiment;
 *   `tracking` is where logged models of `models:/m-...` sources are looked up, when that is another store
 */
export function openFileStores(
  uri: string,
  options: { folder: string; create: boolean; tracking?: TrackingStore | undefined },
): { tracking: FileTrackingStore; registry: FileRegistryStore } {
  const folder = new FileStoreFolder(options.folder, uri.replace(/(?<=[^/])\/+$/, ''));
  if (options.create && !existsSync(options.folder)) {
    makeFolder(folder.root);
    new FileExperiments(folder).createWithId(defaultExperimentId, 'Default', undefined, {});
    makeFolder(folder.trash);
  }
  const tracking = new FileTrackingStore(uri, folder);
  return { tracking, registry: new FileRegistryStore(uri, folder, options.tracking ?? tracking) };
}

import { describeStore, normalizeTrackingUri, type StoreLocation } from './storeLocation.js';

/** Where stores may be named. */
export interface StoreSources {
  /** Absolute paths of the workspace folders. */
  folders: readonly string[];
  /** Tracking URIs of the stores found in them. */
  found: readonly string[];
  /** Tracking URIs of the setting, as a person wrote them. */
  configured: readonly string[];
  /** MLFLOW_TRACKING_URI. */
  environmentUri: string | undefined;
}

/** The stores of a workspace, each once: those found in it first, then the one of the environment, then those of the setting. */
export function listStores({ folders, found, configured, environmentUri }: StoreSources): StoreLocation[] {
  const base = folders[0] ?? process.cwd();
  const stores: StoreLocation[] = [];
  const add = (uri: string | undefined, origin: StoreLocation['origin']): void => {
    if (uri === undefined || stores.some((store) => store.uri === uri)) return;
    stores.push(describeStore(uri, origin, folders));
  };
  for (const uri of found) add(normalizeTrackingUri(uri, base), 'workspace');
  if (environmentUri !== undefined) add(normalizeTrackingUri(environmentUri, base), 'environment');
  for (const text of configured) add(normalizeTrackingUri(text, base), 'setting');
  return stores;
}

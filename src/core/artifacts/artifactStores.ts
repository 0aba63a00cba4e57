import path from 'node:path';
import type { Fetch } from '../ports.js';
import type { RegistryStore } from '../registry/registryStore.js';
import type { TrackingStore } from '../tracking/trackingStore.js';
import type { StoreLocation } from './relocation.js';
import { isLocalUri, localPathOf } from './uri.js';

/** The pair of stores that `runs:` and `models:` URIs are looked up in. */
export interface ArtifactStores {
  tracking: TrackingStore;
  registry: RegistryStore;
  fetch?: Fetch | undefined;
}

/** Stores, or how to get them: paths and web addresses never need one. */
export type ArtifactStoresSource = ArtifactStores | (() => Promise<ArtifactStores>);

export async function storesOf(source: ArtifactStoresSource): Promise<ArtifactStores> {
  return typeof source === 'function' ? source() : source;
}

/** Where a store on this machine lies; undefined for servers. */
export function storeLocationOf(trackingUri: string): StoreLocation | undefined {
  const database = sqlitePathOf(trackingUri);
  if (database !== undefined) return { folder: path.dirname(path.resolve(database)) };
  return isLocalUri(trackingUri) ? { folder: path.resolve(localPathOf(trackingUri)) } : undefined;
}

/** The file of a `sqlite:` URI (`sqlite:///relative.db`, `sqlite:////absolute.db`, with a driver name or a query), as it is written. */
export function sqlitePathOf(uri: string): string | undefined {
  return /^sqlite(?:\+\w+)?:\/\/\/([^?]*)/.exec(uri)?.[1];
}

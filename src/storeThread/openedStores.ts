import { openStores, resolveStoreUris, type Stores } from '../core/tracking/openStores.js';
import type { Environment } from '../core/ports.js';
import type { StoreAddress } from '../protocol/store.js';

/** Pairs of stores that are open, each opened once however often it is asked for. */
export class OpenedStores {
  private readonly opened = new Map<string, Promise<Stores>>();

  constructor(
    private readonly cwd: string,
    private readonly environment: Environment,
  ) {}

  /** A failure is not kept: the next call tries again. */
  open(address: StoreAddress): Promise<Stores> {
    const key = this.keyOf(address);
    let stores = this.opened.get(key);
    if (stores === undefined) {
      stores = openStores({ ...address, cwd: this.cwd, environment: this.environment });
      this.opened.set(key, stores);
      stores.catch(() => this.opened.delete(key));
    }
    return stores;
  }

  async close(address: StoreAddress): Promise<void> {
    const key = this.keyOf(address);
    const stores = this.opened.get(key);
    this.opened.delete(key);
    if (stores === undefined) return;
    const { tracking, registry } = await stores;
    await Promise.all([tracking.close(), registry.close()]);
  }

  private keyOf(address: StoreAddress): string {
    const { trackingUri, registryUri } = resolveStoreUris({ ...address, cwd: this.cwd, environment: this.environment });
    return JSON.stringify([trackingUri, registryUri, address.create ?? false]);
  }
}

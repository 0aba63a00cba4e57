import type { Environment, Fetch } from '../ports.js';
import { MlflowError } from '../errors.js';
import { given } from './values.js';
import { openStores, resolveStoreUris, type Stores } from '../tracking/openStores.js';

/** What the composition root gives every client. */
export interface ClientContext {
  /** What relative URIs are relative to, at the moment of the call. */
  cwd(): string;
  environment: Environment;
  fetch?: Fetch | undefined;
}

export const processContext: ClientContext = { cwd: () => process.cwd(), environment: process.env };

export interface ClientUris {
  /** Default: `MLFLOW_TRACKING_URI`, else what lies in the working directory. */
  trackingUri?: string | undefined;
  /** Default: `MLFLOW_REGISTRY_URI`, else the tracking URI. */
  registryUri?: string | undefined;
}

/**
 * The stores of a client, opened at the first call. Reading never makes a store; the first call that writes makes a missing
 * one, as Python does.
 */
export class ClientStores {
  readonly trackingUri: string;
  readonly registryUri: string;
  private readonly cwd: string;
  private opened: Promise<Stores> | undefined;

  constructor(
    uris: ClientUris,
    private readonly context: ClientContext,
  ) {
    this.cwd = context.cwd();
    const resolved = resolveStoreUris({ ...given(uris), cwd: this.cwd, environment: context.environment });
    this.trackingUri = resolved.trackingUri;
    this.registryUri = resolved.registryUri;
  }

  get fetch(): Fetch | undefined {
    return this.context.fetch;
  }

  /** @throws MlflowError `storeMissing` when there is no store yet */
  read(): Promise<Stores> {
    this.opened ??= this.open(false);
    return this.opened;
  }

  async write(): Promise<Stores> {
    try {
      return await this.read();
    } catch (error) {
      if (!MlflowError.is(error) || error.reason !== 'storeMissing') throw error;
      this.opened ??= this.open(true);
      return this.opened;
    }
  }

  async close(): Promise<void> {
    const opened = this.opened;
    this.opened = undefined;
    if (opened === undefined) return;
    const { tracking, registry } = await opened;
    await Promise.all([tracking.close(), registry.close()]);
  }

  private open(create: boolean): Promise<Stores> {
    const { trackingUri, registryUri, cwd } = this;
    const opening = openStores({ trackingUri, registryUri, cwd, environment: this.context.environment, create });
    opening.catch(() => {
      if (this.opened === opening) this.opened = undefined;
    });
    return opening;
  }
}

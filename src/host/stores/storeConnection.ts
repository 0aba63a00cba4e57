import { MlflowError } from '../../core/errors.js';
import type { StoreOpener, StoreSession } from './storeSession.js';
import type { StoreLocation } from './storeLocation.js';

/**
 * One store of the tree: opened at the first use, opened again by `retry` after a failure. What failed once fails at once
 * until then, so that a broken store costs the others nothing.
 */
export class StoreConnection {
  private session: Promise<StoreSession> | undefined;
  private lastToken: string | undefined;

  constructor(
    readonly location: StoreLocation,
    private readonly opener: StoreOpener,
  ) {}

  get uri(): string {
    return this.location.uri;
  }

  /** @throws MlflowError when the store cannot be opened. */
  open(): Promise<StoreSession> {
    this.session ??= this.opener.open(this.uri).catch((error: unknown) => {
      throw MlflowError.from(error);
    });
    return this.session;
  }

  /** Forgets the session, so that the next use opens the store anew. */
  async retry(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    this.lastToken = undefined;
    await session?.then((open) => open.close()).catch(() => undefined);
  }

  /** Whether the store may have changed since the last call; a store that was never opened has not. */
  async hasChanged(): Promise<boolean> {
    if (this.session === undefined) return false;
    const { tracking } = await this.session;
    const token = await tracking.changeToken();
    const hasChanged = this.lastToken !== undefined && token !== this.lastToken;
    this.lastToken = token;
    return hasChanged;
  }

  async close(): Promise<void> {
    await this.session?.then((open) => open.close()).catch(() => undefined);
    this.session = undefined;
  }
}

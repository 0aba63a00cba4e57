import type { StoreSession as RemoteSession } from '../../protocol/store.js';

/** An open store: its two halves and the artifacts that its URIs name. */
export type StoreSession = Pick<
  RemoteSession,
  'tracking' | 'registry' | 'countRuns' | 'resolveModelUri' | 'artifacts' | 'close'
>;

/** Opens stores. The host's own implementation talks to the store thread; tests give fakes. */
export interface StoreOpener {
  /** @throws MlflowError `storeMissing`, `storeForeign`, `storeLocked`, ... */
  open(trackingUri: string): Promise<StoreSession>;
}

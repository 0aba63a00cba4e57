import type { ArtifactRepository } from '../core/artifacts/artifactRepository.js';
import type { ArtifactSelection } from '../core/artifacts/artifactFunctions.js';
import type { ResolvedModelUri } from '../core/artifacts/resolveModelUri.js';
import { MlflowError, throwIfCancelled } from '../core/errors.js';
import type { LongRunningOptions, Progress } from '../core/ports.js';
import type { RegistryStore } from '../core/registry/registryStore.js';
import type { CountRunsOptions, RunCount } from '../core/tracking/countRuns.js';
import type { DiscoveredStores } from '../core/tracking/discoverStores.js';
import type { FileInfo } from '../core/tracking/entities.js';
import type { TrackingStore } from '../core/tracking/trackingStore.js';
import { Channel, type Transport } from './channel.js';
import type { InspectionMethods } from './inspection.js';

/** What the thread of the stores is started with. */
export interface StoreThreadData {
  /** Translations of the interface's texts by their English ones. */
  texts: Readonly<Record<string, string>>;
}

/** Which stores a request is about. Equal addresses share one pair of stores. */
export interface StoreAddress {
  trackingUri: string;
  registryUri?: string | undefined;
  /** Make the store when it is missing. Default false. */
  create?: boolean | undefined;
}

type MethodsOf<Store> = {
  [K in keyof Store]: Store[K] extends (...args: never[]) => Promise<unknown> ? (K extends 'close' ? never : K) : never;
}[keyof Store];
export type TrackingMethod = MethodsOf<TrackingStore>;
export type RegistryMethod = MethodsOf<RegistryStore>;

/** Every method that may be called across the border; a name that is not here is refused. */
export const trackingMethods = [
  'searchExperiments',
  'getExperiment',
  'getExperimentByName',
  'createExperiment',
  'renameExperiment',
  'deleteExperiment',
  'restoreExperiment',
  'setExperimentTag',
  'deleteExperimentTag',
  'createRun',
  'getRun',
  'searchRuns',
  'updateRun',
  'deleteRun',
  'restoreRun',
  'logMetric',
  'logParam',
  'logBatch',
  'setTag',
  'deleteTag',
  'getMetricHistory',
  'logInputs',
  'logOutputs',
  'createLoggedModel',
  'getLoggedModel',
  'searchLoggedModels',
  'finalizeLoggedModel',
  'deleteLoggedModel',
  'setLoggedModelTags',
  'deleteLoggedModelTag',
  'logLoggedModelParams',
  'changeToken',
] as const satisfies readonly TrackingMethod[];

export const registryMethods = [
  'createRegisteredModel',
  'getRegisteredModel',
  'searchRegisteredModels',
  'renameRegisteredModel',
  'updateRegisteredModel',
  'deleteRegisteredModel',
  'setRegisteredModelTag',
  'deleteRegisteredModelTag',
  'setRegisteredModelAlias',
  'deleteRegisteredModelAlias',
  'getModelVersionByAlias',
  'getLatestVersions',
  'createModelVersion',
  'getModelVersion',
  'searchModelVersions',
  'updateModelVersion',
  'deleteModelVersion',
  'transitionModelVersionStage',
  'getModelVersionDownloadUri',
  'setModelVersionTag',
  'deleteModelVersionTag',
] as const satisfies readonly RegistryMethod[];

/** What the store thread answers. */
export type StoreMethods = InspectionMethods & {
  open: { params: { store: StoreAddress }; result: { trackingUri: string; registryUri: string } };
  close: { params: { store: StoreAddress }; result: void };
  tracking: { params: { store: StoreAddress; method: TrackingMethod; options: unknown }; result: unknown };
  registry: { params: { store: StoreAddress; method: RegistryMethod; options: unknown }; result: unknown };
  countRuns: { params: { store: StoreAddress; options: CountRunsOptions }; result: RunCount };
  resolveModelUri: { params: { store: StoreAddress; uri: string }; result: ResolvedModelUri };
  listArtifacts: { params: { store: StoreAddress; selection: ArtifactSelection }; result: FileInfo[] };
  downloadArtifacts: {
    params: { store: StoreAddress; selection: ArtifactSelection & { dstPath?: string | undefined } };
    result: string;
    event: Progress;
  };
  artifactRoot: { params: { store: StoreAddress; uri: string }; result: { localPath: string | undefined } };
  artifactList: { params: { store: StoreAddress; uri: string; path: string }; result: FileInfo[] };
  artifactRead: {
    params: { store: StoreAddress; uri: string; path: string; range: { offset: number; length: number } | undefined };
    result: Uint8Array;
  };
  artifactDownload: {
    params: { store: StoreAddress; uri: string; path: string; dstPath: string | undefined };
    result: string;
    event: Progress;
  };
  artifactUpload: {
    params: {
      store: StoreAddress;
      uri: string;
      localPath: string;
      artifactPath: string | undefined;
      isFolder: boolean;
    };
    result: void;
    event: Progress;
  };
  artifactDelete: { params: { store: StoreAddress; uri: string; path: string }; result: void };
  /** Copies the sample workspace from the extension to a new folder. */
  layOutSample: { params: { source: string; target: string }; result: void; event: Progress };
  discoverStores: {
    params: { folder: string; maxDepth?: number; maxFolders?: number };
    result: DiscoveredStores;
  };
};

/** What the store thread tells unasked: folders that were skipped, and such. */
export type StoreNotifications = { log: { level: 'warn' | 'error'; message: string } };

type StoreChannel = Channel<StoreMethods, Record<never, never>, Record<never, never>, StoreNotifications>;

/** Stores across a border: the same interfaces, every call answered by the other side of the transport. */
export class StoreClient {
  private readonly channel: StoreChannel;

  constructor(transport: Transport) {
    this.channel = new Channel(transport, {});
  }

  /**
   * Opens (or finds open) the stores behind a tracking URI.
   * @throws MlflowError `storeMissing`, `storeForeign`, `storeLocked`, NOT_IMPLEMENTED
   */
  async open(store: string | StoreAddress, options: { signal?: AbortSignal } = {}): Promise<StoreSession> {
    const address = typeof store === 'string' ? { trackingUri: store } : store;
    const opened = await this.channel.request('open', { store: address }, options);
    return new StoreSession(this.channel, address, opened.trackingUri, opened.registryUri);
  }

  discoverStores(
    options: { folder: string; maxDepth?: number; maxFolders?: number },
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<DiscoveredStores> {
    return this.channel.request('discoverStores', options, { signal });
  }

  /** @throws MlflowError RESOURCE_ALREADY_EXISTS when `target` is not empty */
  layOutSample(
    folders: { source: string; target: string },
    { signal, onProgress }: LongRunningOptions = {},
  ): Promise<void> {
    return this.channel.request('layOutSample', folders, { signal, onEvent: onProgress });
  }

  /** Asks about a model folder. */
  inspect<K extends keyof InspectionMethods>(
    name: K,
    params: InspectionMethods[K]['params'],
  ): Promise<InspectionMethods[K]['result']> {
    return this.channel.request(name, params);
  }

  onLog(listener: (entry: StoreNotifications['log']) => void): void {
    this.channel.on('log', listener);
  }

  /** Fails every open request. */
  close(): void {
    this.channel.close(MlflowError.cancelled('The connection to the stores was closed.'));
  }
}

/** The stores behind one address. */
export class StoreSession {
  readonly tracking: TrackingStore;
  readonly registry: RegistryStore;

  constructor(
    private readonly channel: StoreChannel,
    private readonly store: StoreAddress,
    readonly trackingUri: string,
    readonly registryUri: string,
    private readonly signal?: AbortSignal,
  ) {
    this.tracking = this.trackingProxy();
    this.registry = this.registryProxy();
  }

  /** The same stores, every call of which the signal cancels. */
  withSignal(signal: AbortSignal): StoreSession {
    return new StoreSession(this.channel, this.store, this.trackingUri, this.registryUri, signal);
  }

  countRuns(options: CountRunsOptions): Promise<RunCount> {
    return this.channel.request('countRuns', { store: this.store, options }, { signal: this.signal });
  }

  resolveModelUri(uri: string): Promise<ResolvedModelUri> {
    return this.channel.request('resolveModelUri', { store: this.store, uri }, { signal: this.signal });
  }

  listArtifacts(selection: ArtifactSelection): Promise<FileInfo[]> {
    return this.channel.request('listArtifacts', { store: this.store, selection }, { signal: this.signal });
  }

  downloadArtifacts(
    selection: ArtifactSelection & { dstPath?: string | undefined } & LongRunningOptions,
  ): Promise<string> {
    const { signal = this.signal, onProgress, ...plain } = selection;
    const options = { signal, onEvent: onProgress };
    return this.channel.request('downloadArtifacts', { store: this.store, selection: plain }, options);
  }

  /** The files below an artifact URI: `runs:/`, `models:/`, a path, a URL. */
  async artifacts(uri: string): Promise<ArtifactRepository> {
    const { channel, store, signal } = this;
    const { localPath } = await channel.request('artifactRoot', { store, uri }, { signal });
    return {
      artifactUri: uri,
      localPath,
      list: (path = '') => channel.request('artifactList', { store, uri, path }, { signal }),
      read: (path, range) => channel.request('artifactRead', { store, uri, path, range }, { signal }),
      download: (path, options = {}) =>
        channel.request(
          'artifactDownload',
          { store, uri, path, dstPath: options.dstPath },
          { signal: options.signal ?? signal, onEvent: options.onProgress },
        ),
      uploadFile: (localPath, artifactPath, options) => this.upload(uri, localPath, artifactPath, false, options),
      uploadFolder: (localPath, artifactPath, options) => this.upload(uri, localPath, artifactPath, true, options),
      delete: (path) => channel.request('artifactDelete', { store, uri, path }, { signal }),
    };
  }

  async close(): Promise<void> {
    await this.channel.request('close', { store: this.store });
  }

  private upload(
    uri: string,
    localPath: string,
    artifactPath: string | undefined,
    isFolder: boolean,
    options: LongRunningOptions = {},
  ): Promise<void> {
    const params = { store: this.store, uri, localPath, artifactPath, isFolder };
    const { signal = this.signal, onProgress } = options;
    return this.channel.request('artifactUpload', params, { signal, onEvent: onProgress });
  }

  /** A result that came together with the cancel is no longer wanted. */
  private async unlessCancelled<T>(result: Promise<T>): Promise<T> {
    const value = await result;
    throwIfCancelled(this.signal);
    return value;
  }

  private trackingProxy(): TrackingStore {
    const call = (method: TrackingMethod) => (options?: unknown) =>
      this.unlessCancelled(
        this.channel.request('tracking', { store: this.store, method, options }, { signal: this.signal }),
      );
    const methods = Object.fromEntries(trackingMethods.map((method) => [method, call(method)]));
    return { ...methods, trackingUri: this.trackingUri, close: () => this.close() } as unknown as TrackingStore;
  }

  private registryProxy(): RegistryStore {
    const call = (method: RegistryMethod) => (options?: unknown) =>
      this.unlessCancelled(
        this.channel.request('registry', { store: this.store, method, options }, { signal: this.signal }),
      );
    const methods = Object.fromEntries(registryMethods.map((method) => [method, call(method)]));
    return { ...methods, registryUri: this.registryUri, close: () => this.close() } as unknown as RegistryStore;
  }
}

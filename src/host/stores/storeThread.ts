import { Worker } from 'node:worker_threads';
import type { Log, LongRunningOptions } from '../../core/ports.js';
import type { DiscoveredStores } from '../../core/tracking/discoverStores.js';
import type { InspectionMethods } from '../../protocol/inspection.js';
import { StoreClient, type StoreThreadData } from '../../protocol/store.js';
import { workerTransport } from '../../protocol/threadTransport.js';
import type { StoreOpener, StoreSession } from './storeSession.js';

/** The thread that reads and writes stores, started with the first request and again after it has died. */
export class StoreThread implements StoreOpener {
  private running: { worker: Worker; client: StoreClient } | undefined;

  /**
   * @param scriptPath `dist/storeThread.mjs`
   * @param data what the thread is started with
   */
  constructor(
    private readonly scriptPath: string,
    private readonly data: StoreThreadData,
    private readonly log: Log,
  ) {}

  open(trackingUri: string): Promise<StoreSession> {
    return this.client().open(trackingUri);
  }

  /** Makes an empty store of the newest schema, where there is none. */
  create(trackingUri: string): Promise<StoreSession> {
    return this.client().open({ trackingUri, create: true });
  }

  discover(folder: string): Promise<DiscoveredStores> {
    return this.client().discoverStores({ folder });
  }

  /** Asks about a model folder. */
  inspect<K extends keyof InspectionMethods>(
    name: K,
    params: InspectionMethods[K]['params'],
  ): Promise<InspectionMethods[K]['result']> {
    return this.client().inspect(name, params);
  }

  layOutSample(source: string, target: string, options: LongRunningOptions): Promise<void> {
    return this.client().layOutSample({ source, target }, options);
  }

  async dispose(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    running?.client.close();
    await running?.worker.terminate();
  }

  private client(): StoreClient {
    this.running ??= this.start();
    return this.running.client;
  }

  private start(): { worker: Worker; client: StoreClient } {
    const worker = new Worker(this.scriptPath, { name: 'mlflow-stores', workerData: this.data });
    const client = new StoreClient(workerTransport(worker));
    client.onLog(({ level, message }) => this.log[level](`stores: ${message}`));
    worker.once('error', (error) => this.log.error(`The store thread failed: ${String(error)}`));
    worker.once('exit', () => {
      if (this.running?.worker === worker) this.running = undefined;
    });
    return { worker, client };
  }
}

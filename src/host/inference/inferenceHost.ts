import { MlflowError } from '../../core/errors.js';
import type { Log } from '../../core/ports.js';
import type {
  DeviceChoice,
  LoadEvent,
  LoadRequest,
  LoadedModel,
  PredictEvent,
  PredictRequest,
  Prediction,
  WorkerStatus,
} from '../../protocol/inference.js';
import type { EngineEvent, InferenceEngine } from './inferenceEngine.js';
import { forkWorker, WorkerProcess, type ForkWorker } from './workerProcess.js';

export interface InferenceHostOptions {
  workerPath: string;
  log: Log;
  /** Read when a process is started: setting `mlflow.inference.nodePath`. */
  nodePath: () => string | undefined;
  /** Milliseconds after which an unused model is unloaded; `null` for never. Read at each use. */
  idleUnloadMs: () => number | null;
  /** Where better sessions are cached, and how much of them. */
  cacheFolder?: string | undefined;
  cacheLimitBytes?: (() => number) | undefined;
  fork?: ForkWorker | undefined;
}

/** A model in (or on its way into) a worker process. */
interface Entry {
  key: string;
  worker: WorkerProcess;
  modelPath: string;
  references: number;
  loading: Promise<LoadedModel>;
  loadListeners: Set<(event: LoadEvent) => void>;
  abort: AbortController;
  model: LoadedModel | undefined;
  /** Answers under way. */
  running: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/**
 * The `native` engine: models in child processes, one a device. A process that dies takes its models and their answers with it,
 * and nothing else; the next `load` starts another one. Handles are the worker's, prefixed with the device.
 */
export class InferenceHost implements InferenceEngine {
  readonly name = 'native';
  private readonly workers = new Map<DeviceChoice, WorkerProcess>();
  private readonly entries = new Map<string, Entry>();
  private readonly listeners = new Set<(event: EngineEvent) => void>();
  private isDisposed = false;

  constructor(private readonly options: InferenceHostOptions) {}

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async load(
    request: LoadRequest,
    options: { signal?: AbortSignal; onEvent?: (event: LoadEvent) => void } = {},
  ): Promise<LoadedModel> {
    if (this.isDisposed) throw MlflowError.cancelled('The editor is closing.');
    if (options.signal?.aborted) throw MlflowError.cancelled();
    const key = JSON.stringify([request.modelPath, request.device, request.precision, request.modelConfig ?? null]);
    const known = this.entries.get(key);
    const entry = known && !known.abort.signal.aborted ? known : this.startLoading(key, request);
    entry.references += 1;
    if (options.onEvent) entry.loadListeners.add(options.onEvent);
    const giveUp = (): void => {
      if (entry.references === 1) entry.abort.abort();
    };
    options.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const model = await entry.loading;
      this.used(entry);
      return model;
    } catch (error) {
      entry.references -= 1;
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
      if (options.onEvent) entry.loadListeners.delete(options.onEvent);
    }
  }

  async ready({ handle }: { handle: string }): Promise<LoadedModel> {
    const entry = this.entryOf(handle);
    return this.rename(entry, await entry.worker.channel.request('ready', { handle: workerHandle(handle) }));
  }

  async predict(
    request: PredictRequest,
    options: { signal?: AbortSignal; onEvent?: (event: PredictEvent) => void } = {},
  ): Promise<Prediction> {
    const entry = this.entryOf(request.handle);
    entry.running += 1;
    clearTimeout(entry.idleTimer);
    try {
      return await entry.worker.channel.request(
        'predict',
        { ...request, handle: workerHandle(request.handle) },
        options,
      );
    } finally {
      entry.running -= 1;
      this.used(entry);
    }
  }

  /** Gives one use back. The model stays warm until it has been idle long enough or another model takes its place. */
  unload({ handle }: { handle: string }): Promise<void> {
    const entry = this.find(handle);
    if (entry) entry.references = Math.max(0, entry.references - 1);
    return Promise.resolve();
  }

  /** Unloads a model now, whoever holds it. */
  async unloadNow({ handle }: { handle: string }): Promise<void> {
    const entry = this.find(handle);
    if (entry) await this.discard(entry, false);
  }

  async status(): Promise<WorkerStatus> {
    const statuses = await Promise.all(
      [...this.workers.values()].map((worker) => worker.channel.request('status', undefined)),
    );
    return {
      models: this.loaded()
        .map((entry) => entry.model)
        .filter((model) => model !== undefined),
      memoryBytes: statuses.reduce((sum, status) => sum + status.memoryBytes, 0),
    };
  }

  kill(target: { handle?: string | undefined; modelPath?: string | undefined }): void {
    for (const entry of this.entries.values()) {
      const isMeant =
        target.handle === undefined ? entry.modelPath === target.modelPath : entry.model?.handle === target.handle;
      if (isMeant) entry.worker.kill();
    }
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    for (const entry of this.entries.values()) clearTimeout(entry.idleTimer);
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
    this.listeners.clear();
  }

  private startLoading(key: string, request: LoadRequest): Entry {
    for (const other of this.loaded())
      if (other.references === 0 && other.running === 0) void this.discard(other, false);
    const worker = this.worker(request.device);
    const loadListeners = new Set<(event: LoadEvent) => void>();
    const abort = new AbortController();
    const { cacheFolder, cacheLimitBytes } = this.options;
    const loading = worker.channel
      .request(
        'load',
        { ...request, cacheFolder: request.cacheFolder ?? cacheFolder, cacheLimitBytes: cacheLimitBytes?.() },
        {
          signal: abort.signal,
          onEvent: (event) => {
            const own = event.type === 'load.end' ? { ...event, model: this.rename(entry, event.model) } : event;
            for (const listener of loadListeners) listener(own);
          },
        },
      )
      .then(
        (model) => (entry.model = this.rename(entry, model)),
        (error: unknown) => {
          if (this.entries.get(key) === entry) this.entries.delete(key);
          throw error;
        },
      );
    const entry: Entry = {
      key,
      worker,
      modelPath: request.modelPath,
      references: 0,
      loading,
      loadListeners,
      abort,
      model: undefined,
      running: 0,
      idleTimer: undefined,
    };
    this.entries.set(key, entry);
    return entry;
  }

  private worker(device: DeviceChoice): WorkerProcess {
    const running = this.workers.get(device);
    if (running?.isAlive) return running;
    const { workerPath, log, nodePath, fork } = this.options;
    const worker = new WorkerProcess({ workerPath, nodePath: nodePath(), log }, fork ?? forkWorker);
    this.workers.set(device, worker);
    log.debug(`Started the inference process ${worker.pid ?? ''} for device ${device}.`);
    worker.channel.on('upgraded', ({ handle, model }) => this.upgraded(worker, handle, model));
    void worker.gone.then((error) => this.died(device, worker, error));
    return worker;
  }

  private upgraded(worker: WorkerProcess, handle: string, model: LoadedModel): void {
    const entry = this.loaded().find(
      (other) => other.worker === worker && workerHandle(other.model?.handle ?? '') === handle,
    );
    if (!entry) return;
    entry.model = this.rename(entry, model);
    this.tell({ type: 'upgraded', handle: entry.model.handle, model: entry.model });
  }

  private died(device: DeviceChoice, worker: WorkerProcess, error: MlflowError): void {
    if (this.workers.get(device) === worker) this.workers.delete(device);
    if (!this.isDisposed) this.options.log.info(error.message);
    for (const entry of [...this.entries.values()]) {
      if (entry.worker !== worker) continue;
      clearTimeout(entry.idleTimer);
      this.entries.delete(entry.key);
      if (entry.model) this.tell({ type: 'died', handle: entry.model.handle, error });
    }
  }

  private used(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    const idleMs = this.options.idleUnloadMs();
    if (idleMs === null || this.isDisposed || this.entries.get(entry.key) !== entry) return;
    entry.idleTimer = setTimeout(() => {
      if (entry.running === 0) void this.discard(entry, true);
    }, idleMs);
    entry.idleTimer.unref();
  }

  private async discard(entry: Entry, isIdle: boolean): Promise<void> {
    clearTimeout(entry.idleTimer);
    const { model } = entry;
    if (this.entries.get(entry.key) === entry) this.entries.delete(entry.key);
    if (!model) return;
    this.tell({ type: 'unloaded', handle: model.handle, isIdle });
    try {
      await entry.worker.channel.request('unload', { handle: workerHandle(model.handle) });
    } catch (error) {
      this.options.log.debug(`Unloading ${model.modelUri} failed: ${MlflowError.from(error).message}`);
    }
    await this.endUnusedWorkers();
  }

  /** A process without models gives its memory back. */
  private async endUnusedWorkers(): Promise<void> {
    for (const [device, worker] of this.workers) {
      if ([...this.entries.values()].some((entry) => entry.worker === worker)) continue;
      this.workers.delete(device);
      await worker.stop();
    }
  }

  private rename(entry: Entry, model: LoadedModel): LoadedModel {
    return { ...model, handle: `${entry.worker.pid ?? 0}:${model.handle}` };
  }

  private loaded(): Entry[] {
    return [...this.entries.values()].filter((entry) => entry.model !== undefined);
  }

  private find(handle: string): Entry | undefined {
    return this.loaded().find((entry) => entry.model?.handle === handle);
  }

  private entryOf(handle: string): Entry {
    const entry = this.find(handle);
    if (entry) return entry;
    throw MlflowError.doesNotExist('The model is not in memory any more. Load it again.');
  }

  private tell(event: EngineEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

/** A handle without the process it belongs to. */
function workerHandle(handle: string): string {
  return handle.slice(handle.indexOf(':') + 1);
}

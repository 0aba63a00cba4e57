import { MlflowError, throwIfCancelled } from '../../core/errors.js';
import { silentLog, type Log } from '../../core/ports.js';
import type {
  InferenceService,
  LoadedModel,
  LoadEvent,
  LoadRequest,
  PredictEvent,
  PredictRequest,
  Prediction,
  WorkerStatus,
} from '../../protocol/inference.js';
import { LoadedPipeline } from './loadedPipeline.js';
import { anonymousMemoryBytes } from './processMemory.js';

/** Loads logged models and answers with them, in this process. */
export class InferenceEngine implements InferenceService {
  private readonly models = new Map<string, LoadedPipeline>();
  private readonly upgradeListeners: ((model: LoadedModel) => void)[] = [];
  private nextHandle = 1;

  constructor(private readonly log: Log = silentLog) {}

  /** Called with a model's new description when a better session has taken over. */
  onUpgraded(listener: (model: LoadedModel) => void): void {
    this.upgradeListeners.push(listener);
  }

  async load(
    request: LoadRequest,
    options: { signal?: AbortSignal; onEvent?: (event: LoadEvent) => void } = {},
  ): Promise<LoadedModel> {
    options.onEvent?.({ type: 'load.start', modelUri: request.modelUri });
    const handle = `model-${this.nextHandle++}`;
    const pipeline = await LoadedPipeline.load(handle, request, {
      signal: options.signal,
      onProgress: (message, fraction) => options.onEvent?.({ type: 'load.progress', message, fraction }),
      onWarning: (message) => this.log.warn(message),
    });
    if (options.signal?.aborted) {
      await pipeline.dispose();
      throwIfCancelled(options.signal);
    }
    this.models.set(handle, pipeline);
    pipeline.onUpgraded(() => {
      for (const listener of this.upgradeListeners) listener(pipeline.describe());
    });
    const model = pipeline.describe();
    options.onEvent?.({ type: 'load.end', model });
    return model;
  }

  async ready({ handle }: { handle: string }): Promise<LoadedModel> {
    return this.find(handle).ready();
  }

  async predict(
    { handle, data, params }: PredictRequest,
    options: { signal?: AbortSignal; onEvent?: (event: PredictEvent) => void } = {},
  ): Promise<Prediction> {
    return this.find(handle).predict(data, params, options);
  }

  async unload({ handle }: { handle: string }): Promise<void> {
    const pipeline = this.find(handle);
    this.models.delete(handle);
    await pipeline.dispose();
  }

  async status(): Promise<WorkerStatus> {
    const models = Array.from(this.models.values(), (pipeline) => pipeline.describe());
    return { models, memoryBytes: anonymousMemoryBytes() };
  }

  private find(handle: string): LoadedPipeline {
    const pipeline = this.models.get(handle);
    if (pipeline) return pipeline;
    throw new MlflowError(`No model is loaded under the handle '${handle}'. Load it again.`, 'INVALID_STATE', {
      details: { handle },
    });
  }
}

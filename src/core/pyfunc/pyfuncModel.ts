import { MlflowError } from '../errors.js';
import type { Model } from '../mlmodel/model.js';
import type { JsonObject } from '../ports.js';

/** What answers for a loaded model: an engine in this process, or a channel to one in another. */
export interface PyfuncRunner<Loaded, Answer extends { predictions: unknown }, Event extends { type: string }> {
  ready(request: { handle: string }): Promise<Loaded>;
  predict(
    request: { handle: string; data: unknown; params?: JsonObject | undefined },
    options?: { signal?: AbortSignal; onEvent?: (event: Event) => void },
  ): Promise<Answer>;
  unload(request: { handle: string }): Promise<void>;
}

export interface PyfuncPredictOptions {
  params?: JsonObject | undefined;
  /** Between tokens a cancelled generation ends with what it has. */
  signal?: AbortSignal | undefined;
}

/** The counterpart of Python's `PyFuncModel`: what `pyfunc.loadModel` gives. */
export class PyfuncModel<Loaded, Answer extends { predictions: unknown }, Event extends { type: string }> {
  private isUnloaded = false;

  constructor(
    private readonly runner: PyfuncRunner<Loaded, Answer, Event>,
    private readonly handle: string,
    /** The MLmodel document: signature, flavors, metadata. */
    readonly metadata: Model,
    /** Device, precision, memory, and what else the engine knows of the loaded model. */
    readonly loaded: Loaded,
  ) {}

  /** Resolves when the session behind the first answer is in place. */
  async ready(): Promise<Loaded> {
    this.refuseUnloaded();
    return this.runner.ready({ handle: this.handle });
  }

  /**
   * What MLflow's scoring server puts under `predictions` for the same model and input.
   * @throws MlflowError with Python's code and text.
   */
  async predict(data: unknown, options: PyfuncPredictOptions = {}): Promise<unknown> {
    return (await this.predictWithDetails(data, options)).predictions;
  }

  /** The answer with its raw form, timings, finish reason and warnings. @throws as {@link predict}. */
  async predictWithDetails(data: unknown, { params, signal }: PyfuncPredictOptions = {}): Promise<Answer> {
    this.refuseUnloaded();
    return this.runner.predict({ handle: this.handle, data, params }, signal ? { signal } : {});
  }

  /** The events of an answer as they come; the last is `end`. Leaving the loop early cancels. @throws as {@link predict}. */
  async *predictStream(
    data: unknown,
    { params, signal }: PyfuncPredictOptions = {},
  ): AsyncGenerator<Event, void, void> {
    this.refuseUnloaded();
    const stop = new AbortController();
    const events: Event[] = [];
    let wake: () => void = () => undefined;
    let isDone = false;
    const answer = this.runner
      .predict(
        { handle: this.handle, data, params },
        {
          signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
          onEvent: (event) => {
            events.push(event);
            wake();
          },
        },
      )
      .finally(() => {
        isDone = true;
        wake();
      });
    answer.catch(() => undefined);
    try {
      for (;;) {
        for (let event = events.shift(); event; event = events.shift()) yield event;
        if (isDone) break;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      await answer;
    } finally {
      stop.abort();
    }
  }

  /** Frees the model's memory. A second call does nothing. */
  async unload(): Promise<void> {
    if (this.isUnloaded) return;
    this.isUnloaded = true;
    await this.runner.unload({ handle: this.handle });
  }

  /** What `JSON.stringify` writes: the document and what the engine knows of the model, not the engine. */
  toJSON(): { metadata: Model; loaded: Loaded } {
    return { metadata: this.metadata, loaded: this.loaded };
  }

  private refuseUnloaded(): void {
    if (this.isUnloaded) throw new MlflowError('The model has been unloaded. Load it again.', 'INVALID_STATE');
  }
}

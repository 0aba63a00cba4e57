import { MlflowError, throwIfCancelled } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import type { ModelForm } from '../../core/inspector/modelForm.js';
import type { SignatureForm } from '../../core/signature/formFields.js';
import type { DeviceChoice, LoadedModel, PrecisionChoice, PredictEvent, Prediction } from '../../protocol/inference.js';
import type { ModelStatus, RunInput } from '../../protocol/panel.js';
import type { ModelEntry } from './modelCatalog.js';
import { panelError, untrustedError } from './panelErrors.js';
import type { PanelPorts } from './panelPorts.js';

type SessionPorts = Pick<PanelPorts, 'catalog' | 'engine' | 'readModelForm' | 'isTrusted'>;

/**
 * One model of the panel, from its files to memory and back. It tells its status through `onStatus`, and holds at most one use
 * of the loaded model.
 */
export class ModelSession {
  private read: ModelForm | undefined;
  private folder: string | undefined;
  private loaded: LoadedModel | undefined;
  private loading: Promise<LoadedModel> | undefined;
  private readonly end = new AbortController();
  /** The opening or loading that is under way, or the last one. */
  private attempt = new AbortController();
  private readonly endEvents: () => void;

  constructor(
    readonly entry: ModelEntry,
    private readonly ports: SessionPorts,
    private readonly settings: () => { device: DeviceChoice; precision: PrecisionChoice },
    private readonly onStatus: (status: ModelStatus) => void,
  ) {
    this.endEvents = ports.engine.onEvent((event) => {
      if (event.handle !== this.loaded?.handle) return;
      this.loaded = event.type === 'upgraded' ? event.model : undefined;
      if (event.type === 'upgraded') this.tell({ kind: 'ready', model: event.model });
      else if (event.type === 'died') this.tell({ kind: 'unloaded', note: deathNote(event.error) });
      else
        this.tell({
          kind: 'unloaded',
          note: event.isIdle ? l10n.t('unloaded while idle · loads again with the next prompt') : null,
        });
    });
  }

  get model(): LoadedModel | undefined {
    return this.loaded;
  }

  /** What the model asks for; `null` before its files have been read. */
  get form(): SignatureForm | null {
    return this.read?.form ?? null;
  }

  get task(): { task: string; inferenceTask: string | null } {
    return {
      task: this.loaded?.task ?? this.read?.task ?? '',
      inferenceTask: this.loaded?.inferenceTask ?? this.read?.inferenceTask ?? null,
    };
  }

  /** Finds the model's folder and reads its form. */
  async open(): Promise<SignatureForm> {
    const signal = this.nextAttempt();
    try {
      this.tell({ kind: 'loading', message: l10n.t('Reading the model'), fraction: null });
      this.folder = await this.ports.catalog.resolveFolder(this.entry, {
        signal,
        onProgress: ({ message, done, total }) =>
          this.tell({ kind: 'loading', message, fraction: done !== undefined && total ? done / total : null }),
      });
      this.read = await this.ports.readModelForm(this.folder);
      throwIfCancelled(signal);
      if (!this.ports.isTrusted()) throw untrustedError();
      this.tell({ kind: 'unloaded', note: null });
      return this.read.form;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** Loads the model where it is not in memory. */
  load(): Promise<LoadedModel> {
    if (this.loaded) return Promise.resolve(this.loaded);
    this.loading ??= this.startLoading().finally(() => (this.loading = undefined));
    return this.loading;
  }

  async predict(
    input: RunInput,
    options: { signal: AbortSignal; onEvent: (event: PredictEvent) => void },
  ): Promise<Prediction> {
    const cancel = (): void => this.attempt.abort();
    options.signal.addEventListener('abort', cancel);
    const model = await this.load().finally(() => options.signal.removeEventListener('abort', cancel));
    throwIfCancelled(options.signal);
    return this.ports.engine.predict({ handle: model.handle, data: input.data, params: input.params }, options);
  }

  /** Gives the model back; it loads again when it is needed. */
  async release(): Promise<void> {
    const { loaded } = this;
    this.loaded = undefined;
    if (loaded) await this.ports.engine.unload({ handle: loaded.handle });
  }

  /** Stops opening or loading; where that has been asked for already, ends the process. */
  cancelLoading(): void {
    if (this.attempt.signal.aborted) this.kill();
    else this.attempt.abort();
  }

  /** Ends what does not end by itself. */
  kill(): void {
    this.ports.engine.kill(this.loaded ? { handle: this.loaded.handle } : { modelPath: this.folder });
  }

  async dispose(): Promise<void> {
    this.end.abort();
    this.endEvents();
    await this.release();
  }

  private async startLoading(): Promise<LoadedModel> {
    try {
      if (!this.ports.isTrusted()) throw untrustedError();
      if (this.folder === undefined || this.read === undefined) await this.open();
      const modelPath = this.folder;
      if (modelPath === undefined) throw MlflowError.cancelled();
      const signal = this.nextAttempt();
      this.tell({ kind: 'loading', message: l10n.t('Loading'), fraction: null });
      const model = await this.ports.engine.load(
        { modelPath, modelUri: this.entry.uri, ...this.settings() },
        {
          signal,
          onEvent: (event) => {
            if (event.type === 'load.progress')
              this.tell({ kind: 'loading', message: event.message, fraction: event.fraction });
          },
        },
      );
      if (this.end.signal.aborted) {
        await this.ports.engine.unload({ handle: model.handle });
        throw MlflowError.cancelled();
      }
      this.loaded = model;
      this.tell({ kind: 'ready', model });
      return model;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  private nextAttempt(): AbortSignal {
    this.attempt = new AbortController();
    return AbortSignal.any([this.attempt.signal, this.end.signal]);
  }

  private fail(error: unknown): void {
    if (MlflowError.from(error).errorCode === 'CANCELLED') this.tell({ kind: 'unloaded', note: null });
    else this.tell({ kind: 'failed', error: panelError(error) });
  }

  private tell(status: ModelStatus): void {
    if (!this.end.signal.aborted) this.onStatus(status);
  }
}

/** Why the model is not in memory; the answer that was lost says what happened in full. */
function deathNote(error: MlflowError): string {
  return error.errorCode === 'CANCELLED'
    ? l10n.t('stopped · loads again with the next prompt')
    : l10n.t('the inference process ended · loads again with the next prompt');
}

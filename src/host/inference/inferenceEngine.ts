import type { MlflowError } from '../../core/errors.js';
import type { InferenceService, LoadedModel } from '../../protocol/inference.js';

/** What happened to a loaded model without being asked for. After `unloaded` and `died` its handle is of no use any more. */
export type EngineEvent =
  | { type: 'upgraded'; handle: string; model: LoadedModel }
  /** `isIdle`: nobody had used it for the time that the setting allows. */
  | { type: 'unloaded'; handle: string; isIdle: boolean }
  | { type: 'died'; handle: string; error: MlflowError };

/**
 * Something that runs models: the worker process here; a Python interpreter or an endpoint can stand in its place.
 * Loading the same model twice gives the same handle, and each `load` wants its `unload`.
 */
export interface InferenceEngine extends InferenceService {
  /** Shown where the answer's origin matters. */
  readonly name: string;
  /** @returns a function that ends the subscription. */
  onEvent(listener: (event: EngineEvent) => void): () => void;
  /** Ends whatever runs for this model or is still loading it, at once; models in the same process go with it. */
  kill(target: { handle?: string | undefined; modelPath?: string | undefined }): void;
  dispose(): Promise<void>;
}

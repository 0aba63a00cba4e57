import type { ModelRunner } from '../../core/transformers/validateModel.js';
import type { InferenceEngine } from '../inference/inferenceEngine.js';
import type { ProgressOptions } from './progress.js';

/** The inference process as what loads a model and asks it once; loading tells how far it is and can be cancelled. */
export function engineRunner(engine: InferenceEngine, { signal, onProgress }: ProgressOptions): ModelRunner {
  return {
    load: (request) =>
      engine.load(request, {
        signal,
        onEvent: (event) => {
          if (event.type !== 'load.progress') return;
          const { message, fraction } = event;
          onProgress({ message, ...(fraction === null ? {} : { done: fraction, total: 1 }) });
        },
      }),
    predict: (request, options) => engine.predict(request, options),
    unload: (request) => engine.unload(request),
  };
}

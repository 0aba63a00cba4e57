import type { InferenceService } from '../protocol/inference.js';

/** The engine of this process, imported at the first call: whoever only tracks runs loads no native code. */
export function lazyInference(): InferenceService {
  let engine: Promise<InferenceService> | undefined;
  const service = (): Promise<InferenceService> =>
    (engine ??= import('../worker/engine/inferenceEngine.js').then(({ InferenceEngine }) => new InferenceEngine()));
  return {
    load: async (request, options) => (await service()).load(request, options),
    ready: async (request) => (await service()).ready(request),
    predict: async (request, options) => (await service()).predict(request, options),
    unload: async (request) => (await service()).unload(request),
    status: async () => (await service()).status(),
  };
}

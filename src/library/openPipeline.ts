import type { OpenedPipeline, OpenPipelineRequest } from '../core/transformers/loadOptions.js';
import { transformersFlavorOf } from '../core/transformers/resolveWeights.js';
import { toPlain } from '../core/serialization/plainValue.js';
import type { JsonObject } from '../core/ports.js';
import type { DeviceChoice } from '../protocol/inference.js';

/** Opens pipelines with the engine of this process; native code is imported at the first call. */
export async function openPipeline(request: OpenPipelineRequest): Promise<OpenedPipeline> {
  const [{ openPipeline: open }, { transformersGeneration }] = await Promise.all([
    import('../worker/engine/openPipeline.js'),
    import('../worker/tokenizer/generation.js'),
  ]);
  const { model: mlmodel, weights, modelUri, signal, onProgress } = request;
  const flavor = transformersFlavorOf(mlmodel, modelUri);
  const opened = await open(
    {
      mlmodel,
      flavor,
      flavorConfig: toPlain(mlmodel.flavors['transformers']) as JsonObject,
      task: request.task,
      instanceType: request.instanceType,
      generation: transformersGeneration(flavor.transformersVersion),
      checkpointFolder: weights.modelFolder,
      adapterFolder: weights.adapterFolder,
      componentFolder: weights.componentFolder,
      signature: null,
      modelConfig: undefined,
      promptTemplate: undefined,
    },
    {
      modelUri,
      device: deviceChoice(request.device),
      precision: request.precision,
      cacheFolder: request.cacheFolder,
      signal,
      onProgress: (message, fraction) =>
        onProgress?.({ message, ...(fraction === null ? {} : { done: fraction, total: 1, unit: 'steps' }) }),
      onWarning: request.onWarning,
    },
  );
  return { pipeline: opened.pipeline, dispose: () => opened.model.dispose() };
}

/** Python's device as ours: a negative index is the processor, another one a GPU. */
function deviceChoice(device: number | string | undefined): DeviceChoice {
  if (device === undefined) return 'auto';
  if (typeof device === 'number' || /^-?\d+$/.test(device)) return Number(device) < 0 ? 'cpu' : 'auto';
  const name = device.split(':')[0] ?? '';
  if (name === 'cuda' || name === 'webgpu' || name === 'coreml' || name === 'dml' || name === 'cpu') return name;
  return name === 'mps' ? 'coreml' : 'auto';
}

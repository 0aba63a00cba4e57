import { readAdapter } from '../../core/graph/adapter.js';
import { throwIfCancelled } from '../../core/errors.js';
import type { GeneratedModel } from '../../core/graph/generatedGraph.js';
import { graphFor, resolveHead, type GraphRequest } from '../../core/graph/registry.js';
import { readCheckpointTensors } from '../../core/safetensors/checkpoint.js';
import { readCheckpointFolder } from './checkpointFolder.js';
import type { OpenModelOptions, RuntimeModel } from './model.js';
import { SessionModel } from './sessionModel.js';
import { openGenerated } from './sessionSet.js';

/**
 * Opens a checkpoint: from its own safetensors through generated graphs, or from ONNX files that lie in its folder.
 * @throws MlflowError with reason `architectureUnsupported`, `fileMissing`, `shardMissing`, `pickledWeights`,
 * `safetensorsInvalid` or `deviceUnavailable`.
 */
export async function openModel(options: OpenModelOptions): Promise<RuntimeModel> {
  const checkpointFolder = await readCheckpointFolder(options.checkpointFolder);
  const checkpoint = await readCheckpointTensors(options.checkpointFolder);
  const adapter = options.adapterFolder === undefined ? null : await readAdapter(options.adapterFolder);
  throwIfCancelled(options.signal);
  const request: GraphRequest = {
    config: checkpointFolder.config,
    modelClass: options.modelClass ?? null,
    task: options.task,
    folder: options.checkpointFolder,
    checkpoint,
    adapter,
    options: { target: 'cpu', quantization: null },
  };
  const generated: GeneratedModel = graphFor(request);
  const sessions = await openGenerated(generated, {
    device: 'cpu',
    precision: 'fp32',
    isPrepacked: false,
    keepsStoredPrecision: false,
  });
  return new SessionModel(
    {
      config: checkpointFolder.config,
      generationConfig: checkpointFolder.generationConfig,
      modelClass: resolveHead(request).modelClass,
      refusedDevices: [],
      parameterCount: checkpoint.parameterCount,
      weightsBytes: checkpoint.weightsBytes,
    },
    sessions,
  );
}

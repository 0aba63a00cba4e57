import { throwIfCancelled } from '../../core/errors.js';
import { readAdapter } from '../../core/graph/adapter.js';
import { resolveHead } from '../../core/graph/registry.js';
import { readCheckpointTensors } from '../../core/safetensors/checkpoint.js';
import { readCheckpointFolder, type CheckpointFolder } from './checkpointFolder.js';
import { chooseDevice, type ChosenDevice } from './deviceLadder.js';
import { chooseExportedFiles, openExported, type ExportedFiles } from './exportedModel.js';
import type { OpenModelOptions, RuntimeModel } from './model.js';
import { openAlignment, openSafetensors, type OpenedModel } from './safetensorsModel.js';
import { SessionModel } from './sessionModel.js';

/**
 * Opens a checkpoint: from ONNX files that lie in its folder, else from its own safetensors through generated graphs.
 * The first sessions answer at once; `ready()` waits for the better ones that are built behind them.
 * @throws MlflowError with reason `architectureUnsupported`, `fileMissing`, `shardMissing`, `pickledWeights`,
 * `safetensorsInvalid` or `deviceUnavailable`.
 */
export async function openModel(options: OpenModelOptions): Promise<RuntimeModel> {
  const folder = await readCheckpointFolder(options.checkpointFolder);
  const chosen = await chooseDevice(options.device);
  throwIfCancelled(options.signal);
  const exported =
    options.adapterFolder === undefined ? chooseExportedFiles(folder.onnxFiles, options.precision) : null;
  return exported ? openExport(folder, exported, chosen, options) : openWeights(folder, chosen, options);
}

async function openExport(
  { folder, config, generationConfig }: CheckpointFolder,
  files: ExportedFiles,
  chosen: ChosenDevice,
  options: OpenModelOptions,
): Promise<RuntimeModel> {
  const checkpoint = await readCheckpointTensors(folder).catch(() => null);
  const description = {
    config,
    generationConfig,
    modelClass: resolveHead({ config, modelClass: options.modelClass ?? null, task: options.task }).modelClass,
    refusedDevices: chosen.refused,
    parameterCount: checkpoint?.parameterCount ?? 0,
    weightsBytes: checkpoint?.weightsBytes ?? 0,
  };
  const sessions = await onDevice(chosen, async (device) => ({
    sessions: await openExported(files, device),
    upgrade: null,
  }));
  return new SessionModel(description, sessions.sessions);
}

async function openWeights(
  { folder, config, generationConfig }: CheckpointFolder,
  chosen: ChosenDevice,
  options: OpenModelOptions,
): Promise<RuntimeModel> {
  const checkpoint = await readCheckpointTensors(folder);
  const adapter = options.adapterFolder === undefined ? null : await readAdapter(options.adapterFolder);
  const base = {
    config,
    transformersVersion: options.transformersVersion ?? null,
    modelClass: options.modelClass ?? null,
    task: options.task,
    folder,
    checkpoint,
    adapter,
  };
  throwIfCancelled(options.signal);
  const { sessions, upgrade } = await onDevice(chosen, (device) => openSafetensors(base, options, device));
  const model = new SessionModel(
    {
      config,
      generationConfig,
      modelClass: resolveHead(base).modelClass,
      refusedDevices: chosen.refused,
      parameterCount: checkpoint.parameterCount,
      weightsBytes: checkpoint.weightsBytes,
      openAlignment: (heads) => openAlignment(base, heads),
    },
    sessions,
  );
  if (upgrade) model.planUpgrade(upgrade);
  return model;
}

/** A device that fails with this model is refused with the reason, and the processor answers instead. */
async function onDevice(
  chosen: ChosenDevice,
  open: (device: ChosenDevice['device']) => Promise<OpenedModel>,
): Promise<OpenedModel> {
  try {
    return await open(chosen.device);
  } catch (error) {
    if (chosen.device === 'cpu') throw error;
    chosen.refused.push({ device: chosen.device, reason: error instanceof Error ? error.message : String(error) });
    return open('cpu');
  }
}

import type { ArtifactStoresSource } from '../artifacts/artifactStores.js';
import { MlflowError } from '../errors.js';
import type { Model } from '../mlmodel/model.js';
import type { Environment, JsonObject, JsonValue, Log, LongRunningOptions } from '../ports.js';
import type { Pipeline } from '../pyfunc/pipeline.js';
import type { HubAccess } from './hubAccess.js';
import type { HubSnapshots, ResolvedWeights } from './resolveWeights.js';
import { normalizeTorchDtype } from './torchDtype.js';

/** Python's parameters of `mlflow.transformers.load_model`, and ours below them. */
export interface LoadModelOptions extends LongRunningOptions {
  /** An existing folder to download into; local models are used in place when absent. */
  dstPath?: string | undefined;
  returnType?: 'pipeline' | 'components' | undefined;
  /** Python's index (`-1`: the processor, `0`: the first GPU) or name (`cpu`, `cuda:0`). */
  device?: number | string | undefined;
  torchDtype?: string | undefined;
  /** Newer name of `torchDtype`; wins over it. */
  dtype?: string | undefined;
  /** Where the base of a model saved with `baseModelPath` lies on this machine. */
  baseModelPath?: string | undefined;

  /** Download weights of a reference that the Hub's cache lacks. Repositories named in the URI are downloaded unless `false`. */
  allowDownload?: boolean | undefined;
  precision?: 'auto' | 'fp32' | 'int8' | 'int4' | undefined;
  cacheFolder?: string | undefined;
  /** Everything else goes to each call of the pipeline, as Python's keyword arguments do (`topK` as `top_k`). */
  [keyword: string]: unknown;
}

export interface OpenPipelineRequest extends LongRunningOptions {
  model: Model;
  modelUri: string;
  weights: ResolvedWeights;
  task: string;
  instanceType: string;
  device: number | string | undefined;
  precision: 'auto' | 'fp32' | 'int8' | 'int4';
  cacheFolder: string | undefined;
  onWarning: (message: string) => void;
}

export interface OpenedPipeline {
  pipeline: Pipeline;
  dispose(): Promise<void>;
}

/** Makes a pipeline that runs; given by whoever has an inference engine. */
export type PipelineOpener = (request: OpenPipelineRequest) => Promise<OpenedPipeline>;

/** What loading needs from outside. */
export interface LoadServices {
  stores: ArtifactStoresSource;
  /** Made at the first need. */
  hub?: (() => HubAccess & HubSnapshots) | undefined;
  openPipeline?: PipelineOpener | undefined;
  environment?: Environment | undefined;
  log?: Log | undefined;
}

/** The settings of a load that have an effect, checked as Python does. */
export interface LoadSettings {
  device: number | string | undefined;
  deviceMap: string | undefined;
  /** With the prefix `torch.`. */
  torchDtype: string | undefined;
  keywords: JsonObject;
}

const ownNames = new Set([
  'dstPath',
  'returnType',
  'device',
  'torchDtype',
  'dtype',
  'baseModelPath',
  'allowDownload',
  'precision',
  'cacheFolder',
  'signal',
  'onProgress',
]);

/** @throws MlflowError INVALID_PARAMETER_VALUE with Python's text. */
export function checkReturnType(returnType: unknown): void {
  if (returnType === undefined || returnType === 'pipeline' || returnType === 'components') return;
  throw MlflowError.invalidParameter(
    `The specified return_type mode '${String(returnType)}' is unsupported. Please select one of: 'pipeline' or 'components'.`,
  );
}

/**
 * Device, device map, dtype and keyword arguments of a load.
 * Source: mlflow.transformers._load_model.
 * @throws MlflowError INVALID_PARAMETER_VALUE for a device beside MLFLOW_HUGGINGFACE_USE_DEVICE_MAP and for an unknown dtype.
 */
export function loadSettings(
  options: LoadModelOptions,
  storedDtype: string | null,
  environment: Environment,
  log: Log,
): LoadSettings {
  const keywords: JsonObject = {};
  for (const [name, value] of Object.entries(options)) {
    if (ownNames.has(name) || value === undefined) continue;
    const pythonName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (pythonName !== 'torch_dtype') keywords[pythonName] = value as JsonValue;
  }
  const given = options.dtype ?? options.torchDtype ?? (options['torch_dtype'] as string | undefined);
  const dtype = given || storedDtype;
  return {
    ...chosenDevice(options.device ?? undefined, environment, log),
    torchDtype: dtype ? normalizeTorchDtype(String(dtype)) : undefined,
    keywords,
  };
}

function chosenDevice(
  device: number | string | undefined,
  environment: Environment,
  log: Log,
): Pick<LoadSettings, 'device' | 'deviceMap'> {
  if (/^(true|1)$/i.test(environment['MLFLOW_HUGGINGFACE_USE_DEVICE_MAP'] ?? '')) {
    if (device !== undefined) {
      throw MlflowError.invalidParameter(
        'The environment variable MLFLOW_HUGGINGFACE_USE_DEVICE_MAP is set to True, but ' +
          `the \`device\` argument is provided with value ${device}. The device_map and ` +
          '`device` argument cannot be used together. Set MLFLOW_HUGGINGFACE_USE_DEVICE_MAP ' +
          'to False to specify a particular device ID, or pass None for the `device` ' +
          'argument to use device_map.',
      );
    }
    return { device: undefined, deviceMap: environment['MLFLOW_HUGGINGFACE_DEVICE_MAP_STRATEGY'] ?? 'auto' };
  }
  const preset = environment['MLFLOW_DEFAULT_PREDICTION_DEVICE'];
  if (device !== undefined || !preset) return { device, deviceMap: undefined };
  if (/^\s*[+-]?\d+\s*$/.test(preset)) return { device: Number(preset), deviceMap: undefined };
  log.warn(
    `Invalid value for MLFLOW_DEFAULT_PREDICTION_DEVICE: ${preset}. MLFLOW_DEFAULT_PREDICTION_DEVICE value must be an integer. Setting to: -1.`,
  );
  return { device: -1, deviceMap: undefined };
}

import type { Fluent } from '../core/client/fluent.js';
import { MlflowError } from '../core/errors.js';
import { Model } from '../core/mlmodel/model.js';
import { PyfuncModel } from '../core/pyfunc/pyfuncModel.js';
import type { JsonObject, LongRunningOptions } from '../core/ports.js';
import type {
  DeviceChoice,
  InferenceService,
  LoadedModel,
  LoadEvent,
  PredictEvent,
  Prediction,
  PrecisionChoice,
} from '../protocol/inference.js';

export type LoadedPyfuncModel = PyfuncModel<LoadedModel, Prediction, PredictEvent>;

export interface LoadPyfuncOptions extends LongRunningOptions {
  /** Overrides of keys that the saved configuration already has. */
  modelConfig?: JsonObject | undefined;
  device?: DeviceChoice | undefined;
  /**
   * `fp32` (the default here) gives Python's numbers; `auto` lets language models of 100 million parameters and more answer
   * in 8 bit once that session is built.
   */
  precision?: PrecisionChoice | undefined;
  /** `native` runs generated graphs and ONNX files in this process. */
  engine?: 'native' | 'python' | 'endpoint' | undefined;
  /** Where a remote model is downloaded to. */
  dstPath?: string | undefined;
  /** Where better sessions are cached; absent: nothing is cached. */
  cacheFolder?: string | undefined;
  onEvent?: ((event: LoadEvent) => void) | undefined;
}

/**
 * Loads a model of the transformers flavor from any model URI, ready to predict.
 * Source: mlflow.pyfunc.load_model.
 * @throws MlflowError with the reason: no such model, weights absent, no graph for the architecture, ...
 */
export async function loadPyfuncModel(
  modelUri: string,
  options: LoadPyfuncOptions,
  fluent: Fluent,
  inference: InferenceService,
): Promise<LoadedPyfuncModel> {
  if (options.engine !== undefined && options.engine !== 'native') {
    throw new MlflowError(
      `The engine '${options.engine}' is not available yet. Leave \`engine\` out to run the model here.`,
      'NOT_IMPLEMENTED',
    );
  }
  const { signal, onProgress, dstPath } = options;
  const modelPath = await fluent.artifacts.downloadArtifacts({ artifactUri: modelUri, dstPath, signal, onProgress });
  const metadata = await Model.load(modelPath);
  const loaded = await inference.load(
    {
      modelPath,
      modelUri,
      device: options.device ?? 'auto',
      precision: options.precision ?? 'fp32',
      modelConfig: options.modelConfig,
      cacheFolder: options.cacheFolder,
    },
    { ...(signal ? { signal } : {}), ...(options.onEvent ? { onEvent: options.onEvent } : {}) },
  );
  return new PyfuncModel(inference, loaded.handle, metadata, loaded);
}

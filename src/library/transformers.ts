import type { Fluent } from '../core/client/fluent.js';
import { getDefaultCondaEnv, getDefaultPipRequirements } from '../core/transformers/defaultRequirements.js';
import { logModel, type LogModelOptions, type LoggedModelInfo } from '../core/transformers/logModel.js';
import type { TransformersModel } from '../core/transformers/modelSource.js';
import { saveModel } from '../core/transformers/saveModel.js';
import type { SavedModel, SaveModelOptions, SaveServices } from '../core/transformers/saveOptions.js';
import type { InferenceService } from '../protocol/inference.js';

/** `mlflow.transformers`. */
export function createTransformers(fluent: Fluent, _inference: InferenceService, services: SaveServices = {}) {
  return {
    /** Saves a model into a new folder, as Python's `save_model`. */
    saveModel: (model: TransformersModel, path: string, options: SaveModelOptions = {}): Promise<SavedModel> =>
      saveModel(model, path, options, services),
    /** Saves a model into the store, as Python's `log_model`. */
    logModel: (model: TransformersModel, options: LogModelOptions = {}): Promise<LoggedModelInfo> =>
      logModel(model, options, fluent, services),
    getDefaultPipRequirements,
    getDefaultCondaEnv,
  };
}

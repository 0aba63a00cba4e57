import { MlflowError } from '../errors.js';
import type { ModelConfig } from './modelConfig.js';

const alternatives = 'Put an ONNX export of the model into its folder (`onnx/model.onnx`), or use the python engine.';

/** The architecture as a whole is not known. */
export function unsupportedArchitecture(modelType: string, modelClass: string): MlflowError {
  return new MlflowError(
    `The architecture ${modelClass || '(unnamed)'} (model_type "${modelType}") cannot be run from its weights yet. ${alternatives}`,
    'NOT_IMPLEMENTED',
    { reason: 'architectureUnsupported', details: { architecture: modelClass, modelType } },
  );
}

/** The architecture is known, one of its settings is not. */
export function unsupportedSetting(config: ModelConfig, key: string, value: string): MlflowError {
  return new MlflowError(
    `This ${config.modelType} model has ${key} = ${value} in its config.json, which generated graphs do not support. ${alternatives}`,
    'NOT_IMPLEMENTED',
    { reason: 'architectureUnsupported', details: { architecture: config.modelType, key, value } },
  );
}

import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { ModelFolder } from './modelFolder.js';

/**
 * Refuses models whose class is defined by code in the artifact or on the Hub: it is never executed here.
 * A `code/` folder beside a class of transformers itself changes nothing and is no reason to refuse.
 * @throws MlflowError with reason `codeExecutionRefused`.
 */
export function refuseRemoteCode(folder: ModelFolder, config: JsonObject, modelUri: string): void {
  const autoMap = config['auto_map'];
  if (typeof autoMap !== 'object' || autoMap === null) return;
  const classes = Object.values(autoMap).map((reference) => String(reference).split('.').at(-1));
  const { modelType } = folder.flavor;
  if (modelType !== null && !classes.includes(modelType)) return;
  throw refusal(modelUri, modelType ?? classes.join(', '));
}

/** An unknown architecture with code beside it is refused because of the code. */
export function architectureOrCode(error: unknown, folder: ModelFolder, config: JsonObject, modelUri: string): unknown {
  if (!MlflowError.is(error) || error.reason !== 'architectureUnsupported') return error;
  const hasCode = folder.flavor.code !== null || 'auto_map' in config;
  return hasCode ? refusal(modelUri, folder.flavor.modelType ?? 'unknown', error) : error;
}

function refusal(modelUri: string, modelClass: string, cause?: unknown): MlflowError {
  return new MlflowError(
    `The model '${modelUri}' is of the class ${modelClass}, which is defined by code that comes with the model. ` +
      'Such code is never executed here; use the python engine for models that you trust.',
    'PERMISSION_DENIED',
    { reason: 'codeExecutionRefused', details: { modelClass }, cause },
  );
}

import { MlflowError } from '../errors.js';
import type { JsonObject } from '../ports.js';
import type { Compatibility } from '../signature/compatibility.js';
import { typeName } from '../signature/pythonValue.js';
import type { Pipeline } from './pipeline.js';
import { PyfuncWrapper } from './pyfuncWrapper.js';

export interface SignatureOutputOptions {
  modelConfig?: JsonObject | undefined;
  params?: JsonObject | undefined;
  flavorConfig?: JsonObject | undefined;
  compatibility?: Compatibility | undefined;
}

/**
 * What the saved model would answer to an example: a frame, an array, a list or a dict, for signature inference.
 * Source: mlflow.transformers.generate_signature_output.
 * @throws MlflowError INVALID_PARAMETER_VALUE when `pipeline` is none.
 */
export async function generateSignatureOutput(
  pipeline: unknown,
  data: unknown,
  options: SignatureOutputOptions = {},
): Promise<unknown> {
  if (!isPipeline(pipeline)) {
    throw MlflowError.invalidParameter(
      'The pipeline type submitted is not a valid transformers Pipeline. ' +
        `The type ${typeName(pipeline)} is not supported.`,
    );
  }
  const wrapper = new PyfuncWrapper({ pipeline, ...options });
  return (await wrapper.predict(data, options.params)).output;
}

function isPipeline(value: unknown): value is Pipeline {
  return (
    typeof value === 'object' &&
    value !== null &&
    'task' in value &&
    'call' in value &&
    typeof value.call === 'function'
  );
}

import { MlflowError } from '../errors.js';
import { ExampleWithParams, isFrameExample, TensorExample, type InputExample } from '../mlmodel/exampleTypes.js';
import { PyfuncWrapper } from '../pyfunc/pyfuncWrapper.js';
import type { Environment, JsonObject, Log } from '../ports.js';
import type { Pipeline } from '../pyfunc/pipeline.js';
import { dumpPythonJson } from '../serialization/pythonJson.js';
import { stringRepr } from '../serialization/pythonRepr.js';
import type { PyRecord } from '../serialization/pyValue.js';
import { frameFromSplit } from '../signature/frameConstruction.js';
import { inferSignature } from '../signature/inferSignature.js';
import type { ModelSignature } from '../signature/modelSignature.js';
import { NdArray } from '../signature/ndArray.js';
import { toPlain } from '../serialization/plainValue.js';
import { TimeLimitError, withinSeconds } from './timeLimit.js';

export interface ExampleSignatureOptions {
  /** Answers the example; values of the right shape are enough. */
  pipeline: Pipeline;
  flavorConfig: JsonObject;
  modelConfig?: JsonObject | undefined;
  compatibility: '3' | '2';
  /** MLFLOW_INPUT_EXAMPLE_INFERENCE_TIMEOUT limits how long the prediction may take. */
  environment?: Environment | undefined;
  log: Log;
}

const timeoutVariable = 'MLFLOW_INPUT_EXAMPLE_INFERENCE_TIMEOUT';
const defaultTimeoutSeconds = 180;

/**
 * The signature of an example and of what the model answers to it. The wrapper really runs, and an example that it refuses
 * gives no signature.
 * Source: mlflow.transformers.signature._infer_signature_with_example.
 * @returns `null` where Python falls back to the default signature, with its warning.
 */
export async function signatureOfExample(
  example: InputExample,
  options: ExampleSignatureOptions,
): Promise<ModelSignature | null> {
  const { pipeline, flavorConfig, modelConfig, compatibility, log } = options;
  const params = example instanceof ExampleWithParams ? example.params : undefined;
  const data = exampleValue(example instanceof ExampleWithParams ? example.data : example, compatibility);
  const wrapper = new PyfuncWrapper({ pipeline, flavorConfig, modelConfig, compatibility });
  try {
    const seconds = timeoutSeconds(options.environment ?? {});
    if (seconds > 0) {
      log.info(
        `Running model prediction to infer the model output signature with a timeout of ${seconds} seconds. You can specify a ` +
          `different timeout by setting the environment variable ${timeoutVariable}.`,
      );
    }
    const { output } = await withinSeconds(seconds, (signal) =>
      wrapper.predict(data, params && (toPlain(params) as JsonObject), { signal }),
    );
    return inferSignature(data, output, params, { compatibility, onWarning: (message) => log.warn(message) });
  } catch (error) {
    log.warn(
      error instanceof TimeLimitError
        ? `Attempted to generate a signature for the saved pipeline but prediction timed out after ${error.seconds} seconds. ` +
            'Falling back to the default signature for the pipeline. You can specify a signature manually or increase the ' +
            `timeout by setting the environment variable ${timeoutVariable}`
        : 'Attempted to generate a signature for the saved pipeline but encountered an error. Fall back to the default signature ' +
            `for the pipeline type. Error: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
}

/** @throws MlflowError in Python's words for a value that is no whole number. */
function timeoutSeconds(environment: Environment): number {
  const given = environment[timeoutVariable];
  if (given === undefined) return defaultTimeoutSeconds;
  if (/^\s*[+-]?\d+(_\d+)*\s*$/.test(given)) return Number(given.replaceAll('_', ''));
  throw MlflowError.invalidParameter(
    `Failed to convert ${stringRepr(given)} for ${timeoutVariable}: invalid literal for int() with base 10: ${stringRepr(given)}`,
  );
}

/** The example as the value Python's wrapper would be given: frames as frames, tensors as arrays, the rest as it is. */
function exampleValue(example: InputExample, compatibility: '3' | '2'): unknown {
  if (isFrameExample(example)) return frameFromSplit({ columns: example.columns, data: example.data }, compatibility);
  if (example instanceof TensorExample) return arrayOf(example);
  if (
    typeof example === 'object' &&
    example !== null &&
    Object.values(example).some((value) => value instanceof TensorExample)
  ) {
    return Object.fromEntries(
      Object.entries(example).map(([name, value]) => [name, value instanceof TensorExample ? arrayOf(value) : value]),
    );
  }
  return example;
}

function arrayOf(example: TensorExample): NdArray {
  const shape: number[] = [];
  for (let level: unknown = example.values; Array.isArray(level); level = level[0]) shape.push(level.length);
  const flat = (example.values as unknown[]).flat(Infinity);
  return new NdArray(example.dtype, shape, flat);
}

/**
 * Zero-shot examples carry their labels as JSON text, so that they fit a text column.
 * Source: mlflow.transformers.signature.format_input_example_for_special_cases.
 */
export function formatExampleForTask(example: InputExample, task: string): InputExample {
  if (example instanceof ExampleWithParams)
    return new ExampleWithParams(formatExampleForTask(example.data, task), example.params);
  if (task !== 'zero-shot-classification' || typeof example !== 'object' || example === null || Array.isArray(example))
    return example;
  const labels = (example as PyRecord)['candidate_labels'];
  if (!Array.isArray(labels)) return example;
  return { ...(example as PyRecord), candidate_labels: dumpPythonJson(labels) };
}

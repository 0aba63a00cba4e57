import { ExampleWithParams, isFrameExample, TensorExample, type InputExample } from '../mlmodel/exampleTypes.js';
import { PyfuncWrapper } from '../pyfunc/pyfuncWrapper.js';
import type { JsonObject, Log } from '../ports.js';
import { dumpPythonJson } from '../serialization/pythonJson.js';
import type { PyRecord } from '../serialization/pyValue.js';
import { frameFromSplit } from '../signature/frameConstruction.js';
import { inferSignature } from '../signature/inferSignature.js';
import type { ModelSignature } from '../signature/modelSignature.js';
import { NdArray } from '../signature/ndArray.js';
import { toPlain } from '../serialization/plainValue.js';
import { ShapePipeline } from './shapePipeline.js';

export interface ExampleSignatureOptions {
  task: string;
  instanceType: string;
  config: JsonObject;
  transformersVersion: string;
  flavorConfig: JsonObject;
  modelConfig?: JsonObject | undefined;
  compatibility: '3' | '2';
  log: Log;
}

/**
 * The signature of an example and of what the model answers to it. The wrapper really runs, over a pipeline that answers
 * with the right shape: no weights are loaded, and an example the wrapper refuses gives no signature.
 * Source: mlflow.transformers.signature._infer_signature_with_example.
 * @returns `null` where Python falls back to the default signature, with its warning.
 */
export async function signatureOfExample(
  example: InputExample,
  options: ExampleSignatureOptions,
): Promise<ModelSignature | null> {
  const params = example instanceof ExampleWithParams ? example.params : undefined;
  const data = exampleValue(example instanceof ExampleWithParams ? example.data : example, options.compatibility);
  const wrapper = new PyfuncWrapper({
    pipeline: new ShapePipeline(options.task, options.instanceType, options.config, options.transformersVersion),
    flavorConfig: options.flavorConfig,
    modelConfig: options.modelConfig,
    compatibility: options.compatibility,
  });
  try {
    const { output } = await wrapper.predict(data, params && (toPlain(params) as JsonObject));
    return inferSignature(data, output, params, {
      compatibility: options.compatibility,
      onWarning: (message) => options.log.warn(message),
    });
  } catch (error) {
    options.log.warn(
      'Attempted to generate a signature for the saved pipeline but encountered an error. Fall back to the default signature ' +
        `for the pipeline type. Error: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
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

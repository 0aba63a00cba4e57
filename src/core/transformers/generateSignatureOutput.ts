import { MlflowError } from '../errors.js';
import { silentLog, type JsonObject, type Log } from '../ports.js';
import type { Pipeline, PipelineTokenizer } from '../pyfunc/pipeline.js';
import { PyfuncWrapper } from '../pyfunc/pyfuncWrapper.js';
import { toServingJson } from '../pyfunc/servingJson.js';
import { pythonTypeName } from '../serialization/pythonRepr.js';
import { DataFrame } from '../signature/dataFrame.js';
import { normalizeTask, pipelineClassOf } from './tasks.js';

export interface SignatureOutputOptions {
  /** Inference settings, as they would be saved with the model. */
  modelConfig?: JsonObject | undefined;
  /** As of one call; they win over `modelConfig`. */
  params?: JsonObject | undefined;
  /** `flavors.transformers` of the model that would be saved. */
  flavorConfig?: JsonObject | undefined;
}

/**
 * What the pyfunc model of a pipeline would answer, without saving it: the output that a signature is inferred from. Frames
 * come as records, of which `inferSignature` makes the same columns.
 * Source: mlflow.transformers.generate_signature_output.
 * @param pipeline one of our `loadModel`, or of transformers.js
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's text for anything else; as `predict`.
 */
export async function generateSignatureOutput(
  pipeline: unknown,
  data: unknown,
  { modelConfig, params, flavorConfig }: SignatureOutputOptions = {},
  log: Log = silentLog,
): Promise<unknown> {
  const wrapper = new PyfuncWrapper({
    pipeline: runnerOf(pipeline),
    flavorConfig,
    modelConfig,
    onWarning: (message) => log.warn(message),
  });
  const { output } = await wrapper.predict(data, params);
  return output instanceof DataFrame ? toServingJson(output) : output;
}

/** A pipeline of transformers.js, as far as it is used here. */
interface ForeignPipeline {
  (input: unknown, keywords?: JsonObject): Promise<unknown>;
  task: string;
  tokenizer?: unknown;
}

function runnerOf(pipeline: unknown): Pipeline {
  if (typeof pipeline === 'function') {
    const { runner, task } = pipeline as { runner?: unknown; task?: unknown };
    if (isRunner(runner)) return runner;
    if (typeof task === 'string') return foreignRunner(pipeline as ForeignPipeline);
  }
  throw MlflowError.invalidParameter(
    'The pipeline type submitted is not a valid transformers Pipeline. ' +
      `The type ${typeof pipeline === 'function' ? 'function' : pythonTypeName(pipeline)} is not supported.`,
  );
}

function isRunner(value: unknown): value is Pipeline {
  return typeof value === 'object' && value !== null && typeof (value as Pipeline).call === 'function';
}

function foreignRunner(pipeline: ForeignPipeline): Pipeline {
  const task = normalizeTask(pipeline.task);
  return {
    task,
    instanceType: pipelineClassOf(task),
    tokenizer: pipeline.tokenizer as PipelineTokenizer | undefined,
    generationConfig: {},
    call: (input, keywords) => pipeline(input, keywords),
  };
}

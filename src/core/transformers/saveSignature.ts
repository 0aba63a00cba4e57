import { MlflowError } from '../errors.js';
import type { MlflowGeneration } from '../mlmodel/compatibility.js';
import type { Log } from '../ports.js';
import { defaultSignature } from '../signature/defaultSignatures.js';
import { llmSignature } from '../signature/llmSchemas.js';
import { ModelSignature, type SignatureDict } from '../signature/modelSignature.js';

/**
 * The signature to write before any inference: the standard one of an `llm/v1` task, else the caller's.
 * Source: mlflow.transformers.llm_inference_utils.infer_signature_from_llm_inference_task.
 * @param forBoth write the chat schema of generation 2, since 2.16 cannot load the type `any` of 3.17's
 * @throws MlflowError when a different signature is given for an `llm/v1` task.
 */
export function chosenSignature(
  llmTask: string | null,
  given: ModelSignature | SignatureDict | false | undefined,
  generation: MlflowGeneration,
  forBoth: boolean,
): ModelSignature | null {
  const signature =
    given === undefined || given === false
      ? null
      : given instanceof ModelSignature
        ? given
        : ModelSignature.fromDict(given);
  if (llmTask === null) return signature;
  const standard = llmSignature(llmTask, forBoth ? '2' : generation);
  if (signature && !signature.equals(standard)) {
    throw new MlflowError(
      `When \`task\` is specified as \`${llmTask}\`, the signature would be set by MLflow. Please do not set the signature.`,
    );
  }
  return standard;
}

/** The default signature of a task, with Python's warning where there is none. */
export function defaultOrNone(task: string, log: Log): ModelSignature | null {
  const signature = defaultSignature(task);
  if (!signature) {
    log.warn(
      'An unsupported task type was supplied for signature inference. Either provide an `input_example` or generate a signature ' +
        'manually via `infer_signature` to have a signature recorded in the MLmodel file.',
    );
  }
  return signature;
}

import { MlflowError } from '../errors.js';
import type { Log } from '../ports.js';
import type { ResolvedSource } from './resolveSource.js';
import { detectTask } from './taskDetection.js';
import {
  checkLlmTask,
  defaultTaskOfLlmTask,
  generationHasTask,
  llmTaskPrefix,
  normalizeTask,
  pipelineClassOf,
} from './tasks.js';

export interface ResolvedTask {
  /** What the pipeline is built for, never `llm/v1/...`. */
  pipelineTask: string;
  llmTask: string | null;
  /** Python's pipeline class. */
  instanceType: string;
}

/**
 * The pipeline task and, where asked for, the `llm/v1` task of a model. A pipeline's own task wins over a plain `task`
 * argument, as in Python.
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's texts: unknown task, no task to be found, wrong llm task.
 */
export async function resolveTask(source: ResolvedSource, given: string | undefined, log: Log): Promise<ResolvedTask> {
  const llmTask = given?.startsWith(llmTaskPrefix) ? given : null;
  const pipelineTask = await pipelineTaskOf(source, given, llmTask);
  if (llmTask !== null) checkLlmTask(llmTask, pipelineTask);
  if (!generationHasTask(pipelineTask, 5)) {
    log.warn(
      `transformers 5 has no ${pipelineTask} pipeline any more. The model is saved for an environment with transformers 4, ` +
        'which its requirements.txt names; here it runs as before.',
    );
  }
  return { pipelineTask, llmTask, instanceType: pipelineClassOf(pipelineTask) };
}

async function pipelineTaskOf(
  source: ResolvedSource,
  given: string | undefined,
  llmTask: string | null,
): Promise<string> {
  if (source.task !== undefined) return normalizeTask(source.task);
  if (given !== undefined && llmTask === null) return normalizeTask(given);
  const fallback = defaultTaskOfLlmTask(llmTask);
  if (source.kind === 'checkpoint' && llmTask !== null) return fallback ?? llmTask;
  const detected = await detectTask(source.modelFolder, source.config);
  const task = detected ?? fallback;
  if (task !== null) return task;
  throw MlflowError.invalidParameter(
    source.kind === 'checkpoint'
      ? 'The `task` argument must be specified when logging a model from a local checkpoint. Please provide the task type of the pipeline.'
      : 'The task could not be inferred from the model. If you are saving a custom local model that is not available in the Hugging ' +
          'Face hub, please provide the `task` argument to the `log_model` or `save_model` function.',
    { reason: 'taskUnsupported' },
  );
}

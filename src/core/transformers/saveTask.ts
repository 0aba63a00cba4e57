import { MlflowError } from '../errors.js';
import type { Log } from '../ports.js';
import type { ResolvedSource } from './resolveSource.js';
import { lookUpTask } from './taskDetection.js';
import {
  checkLlmTask,
  defaultTaskOfLlmTask,
  generationHasTask,
  llmTaskPrefix,
  normalizeTask,
  pipelineClassOf,
  type TransformersGeneration,
} from './tasks.js';

export interface ResolvedTask {
  /** What the pipeline is built for, never `llm/v1/...`. */
  pipelineTask: string;
  llmTask: string | null;
  /** Python's pipeline class. */
  instanceType: string;
}

/** Tasks that transformers 5 builds under another name. Source: transformers.pipelines._resolve_deprecated_task. */
const renamedIn5: Readonly<Record<string, string>> = { 'image-to-text': 'image-text-to-text' };

/**
 * The pipeline task and, where asked for, the `llm/v1` task of a model. A pipeline's own task wins over a plain `task`
 * argument, as in Python.
 * @param nameGeneration whose names are written; what both read keeps the older name of a task
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's texts: unknown task, no task to be found, wrong llm task.
 */
export async function resolveTask(
  source: ResolvedSource,
  given: string | undefined,
  nameGeneration: TransformersGeneration | 'both',
  log: Log,
): Promise<ResolvedTask> {
  const llmTask = given?.startsWith(llmTaskPrefix) ? given : null;
  const task = await pipelineTaskOf(source, given, llmTask, log);
  const pipelineTask = (nameGeneration === 5 ? renamedIn5[task] : undefined) ?? languagesOf(source, task) ?? task;
  if (llmTask !== null) checkLlmTask(llmTask, pipelineTask);
  if (!generationHasTask(pipelineTask, 5)) {
    log.warn(
      `transformers 5 has no ${pipelineTask} pipeline any more. The model is saved for an environment with transformers 4, ` +
        'which its requirements.txt names; here it runs as before.',
    );
  }
  return { pipelineTask, llmTask, instanceType: pipelineClassOf(pipelineTask) };
}

/**
 * A translation pipeline that is told no languages takes the first that config.json has parameters for.
 * Source: transformers.pipeline, version 4.
 */
function languagesOf({ kind, config }: ResolvedSource, task: string): string | undefined {
  const parameters = config['task_specific_params'];
  if (kind === 'checkpoint' || task !== 'translation' || typeof parameters !== 'object') return undefined;
  return Object.keys(parameters ?? {}).find((name) => name.startsWith('translation'));
}

async function pipelineTaskOf(
  source: ResolvedSource,
  given: string | undefined,
  llmTask: string | null,
  log: Log,
): Promise<string> {
  if (source.task !== undefined) return normalizeTask(source.task);
  if (given !== undefined && llmTask === null) return normalizeTask(given);
  const fallback = defaultTaskOfLlmTask(llmTask);
  if (source.kind === 'checkpoint') return fallback ?? llmTask ?? refuseWithoutTask();
  const { task, unsupportedTag } = await lookUpTask(source.modelFolder, source.config);
  if (task !== null) return task;
  if (fallback === null) throw taskUnknown(unsupportedTag);
  if (unsupportedTag !== undefined) {
    log.warn(
      `The task '${unsupportedTag}' inferred from the model is notsupported by the transformers pipeline. MLflow will construct ` +
        `the pipeline with the fallback task ${fallback} inferred from the specified 'llm/v1/xxx' task.`,
    );
  }
  return fallback;
}

/** Python reads nothing of a checkpoint's folder before it is told the task. */
function refuseWithoutTask(): never {
  throw MlflowError.invalidParameter(
    'The `task` argument must be specified when logging a model from a local checkpoint. Please provide the task type of the pipeline.',
    { reason: 'taskUnsupported' },
  );
}

/** Source: mlflow.transformers._get_task_for_model. */
function taskUnknown(unsupportedTag: string | undefined): MlflowError {
  if (unsupportedTag !== undefined) {
    return new MlflowError(
      `Cannot construct transformers pipeline because the task '${unsupportedTag}' inferred from the model is not supported by the ` +
        'transformers pipeline. Please construct the pipeline instance manually and pass it to the `log_model` or `save_model` function.',
      'INTERNAL_ERROR',
      { reason: 'taskUnsupported', details: { task: unsupportedTag } },
    );
  }
  return MlflowError.invalidParameter(
    'The task could not be inferred from the model. If you are saving a custom local model that is not available in the Hugging ' +
      'Face hub, please provide the `task` argument to the `log_model` or `save_model` function.',
    { reason: 'taskUnsupported' },
  );
}

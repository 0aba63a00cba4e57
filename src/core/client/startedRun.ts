import { MlflowError } from '../errors.js';
import type { Environment } from '../ports.js';
import type { Run, Tags } from '../tracking/entities.js';
import { validateRunId } from '../tracking/validation.js';
import type { MlflowClient } from './mlflowClient.js';
import { storedTags } from './values.js';

export interface StartRunOptions {
  /** Take up this run instead of making one. */
  runId?: string | undefined;
  experimentId?: string | undefined;
  runName?: string | undefined;
  /** Allow a run inside the active one, whose child it becomes. */
  nested?: boolean | undefined;
  parentRunId?: string | undefined;
  tags?: Readonly<Record<string, unknown>> | undefined;
  /** Stored as the tag `mlflow.note.content`. */
  description?: string | undefined;
}

export interface StartRunContext {
  client: MlflowClient;
  activeRuns: readonly Run[];
  activeExperimentId: string | undefined;
  currentExperimentId(): Promise<string>;
  environment: Environment;
  contextTags(tags: Tags): Tags;
}

const noteTag = 'mlflow.note.content';

/** A new run, or an existing one made RUNNING again. Source: mlflow.start_run */
export async function startedRun(options: StartRunOptions, context: StartRunContext): Promise<Run> {
  const [outermost] = context.activeRuns;
  if (outermost !== undefined && options.nested !== true) {
    throw new MlflowError(
      `Run with UUID ${outermost.info.runId} is already active. To start a new run, first end the current run with ` +
        'mlflow.end_run(). To start a nested run, call start_run with nested=True',
      'INVALID_STATE',
    );
  }
  const runId = options.runId || context.environment['MLFLOW_RUN_ID'];
  return runId ? resumedRun(runId, options, context) : newRun(options, context);
}

function describedTags({ tags, description }: StartRunOptions): Tags {
  const stored = { ...storedTags(tags) };
  if (!description) return stored;
  if (Object.hasOwn(stored, noteTag)) {
    throw MlflowError.invalidParameter(
      `Description is already set via the tag ${noteTag} in tags.Remove the key ${noteTag} from the tags or omit the description.`,
    );
  }
  return { ...stored, [noteTag]: description };
}

async function resumedRun(runId: string, options: StartRunOptions, context: StartRunContext): Promise<Run> {
  const { client, activeExperimentId } = context;
  validateRunId(runId);
  const { info } = await client.getRun({ runId });
  if (activeExperimentId !== undefined && activeExperimentId !== info.experimentId) {
    throw new MlflowError(
      `Cannot start run with ID ${runId} because active experiment ID does not match environment run ID. Make sure ` +
        '--experiment-name or --experiment-id matches experiment set with set_experiment(), or just use command-line arguments',
    );
  }
  if (info.lifecycleStage === 'deleted') {
    throw new MlflowError(`Cannot start run with ID ${runId} because it is in the deleted state.`);
  }
  const tags = describedTags(options);
  await client.updateRun({ runId, status: 'RUNNING', name: options.runName ?? undefined });
  await client.logBatch({ runId, tags });
  return client.getRun({ runId });
}

async function newRun(options: StartRunOptions, context: StartRunContext): Promise<Run> {
  const { client } = context;
  const innermost = context.activeRuns.at(-1)?.info.runId;
  if (options.parentRunId) await checkParent(options.parentRunId, innermost, client);
  const parent = options.parentRunId || innermost;
  const tags = {
    ...describedTags(options),
    ...(parent === undefined ? {} : { 'mlflow.parentRunId': parent }),
    ...(options.runName ? { 'mlflow.runName': options.runName } : {}),
  };
  return client.createRun({
    experimentId: options.experimentId ?? (await context.currentExperimentId()),
    tags: context.contextTags(tags),
    runName: options.runName ?? undefined,
  });
}

async function checkParent(parentRunId: string, innermost: string | undefined, client: MlflowClient): Promise<void> {
  validateRunId(parentRunId);
  if (innermost !== undefined && innermost !== parentRunId) {
    throw new MlflowError(
      `Current run with UUID ${innermost} does not match the specified parent_run_id ${parentRunId}. To start a new nested ` +
        `run under the parent run with UUID ${innermost}, first end the current run with mlflow.end_run().`,
    );
  }
  const { info } = await client.getRun({ runId: parentRunId });
  if (info.lifecycleStage === 'deleted') {
    throw new MlflowError(
      `Cannot start run under parent run with ID ${parentRunId} because it is in the deleted state.`,
    );
  }
}

import { commands, l10n, QuickPickItemKind, Uri, type QuickPickItem } from 'vscode';
import { formatBytes } from '../../core/format.js';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import { chooseSource } from './chooseSource.js';
import { runArguments, runItems, type RunItem } from './chooseRun.js';
import { commandStep, offer, type Command } from './command.js';
import { fromStores, requireStore } from './fromStores.js';
import type { RunReference } from './groupRuns.js';
import { mlmodelEditor, mlmodelUri } from './modelCommands.js';
import { multiStep, type StepContext } from './multiStep.js';
import { withProgress } from './progress.js';
import { confirmStep, exampleStep, saveOptions, taskStep, weightsStep, type SaveAnswers } from './saveQuestions.js';

/** Logs checkpoints to runs. */
export const logCommands: readonly Command[] = [{ id: 'mlflow.logModel', needsTrust: true, run: logModel }];

/** Where a new run is made. */
interface ExperimentReference {
  storeUri: string;
  name: string;
  /** `undefined`: the experiment is made with the run. */
  experimentId: string | undefined;
}

interface LogAnswers extends SaveAnswers {
  name?: string;
  /** `undefined`: a new run. */
  run?: RunReference | undefined;
  experiment?: ExperimentReference;
}

/** Logs a checkpoint to a run and opens the logged model in the inspector. @returns its URI */
async function logModel(services: HostServices, argument: unknown): Promise<string> {
  const title = l10n.t('Log model');
  const [given] = runArguments(argument, undefined);
  await requireStore(services, title);
  const source = await chooseSource(services, argument instanceof Uri ? argument : undefined, title);
  const answers = await multiStep<LogAnswers>(title, { run: given }, [
    taskStep(source),
    weightsStep(source),
    {
      ask: async (before, context) => ({
        ...before,
        name: await context.ask({
          prompt: l10n.t('Name of the logged model'),
          value: before.name ?? source.name.replace(/[/:.%"']/g, '-'),
          validate: (text) => (/^[^/:.%"']+$/.test(text.trim()) ? undefined : l10n.t('A name without / : . % " or \'')),
        }),
      }),
    },
    {
      isNeeded: () => given === undefined,
      ask: async (before, context) => ({ ...before, run: await askRun(services, context) }),
    },
    {
      isNeeded: ({ run }) => run === undefined,
      ask: async (before, context) => ({ ...before, experiment: await askExperiment(services, context) }),
    },
    exampleStep(),
    confirmStep(services, source, ({ run, experiment }) =>
      run === undefined
        ? l10n.t('Log to a new run of {0}', experiment?.name ?? '')
        : l10n.t('Log to {0}', run.run.info.runName),
    ),
  ]);
  const { name = '', experiment } = answers;
  const library = await services.library();
  const { storeUri, runId, end } =
    answers.run === undefined ? await newRun(services, experiment) : existingRun(services, answers.run);
  library.setTrackingUri(storeUri);
  const logged = await withProgress(l10n.t('Logging {0}', name), (options) =>
    library.transformers.logModel(source.nameOrPath, { ...saveOptions(answers), ...options, name, runId }),
  ).catch(async (error: unknown) => {
    await end(MlflowError.from(error).errorCode === 'CANCELLED' ? 'CANCELLED' : 'FAILED');
    throw error;
  });
  await end('FINISHED');
  const model = { name, uri: logged.modelUri, storeUri, location: undefined, summary: undefined };
  await commands.executeCommand('vscode.openWith', await mlmodelUri(services, model), mlmodelEditor);
  const isReference = answers.savePretrained === false;
  offer(services, {
    message: isReference
      ? l10n.t('Logged {0}; its weights stay on the Hub.', name)
      : l10n.t('Logged {0}, {1}.', name, formatBytes(source.sizeBytes)),
    warnings: logged.warnings,
    steps: isReference
      ? [commandStep(l10n.t('Persist Weights'), 'mlflow.persistPretrainedModel', model)]
      : [
          commandStep(l10n.t('Prompt'), 'mlflow.promptModel', model),
          commandStep(l10n.t('Register…'), 'mlflow.registerModel', model),
        ],
  });
  return logged.modelUri;
}

/** The run to log to; `undefined` for a new one. */
async function askRun(services: HostServices, context: StepContext): Promise<RunReference | undefined> {
  const isNew: RunItem = { label: `$(add) ${l10n.t('New run…')}`, alwaysShow: true };
  const existing = runItems(services).catch((error: unknown) => {
    if (MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST')) return [];
    throw error;
  });
  const items = existing.then((runs) => [isNew, ...runs]);
  return (await context.pick({ placeholder: l10n.t('Log to which run?'), items })).reference;
}

interface ExperimentItem extends QuickPickItem {
  experiment?: ExperimentReference;
}

async function askExperiment(services: HostServices, context: StepContext): Promise<ExperimentReference> {
  const items = fromStores(services, async ({ tracking }, { uri: storeUri, location }): Promise<ExperimentItem[]> => {
    const { items: experiments } = await tracking.searchExperiments({ maxResults: 1000 });
    return [
      { label: location.label, kind: QuickPickItemKind.Separator },
      ...experiments.map(({ experimentId, name }) => ({
        label: `$(beaker) ${name}`,
        experiment: { storeUri, name, experimentId },
      })),
      {
        label: `$(add) ${l10n.t('New experiment…')}`,
        alwaysShow: true,
        experiment: { storeUri, name: '', experimentId: undefined },
      },
    ];
  });
  const { experiment } = await context.pick({ placeholder: l10n.t('Experiment of the new run'), items });
  if (experiment === undefined) throw MlflowError.cancelled();
  if (experiment.experimentId !== undefined) return experiment;
  const name = await context.ask({
    prompt: l10n.t('Name of the new experiment'),
    validate: (text) => (text.trim() === '' ? l10n.t('An experiment needs a name.') : undefined),
  });
  return { ...experiment, name };
}

/** A run that the log goes to, and what becomes of it afterwards. */
interface LogTarget {
  storeUri: string;
  runId: string;
  end(outcome: 'FINISHED' | 'FAILED' | 'CANCELLED'): Promise<void>;
}

/** A run of the log's own: it ends with it, and goes with a log that was cancelled. */
async function newRun({ stores, view }: HostServices, experiment: ExperimentReference | undefined): Promise<LogTarget> {
  const session = experiment && (await stores.get(experiment.storeUri)?.open());
  if (experiment === undefined || session === undefined) throw MlflowError.cancelled();
  const { tracking } = session;
  const { storeUri, name } = experiment;
  const experimentId = experiment.experimentId ?? (await tracking.createExperiment({ name }));
  const { info } = await tracking.createRun({ experimentId, startTime: Date.now() });
  const { runId } = info;
  return {
    storeUri,
    runId,
    async end(outcome) {
      const status = outcome === 'FINISHED' ? 'FINISHED' : 'FAILED';
      await tracking.updateRun({ runId, status, endTime: Date.now() });
      if (outcome === 'CANCELLED') {
        await tracking.deleteRun({ runId });
        if (experiment.experimentId === undefined) await tracking.deleteExperiment({ experimentId });
      }
      await view.storeChanged(storeUri);
    },
  };
}

function existingRun({ view }: HostServices, { storeUri, run }: RunReference): LogTarget {
  return { storeUri, runId: run.info.runId, end: () => view.storeChanged(storeUri) };
}

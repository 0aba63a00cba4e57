import { stat } from 'node:fs/promises';
import path from 'node:path';
import { commands, l10n, Uri, window, workspace } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import { defaultTaskOfLlmTask, llmTaskPrefix, supportedTasks } from '../../core/transformers/tasks.js';
import type { SaveOptions } from '../flavorLibrary.js';
import type { HostServices } from '../hostServices.js';
import { saveSettings } from '../settings/settings.js';
import { chooseCheckpoint, type Checkpoint } from './chooseCheckpoint.js';
import { chooseRun, type RunReference } from './chooseRun.js';
import type { Command } from './command.js';
import { mlmodelEditor, mlmodelUri } from './modelCommands.js';
import { multiStep, type Step, type StepContext } from './multiStep.js';
import { previewMlmodel } from './previewMlmodel.js';
import { withProgress } from './progress.js';

/** Commands that make models from checkpoints. */
export const saveCommands: readonly Command[] = [
  { id: 'mlflow.saveModel', needsTrust: true, run: saveModel },
  { id: 'mlflow.logModel', needsTrust: true, run: logModel },
];

const llmTasks = ['llm/v1/completions', 'llm/v1/chat', 'llm/v1/embeddings'] as const;

interface SaveAnswers {
  task?: string;
  target?: string;
}

/** Saves a checkpoint as a model folder and opens it in the inspector. @returns the folder */
async function saveModel(services: HostServices, argument: unknown): Promise<string> {
  const checkpoint = await chooseCheckpoint(argument);
  const steps: Step<SaveAnswers>[] = [
    async (answers, context) => ({ ...answers, task: await askTask(checkpoint, context) }),
    async (answers, context) => ({ ...answers, target: await askTarget(checkpoint, context) }),
    async (answers, context) => {
      await confirm(
        services,
        checkpoint,
        { task: answers.task },
        l10n.t('Save into {0}', answers.target ?? ''),
        context,
      );
      return answers;
    },
  ];
  const { task, target } = await multiStep<SaveAnswers>(l10n.t('Save model'), {}, steps);
  if (target === undefined) throw MlflowError.cancelled();
  const library = await services.library();
  const saved = await withProgress(l10n.t('Saving {0}', path.basename(target)), (options) =>
    library.transformers.saveModel(checkpoint.folder, target, { ...saveSettings(), ...options, task }),
  );
  await services.workspaceStores.search();
  tellWarnings(services, saved.warnings);
  await commands.executeCommand('vscode.openWith', Uri.file(path.join(saved.path, 'MLmodel')), mlmodelEditor);
  return saved.path;
}

interface LogAnswers {
  task?: string;
  name?: string;
  /** `undefined`: a new run. */
  run?: RunReference | undefined;
}

/** Logs a checkpoint to a run and opens the logged model in the inspector. @returns its URI */
async function logModel(services: HostServices, argument: unknown): Promise<string> {
  const isFolder = argument instanceof Uri;
  const given = isFolder ? undefined : argument;
  const checkpoint = await chooseCheckpoint(isFolder ? argument : undefined);
  const steps: Step<LogAnswers>[] = [
    async (answers, context) => ({ ...answers, task: await askTask(checkpoint, context) }),
    async (answers, context) => ({
      ...answers,
      name: await context.ask({
        prompt: l10n.t('Name of the logged model'),
        value: path.basename(checkpoint.folder).replace(/[/:.%"']/g, '-'),
        validate: (text) => (/^[^/:.%"']+$/.test(text.trim()) ? undefined : l10n.t('A name without / : . % " or \'')),
      }),
    }),
    async (answers, context) => ({ ...answers, run: await askRun(services, given, context) }),
    async (answers, context) => {
      const place = answers.run?.run.info.runName ?? l10n.t('a new run');
      await confirm(services, checkpoint, { task: answers.task }, l10n.t('Log to {0}', place), context);
      return answers;
    },
  ];
  const { task, name, run } = await multiStep<LogAnswers>(l10n.t('Log model'), {}, steps);
  const { storeUri, runId, isNew } = run === undefined ? await newRun(services) : { ...idOf(run), isNew: false };
  const library = await services.library();
  library.setTrackingUri(storeUri);
  try {
    const logged = await withProgress(l10n.t('Logging {0}', name ?? ''), (options) =>
      library.transformers.logModel(checkpoint.folder, {
        ...saveSettings(),
        ...options,
        task,
        name: name ?? '',
        runId,
      }),
    );
    await endRun(services, storeUri, runId, isNew, 'FINISHED');
    tellWarnings(services, logged.warnings);
    const model = { name: name ?? '', uri: logged.modelUri, storeUri, location: undefined, summary: undefined };
    await commands.executeCommand('vscode.openWith', await mlmodelUri(services, model), mlmodelEditor);
    return logged.modelUri;
  } catch (error) {
    await endRun(services, storeUri, runId, isNew, 'FAILED');
    throw error;
  }
}

async function askTask({ task, modelClass }: Checkpoint, context: StepContext): Promise<string> {
  const found = task === null ? [] : [task, ...llmTasks.filter((name) => defaultTaskOfLlmTask(name) === task)];
  const others = supportedTasks().filter((name) => !found.includes(name));
  const items = [...found, ...others].map((label) => ({
    label,
    description:
      label === task
        ? l10n.t('found from {0}', modelClass ?? 'README.md')
        : label.startsWith(llmTaskPrefix)
          ? l10n.t('answers in the form of an LLM API')
          : '',
  }));
  const placeholder = task === null ? l10n.t('The files do not tell the task: what does it do?') : l10n.t('Task');
  return (await context.pick({ placeholder, items, activeItem: items[0] })).label;
}

function askTarget({ folder }: Checkpoint, context: StepContext): Promise<string> {
  const base = workspace.workspaceFolders?.[0]?.uri.fsPath ?? path.dirname(folder);
  return context.ask({
    prompt: l10n.t('Folder of the model; it must be new or empty'),
    value: path.join(base, `${path.basename(folder)}-model`),
    validate: (text) => targetProblem(text.trim(), folder),
  });
}

async function targetProblem(target: string, source: string): Promise<string | undefined> {
  if (!path.isAbsolute(target)) return l10n.t('A whole path, from the root.');
  const inside = path.relative(source, target);
  if (inside === '' || (!inside.startsWith('..') && !path.isAbsolute(inside))) {
    return l10n.t('The folder lies inside the checkpoint.');
  }
  const exists = await stat(target).then(
    () => true,
    () => false,
  );
  return exists ? l10n.t('This folder exists already. Choose another name.') : undefined;
}

/** The last step: to go on, or to look at the MLmodel file first. */
async function confirm(
  services: HostServices,
  checkpoint: Checkpoint,
  options: SaveOptions,
  label: string,
  context: StepContext,
): Promise<void> {
  for (;;) {
    const start = { label: `$(check) ${label}`, description: checkpoint.modelClass ?? '', isPreview: false };
    const preview = { label: `$(preview) ${l10n.t('Preview MLmodel')}`, description: '', isPreview: true };
    const chosen = await context.pick({ placeholder: checkpoint.folder, items: [start, preview] });
    if (!chosen.isPreview) return;
    await previewMlmodel(services, checkpoint.folder, { ...saveSettings(), ...options });
  }
}

async function askRun(
  services: HostServices,
  argument: unknown,
  context: StepContext,
): Promise<RunReference | undefined> {
  const node = argument as { kind?: string } | undefined;
  if (node?.kind === 'run') return chooseRun(services, argument, '');
  const chosen = await context.pick({
    placeholder: l10n.t('Log to which run?'),
    items: [
      { label: `$(add) ${l10n.t('New run')}`, isNew: true },
      { label: `$(list-unordered) ${l10n.t('An existing run…')}`, isNew: false },
    ],
  });
  return chosen.isNew ? undefined : chooseRun(services, undefined, l10n.t('Log to which run?'));
}

/** Makes a run in an experiment that the user chooses. */
async function newRun({ stores }: HostServices): Promise<{ storeUri: string; runId: string; isNew: true }> {
  const lists = await Promise.all(
    stores.all.map(async (connection) => {
      const { tracking } = await connection.open();
      const { items } = await tracking.searchExperiments({ maxResults: 1000 });
      return items.map(({ experimentId, name }) => ({
        label: name,
        description: connection.location.label,
        storeUri: connection.uri,
        experimentId,
      }));
    }),
  );
  const items = lists.flat();
  if (items.length === 0) {
    throw MlflowError.doesNotExist(l10n.t('There is no experiment in the open stores. Create a store first.'));
  }
  const chosen = await window.showQuickPick(items, { title: l10n.t('Experiment of the new run') });
  if (chosen === undefined) throw MlflowError.cancelled();
  const session = await stores.get(chosen.storeUri)?.open();
  if (session === undefined) throw MlflowError.cancelled();
  const run = await session.tracking.createRun({ experimentId: chosen.experimentId, startTime: Date.now() });
  return { storeUri: chosen.storeUri, runId: run.info.runId, isNew: true };
}

async function endRun(
  { stores, view }: HostServices,
  storeUri: string,
  runId: string,
  isNew: boolean,
  status: 'FINISHED' | 'FAILED',
): Promise<void> {
  const session = await stores.get(storeUri)?.open();
  if (isNew) await session?.tracking.updateRun({ runId, status, endTime: Date.now() });
  await view.storeChanged(storeUri);
}

function idOf({ storeUri, run }: RunReference): { storeUri: string; runId: string } {
  return { storeUri, runId: run.info.runId };
}

function tellWarnings({ log }: HostServices, warnings: readonly string[]): void {
  for (const warning of warnings) log.warn(warning);
  const [first, ...others] = warnings;
  if (first === undefined) return;
  const showLog = l10n.t('Show Log');
  const text = others.length === 0 ? first : l10n.t('{0} ({1} more in the log)', first, others.length);
  void window.showWarningMessage(text, showLog).then((chosen) => {
    if (chosen === showLog) log.show();
  });
}

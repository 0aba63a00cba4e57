import { commands, env, l10n, window } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import type { StoreSession } from '../stores/storeSession.js';
import { plural } from '../tree/describeNode.js';
import type { EntryNode, ExperimentNode, RunNode } from '../tree/treeNode.js';
import { chooseRun, pickRuns, runArguments, type RunReference } from './chooseRun.js';
import { tell, type Command } from './command.js';

/** Commands on runs. Those that write go to the store directly; the tree follows at once. */
export const runCommands: readonly Command[] = [
  { id: 'mlflow.goToRun', needsTrust: false, run: goToRun },
  { id: 'mlflow.copyRunId', needsTrust: false, run: copyRunId },
  { id: 'mlflow.renameRun', needsTrust: true, run: renameRun },
  { id: 'mlflow.setRunTag', needsTrust: true, run: setRunTag },
  { id: 'mlflow.deleteRunTag', needsTrust: true, run: deleteRunTag },
  { id: 'mlflow.deleteRun', needsTrust: true, run: deleteRuns },
  { id: 'mlflow.restoreRun', needsTrust: true, run: restoreRuns },
];

async function goToRun(services: HostServices): Promise<void> {
  const { run, storeUri } = await chooseRun(services, undefined, l10n.t('Go to run'));
  await commands.executeCommand('mlflow.runsAndModels.focus');
  const { view } = services;
  const isExperiment = (node: { kind: string }): node is ExperimentNode => node.kind === 'experiment';
  const experiment = view.tree
    .all(isExperiment)
    .find((node) => node.storeUri === storeUri && node.experiment.experimentId === run.info.experimentId);
  if (experiment === undefined) return;
  await view.reveal(experiment);
  const isRun = (node: { kind: string }): node is RunNode => node.kind === 'run';
  const find = (): RunNode | undefined => view.tree.all(isRun).find((node) => node.run.info.runId === run.info.runId);
  if (find() === undefined) await view.change({ filterString: `attributes.run_id = '${run.info.runId}'` });
  await view.tree.children(experiment);
  const node = find();
  if (node !== undefined) await view.reveal(node);
}

async function copyRunId(_services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const ids = runArguments(first, selected).map(({ run }) => run.info.runId);
  await env.clipboard.writeText(ids.join('\n'));
  tell(l10n.t('Copied {0}', ids.join(', ')));
}

async function renameRun(services: HostServices, argument: unknown): Promise<void> {
  const { storeUri, run } = await chooseRun(services, argument, l10n.t('Rename run'));
  const runName = await window.showInputBox({
    title: l10n.t('Rename run'),
    value: run.info.runName,
    validateInput: (text) => (text.trim() === '' ? l10n.t('A run needs a name.') : undefined),
  });
  if (runName === undefined || runName === run.info.runName) return;
  await write(services, storeUri, ({ tracking }) =>
    tracking.updateRun({ runId: run.info.runId, runName: runName.trim() }),
  );
}

async function setRunTag(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const runs = await chosenRuns(services, first, selected, l10n.t('Set tag'));
  const key = await window.showInputBox({
    title: l10n.t('Set tag (1/2)'),
    prompt: l10n.t('Name of the tag'),
    validateInput: tagKeyProblem,
  });
  if (key === undefined) return;
  const value = await window.showInputBox({
    title: l10n.t('Set tag (2/2)'),
    prompt: l10n.t('Value of {0}', key),
    value: runs[0]?.run.data.tags[key] ?? '',
  });
  if (value === undefined) return;
  await writeAll(services, runs, ({ tracking }, runId) => tracking.setTag({ runId, key, value }));
}

async function deleteRunTag(services: HostServices, node: unknown): Promise<void> {
  const { storeUri, runId, key } = node as EntryNode;
  await write(services, storeUri, ({ tracking }) => tracking.deleteTag({ runId, key }));
}

async function deleteRuns(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const runs = await chosenRuns(services, first, selected, l10n.t('Delete runs'));
  const remove = l10n.t('Delete');
  const names = runs.map(({ run }) => run.info.runName).join(', ');
  const answer = await window.showWarningMessage(
    l10n.t('Delete {0}?', runs.length === 1 ? names : plural(runs.length, 'run')),
    { modal: true, detail: l10n.t('Deleted runs can be restored until the store is cleaned with "mlflow gc".') },
    remove,
  );
  if (answer !== remove) return;
  await writeAll(services, runs, ({ tracking }, runId) => tracking.deleteRun({ runId }));
}

async function restoreRuns(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const runs = runArguments(first, selected);
  if (runs.length === 0) {
    throw MlflowError.invalidParameter(l10n.t('Show deleted runs in the tree and choose one of them to restore it.'));
  }
  await writeAll(services, runs, ({ tracking }, runId) => tracking.restoreRun({ runId }));
}

async function chosenRuns(
  services: HostServices,
  first: unknown,
  selected: unknown,
  title: string,
): Promise<RunReference[]> {
  const given = runArguments(first, selected);
  const runs = given.length > 0 ? given : await pickRuns(services, title, true);
  if (runs.length === 0) throw MlflowError.cancelled();
  return runs;
}

async function writeAll(
  services: HostServices,
  runs: readonly RunReference[],
  work: (session: StoreSession, runId: string) => Promise<unknown>,
): Promise<void> {
  for (const { storeUri, run } of runs) {
    await write(services, storeUri, (session) => work(session, run.info.runId));
  }
}

/** Writes into a store and shows what became of it. */
export async function write<T>(
  { stores, view }: HostServices,
  storeUri: string,
  work: (session: StoreSession) => Promise<T>,
): Promise<T> {
  const connection = stores.get(storeUri);
  if (connection === undefined) {
    throw MlflowError.doesNotExist(l10n.t('The store {0} is not open any more.', storeUri), { reason: 'storeMissing' });
  }
  const result = await work(await connection.open());
  await view.storeChanged(storeUri);
  return result;
}

function tagKeyProblem(text: string): string | undefined {
  if (text.trim() === '') return l10n.t('A tag needs a name.');
  if (text.length > 250) return l10n.t('At most 250 characters.');
  return undefined;
}

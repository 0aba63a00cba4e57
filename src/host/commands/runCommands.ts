import { commands, env, l10n, window } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { HostServices } from '../hostServices.js';
import type { StoreSession } from '../stores/storeSession.js';
import { visibleTags } from '../tree/runSectionLoader.js';
import type { EntryNode, ExperimentNode, RunNode } from '../tree/treeNode.js';
import { chooseRun, chooseRuns } from './chooseRun.js';
import { tell, type Command } from './command.js';
import type { RunReference } from './groupRuns.js';

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

async function copyRunId(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const runs = await chooseRuns(services, first, selected, { title: l10n.t('Copy run ID') });
  const ids = runs.map(({ run }) => run.info.runId);
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
  const runs = await chooseRuns(services, first, selected, { title: l10n.t('Set tag') });
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

async function deleteRunTag(services: HostServices, argument: unknown): Promise<void> {
  const { storeUri, runId, key } = isTag(argument) ? argument : await chooseTag(services);
  await write(services, storeUri, ({ tracking }) => tracking.deleteTag({ runId, key }));
}

function isTag(argument: unknown): argument is EntryNode {
  return typeof argument === 'object' && argument !== null && (argument as Partial<EntryNode>).kind === 'tag';
}

async function chooseTag(services: HostServices): Promise<{ storeUri: string; runId: string; key: string }> {
  const title = l10n.t('Delete tag');
  const { storeUri, run } = await chooseRun(services, undefined, title);
  const items = visibleTags(run).map(([key, value]) => ({ label: key, description: value }));
  if (items.length === 0) throw MlflowError.doesNotExist(l10n.t('{0} has no tags.', run.info.runName));
  const chosen = await window.showQuickPick(items, { title, placeHolder: run.info.runName });
  if (chosen === undefined) throw MlflowError.cancelled();
  return { storeUri, runId: run.info.runId, key: chosen.label };
}

async function deleteRuns(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const runs = await chooseRuns(services, first, selected, { title: l10n.t('Delete runs') });
  const remove = l10n.t('Delete');
  const names = runs.map(({ run }) => run.info.runName).join(', ');
  const answer = await window.showWarningMessage(
    runs.length === 1 ? l10n.t('Delete {0}?', names) : l10n.t('Delete {0} runs?', runs.length),
    { modal: true, detail: l10n.t('Deleted runs can be restored until the store is cleaned with "mlflow gc".') },
    remove,
  );
  if (answer !== remove) return;
  await writeAll(services, runs, ({ tracking }, runId) => tracking.deleteRun({ runId }));
}

async function restoreRuns(services: HostServices, first: unknown, selected: unknown): Promise<void> {
  const runs = await chooseRuns(services, first, selected, {
    title: l10n.t('Restore runs'),
    viewType: 'DELETED_ONLY',
  });
  await writeAll(services, runs, ({ tracking }, runId) => tracking.restoreRun({ runId }));
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

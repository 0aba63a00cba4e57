import { l10n, window } from 'vscode';
import { formatAge } from '../../core/format.js';
import { MlflowError } from '../../core/errors.js';
import type { Run } from '../../core/tracking/entities.js';
import type { HostServices } from '../hostServices.js';
import type { StoreConnection } from '../stores/storeConnection.js';
import type { TreeNode } from '../tree/treeNode.js';

/** A run with the store it is in. */
export interface RunReference {
  storeUri: string;
  run: Run;
}

/** Newest runs offered; typing narrows them, the tree has all. */
const maxRuns = 300;

/** Runs a command was started on: a node, or every run of a multiple selection. */
export function runArguments(first: unknown, selected: unknown): RunReference[] {
  const nodes = (Array.isArray(selected) && selected.length > 0 ? selected : [first]) as (TreeNode | undefined)[];
  return nodes.flatMap((node) => (node?.kind === 'run' ? [{ storeUri: node.storeUri, run: node.run }] : []));
}

/** The run a command was started on, or the one that the user chooses. @throws MlflowError CANCELLED */
export async function chooseRun(services: HostServices, argument: unknown, title: string): Promise<RunReference> {
  const run = runArguments(argument, undefined)[0] ?? (await pickRuns(services, title, false))[0];
  if (run === undefined) throw MlflowError.cancelled();
  return run;
}

/** A choice among the newest runs of the open stores. */
export async function pickRuns(services: HostServices, title: string, canPickMany: boolean): Promise<RunReference[]> {
  const items = listRuns(services.stores.all).then((runs) =>
    runs.map((reference) => ({
      reference,
      label: reference.run.info.runName || reference.run.info.runId,
      description: `${reference.experimentName} · ${formatAge(reference.run.info.startTime, Date.now())}`,
      detail: reference.run.info.runId,
    })),
  );
  const options = { title, matchOnDescription: true, matchOnDetail: true, placeHolder: l10n.t('Choose a run') };
  const chosen = canPickMany
    ? await window.showQuickPick(items, { ...options, canPickMany: true })
    : await window.showQuickPick(items, options);
  const list = chosen === undefined ? [] : Array.isArray(chosen) ? chosen : [chosen];
  return list.map(({ reference }) => ({ storeUri: reference.storeUri, run: reference.run }));
}

async function listRuns(
  connections: readonly StoreConnection[],
): Promise<(RunReference & { experimentName: string })[]> {
  const lists = await Promise.all(
    connections.map(async (connection) => {
      const { tracking } = await connection.open();
      const { items: experiments } = await tracking.searchExperiments({ maxResults: 1000 });
      const names = new Map(experiments.map((experiment) => [experiment.experimentId, experiment.name]));
      if (names.size === 0) return [];
      const page = await tracking.searchRuns({ experimentIds: [...names.keys()], maxResults: maxRuns });
      return page.items.map((run) => ({
        storeUri: connection.uri,
        run,
        experimentName: names.get(run.info.experimentId) ?? run.info.experimentId,
      }));
    }),
  );
  const runs = lists.flat();
  if (runs.length === 0) throw MlflowError.doesNotExist(l10n.t('There is no run in the open stores.'));
  return runs.sort((left, right) => right.run.info.startTime - left.run.info.startTime);
}

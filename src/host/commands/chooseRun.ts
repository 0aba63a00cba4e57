import { l10n, QuickPickItemKind, window, type QuickPickItem } from 'vscode';
import { formatAge } from '../../core/format.js';
import { MlflowError } from '../../core/errors.js';
import type { Run, ViewType } from '../../core/tracking/entities.js';
import type { HostServices } from '../hostServices.js';
import type { TreeNode } from '../tree/treeNode.js';
import { fromStores, requireStore } from './fromStores.js';
import { groupRuns, type ListedRun, type RunReference } from './groupRuns.js';

/** Newest runs of a store that are offered; typing narrows them, the tree has all. */
const maxRuns = 300;

/** Runs a command was started on: a node, or every run of a multiple selection. */
export function runArguments(first: unknown, selected: unknown): RunReference[] {
  const nodes = (Array.isArray(selected) && selected.length > 0 ? selected : [first]) as (TreeNode | undefined)[];
  return nodes.flatMap((node) => (node?.kind === 'run' ? [{ storeUri: node.storeUri, run: node.run }] : []));
}

export interface RunItem extends QuickPickItem {
  reference?: RunReference;
}

export interface RunChoice {
  title: string;
  /** The runs of its experiment come first, and it is left out itself. */
  beside?: RunReference | undefined;
  viewType?: ViewType | undefined;
}

/** The run a command was started on, or the one that the user chooses. @throws MlflowError CANCELLED */
export async function chooseRun(
  services: HostServices,
  argument: unknown,
  choice: RunChoice | string,
): Promise<RunReference> {
  const [given] = runArguments(argument, undefined);
  if (given !== undefined) return given;
  const { title, beside, viewType } = typeof choice === 'string' ? { title: choice } : choice;
  await requireStore(services, title);
  const chosen = await window.showQuickPick(runItems(services, { beside, viewType }), pickOptions(title));
  if (chosen?.reference === undefined) throw MlflowError.cancelled();
  return chosen.reference;
}

/** The runs a command was started on, or those that the user chooses. @throws MlflowError CANCELLED */
export async function chooseRuns(
  services: HostServices,
  first: unknown,
  selected: unknown,
  { title, viewType }: Omit<RunChoice, 'beside'>,
): Promise<RunReference[]> {
  const given = runArguments(first, selected);
  if (given.length > 0) return given;
  await requireStore(services, title);
  const options = { ...pickOptions(title), canPickMany: true as const };
  const chosen = (await window.showQuickPick(runItems(services, { viewType }), options)) ?? [];
  const runs = chosen.flatMap(({ reference }) => reference ?? []);
  if (runs.length === 0) throw MlflowError.cancelled();
  return runs;
}

function pickOptions(title: string) {
  return {
    title,
    matchOnDescription: true,
    matchOnDetail: true,
    placeHolder: l10n.t('Type to find a run by its name'),
  };
}

/** The newest runs of the open stores, a group an experiment. @throws MlflowError when there is none */
export async function runItems(
  services: HostServices,
  { beside, viewType }: Pick<RunChoice, 'beside' | 'viewType'> = {},
): Promise<RunItem[]> {
  const runs = await fromStores(services, async ({ tracking }, connection): Promise<ListedRun[]> => {
    const { items: experiments } = await tracking.searchExperiments({ maxResults: 1000 });
    const names = new Map(experiments.map((experiment) => [experiment.experimentId, experiment.name]));
    if (names.size === 0) return [];
    const search = async (experimentIds: string[]): Promise<Run[]> =>
      (await tracking.searchRuns({ experimentIds, maxResults: maxRuns, runViewType: viewType ?? 'ACTIVE_ONLY' })).items;
    // Many newer runs elsewhere must not push out those that are looked for first.
    const near = beside?.storeUri === connection.uri ? await search([beside.run.info.experimentId]) : [];
    const known = new Set(near.map((run) => run.info.runId));
    const others = (await search([...names.keys()])).filter((run) => !known.has(run.info.runId));
    return [...near, ...others].map((run) => ({
      storeUri: connection.uri,
      storeLabel: connection.location.label,
      run,
      experimentName: names.get(run.info.experimentId) ?? run.info.experimentId,
    }));
  });
  const groups = groupRuns(runs, beside);
  if (groups.length === 0) throw MlflowError.doesNotExist(noneText(beside, viewType));
  const hasStores = services.stores.all.length > 1;
  return groups.flatMap(({ experimentName, storeLabel, runs: members }): RunItem[] => [
    {
      label: hasStores ? `${experimentName} · ${storeLabel}` : experimentName,
      kind: QuickPickItemKind.Separator,
    },
    ...members.map(runItem),
  ]);
}

function runItem({ storeUri, run }: ListedRun): RunItem {
  const { runName, runId, startTime } = run.info;
  return {
    label: runName || runId,
    description: formatAge(startTime, Date.now()),
    detail: runId,
    reference: { storeUri, run },
  };
}

function noneText(beside: RunReference | undefined, viewType: ViewType | undefined): string {
  if (viewType === 'DELETED_ONLY') return l10n.t('There is no deleted run in the open stores.');
  return beside === undefined
    ? l10n.t('There is no run in the open stores.')
    : l10n.t('There is no other run in the open stores.');
}

import { env, l10n, window, type QuickPickItem } from 'vscode';
import { MlflowError } from '../../core/errors.js';
import type { Run } from '../../core/tracking/entities.js';
import type { HostServices } from '../hostServices.js';
import { orderByTerm } from '../tree/runView.js';
import type { ArtifactNode, ExperimentNode, RunColumn, TreeNode } from '../tree/treeNode.js';
import { openArtifact } from './openArtifact.js';
import { tell, type Command } from './command.js';

/** Commands on what the tree shows: refresh, filter, order, columns, paging. */
export const viewCommands: readonly Command[] = [
  { id: 'mlflow.refresh', needsTrust: false, run: refresh },
  { id: 'mlflow.filterRuns', needsTrust: false, run: filterRuns },
  {
    id: 'mlflow.clearRunFilter',
    needsTrust: false,
    run: ({ view }) => view.change({ filterString: '' }),
  },
  { id: 'mlflow.sortRuns', needsTrust: false, run: sortRuns },
  { id: 'mlflow.chooseRunColumns', needsTrust: false, run: chooseRunColumns },
  { id: 'mlflow.showDeletedRuns', needsTrust: false, run: ({ view }) => view.change({ showDeleted: true }) },
  { id: 'mlflow.hideDeletedRuns', needsTrust: false, run: ({ view }) => view.change({ showDeleted: false }) },
  {
    id: 'mlflow.loadMoreRuns',
    needsTrust: false,
    run: async ({ view }, node) => view.showMore(node as TreeNode),
  },
  { id: 'mlflow.retryStore', needsTrust: false, run: retryStore },
  {
    id: 'mlflow.openArtifact',
    needsTrust: false,
    run: (services, node) => openArtifact(services, node as ArtifactNode),
  },
  { id: 'mlflow.copyValue', needsTrust: false, run: (_services, node) => copyValue(node as TreeNode) },
];

async function refresh({ view, workspaceStores }: HostServices): Promise<void> {
  await workspaceStores.search();
  view.redrawAll();
}

async function retryStore({ stores, view }: HostServices, argument: unknown): Promise<void> {
  const storeUri = (argument as TreeNode | undefined)?.storeUri;
  const connections = storeUri === undefined ? stores.all : stores.all.filter(({ uri }) => uri === storeUri);
  await Promise.all(connections.map((connection) => connection.retry()));
  view.redrawAll();
}

async function filterRuns(services: HostServices): Promise<void> {
  const filterString = await window.showInputBox({
    title: l10n.t('Filter runs'),
    prompt: l10n.t(
      "MLflow's filter language: metrics.loss < 0.2 and params.lr = '0.001' and attributes.status = 'FINISHED'",
    ),
    placeHolder: 'metrics.accuracy > 0.9',
    value: services.view.current.filterString,
    validateInput: (text) => filterProblem(services, text),
  });
  if (filterString !== undefined) await services.view.change({ filterString: filterString.trim() });
}

/** What a store says against the filter; `undefined` when it understands it. */
async function filterProblem({ stores }: HostServices, text: string): Promise<string | undefined> {
  const filterString = text.trim();
  if (filterString === '') return undefined;
  for (const connection of stores.all) {
    try {
      const { tracking } = await connection.open();
      const { items } = await tracking.searchExperiments({ maxResults: 1 });
      const experimentIds = items.map((experiment) => experiment.experimentId);
      await tracking.searchRuns({ experimentIds, filterString, maxResults: 1 });
      return undefined;
    } catch (error) {
      if (MlflowError.is(error, 'INVALID_PARAMETER_VALUE')) return error.message;
    }
  }
  return undefined;
}

interface OrderItem extends QuickPickItem {
  orderBy: string[];
}

async function sortRuns(services: HostServices): Promise<void> {
  const { metrics, params } = await keysInUse(services);
  const both = (kind: 'metrics' | 'params' | 'attributes', key: string, label: string): OrderItem[] => [
    { label: `$(arrow-down) ${label}`, description: l10n.t('highest first'), orderBy: [orderByTerm(kind, key, false)] },
    { label: `$(arrow-up) ${label}`, description: l10n.t('lowest first'), orderBy: [orderByTerm(kind, key, true)] },
  ];
  const items: OrderItem[] = [
    { label: `$(arrow-down) ${l10n.t('Start time')}`, description: l10n.t('newest first'), orderBy: [] },
    {
      label: `$(arrow-up) ${l10n.t('Start time')}`,
      description: l10n.t('oldest first'),
      orderBy: [orderByTerm('attributes', 'start_time', true)],
    },
    { label: `$(arrow-up) ${l10n.t('Name')}`, orderBy: [orderByTerm('attributes', 'run_name', true)] },
    ...metrics.flatMap((key) => both('metrics', key, key)),
    ...params.flatMap((key) => both('params', key, key)),
  ];
  const current = JSON.stringify(services.view.current.orderBy);
  const chosen = await window.showQuickPick(
    items.map((item) =>
      JSON.stringify(item.orderBy) === current ? { ...item, detail: l10n.t('current order') } : item,
    ),
    { title: l10n.t('Sort runs'), matchOnDescription: true },
  );
  if (chosen !== undefined) await services.view.change({ orderBy: chosen.orderBy });
}

async function chooseRunColumns(services: HostServices): Promise<void> {
  const { metrics, params } = await keysInUse(services);
  const isChosen = (column: RunColumn): boolean =>
    (services.view.current.columns ?? []).some(({ kind, key }) => kind === column.kind && key === column.key);
  const item = (column: RunColumn) => ({
    label: column.key,
    description: column.kind === 'metrics' ? l10n.t('metric') : l10n.t('param'),
    picked: isChosen(column),
    column,
  });
  const chosen = await window.showQuickPick(
    [...metrics.map((key) => item({ kind: 'metrics', key })), ...params.map((key) => item({ kind: 'params', key }))],
    { title: l10n.t('Values shown beside the name of each run'), canPickMany: true },
  );
  if (chosen !== undefined) await services.view.change({ columns: chosen.map(({ column }) => column) });
}

/** Names of metrics and params among the newest runs of every experiment. */
async function keysInUse({ stores, view }: HostServices): Promise<{ metrics: string[]; params: string[] }> {
  const experiments = view.tree.all((node): node is ExperimentNode => node.kind === 'experiment');
  const pages = await Promise.all(
    experiments.map(async ({ storeUri, experiment }): Promise<Run[]> => {
      const session = await stores.get(storeUri)?.open();
      const page = await session?.tracking.searchRuns({ experimentIds: [experiment.experimentId], maxResults: 50 });
      return page?.items ?? [];
    }),
  );
  const unique = (keys: string[]): string[] => [...new Set(keys)].sort((a, b) => a.localeCompare(b));
  const runs = pages.flat();
  return {
    metrics: unique(runs.flatMap((run) => Object.keys(run.data.metrics))),
    params: unique(runs.flatMap((run) => Object.keys(run.data.params))),
  };
}

async function copyValue(node: TreeNode): Promise<void> {
  if (node.kind !== 'metric' && node.kind !== 'param' && node.kind !== 'tag') return;
  await env.clipboard.writeText(String(node.value));
  tell(l10n.t('Copied the value of {0}', node.key));
}

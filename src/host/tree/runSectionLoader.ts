import { l10n } from '../../core/l10n.js';
import type { Run } from '../../core/tracking/entities.js';
import type { StoreSession } from '../stores/storeSession.js';
import type { ModelLoader } from './modelLoader.js';
import { noteNode } from './nodeLoader.js';
import type { ArtifactNode, MetricNode, RunNode, RunSection, SectionNode, TreeNode } from './treeNode.js';

/** Metrics whose course is fetched; beyond them only the latest value is shown, so that opening stays fast. */
const maxHistories = 60;
/** Points of a course; a sparkline needs no more. */
const maxHistoryPoints = 2000;

/** The sections below a run; those that would be empty are left out, except the artifacts, which only opening tells. */
export function loadSections(node: RunNode): SectionNode[] {
  const { data } = node.run;
  const counts: [RunSection, number | undefined][] = [
    ['models', countModels(node.run)],
    ['metrics', Object.keys(data.metrics).length],
    ['params', Object.keys(data.params).length],
    ['tags', visibleTags(node.run).length],
    ['artifacts', undefined],
  ];
  return counts
    .filter(([, count]) => count !== 0)
    .map(([section, count]) => ({
      kind: 'section',
      id: `${node.id}|${section}`,
      parent: node,
      storeUri: node.storeUri,
      section,
      run: node.run,
      count,
    }));
}

export async function loadSection(session: StoreSession, models: ModelLoader, node: SectionNode): Promise<TreeNode[]> {
  switch (node.section) {
    case 'models':
      return orNote(node, await models.modelsOfRun(session, node));
    case 'metrics':
      return loadMetrics(session, node);
    case 'params':
      return Object.entries(node.run.data.params)
        .sort(byName)
        .map(([key, value]) => entry(node, 'param', key, value));
    case 'tags':
      return visibleTags(node.run)
        .sort(byName)
        .map(([key, value]) => entry(node, 'tag', key, value));
    case 'artifacts':
      return loadArtifacts(session, node, node.run.info.artifactUri, '');
  }
}

/** Models that were logged may have been deleted since. */
function orNote(parent: SectionNode, nodes: TreeNode[]): TreeNode[] {
  return nodes.length === 0 ? [noteNode(parent, l10n.t('Deleted'))] : nodes;
}

/** Folders first, then files, each by name. */
export async function loadArtifacts(
  session: StoreSession,
  parent: SectionNode | ArtifactNode,
  artifactUri: string,
  path: string,
): Promise<TreeNode[]> {
  const repository = await session.artifacts(artifactUri);
  const files = await repository.list(path === '' ? undefined : path);
  if (files.length === 0) return [noteNode(parent, path === '' ? l10n.t('No artifacts') : l10n.t('Empty'))];
  return files
    .sort((left, right) => Number(right.isDir) - Number(left.isDir) || left.path.localeCompare(right.path))
    .map((file) => ({
      kind: file.isDir ? 'artifactFolder' : 'artifactFile',
      id: `${parent.id}|${file.path.slice(file.path.lastIndexOf('/') + 1)}`,
      parent,
      storeUri: parent.storeUri,
      artifactUri,
      path: file.path,
      sizeBytes: file.fileSize,
    }));
}

async function loadMetrics(session: StoreSession, node: SectionNode): Promise<MetricNode[]> {
  const { runId } = node.run.info;
  const entries = Object.entries(node.run.data.metrics).sort(byName);
  return Promise.all(
    entries.map(async ([key, value], index): Promise<MetricNode> => {
      const history =
        index < maxHistories
          ? (await session.tracking.getMetricHistory({ runId, key, maxResults: maxHistoryPoints })).items
          : [];
      return {
        kind: 'metric',
        id: `${node.id}|${key}`,
        parent: node,
        storeUri: node.storeUri,
        runId,
        key,
        value,
        history: [...history]
          .sort((left, right) => left.step - right.step || left.timestamp - right.timestamp)
          .map((point) => point.value),
      };
    }),
  );
}

function entry(node: SectionNode, kind: 'param' | 'tag', key: string, value: string): TreeNode {
  const id = `${node.id}|${key}`;
  return { kind, id, parent: node, storeUri: node.storeUri, runId: node.run.info.runId, key, value };
}

function countModels(run: Run): number {
  return run.outputs.modelOutputs.length + loggedByMlflow2(run).length;
}

/** Models that MLflow 2 logged: folders among the run's artifacts, listed in a tag. Source: mlflow.tracking (log_model history). */
export function loggedByMlflow2(run: Run): { artifactPath: string }[] {
  const text = run.data.tags['mlflow.log-model.history'];
  if (text === undefined) return [];
  try {
    const entries = JSON.parse(text) as unknown;
    if (!Array.isArray(entries)) return [];
    return entries.flatMap((item: { artifact_path?: unknown } | null) =>
      typeof item?.artifact_path === 'string' && !item.artifact_path.includes('..')
        ? [{ artifactPath: item.artifact_path }]
        : [],
    );
  } catch {
    return [];
  }
}

/** Tags that people wrote; MLflow's own are in the hover card. */
export function visibleTags(run: Run): [string, string][] {
  return Object.entries(run.data.tags).filter(([key]) => !key.startsWith('mlflow.'));
}

function byName([left]: readonly [string, string | number], [right]: readonly [string, string | number]): number {
  return left.localeCompare(right);
}

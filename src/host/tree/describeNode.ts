import { formatBytes, formatDuration, formatScore, shortAge } from '../../core/format.js';
import { l10n } from '../../core/l10n.js';
import type { ModelSummary } from '../../core/mlmodel/modelSummary.js';
import type { Run, RunStatus } from '../../core/tracking/entities.js';
import type { RunCount } from '../../core/tracking/countRuns.js';
import type { GroupName, ModelNode, RunColumn, RunNode, RunSection, TreeNode } from './treeNode.js';
import { sparkline } from './sparkline.js';

/** How a node looks: everything a tree item needs, without VS Code's types. */
export interface NodeView {
  label: string;
  description: string;
  /** A codicon's name, and the theme colour it has where it is not the default one. */
  icon?: { name: string; color?: string };
  collapsible: 'none' | 'collapsed' | 'expanded';
  /** Tokens separated by `;`: the first is the kind, the others are states that menus ask for. */
  contextValue: string;
  /** What a screen reader says where label and description do not say it. */
  accessibilityLabel?: string;
  /** What a click does; leaves only. */
  command?: 'mlflow.openMlmodel' | 'mlflow.openArtifact' | 'mlflow.loadMoreRuns' | 'mlflow.retryStore';
}

const groupIcons: Readonly<Record<GroupName, string>> = {
  experiments: 'beaker',
  loggedModels: 'package',
  registeredModels: 'library',
  modelFolders: 'folder-library',
};

const sectionIcons: Readonly<Record<RunSection, string>> = {
  models: 'package',
  metrics: 'graph-line',
  params: 'symbol-parameter',
  tags: 'tag',
  artifacts: 'folder',
};

const statusIcons: Readonly<Record<RunStatus, { name: string; color?: string }>> = {
  RUNNING: { name: 'sync', color: 'charts.blue' },
  SCHEDULED: { name: 'clock' },
  FINISHED: { name: 'pass', color: 'charts.green' },
  FAILED: { name: 'error', color: 'charts.red' },
  KILLED: { name: 'circle-slash', color: 'charts.orange' },
};

/** How `node` looks at the time `nowMs`. */
export function describeNode(node: TreeNode, nowMs: number): NodeView {
  switch (node.kind) {
    case 'store':
      return {
        label: node.label,
        description: node.description,
        icon: { name: /^https?:/.test(node.storeUri) ? 'server' : 'database' },
        collapsible: 'expanded',
        contextValue: contextValue('store', node.isRemovable && 'removable'),
      };
    case 'group':
      return group(node.group);
    case 'experiment':
      return {
        label: node.experiment.name,
        description: node.runCount === undefined ? '' : formatRunCount(node.runCount),
        icon: { name: 'beaker' },
        collapsible: 'collapsed',
        contextValue: contextValue('experiment', node.experiment.lifecycleStage),
      };
    case 'run':
      return run(node, nowMs);
    case 'section':
      return section(node.section, node.count);
    case 'metric':
      return {
        label: node.key,
        description: metricDescription(node.value, node.history),
        icon: { name: 'graph-line' },
        collapsible: 'none',
        contextValue: 'metric',
        accessibilityLabel: `${node.key}: ${formatScore(node.value)}, ${valueCount(Math.max(1, node.history.length))}`,
      };
    case 'param':
    case 'tag':
      return {
        label: node.key,
        description: oneLine(node.value),
        icon: { name: node.kind === 'param' ? 'symbol-parameter' : 'tag' },
        collapsible: 'none',
        contextValue: node.kind,
      };
    case 'artifactFolder':
      return { label: baseName(node.path), description: '', collapsible: 'collapsed', contextValue: 'artifactFolder' };
    case 'artifactFile':
      return {
        label: baseName(node.path),
        description: node.sizeBytes === null ? '' : formatBytes(node.sizeBytes),
        collapsible: 'none',
        contextValue: 'artifactFile',
        command: 'mlflow.openArtifact',
      };
    case 'registeredModel':
      return {
        label: node.registeredModel.name,
        description: registeredModelDescription(node.registeredModel.aliases),
        icon: { name: 'library' },
        collapsible: 'collapsed',
        contextValue: 'registeredModel',
      };
    case 'loggedModel':
    case 'modelVersion':
    case 'modelFolder':
      return model(node);
    case 'loadMore':
      return {
        label: l10n.t('Load {0} more', Math.min(node.pageSize, node.remaining ?? node.pageSize)),
        description:
          node.remaining === undefined ? '' : l10n.t('{0} not shown', node.remaining.toLocaleString('en-US')),
        icon: { name: 'ellipsis' },
        collapsible: 'none',
        contextValue: 'loadMore',
        command: 'mlflow.loadMoreRuns',
      };
    case 'error':
      return {
        label: oneLine(node.error.message),
        description: '',
        icon: { name: 'warning', color: 'list.warningForeground' },
        collapsible: 'none',
        contextValue: contextValue('error', node.storeUri !== undefined && 'store'),
        accessibilityLabel: l10n.t('Error: {0} Press Enter to try again.', node.error.message),
        command: 'mlflow.retryStore',
      };
    case 'note':
      return { label: '', description: node.text, collapsible: 'none', contextValue: 'note' };
  }
}

function group(name: GroupName): NodeView {
  return {
    label: groupLabel(name),
    description: '',
    icon: { name: groupIcons[name] },
    collapsible: name === 'experiments' ? 'expanded' : 'collapsed',
    contextValue: contextValue('group', name),
  };
}

function section(name: RunSection, count: number | undefined): NodeView {
  return {
    label: sectionLabel(name),
    description: count === undefined ? '' : String(count),
    icon: { name: sectionIcons[name] },
    collapsible: 'collapsed',
    contextValue: contextValue('section', name),
  };
}

function run(node: RunNode, nowMs: number): NodeView {
  const { info } = node.run;
  const columns = node.columns.map((column) => runColumn(node.run, column)).filter((text) => text !== undefined);
  const description = [...columns, runAge(node.run, nowMs)].join(' · ');
  const isDeleted = info.lifecycleStage === 'deleted';
  return {
    label: info.runName || info.runId.slice(0, 8),
    description: isDeleted ? l10n.t('deleted · {0}', description) : description,
    icon: isDeleted ? { name: 'trash' } : statusIcons[info.status],
    collapsible: 'collapsed',
    contextValue: contextValue(
      'run',
      info.lifecycleStage,
      node.run.outputs.modelOutputs.length > 0 && 'model',
      node.nested.length > 0 && 'parent',
    ),
    accessibilityLabel: l10n.t('Run {0}, {1}, {2}', info.runName, statusWord(info.status), description),
  };
}

function runColumn({ data }: Run, { kind, key }: RunColumn): string | undefined {
  if (kind === 'params') {
    const value = data.params[key];
    return value === undefined ? undefined : `${key} ${oneLine(value)}`;
  }
  const value = data.metrics[key];
  return value === undefined ? undefined : `${key} ${formatScore(value)}`;
}

/** `running · 34 s` while it runs, the time since its start afterwards. */
function runAge({ info }: Run, nowMs: number): string {
  if (info.status === 'RUNNING') {
    return l10n.t('running · {0}', formatDuration(wholeSeconds(nowMs - info.startTime)));
  }
  return shortAge(info.startTime, nowMs) ?? l10n.t('just now');
}

function wholeSeconds(durationMs: number): number {
  return Math.max(1000, Math.floor(durationMs / 1000) * 1000);
}

function model(node: ModelNode): NodeView {
  const summary = node.model.summary;
  const isReferenceOnly = summary?.isReferenceOnly === true;
  const isTransformers = summary === undefined || summary.flavors.includes('transformers');
  const isPending = node.kind === 'loggedModel' && node.loggedModel?.status === 'PENDING';
  const isFailed = node.kind === 'loggedModel' && node.loggedModel?.status === 'FAILED';
  return {
    label: node.kind === 'modelVersion' ? `v${node.version.version}` : node.model.name,
    description: modelDescription(node),
    icon: isFailed
      ? { name: 'error', color: 'charts.red' }
      : isPending
        ? { name: 'sync', color: 'charts.blue' }
        : node.kind === 'modelFolder' && summary === undefined
          ? { name: 'warning', color: 'list.warningForeground' }
          : isReferenceOnly
            ? { name: 'references', color: 'charts.purple' }
            : { name: 'symbol-method', color: isTransformers ? 'charts.purple' : 'descriptionForeground' },
    collapsible: 'none',
    contextValue: contextValue(
      node.kind,
      'model',
      isTransformers && 'transformers',
      isReferenceOnly && 'referenceOnly',
      node.kind === 'loggedModel' && node.loggedModel !== undefined && 'registrable',
    ),
    accessibilityLabel: l10n.t('Model {0}, {1}', node.model.name, modelDescription(node)),
    command: 'mlflow.openMlmodel',
  };
}

function modelDescription(node: ModelNode): string {
  const parts: string[] = [];
  if (node.kind === 'modelVersion') {
    parts.push(...node.version.aliases.map((alias) => `@${alias}`));
    if (node.version.status !== 'READY') parts.push(node.version.status.toLowerCase().replace('_', ' '));
  }
  if (node.model.summary !== undefined) parts.push(...summaryParts(node.model.summary));
  else if (node.kind === 'modelFolder') parts.push(l10n.t('MLmodel is not readable'));
  if (node.kind !== 'modelVersion') parts.push(modelNote(node));
  return parts.filter((part) => part !== '').join(' · ');
}

/** What tells a model from others of its name: `from first-try`; the aliases of a version; where a folder lies. */
export function modelNote(node: ModelNode): string {
  if (node.kind === 'modelVersion') return node.version.aliases.map((alias) => `@${alias}`).join(' ');
  if (node.kind === 'modelFolder') return node.folder === '' ? '' : l10n.t('in {0}', node.folder);
  return node.kind === 'loggedModel' && node.sourceRunName !== undefined ? l10n.t('from {0}', node.sourceRunName) : '';
}

/** `text-generation`, `269 MB`, `bf16`; or `reference only` where no weights are stored. */
export function summaryParts(summary: ModelSummary): string[] {
  const parts = [summary.inferenceTask ?? summary.task ?? summary.flavors.find((name) => name !== 'python_function')];
  if (summary.isAdapter) parts.push(l10n.t('adapter'));
  if (summary.isReferenceOnly) parts.push(l10n.t('reference only'));
  else if (summary.sizeBytes !== null) parts.push(formatBytes(summary.sizeBytes));
  if (summary.dtype !== null) parts.push(summary.dtype);
  return parts.filter((part) => part !== undefined);
}

function registeredModelDescription(aliases: Readonly<Record<string, string>>): string {
  return Object.entries(aliases)
    .map(([alias, version]) => `@${alias} v${version}`)
    .join(' · ');
}

function metricDescription(value: number, history: readonly number[]): string {
  const line = sparkline(history);
  return line === '' ? formatScore(value) : `${formatScore(value)}  ${line}  ${valueCount(history.length)}`;
}

/** `1 run`, `12 runs`, `10,000+ runs`. */
export function formatRunCount({ count, isExact }: RunCount): string {
  if (count === 1 && isExact) return l10n.t('1 run');
  return l10n.t('{0} runs', `${count.toLocaleString('en-US')}${isExact ? '' : '+'}`);
}

/** `1 value`, `12 values`. */
export function valueCount(count: number): string {
  return count === 1 ? l10n.t('1 value') : l10n.t('{0} values', count.toLocaleString('en-US'));
}

function groupLabel(name: GroupName): string {
  switch (name) {
    case 'experiments':
      return l10n.t('Experiments');
    case 'loggedModels':
      return l10n.t('Logged models');
    case 'registeredModels':
      return l10n.t('Registered models');
    case 'modelFolders':
      return l10n.t('Saved models');
  }
}

function sectionLabel(name: RunSection): string {
  switch (name) {
    case 'models':
      return l10n.t('Models');
    case 'metrics':
      return l10n.t('Metrics');
    case 'params':
      return l10n.t('Params');
    case 'tags':
      return l10n.t('Tags');
    case 'artifacts':
      return l10n.t('Artifacts');
  }
}

/** A run's status in a word. */
export function statusWord(status: RunStatus): string {
  switch (status) {
    case 'RUNNING':
      return l10n.t('running');
    case 'SCHEDULED':
      return l10n.t('scheduled');
    case 'FINISHED':
      return l10n.t('finished');
    case 'FAILED':
      return l10n.t('failed');
    case 'KILLED':
      return l10n.t('killed');
  }
}

function contextValue(kind: string, ...tokens: (string | false)[]): string {
  return [kind, ...tokens.filter((token) => token !== false)].join(';');
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}

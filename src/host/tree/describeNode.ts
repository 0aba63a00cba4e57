import { formatAge, formatBytes, formatDuration, formatScore } from '../../core/format.js';
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

const groupViews: Readonly<Record<GroupName, { label: string; icon: string }>> = {
  experiments: { label: 'Experiments', icon: 'beaker' },
  loggedModels: { label: 'Logged models', icon: 'package' },
  registeredModels: { label: 'Registered models', icon: 'library' },
  modelFolders: { label: 'Saved models', icon: 'folder-library' },
};

const sectionViews: Readonly<Record<RunSection, { label: string; icon: string }>> = {
  models: { label: 'Models', icon: 'package' },
  metrics: { label: 'Metrics', icon: 'graph-line' },
  params: { label: 'Params', icon: 'symbol-parameter' },
  tags: { label: 'Tags', icon: 'tag' },
  artifacts: { label: 'Artifacts', icon: 'folder' },
};

const statusViews: Readonly<Record<RunStatus, { icon: string; color?: string; word: string }>> = {
  RUNNING: { icon: 'sync', color: 'charts.blue', word: 'running' },
  SCHEDULED: { icon: 'clock', word: 'scheduled' },
  FINISHED: { icon: 'pass', color: 'charts.green', word: 'finished' },
  FAILED: { icon: 'error', color: 'charts.red', word: 'failed' },
  KILLED: { icon: 'circle-slash', color: 'charts.orange', word: 'killed' },
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
        accessibilityLabel: `${node.key}: ${formatScore(node.value)}, ${plural(Math.max(1, node.history.length), 'value')} logged`,
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
        label: `Load ${Math.min(node.pageSize, node.remaining ?? node.pageSize)} more`,
        description: node.remaining === undefined ? '' : `${node.remaining.toLocaleString('en-US')} not shown`,
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
        accessibilityLabel: `Error: ${node.error.message}. Press Enter to try again.`,
        command: 'mlflow.retryStore',
      };
    case 'note':
      return { label: '', description: node.text, collapsible: 'none', contextValue: 'note' };
  }
}

function group(name: GroupName): NodeView {
  const { label, icon } = groupViews[name];
  return {
    label,
    description: '',
    icon: { name: icon },
    collapsible: name === 'experiments' ? 'expanded' : 'collapsed',
    contextValue: contextValue('group', name),
  };
}

function section(name: RunSection, count: number | undefined): NodeView {
  const { label, icon } = sectionViews[name];
  return {
    label,
    description: count === undefined ? '' : String(count),
    icon: { name: icon },
    collapsible: 'collapsed',
    contextValue: contextValue('section', name),
  };
}

function run(node: RunNode, nowMs: number): NodeView {
  const { info } = node.run;
  const status = statusViews[info.status];
  const columns = node.columns.map((column) => runColumn(node.run, column)).filter((text) => text !== undefined);
  const description = [...columns, runAge(node.run, nowMs)].join(' · ');
  const isDeleted = info.lifecycleStage === 'deleted';
  return {
    label: info.runName || info.runId.slice(0, 8),
    description: isDeleted ? `deleted · ${description}` : description,
    icon: isDeleted
      ? { name: 'trash' }
      : { name: status.icon, ...(status.color === undefined ? {} : { color: status.color }) },
    collapsible: 'collapsed',
    contextValue: contextValue(
      'run',
      info.lifecycleStage,
      node.run.outputs.modelOutputs.length > 0 && 'model',
      node.nested.length > 0 && 'parent',
    ),
    accessibilityLabel: `Run ${info.runName}, ${status.word}, ${description}`,
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
  if (info.status === 'RUNNING') return `running · ${formatDuration(wholeSeconds(nowMs - info.startTime))}`;
  return formatAge(info.startTime, nowMs).replace(' ago', '');
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
    accessibilityLabel: `Model ${node.model.name}, ${modelDescription(node)}`,
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
  else if (node.kind === 'modelFolder') parts.push('MLmodel is not readable');
  if (node.kind === 'loggedModel' && node.sourceRunName !== undefined) parts.push(`from ${node.sourceRunName}`);
  return parts.join(' · ');
}

/** `text-generation`, `269 MB`, `bf16`; or `reference only` where no weights are stored. */
export function summaryParts(summary: ModelSummary): string[] {
  const parts = [summary.inferenceTask ?? summary.task ?? summary.flavors.find((name) => name !== 'python_function')];
  if (summary.isAdapter) parts.push('adapter');
  if (summary.isReferenceOnly) parts.push('reference only');
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
  return line === '' ? formatScore(value) : `${formatScore(value)}  ${line}  ${plural(history.length, 'value')}`;
}

export function formatRunCount({ count, isExact }: RunCount): string {
  return isExact ? plural(count, 'run') : `${count.toLocaleString('en-US')}+ runs`;
}

/** `1 run`, `12 runs`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
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

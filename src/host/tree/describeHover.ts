import { formatBytes, formatDuration, formatScore } from '../../core/format.js';
import type { Run } from '../../core/tracking/entities.js';
import type { ModelReference } from './modelReference.js';
import { plural } from './describeNode.js';
import type { TreeNode } from './treeNode.js';

/** The hover card of a node in Markdown; `undefined` where the item itself says everything. Values are escaped. */
export function describeHover(node: TreeNode): string | undefined {
  switch (node.kind) {
    case 'store':
      return `**Tracking store**\n\n${code(node.storeUri)}`;
    case 'experiment': {
      const { experiment } = node;
      return card(experiment.name, [
        ['Experiment id', code(experiment.experimentId)],
        ['Created', time(experiment.creationTime)],
        ['Artifacts', code(experiment.artifactLocation)],
        ...note(experiment.tags),
      ]);
    }
    case 'run':
      return runCard(node.run);
    case 'metric':
      return card(node.key, [['Latest', formatScore(node.value)], ...historyRows(node.history)]);
    case 'param':
    case 'tag':
      return `**${escape(node.key)}**\n\n${block(node.value)}`;
    case 'artifactFile':
      return card(node.path, node.sizeBytes === null ? [] : [['Size', formatBytes(node.sizeBytes)]]);
    case 'registeredModel': {
      const model = node.registeredModel;
      return card(model.name, [
        ['Updated', time(model.lastUpdatedTimestamp)],
        [
          'Aliases',
          Object.entries(model.aliases)
            .map(([alias, version]) => code(`@${alias} → v${version}`))
            .join(' '),
        ],
        ['Description', escape(model.description ?? '')],
      ]);
    }
    case 'loggedModel':
      return modelCard(node.model, [
        ['Status', node.loggedModel?.status.toLowerCase() ?? ''],
        ['Created', time(node.loggedModel?.creationTimestamp ?? null)],
        ['From run', escape(node.sourceRunName ?? '')],
      ]);
    case 'modelVersion':
      return modelCard(node.model, [
        ['Status', node.version.status.toLowerCase()],
        ['Aliases', node.version.aliases.map((alias) => code(`@${alias}`)).join(' ')],
        ['Created', time(node.version.creationTimestamp)],
        ['Source', code(node.version.source)],
        ['Description', escape(node.version.description ?? '')],
      ]);
    case 'modelFolder':
      return modelCard(node.model, []);
    case 'error':
      return `${escape(node.error.message)}\n\n${code(node.error.errorCode)}`;
    default:
      return undefined;
  }
}

function runCard({ info, data }: Run): string {
  const duration = info.endTime === null ? '' : formatDuration(info.endTime - info.startTime);
  const metrics = Object.entries(data.metrics).slice(0, 8);
  const params = Object.entries(data.params).slice(0, 8);
  const sections = [
    card(info.runName, [
      ['Status', info.status.toLowerCase()],
      ['Started', time(info.startTime)],
      ['Duration', duration],
      ['User', escape(info.userId)],
      ['Source', code(data.tags['mlflow.source.name'] ?? '')],
      ['Commit', code(data.tags['mlflow.source.git.commit']?.slice(0, 12) ?? '')],
      ['Run id', code(info.runId)],
      ...note(data.tags),
    ]),
  ];
  if (metrics.length > 0)
    sections.push(
      table(
        'Metric',
        metrics.map(([key, value]) => [escape(key), formatScore(value)]),
      ),
    );
  if (params.length > 0)
    sections.push(
      table(
        'Param',
        params.map(([key, value]) => [escape(key), escape(clip(value))]),
      ),
    );
  return sections.join('\n\n');
}

function modelCard(model: ModelReference, rows: [string, string][]): string {
  const summary = model.summary;
  return card(model.name, [
    ['URI', code(model.uri)],
    ['Task', escape(summary?.inferenceTask ?? summary?.task ?? '')],
    ['Class', escape(summary?.modelClass ?? '')],
    ['Flavors', (summary?.flavors ?? []).map(code).join(' ')],
    ['Weights', weights(model)],
    ['MLflow', escape(summary?.mlflowVersion ?? '')],
    ...rows,
    ['Files', code(model.location ?? '')],
  ]);
}

function weights({ summary }: ModelReference): string {
  if (summary === undefined) return '';
  if (summary.isReferenceOnly) {
    return `not stored: only a reference to ${code(summary.sourceModelName ?? 'another model')}`;
  }
  const parts = [summary.sizeBytes === null ? null : formatBytes(summary.sizeBytes), summary.dtype];
  return parts.filter((part) => part !== null).join(' · ');
}

function historyRows(history: readonly number[]): [string, string][] {
  const finite = history.filter(Number.isFinite);
  if (finite.length < 2) return [];
  return [
    ['Lowest', formatScore(Math.min(...finite))],
    ['Highest', formatScore(Math.max(...finite))],
    ['History', plural(history.length, 'value')],
  ];
}

function note(tags: Readonly<Record<string, string>>): [string, string][] {
  const text = tags['mlflow.note.content'];
  return text === undefined || text === '' ? [] : [['Note', escape(clip(text))]];
}

/** A heading and rows of name and value; rows without a value are left out. */
function card(title: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.filter(([, value]) => value !== '').map(([name, value]) => `| ${name} | ${value} |`);
  const heading = `**${escape(title)}**`;
  return lines.length === 0 ? heading : [heading, '', '| | |', '| :-- | :-- |', ...lines].join('\n');
}

function table(heading: string, rows: readonly (readonly [string, string])[]): string {
  return [`| ${heading} | |`, '| :-- | :-- |', ...rows.map(([key, value]) => `| ${key} | ${value} |`)].join('\n');
}

function time(timeMs: number | null): string {
  return timeMs === null ? '' : new Date(timeMs).toLocaleString();
}

function clip(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 299)}…`;
}

function code(text: string): string {
  if (text === '') return '';
  const clean = text.replace(/[\r\n]+/g, ' ').replace(/\|/g, '¦');
  return clean.includes('`') ? `\`\` ${clean} \`\`` : `\`${clean}\``;
}

function block(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text.length <= 2000 ? text : `${text.slice(0, 1999)}…`}\n${fence}`;
}

function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-!|<>~$]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}

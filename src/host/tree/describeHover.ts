import { formatBytes, formatDuration, formatScore } from '../../core/format.js';
import { l10n } from '../../core/l10n.js';
import type { Run } from '../../core/tracking/entities.js';
import type { ModelReference } from './modelReference.js';
import { statusWord, valueCount } from './describeNode.js';
import type { TreeNode } from './treeNode.js';

/** The hover card of a node in Markdown; `undefined` where the item itself says everything. Values are escaped. */
export function describeHover(node: TreeNode): string | undefined {
  switch (node.kind) {
    case 'store':
      return `**${l10n.t('Tracking store')}**\n\n${code(node.storeUri)}`;
    case 'experiment': {
      const { experiment } = node;
      return card(experiment.name, [
        [l10n.t('Experiment id'), code(experiment.experimentId)],
        [l10n.t('Created'), time(experiment.creationTime)],
        [l10n.t('Artifacts'), code(experiment.artifactLocation)],
        ...note(experiment.tags),
      ]);
    }
    case 'run':
      return runCard(node.run);
    case 'metric':
      return card(node.key, [[l10n.t('Latest'), formatScore(node.value)], ...historyRows(node.history)]);
    case 'param':
    case 'tag':
      return `**${escape(node.key)}**\n\n${block(node.value)}`;
    case 'artifactFile':
      return card(node.path, node.sizeBytes === null ? [] : [[l10n.t('Size'), formatBytes(node.sizeBytes)]]);
    case 'registeredModel': {
      const model = node.registeredModel;
      return card(model.name, [
        [l10n.t('Updated'), time(model.lastUpdatedTimestamp)],
        [
          l10n.t('Aliases'),
          Object.entries(model.aliases)
            .map(([alias, version]) => code(`@${alias} → v${version}`))
            .join(' '),
        ],
        [l10n.t('Description'), escape(model.description ?? '')],
      ]);
    }
    case 'loggedModel':
      return modelCard(node.model, [
        [l10n.t('Status'), node.loggedModel?.status.toLowerCase() ?? ''],
        [l10n.t('Created'), time(node.loggedModel?.creationTimestamp ?? null)],
        [l10n.t('From run'), escape(node.sourceRunName ?? '')],
      ]);
    case 'modelVersion':
      return modelCard(node.model, [
        [l10n.t('Status'), node.version.status.toLowerCase()],
        [l10n.t('Aliases'), node.version.aliases.map((alias) => code(`@${alias}`)).join(' ')],
        [l10n.t('Created'), time(node.version.creationTimestamp)],
        [l10n.t('Source'), code(node.version.source)],
        [l10n.t('Description'), escape(node.version.description ?? '')],
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
      [l10n.t('Status'), statusWord(info.status)],
      [l10n.t('Started'), time(info.startTime)],
      [l10n.t('Duration'), duration],
      [l10n.t('User'), escape(info.userId)],
      [l10n.t('Source'), code(data.tags['mlflow.source.name'] ?? '')],
      [l10n.t('Commit'), code(data.tags['mlflow.source.git.commit']?.slice(0, 12) ?? '')],
      [l10n.t('Run id'), code(info.runId)],
      ...note(data.tags),
    ]),
  ];
  if (metrics.length > 0)
    sections.push(
      table(
        l10n.t('Metric'),
        metrics.map(([key, value]) => [escape(key), formatScore(value)]),
      ),
    );
  if (params.length > 0)
    sections.push(
      table(
        l10n.t('Param'),
        params.map(([key, value]) => [escape(key), escape(clip(value))]),
      ),
    );
  return sections.join('\n\n');
}

function modelCard(model: ModelReference, rows: [string, string][]): string {
  const summary = model.summary;
  return card(model.name, [
    [l10n.t('URI'), code(model.uri)],
    [l10n.t('Task'), escape(summary?.inferenceTask ?? summary?.task ?? '')],
    [l10n.t('Class'), escape(summary?.modelClass ?? '')],
    [l10n.t('Flavors'), (summary?.flavors ?? []).map(code).join(' ')],
    [l10n.t('Weights'), weights(model)],
    [l10n.t('MLflow'), escape(summary?.mlflowVersion ?? '')],
    ...rows,
    [l10n.t('Files'), code(model.location ?? '')],
  ]);
}

function weights({ summary }: ModelReference): string {
  if (summary === undefined) return '';
  if (summary.isReferenceOnly) {
    return l10n.t('not stored: only a reference to {0}', code(summary.sourceModelName ?? '?'));
  }
  const parts = [summary.sizeBytes === null ? null : formatBytes(summary.sizeBytes), summary.dtype];
  return parts.filter((part) => part !== null).join(' · ');
}

function historyRows(history: readonly number[]): [string, string][] {
  const finite = history.filter(Number.isFinite);
  if (finite.length < 2) return [];
  return [
    [l10n.t('Lowest'), formatScore(Math.min(...finite))],
    [l10n.t('Highest'), formatScore(Math.max(...finite))],
    [l10n.t('History'), valueCount(history.length)],
  ];
}

function note(tags: Readonly<Record<string, string>>): [string, string][] {
  const text = tags['mlflow.note.content'];
  return text === undefined || text === '' ? [] : [[l10n.t('Note'), escape(clip(text))]];
}

/** A heading and rows of name and value; rows without a value are left out. */
function card(title: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `| ${name.replaceAll(' ', '\u00a0')} | ${value} |`);
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

import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import { formatScore } from '../../src/core/format.js';
import type {
  AnswerSpan,
  AnswerView,
  EntityText,
  LabelGroup,
  MaskFill,
  TranscriptChunk,
} from '../../src/protocol/answerView.js';
import type { Answer, Turn } from '../../src/protocol/panel.js';
import { element, type View } from '../shared/dom.js';
import { markdown } from '../shared/markdown.js';
import { table } from '../ui/table.js';
import type { App } from './app.js';
import { embeddingView } from './embeddingView.js';

/** Labels that are shown before the rest is left to the raw answer. */
const labelLimit = 20;

/** An answer as its task is best read. Everything a model said is put into text nodes. */
export function answerContent(app: App, turn: Turn, answer: Answer, index: number): View {
  if (answer.status === 'waiting') return element('p', { class: 'hint waiting' }, waitingText(app));
  if (answer.status === 'streaming' || answer.view === null) return streamedText(answer);
  return viewOf(app, answer, answer.view, `${turn.id}-${index}`);
}

function waitingText({ state }: App): string {
  if (state.isStopping) return l10n.t('Stopping…');
  return state.status.kind === 'loading' ? l10n.t('Waiting for the model to load…') : l10n.t('Reading the prompt…');
}

function streamedText({ text, status }: Answer): View {
  if (text === '')
    return status === 'stopped' ? element('p', { class: 'hint' }, l10n.t('Stopped before the first token.')) : null;
  return element(
    'div',
    { class: 'answer-text' },
    text,
    status === 'streaming' ? element('span', { class: 'caret', 'aria-hidden': 'true' }) : null,
  );
}

function viewOf(app: App, answer: Answer, view: AnswerView, id: string): View {
  switch (view.kind) {
    case 'text':
      return texts(app, view.texts.length === 1 ? [answer.text] : view.texts);
    case 'labels':
      return element('div', { class: 'groups' }, ...view.groups.map(labelGroup));
    case 'entities':
      return element('div', { class: 'groups' }, ...view.texts.map(entityText));
    case 'span':
      return element('div', { class: 'groups' }, ...view.answers.map(answerSpan));
    case 'fills':
      return element('div', { class: 'groups' }, ...view.masks.map(maskFills));
    case 'embedding':
      return embeddingView(app, view.embedding, id);
    case 'transcript':
      return transcript(view.text, view.chunks);
    case 'table':
      return frame(view);
    case 'json':
      return element('pre', { class: 'ui-monospace raw-text' }, answer.raw);
  }
}

function texts(app: App, answers: readonly string[]): VNode {
  const onLink = (href: string): void => {
    if (/^https?:\/\//i.test(href)) void app.call('openLink', { href });
  };
  const one = (text: string): VNode => {
    if (text.trim() === '') return element('p', { class: 'hint' }, l10n.t('The model answered with no text.'));
    return app.ui.isMarkdown ? markdown(text, { onLink }) : element('div', { class: 'answer-text' }, text);
  };
  const [only] = answers;
  if (answers.length === 1 && only !== undefined) return one(only);
  return element('ol', { class: 'answer-list' }, ...answers.map((text) => element('li', null, one(text))));
}

function labelGroup({ title, labels }: LabelGroup): VNode {
  const shown = labels.slice(0, labelLimit);
  const most = Math.max(...shown.map(({ score }) => Math.abs(score)), Number.EPSILON);
  const scale = most <= 1 ? 1 : most;
  return element(
    'div',
    { class: 'label-group' },
    title === null ? null : element('div', { class: 'group-title ellipsis', title }, title),
    element(
      'ul',
      { class: 'bars' },
      ...shown.map(({ label, score }, index) =>
        element(
          'li',
          { key: label, class: index === 0 ? 'bar bar-best' : 'bar', 'aria-label': `${label}: ${formatScore(score)}` },
          element('span', { class: 'bar-label ellipsis', title: label }, label),
          element('span', { class: 'bar-score' }, formatScore(score)),
          bar(Math.max(0, score) / scale),
        ),
      ),
    ),
    labels.length > shown.length
      ? element('p', { class: 'hint' }, l10n.t('{0} more in the raw answer', labels.length - shown.length))
      : null,
  );
}

function bar(fraction: number): VNode {
  return element(
    'span',
    { class: 'bar-track', 'aria-hidden': 'true' },
    element('span', { class: 'bar-fill', style: { width: `${Math.min(1, fraction) * 100}%` } }),
  );
}

function entityText({ pieces }: EntityText): VNode {
  const labels = [...new Set(pieces.map(({ label }) => kindOf(label)).filter((label) => label !== null))].sort();
  const nodes = pieces.map(({ text, label, score }) =>
    label === null
      ? text
      : element(
          'mark',
          {
            class: `entity entity-${labels.indexOf(kindOf(label) ?? '') % 6}`,
            title: score === null ? label : `${label} · ${formatScore(score)}`,
          },
          text,
          element('span', { class: 'entity-label' }, ` ${label}`),
        ),
  );
  const found = pieces.some(({ label }) => label !== null);
  return element(
    'div',
    { class: 'answer-text' },
    ...nodes,
    found ? null : element('p', { class: 'hint' }, l10n.t('No entity was found.')),
  );
}

/** `B-PER` and `I-PER` are of one kind. */
function kindOf(label: string | null): string | null {
  return label === null ? null : label.replace(/^[BIESLU]-/, '');
}

function answerSpan({ answer, score, context }: AnswerSpan): VNode {
  return element(
    'div',
    { class: 'span-answer' },
    element('strong', { class: 'answer-text' }, answer === '' ? l10n.t('No answer in this context.') : answer),
    score === null ? null : element('span', { class: 'hint' }, ' ', l10n.t('score {0}', formatScore(score))),
    context === null
      ? null
      : element(
          'div',
          { class: 'answer-text context' },
          context.before,
          element('mark', { class: 'entity entity-0' }, context.marked),
          context.after,
        ),
  );
}

function maskFills(fills: readonly MaskFill[]): VNode {
  const items = fills.map(({ token, score, sequence }, index) =>
    element(
      'li',
      {
        key: `${index}`,
        class: index === 0 ? 'bar bar-best' : 'bar',
        title: sequence,
        'aria-label': `${token}: ${formatScore(score)}`,
      },
      element(
        'span',
        { class: 'bar-label ellipsis ui-monospace' },
        token.trim() === '' ? JSON.stringify(token) : token,
      ),
      element('span', { class: 'bar-score' }, formatScore(score)),
      bar(score),
    ),
  );
  return element('ul', { class: 'bars' }, ...items);
}

function transcript(text: string, chunks: readonly TranscriptChunk[]): VNode {
  if (chunks.length === 0) return element('div', { class: 'answer-text' }, text);
  return table({
    caption: l10n.t('Transcript'),
    rows: chunks,
    keyOf: (_, index) => String(index),
    columns: [
      { header: l10n.t('From'), align: 'end', cell: ({ startS }) => clock(startS) },
      { header: l10n.t('To'), align: 'end', cell: ({ endS }) => clock(endS) },
      { header: l10n.t('Text'), cell: (chunk) => chunk.text.trim() },
    ],
  });
}

function clock(seconds: number | null): string {
  if (seconds === null) return '';
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, '0')}`;
}

function frame({ columns, rows, rowCount }: Extract<AnswerView, { kind: 'table' }>): VNode {
  const shown = table<string[]>({
    caption: l10n.t('Answer'),
    rows,
    keyOf: (_, index) => String(index),
    columns: columns.map((header, column) => ({
      header,
      cell: (row) => row[column] ?? '',
      title: (row) => row[column] ?? '',
    })),
  });
  const rest =
    rowCount > rows.length
      ? element('p', { class: 'hint' }, l10n.t('{0} more rows in the raw answer', rowCount - rows.length))
      : null;
  return element('div', null, shown, rest);
}

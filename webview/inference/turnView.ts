import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import type { Answer, Turn } from '../../src/protocol/panel.js';
import { classes, element, type View } from '../shared/dom.js';
import { iconButton } from '../ui/button.js';
import { answerContent } from './answerContent.js';
import type { App } from './app.js';
import { statsDetails, statsLine } from './describe.js';
import { errorBox } from './errorActions.js';
import { toggled, withDraft } from './uiState.js';

/** A prompt and its answers. */
export function turnView(app: App, turn: Turn): VNode {
  return element(
    'article',
    {
      key: turn.id,
      class: classes('turn', turn.isKept && 'turn-kept'),
      'aria-label': l10n.t('Prompt: {0}', turn.input.summary),
    },
    prompt(app, turn),
    element('div', { class: 'answers' }, ...turn.answers.map((answer, index) => answerView(app, turn, answer, index))),
  );
}

function prompt(app: App, turn: Turn): VNode {
  const busy = app.state.runningTurnId === null ? undefined : l10n.t('an answer is under way');
  return element(
    'div',
    { class: 'prompt' },
    element('div', { class: 'prompt-text' }, promptText(app, turn)),
    element(
      'div',
      { class: 'turn-actions', role: 'toolbar', 'aria-label': l10n.t('Prompt actions') },
      iconButton({ label: l10n.t('Edit'), icon: 'edit', disabledReason: busy, onClick: () => edit(app, turn) }),
      iconButton({
        label: turn.isKept ? l10n.t('Kept') : l10n.t('Keep'),
        title: turn.isKept
          ? l10n.t('Kept: stays when the history is cleared')
          : l10n.t('Keep when the history is cleared'),
        icon: turn.isKept ? 'star-full' : 'star-empty',
        isPressed: turn.isKept,
        disabledReason: busy,
        onClick: () => void app.call('keepTurn', { turnId: turn.id, isKept: !turn.isKept }),
      }),
      iconButton({
        label: l10n.t('Delete'),
        icon: 'trash',
        disabledReason: app.state.runningTurnId === turn.id ? l10n.t('it is being answered') : undefined,
        onClick: () => void app.call('deleteTurn', { turnId: turn.id }),
      }),
    ),
  );
}

/** The prompt as it was typed; a record as its fields. */
function promptText(app: App, turn: Turn): VNode[] {
  const { draft, summary } = turn.input;
  const entries = Object.entries(draft.values).filter(([, text]) => text.trim() !== '');
  if (draft.isJson || entries.length === 0) return [element('div', { class: 'prompt-value ui-monospace' }, summary)];
  const isSingle = entries.length === 1 && (app.state.form?.fields.length ?? 1) === 1;
  return entries.map(([name, text]) =>
    element(
      'div',
      { class: 'prompt-value', key: name },
      isSingle ? null : element('span', { class: 'prompt-name' }, `${name}: `),
      text,
    ),
  );
}

function edit(app: App, turn: Turn): void {
  const modelId = app.state.model?.id ?? '';
  app.setUi((ui) => ({ ...withDraft(ui, modelId, turn.input.draft), editingTurnId: turn.id }));
}

function answerView(app: App, turn: Turn, answer: Answer, index: number): VNode {
  const key = `${turn.id}:${index}`;
  const isRaw = app.ui.rawAnswers.includes(key);
  const isRunning = answer.status === 'waiting' || answer.status === 'streaming';
  return element(
    'section',
    { class: 'answer', key, 'aria-label': l10n.t('Answer of {0}', answer.modelName), 'aria-busy': String(isRunning) },
    element('div', { class: 'answer-head' }, element('span', { class: 'answer-name ellipsis' }, answer.modelName)),
    isRaw && answer.raw !== null ? rawView(app, turn, answer, index) : answerContent(app, turn, answer, index),
    ...answer.warnings.map((warning) => element('p', { class: 'hint warning', key: warning }, warning)),
    answer.error ? errorBox(app, answer.error, turn.id) : null,
    answerFoot(app, turn, answer, index, isRaw),
  );
}

function rawView(app: App, turn: Turn, answer: Answer, index: number): VNode {
  return element(
    'div',
    { class: 'raw' },
    element('pre', { class: 'ui-monospace', tabIndex: 0, 'aria-label': l10n.t('Raw answer') }, answer.raw),
    answer.isRawCut
      ? element(
          'p',
          { class: 'hint' },
          l10n.t('Cut here.'),
          ' ',
          iconButton({
            label: l10n.t('Open the whole answer in an editor'),
            icon: 'go-to-file',
            onClick: () => void app.call('openRaw', { turnId: turn.id, answerIndex: index }),
          }),
        )
      : null,
  );
}

function answerFoot(app: App, turn: Turn, answer: Answer, index: number, isRaw: boolean): View {
  if (answer.status === 'waiting' || answer.status === 'streaming') return null;
  const key = `${turn.id}:${index}`;
  const where = { turnId: turn.id, answerIndex: index };
  const busy = app.state.runningTurnId === null ? undefined : l10n.t('an answer is under way');
  const parts = [
    answer.status === 'stopped' ? l10n.t('stopped') : '',
    answer.stats === null ? '' : statsLine(answer.stats, answer.finishReason),
  ];
  const stats = parts.filter((part) => part !== '').join(' · ');
  return element(
    'div',
    { class: 'answer-foot' },
    element('span', { class: 'stats', title: answer.stats ? statsDetails(answer.stats) : undefined }, stats),
    element(
      'span',
      { class: 'turn-actions', role: 'toolbar', 'aria-label': l10n.t('Answer actions') },
      index === 0
        ? iconButton({
            label: l10n.t('Ask again'),
            icon: 'refresh',
            disabledReason: busy,
            onClick: () => void app.call('regenerate', { turnId: turn.id }),
          })
        : null,
      iconButton({ label: l10n.t('Copy'), icon: 'copy', onClick: () => void app.call('copyAnswer', where) }),
      answer.view?.kind === 'text'
        ? iconButton({
            label: l10n.t('Markdown'),
            title: app.ui.isMarkdown ? l10n.t('Show as plain text') : l10n.t('Show as Markdown'),
            icon: 'markdown',
            isPressed: app.ui.isMarkdown,
            onClick: () => app.setUi((ui) => ({ ...ui, isMarkdown: !ui.isMarkdown })),
          })
        : null,
      answer.view?.kind === 'embedding'
        ? iconButton({
            label: l10n.t('Pin to compare with others'),
            icon: 'pin',
            onClick: () => void app.call('pinEmbedding', where),
          })
        : null,
      answer.raw === null
        ? null
        : iconButton({
            label: l10n.t('Raw'),
            title: isRaw ? l10n.t('Show the answer') : l10n.t('Show the raw answer'),
            icon: 'json',
            isPressed: isRaw,
            onClick: () => app.setUi((ui) => ({ ...ui, rawAnswers: toggled(ui.rawAnswers, key) })),
          }),
    ),
  );
}

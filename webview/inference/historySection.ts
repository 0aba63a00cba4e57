import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import { formatAge } from '../../src/core/format.js';
import type { HistoryEntry } from '../../src/protocol/panel.js';
import { element, type View } from '../shared/dom.js';
import { iconButton } from '../ui/button.js';
import { icon } from '../ui/icon.js';
import { virtualList } from '../ui/virtualList.js';
import type { App } from './app.js';
import { section } from './section.js';

const rowHeightPx = 24;
const maxHeightPx = 220;

/** Earlier conversations, those of the chosen model first. */
export function historySection(app: App): View {
  const { history, model } = app.state;
  if (history.length === 0) return null;
  const own = history.filter((entry) => entry.modelId === model?.id);
  const others = history.filter((entry) => entry.modelId !== model?.id);
  const clear = iconButton({
    label: l10n.t('Clear history'),
    icon: 'clear-all',
    onClick: () => void app.call('clearHistory', undefined),
  });
  return section(
    app,
    'history',
    l10n.t('History ({0})', history.length),
    () =>
      virtualList({
        label: l10n.t('History'),
        items: [...own, ...others],
        keyOf: (entry) => entry.id,
        rowHeightPx,
        maxHeightPx,
        renderRow: (entry) => historyRow(app, entry),
      }),
    clear,
  );
}

function historyRow(app: App, entry: HistoryEntry): VNode {
  const isCurrent = entry.id === app.state.conversationId;
  const age = formatAge(entry.timeMs, Date.now());
  const count = entry.turnCount === 1 ? '' : ` · ${l10n.t('{0} prompts', entry.turnCount)}`;
  const busy = app.state.runningTurnId === null ? undefined : l10n.t('an answer is under way');
  return element(
    'div',
    { class: isCurrent ? 'row history-row history-current' : 'row history-row' },
    element(
      'button',
      {
        type: 'button',
        class: 'history-open',
        disabled: busy !== undefined,
        'aria-current': isCurrent ? 'true' : undefined,
        title: `${entry.title}\n${entry.modelName} · ${age}${count}${busy === undefined ? '' : `\n${busy}`}`,
        onClick: () => void app.call('openConversation', { conversationId: entry.id }),
      },
      entry.isKept ? icon('star-full') : null,
      element('span', { class: 'history-title ellipsis' }, entry.title),
      element('span', { class: 'history-age' }, entry.modelId === app.state.model?.id ? age : entry.modelName),
    ),
    iconButton({
      label: l10n.t('Delete conversation {0}', entry.title),
      title: l10n.t('Delete'),
      icon: 'trash',
      disabledReason: isCurrent ? busy : undefined,
      onClick: () => void app.call('deleteConversation', { conversationId: entry.id }),
    }),
  );
}

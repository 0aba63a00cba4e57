import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SignatureForm } from '../../src/core/signature/formFields.js';
import { component, element } from '../shared/dom.js';
import { button } from '../ui/button.js';
import type { App } from './app.js';
import { turnView } from './turnView.js';
import { withDraft } from './uiState.js';

/** How near to the end counts as being there. */
const endSlackPx = 24;

/** The turns of a conversation, oldest first, in a part of the page that scrolls. */
export function conversation(app: App, form: SignatureForm): VNode {
  return component(Conversation, { key: `conversation-${app.state.conversationId}`, app, form });
}

/** The answers of a form, newest first. */
export function results(app: App): VNode {
  const turns = [...app.state.turns].reverse();
  const empty = element('p', { class: 'hint' }, l10n.t('The answer appears here.'));
  return element(
    'div',
    { class: 'results', role: 'log', 'aria-live': 'off', 'aria-label': l10n.t('Answers') },
    turns.length === 0 ? empty : turns.map((turn) => turnView(app, turn)),
  );
}

function Conversation({ app, form }: { app: App; form: SignatureForm }): VNode {
  const container = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  const [isAway, setAway] = useState(false);
  const { turns } = app.state;
  const turnCount = useRef(turns.length);
  // Who has just asked wants to see the answer.
  if (turns.length > turnCount.current) isAtEnd.current = true;
  turnCount.current = turns.length;
  // New text moves the page only for someone who is at its end: whoever reads further up stays there.
  useLayoutEffect(() => {
    const area = container.current;
    if (area && isAtEnd.current) area.scrollTop = area.scrollHeight;
  });
  const onScroll = (): void => {
    const area = container.current;
    if (!area) return;
    isAtEnd.current = area.scrollHeight - area.scrollTop - area.clientHeight < endSlackPx;
    setAway(!isAtEnd.current);
  };
  const toEnd = (): void => {
    isAtEnd.current = true;
    setAway(false);
    container.current?.scrollTo({ top: container.current.scrollHeight });
  };
  return element(
    'div',
    { class: 'conversation-frame grow' },
    element(
      'div',
      {
        ref: container,
        class: 'conversation',
        role: 'log',
        'aria-live': 'off',
        'aria-label': l10n.t('Conversation'),
        tabIndex: 0,
        onScroll,
      },
      turns.length === 0 ? emptyConversation(app, form) : turns.map((turn) => turnView(app, turn)),
    ),
    isAway && app.state.runningTurnId !== null
      ? element(
          'div',
          { class: 'to-end' },
          button({ label: l10n.t('Latest'), icon: 'arrow-down', appearance: 'secondary', onClick: toEnd }),
        )
      : null,
  );
}

/** The next step, and an example where the model brings one. */
function emptyConversation(app: App, form: SignatureForm): VNode {
  if (app.state.status.kind === 'failed') return element('div', { class: 'empty' });
  const { example } = form;
  const modelId = app.state.model?.id ?? '';
  const text = example ? Object.values(example.values)[0] : undefined;
  return element(
    'div',
    { class: 'empty' },
    element(
      'p',
      null,
      l10n.t('Type a prompt below and press Enter. The model answers on this machine; nothing leaves it.'),
    ),
    example && text
      ? button({
          label: l10n.t('Try “{0}”', text.length > 60 ? `${text.slice(0, 59)}…` : text),
          appearance: 'secondary',
          onClick: () => app.setUi((ui) => withDraft(ui, modelId, example)),
        })
      : null,
  );
}

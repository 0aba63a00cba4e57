import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import { element, type View } from '../shared/dom.js';
import { button, iconButton } from '../ui/button.js';
import { icon } from '../ui/icon.js';
import type { App } from './app.js';
import { composer } from './composer.js';
import { conversation, results } from './conversation.js';
import { announcement } from './describe.js';
import { header } from './header.js';
import { historySection } from './historySection.js';
import { pinsSection } from './pinsSection.js';

/** The whole panel. Conversations have their prompt at the bottom, forms at the top with the newest answer below. */
export function page(app: App): VNode {
  const { form, model } = app.state;
  const live = element(
    'div',
    { class: 'ui-visually-hidden', role: 'status', 'aria-live': 'polite' },
    announcement(app.state),
  );
  if (!model) return element('main', { class: 'page' }, live, header(app), noModel(app), historySection(app));
  const isConversation = form?.isConversation === true;
  return element(
    'main',
    { class: `page ${isConversation ? 'page-conversation' : 'page-form'}` },
    live,
    header(app),
    form ? null : element('div', { class: 'grow' }),
    form && isConversation ? conversation(app, form) : null,
    notice(app),
    form ? composer(app, form) : null,
    form && !isConversation ? results(app) : null,
    pinsSection(app),
    historySection(app),
  );
}

function notice(app: App): View {
  const { notice: text } = app.ui;
  if (text === null) return null;
  return element(
    'div',
    { class: 'notice', role: 'alert' },
    icon('warning'),
    element('span', { class: 'grow' }, text),
    iconButton({
      label: l10n.t('Dismiss'),
      icon: 'close',
      onClick: () => app.setUi((ui) => ({ ...ui, notice: null })),
    }),
  );
}

/** What to do first. */
function noModel(app: App): VNode {
  const { modelCount, isCatalogLoading, isTrusted } = app.state;
  const choose = button({
    // Where there is none, the choice lists the ways to one.
    label: modelCount > 0 ? l10n.t('Choose a model') : l10n.t('Get a model…'),
    onClick: () => void app.call('chooseModel', { purpose: 'prompt' }),
  });
  const text =
    modelCount > 0 ? modelCountText(modelCount) : isCatalogLoading ? l10n.t('Looking for models…') : noneText();
  const trust = isTrusted
    ? null
    : element(
        'p',
        { class: 'hint' },
        l10n.t('This workspace is in Restricted Mode: models are shown, but not run.'),
        ' ',
        button({
          label: l10n.t('Manage trust'),
          appearance: 'secondary',
          onClick: () => void app.call('act', { action: 'manageTrust' }),
        }),
      );
  return element(
    'div',
    { class: 'empty grow' },
    element('p', null, text),
    modelCount > 0 || !isCatalogLoading ? choose : null,
    trust,
  );
}

function modelCountText(count: number): string {
  return count === 1
    ? l10n.t('One model is in the open stores. Choose it, or press its play button in the tree.')
    : l10n.t('{0} models are in the open stores. Choose one, or press the play button of a model in the tree.', count);
}

function noneText(): string {
  return l10n.t(
    'There is no model in the open stores and folders yet. Open the sample, add a store, save a checkpoint, or log a model with mlflow.transformers.',
  );
}

import type { VNode } from 'preact';
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
    iconButton({ label: 'Dismiss', icon: 'close', onClick: () => app.setUi((ui) => ({ ...ui, notice: null })) }),
  );
}

/** What to do first. */
function noModel(app: App): VNode {
  const { modelCount, isCatalogLoading, isTrusted } = app.state;
  const choose = button({
    label: 'Choose a model',
    onClick: () => void app.call('chooseModel', { purpose: 'prompt' }),
  });
  const text =
    modelCount > 0
      ? `${modelCount === 1 ? 'One model is' : `${modelCount} models are`} in the open stores. Choose one, or press the play button of a model in the tree.`
      : isCatalogLoading
        ? 'Looking for models…'
        : 'There is no model in the open stores yet. Open the view MLflow to add a store or the sample, or log a model with mlflow.transformers.';
  const trust = isTrusted
    ? null
    : element(
        'p',
        { class: 'hint' },
        'This workspace is in Restricted Mode: models are shown, but not run. ',
        button({
          label: 'Manage trust',
          appearance: 'secondary',
          onClick: () => void app.call('act', { action: 'manageTrust' }),
        }),
      );
  return element('div', { class: 'empty grow' }, element('p', null, text), modelCount > 0 ? choose : null, trust);
}

import type { VNode } from 'preact';
import type { PanelError } from '../../src/protocol/panel.js';
import { element } from '../shared/dom.js';
import { button } from '../ui/button.js';
import type { App } from './app.js';
import { actionLabel } from './describe.js';

/** What can be done about an error, as buttons; the first is the better one. */
export function errorActions(app: App, error: PanelError, turnId: string | undefined): VNode {
  return element(
    'div',
    { class: 'error-actions' },
    ...error.actions.map((action, index) =>
      button({
        key: action,
        label: actionLabel(action),
        appearance: index === 0 ? 'primary' : 'secondary',
        onClick: () => void app.call('act', turnId === undefined ? { action } : { action, turnId }),
      }),
    ),
  );
}

/** An error in the place where it happened. */
export function errorBox(app: App, error: PanelError, turnId: string | undefined): VNode {
  return element(
    'div',
    { class: 'error-box' },
    element('p', null, error.message),
    error.actions.length > 0 ? errorActions(app, error, turnId) : null,
  );
}

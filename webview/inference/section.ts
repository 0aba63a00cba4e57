import type { ComponentChildren, VNode } from 'preact';
import { element } from '../shared/dom.js';
import { icon } from '../ui/icon.js';
import type { App } from './app.js';
import { toggleSection } from './app.js';
import type { Section } from './uiState.js';

/** A part of the page that opens and closes; its content is drawn only while it is open. */
export function section(
  app: App,
  name: Section,
  title: string,
  content: () => ComponentChildren,
  actions: ComponentChildren = null,
): VNode {
  const isOpen = app.ui.open[name];
  const head = element(
    'div',
    { class: 'section-head' },
    element(
      'button',
      {
        type: 'button',
        class: 'section-toggle',
        'aria-expanded': String(isOpen),
        'aria-controls': `section-${name}`,
        onClick: () => toggleSection(app, name),
      },
      icon(isOpen ? 'chevron-down' : 'chevron-right'),
      element('span', { class: 'section-title' }, title),
    ),
    isOpen ? actions : null,
  );
  const body = isOpen ? element('div', { id: `section-${name}`, class: 'section-body' }, content()) : null;
  return element('section', { class: 'section', key: `section-${name}` }, head, body);
}

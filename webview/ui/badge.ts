import { vsCodeDivider, vsCodeLink, vsCodeTag } from '@vscode/webview-ui-toolkit';
import type { VNode } from 'preact';
import { element } from '../shared/dom.js';
import { registerElements } from './toolkit.js';

registerElements(vsCodeDivider(), vsCodeLink(), vsCodeTag());

/** A count. Not the toolkit's: that one has an inline style in its template, which the content security policy refuses. */
export function badge(text: string): VNode {
  return element('span', { class: 'ui-badge' }, text);
}

/** A word that says what kind of thing this is. */
export function tag(text: string, title?: string): VNode {
  return element('vscode-tag', { title }, text);
}

/** A line between two things. */
export function divider(): VNode {
  return element('vscode-divider', { role: 'separator' });
}

/** Text that does something: opens a view, a file, or an address through the host. It never navigates by itself. */
export function link(label: string, onClick: () => void, title?: string): VNode {
  const open = (event: Event): void => {
    event.preventDefault();
    onClick();
  };
  return element('vscode-link', { href: '#', title, onClick: open }, label);
}

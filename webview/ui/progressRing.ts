import { vsCodeProgressRing } from '@vscode/webview-ui-toolkit';
import type { VNode } from 'preact';
import { element } from '../shared/dom.js';
import { registerElements } from './toolkit.js';

registerElements(vsCodeProgressRing());

/** Something is going on and nobody knows how far it is. `label` says what. */
export function progressRing(label: string): VNode {
  return element('vscode-progress-ring', { class: 'ui-progress-ring', 'aria-label': label });
}

/** How far something is, as a bar. `fraction` is between 0 and 1, `null` while unknown. */
export function progressBar(label: string, fraction: number | null): VNode {
  return element('progress', {
    class: 'ui-progress-bar',
    'aria-label': label,
    ...(fraction === null ? {} : { value: fraction }),
    max: 1,
  });
}

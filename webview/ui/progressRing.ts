import type { VNode } from 'preact';
import { element } from '../shared/dom.js';
import { icon } from './icon.js';

/**
 * Something is going on and nobody knows how far it is. `label` says what. VS Code's own spinner: the toolkit's has an inline
 * style in its template, which the webviews' content security policy refuses.
 */
export function progressRing(label: string): VNode {
  return element(
    'span',
    { class: 'ui-progress-ring', role: 'progressbar', 'aria-label': label },
    icon('loading', { spin: true }),
  );
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

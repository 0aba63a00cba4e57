import type { VNode } from 'preact';
import { classes, element } from '../shared/dom.js';

/** A codicon by its name (`play`, `debug-stop`), hidden from screen readers: the control around it has the label. */
export function icon(name: string, options: { spin?: boolean } = {}): VNode {
  return element('span', {
    class: classes('codicon', `codicon-${name}`, options.spin === true && 'codicon-modifier-spin'),
    'aria-hidden': 'true',
  });
}

import { vsCodeCheckbox } from '@vscode/webview-ui-toolkit';
import type { VNode } from 'preact';
import { element } from '../shared/dom.js';
import { registerElements } from './toolkit.js';

registerElements(vsCodeCheckbox());

export interface CheckboxProps {
  id: string;
  label: string;
  hint?: string;
  isChecked: boolean;
  disabledReason?: string | undefined;
  onChange: (isChecked: boolean) => void;
}

/** Yes or no. */
export function checkbox(props: CheckboxProps): VNode {
  return element(
    'div',
    { class: 'ui-field' },
    element(
      'vscode-checkbox',
      {
        id: props.id,
        checked: props.isChecked,
        disabled: props.disabledReason !== undefined,
        title: props.disabledReason,
        onChange: (event: Event) => {
          const { checked } = event.currentTarget as unknown as { checked: boolean };
          if (checked !== props.isChecked) props.onChange(checked);
        },
      },
      props.label,
      props.hint === undefined ? null : element('span', { class: 'ui-hint' }, ` ${props.hint}`),
    ),
  );
}

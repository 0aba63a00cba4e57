import { vsCodeRadio, vsCodeRadioGroup } from '@vscode/webview-ui-toolkit';
import type { VNode } from 'preact';
import { element } from '../shared/dom.js';
import { registerElements } from './toolkit.js';

registerElements(vsCodeRadioGroup(), vsCodeRadio());

export interface RadioGroupProps {
  id: string;
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

/** One of two or three options that are all worth seeing. */
export function radioGroup(props: RadioGroupProps): VNode {
  return element(
    'vscode-radio-group',
    {
      id: props.id,
      value: props.value,
      'aria-label': props.label,
      onChange: (event: Event) => {
        const { value } = event.target as unknown as { value: string };
        if (value !== props.value) props.onChange(value);
      },
    },
    element('label', { slot: 'label', class: 'ui-label' }, props.label),
    ...props.options.map((option) => element('vscode-radio', { key: option.value, value: option.value }, option.label)),
  );
}

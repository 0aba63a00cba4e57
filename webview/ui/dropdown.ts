import { vsCodeDropdown, vsCodeOption } from '@vscode/webview-ui-toolkit';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { component, element } from '../shared/dom.js';
import { field } from './field.js';
import { registerElements } from './toolkit.js';

registerElements(vsCodeDropdown(), vsCodeOption());

export interface DropdownOption {
  value: string;
  label: string;
  /** Why it can't be chosen. */
  disabledReason?: string | undefined;
}

export interface DropdownProps {
  id: string;
  label: string;
  hideLabel?: boolean;
  hint?: string;
  error?: string | undefined;
  value: string;
  options: readonly DropdownOption[];
  disabledReason?: string | undefined;
  title?: string | undefined;
  onChange: (value: string) => void;
}

/** One of a few options. For long lists use VS Code's quick pick. */
export function dropdown(props: DropdownProps): VNode {
  return field(
    props,
    component(DropdownControl, { key: props.options.map((option) => option.value).join('\n'), ...props }),
  );
}

interface SelectElement extends HTMLElement {
  value: string;
}

function DropdownControl(props: DropdownProps): VNode {
  const reference = useRef<SelectElement>(null);
  const { value } = props;
  const labels = props.options.map((option) => option.label).join('\n');
  // The toolkit reads its options in a microtask after they have been inserted (a value set before that is lost), and it
  // keeps showing the old label of a chosen option whose label has changed.
  useLayoutEffect(() => {
    const frame = requestAnimationFrame(() => {
      const select = reference.current;
      if (!select) return;
      select.value = '';
      select.value = value;
    });
    return () => cancelAnimationFrame(frame);
  }, [value, labels]);
  const change = (): void => {
    const chosen = reference.current?.value ?? value;
    if (chosen !== value) props.onChange(chosen);
  };
  return element(
    'vscode-dropdown',
    {
      ref: reference,
      id: props.id,
      'aria-label': props.label,
      disabled: props.disabledReason !== undefined,
      title: props.disabledReason ?? props.title,
      onChange: change,
    },
    ...props.options.map((option) =>
      element(
        'vscode-option',
        {
          key: option.value,
          value: option.value,
          selected: option.value === value,
          disabled: option.disabledReason !== undefined,
          title: option.disabledReason,
        },
        option.label,
      ),
    ),
  );
}

import { vsCodeTextArea, vsCodeTextField } from '@vscode/webview-ui-toolkit';
import type { VNode } from 'preact';
import { element } from '../shared/dom.js';
import { field } from './field.js';
import { registerElements } from './toolkit.js';

registerElements(vsCodeTextField(), vsCodeTextArea());

export interface TextProps {
  /** Unique in the page; ties the label and the error to the control. */
  id: string;
  label: string;
  /** The label is there for screen readers only. */
  hideLabel?: boolean;
  value: string;
  placeholder?: string;
  /** Beside the label, such as the type. */
  hint?: string;
  /** What is wrong with the value; shown below it. */
  error?: string | undefined;
  disabledReason?: string | undefined;
  onInput: (value: string) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/** One line of text. */
export function textField(props: TextProps): VNode {
  return field(props, element('vscode-text-field', attributes(props)));
}

export interface TextAreaProps extends TextProps {
  /** Grows with its text between these; 2 and 12 unless told. */
  minRows?: number;
  maxRows?: number;
  isMonospace?: boolean;
}

/** Several lines of text; it grows with what is typed. */
export function textArea(props: TextAreaProps): VNode {
  const lines = props.value.split('\n').length;
  const rows = Math.max(props.minRows ?? 2, Math.min(props.maxRows ?? 12, lines));
  return field(
    props,
    element('vscode-text-area', {
      ...attributes(props),
      class: props.isMonospace === true ? 'ui-monospace' : undefined,
      rows,
      resize: 'vertical',
    }),
  );
}

function attributes(props: TextProps): Record<string, unknown> {
  return {
    id: props.id,
    value: props.value,
    placeholder: props.placeholder,
    // The toolkit writes a label of its own when the control is connected; a ref comes after that.
    ref: (control: HTMLElement | null) => control?.setAttribute('aria-label', props.label),
    'aria-invalid': props.error === undefined ? undefined : 'true',
    'aria-describedby': props.error === undefined ? undefined : `${props.id}-error`,
    disabled: props.disabledReason !== undefined,
    title: props.disabledReason,
    onInput: (event: Event) => props.onInput((event.currentTarget as unknown as { value: string }).value),
    onKeyDown: props.onKeyDown,
  };
}

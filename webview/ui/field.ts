import type { ComponentChildren, VNode } from 'preact';
import { classes, element } from '../shared/dom.js';

export interface FieldProps {
  id: string;
  label: string;
  hideLabel?: boolean;
  hint?: string;
  error?: string | undefined;
}

/** A control with its label above and what is wrong with it below. */
export function field(props: FieldProps, control: ComponentChildren): VNode {
  const label = element(
    'label',
    { class: classes('ui-label', props.hideLabel === true && 'ui-visually-hidden'), for: props.id },
    props.label,
    props.hint === undefined ? null : element('span', { class: 'ui-hint' }, ` ${props.hint}`),
  );
  const error =
    props.error === undefined
      ? null
      : element('div', { class: 'ui-error', id: `${props.id}-error`, role: 'alert' }, props.error);
  return element(
    'div',
    { class: classes('ui-field', props.error !== undefined && 'ui-invalid') },
    label,
    control,
    error,
  );
}

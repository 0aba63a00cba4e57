import { vsCodeButton } from '@vscode/webview-ui-toolkit';
import type { VNode } from 'preact';
import { element } from '../shared/dom.js';
import { icon } from './icon.js';
import { registerElements } from './toolkit.js';

registerElements(vsCodeButton());

export interface ButtonProps {
  label: string;
  /** Codicon before the label. */
  icon?: string;
  appearance?: 'primary' | 'secondary';
  title?: string;
  /** Why it can't be used now: it is disabled and shows the reason on hover. */
  disabledReason?: string | undefined;
  /** Position in a list, so that elements keep their identity. */
  key?: string;
  onClick: () => void;
}

/** A button with a verb on it. */
export function button(props: ButtonProps): VNode {
  return element(
    'vscode-button',
    {
      key: props.key,
      appearance: props.appearance ?? 'primary',
      ...availability(props),
      title: props.disabledReason ?? props.title,
      onClick: props.onClick,
    },
    props.icon === undefined ? null : element('span', { slot: 'start' }, icon(props.icon)),
    props.label,
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'appearance'> {
  icon: string;
  /** For buttons that switch something on and off. */
  isPressed?: boolean;
  /** For buttons that open something. */
  isExpanded?: boolean;
}

/** A codicon that is a button; the label is its tooltip and its name for screen readers. */
export function iconButton(props: IconButtonProps): VNode {
  const text =
    props.disabledReason === undefined ? (props.title ?? props.label) : `${props.label}: ${props.disabledReason}`;
  return element(
    'button',
    {
      key: props.key,
      type: 'button',
      class: 'ui-icon-button',
      'aria-label': props.label,
      'aria-pressed': props.isPressed,
      'aria-expanded': props.isExpanded,
      ...availability(props),
      title: text,
      onClick: props.disabledReason === undefined ? props.onClick : undefined,
    },
    icon(props.icon),
  );
}

function availability({ disabledReason }: ButtonProps): Record<string, unknown> {
  return { disabled: disabledReason !== undefined };
}

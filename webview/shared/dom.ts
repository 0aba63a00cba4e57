import { h, render, type Attributes, type ComponentChildren, type VNode } from 'preact';

/** What a function that draws something returns. */
export type View = VNode | null;

/**
 * A DOM element by name: `element('p', { class: 'hint' }, text)`. Text children become text nodes, never HTML.
 * Custom elements take their own properties, which is why the attributes are untyped here; typed wrappers are in `webview/ui`.
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, unknown>> | null = null,
  ...children: ComponentChildren[]
): VNode {
  return h(name as 'div', attributes as Record<string, never> | null, ...children);
}

/** A function with hooks as a component: it keeps its own state between drawings as long as its place and `key` stay. */
export function component<Props extends object>(draw: (props: Props) => View, props: Props & Attributes): VNode {
  return h(draw as (props: Props) => VNode, props) as unknown as VNode;
}

/** Space-separated class names; falsy ones are left out. */
export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(' ');
}

/** Draws `view` into `root`, changing only what differs from the last time. */
export function mount(view: View, root: HTMLElement): void {
  render(view, root);
}

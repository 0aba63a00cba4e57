import type { ComponentChildren, VNode } from 'preact';
import { component, element } from '../shared/dom.js';
import { useRowWindow } from './useRowWindow.js';

export interface VirtualListProps<T> {
  label: string;
  items: readonly T[];
  keyOf: (item: T) => string;
  /** All rows are equally high; content that needs more is cut with an ellipsis. */
  rowHeightPx: number;
  /** The list scrolls beyond this height. */
  maxHeightPx: number;
  renderRow: (item: T, index: number) => ComponentChildren;
}

/** A keyed list of any length: only the rows in sight are in the page. */
export function virtualList<T>(props: VirtualListProps<T>): VNode {
  return component(VirtualList<T>, props);
}

function VirtualList<T>(props: VirtualListProps<T>): VNode {
  const { items, rowHeightPx } = props;
  const { container, first, end, paddingTopPx, paddingBottomPx } = useRowWindow(items.length, rowHeightPx);
  const height = `${Math.min(props.maxHeightPx, items.length * rowHeightPx)}px`;
  return element(
    'div',
    {
      ref: container,
      class: 'ui-virtual-list',
      role: 'list',
      'aria-label': props.label,
      tabIndex: 0,
      style: { height },
    },
    element('div', { key: 'above', style: { height: `${paddingTopPx}px` } }),
    ...items.slice(first, end).map((item, offset) =>
      element(
        'div',
        {
          key: `row:${props.keyOf(item)}`,
          class: 'ui-virtual-row',
          role: 'listitem',
          'aria-setsize': items.length,
          'aria-posinset': first + offset + 1,
          style: { height: `${rowHeightPx}px` },
        },
        props.renderRow(item, first + offset),
      ),
    ),
    element('div', { key: 'below', style: { height: `${paddingBottomPx}px` } }),
  );
}

import type { ComponentChildren, VNode } from 'preact';
import { classes, component, element } from '../shared/dom.js';
import { useRowWindow } from './useRowWindow.js';

export interface TableColumn<T> {
  header: string;
  /** Numbers are aligned to the end. */
  align?: 'start' | 'end';
  isMonospace?: boolean;
  cell: (row: T, index: number) => ComponentChildren;
  /** Shown on hover where the cell may be cut. */
  title?: (row: T) => string;
}

export interface TableProps<T> {
  /** What the table holds; read to screen readers. */
  caption: string;
  columns: readonly TableColumn<T>[];
  rows: readonly T[];
  keyOf: (row: T, index: number) => string;
  /** Given for long tables: only the rows in sight are in the page. */
  virtual?: { rowHeightPx: number; maxHeightPx: number };
}

/** A semantic table with a header row; `virtual` for thousands of rows. */
export function table<T>(props: TableProps<T>): VNode {
  if (props.virtual) return component(VirtualTable<T>, props);
  return element(
    'div',
    { class: 'ui-table-container' },
    element(
      'table',
      { class: 'ui-table' },
      element('caption', { class: 'ui-visually-hidden' }, props.caption),
      header(props.columns),
      element('tbody', null, ...props.rows.map((row, index) => bodyRow(props, row, index))),
    ),
  );
}

function VirtualTable<T>(props: TableProps<T>): VNode {
  const { rowHeightPx, maxHeightPx } = props.virtual ?? { rowHeightPx: 22, maxHeightPx: 400 };
  const { container, first, end, paddingTopPx, paddingBottomPx } = useRowWindow(props.rows.length, rowHeightPx);
  const spacer = (key: string, heightPx: number): VNode =>
    element(
      'tr',
      { key, 'aria-hidden': 'true' },
      element('td', { class: 'ui-spacer', style: { height: `${heightPx}px` } }),
    );
  return element(
    'div',
    {
      ref: container,
      class: 'ui-table-container ui-table-virtual',
      tabIndex: 0,
      role: 'region',
      'aria-label': props.caption,
      style: { maxHeight: `${maxHeightPx}px` },
    },
    element(
      'table',
      { class: 'ui-table', 'aria-rowcount': props.rows.length + 1 },
      element('caption', { class: 'ui-visually-hidden' }, props.caption),
      header(props.columns),
      element(
        'tbody',
        null,
        spacer('above', paddingTopPx),
        ...props.rows.slice(first, end).map((row, offset) => bodyRow(props, row, first + offset, rowHeightPx)),
        spacer('below', paddingBottomPx),
      ),
    ),
  );
}

function header<T>(columns: readonly TableColumn<T>[]): VNode {
  const cells = columns.map((column) =>
    element('th', { scope: 'col', class: classes(column.align === 'end' && 'ui-align-end') }, column.header),
  );
  return element('thead', null, element('tr', null, ...cells));
}

function bodyRow<T>(props: TableProps<T>, row: T, index: number, heightPx?: number): VNode {
  const cells = props.columns.map((column) =>
    element(
      'td',
      {
        class: classes(column.align === 'end' && 'ui-align-end', column.isMonospace === true && 'ui-monospace'),
        title: column.title?.(row),
      },
      column.cell(row, index),
    ),
  );
  const virtual = heightPx === undefined ? {} : { 'aria-rowindex': index + 2, style: { height: `${heightPx}px` } };
  return element('tr', { key: `row:${props.keyOf(row, index)}`, ...virtual }, ...cells);
}

import { vsCodePanels, vsCodePanelTab, vsCodePanelView } from '@vscode/webview-ui-toolkit';
import type { ComponentChildren, VNode } from 'preact';
import { element } from '../shared/dom.js';
import { registerElements } from './toolkit.js';

registerElements(vsCodePanels(), vsCodePanelTab(), vsCodePanelView());

export interface Tab {
  id: string;
  label: string;
  /** Drawn only while the tab is the active one. */
  content: () => ComponentChildren;
}

export interface TabsProps {
  label: string;
  activeId: string;
  tabs: readonly Tab[];
  onChange: (id: string) => void;
}

/** Several contents, one at a time, with arrow keys between the tabs. */
export function tabs(props: TabsProps): VNode {
  return element(
    'vscode-panels',
    {
      'aria-label': props.label,
      activeid: `tab-${props.activeId}`,
      onChange: (event: Event) => {
        const { activeid } = event.currentTarget as unknown as { activeid: string };
        const id = activeid.replace(/^tab-/, '');
        if (id !== props.activeId && props.tabs.some((tab) => tab.id === id)) props.onChange(id);
      },
    },
    ...props.tabs.map((tab) => element('vscode-panel-tab', { key: `tab-${tab.id}`, id: `tab-${tab.id}` }, tab.label)),
    ...props.tabs.map((tab) =>
      element(
        'vscode-panel-view',
        { key: `view-${tab.id}`, id: `view-${tab.id}` },
        tab.id === props.activeId ? tab.content() : null,
      ),
    ),
  );
}

import type { PanelMethods, PanelState } from '../../src/protocol/panel.js';
import type { Section, UiState } from './uiState.js';

/** What every part of the page is drawn from, and how it asks for changes. */
export interface App {
  state: PanelState;
  ui: UiState;
  setUi(change: (ui: UiState) => UiState): void;
  /** Asks the host. A refusal is shown as a notice; it resolves with `undefined` then. */
  call<K extends keyof PanelMethods & string>(
    name: K,
    params: PanelMethods[K]['params'],
  ): Promise<PanelMethods[K]['result'] | undefined>;
}

export function toggleSection(app: App, section: Section): void {
  app.setUi((ui) => ({ ...ui, open: { ...ui.open, [section]: !ui.open[section] } }));
}

import './inference.css';
import { MlflowError } from '../../src/core/errors.js';
import type { PanelDelta, PanelMethods, PanelState } from '../../src/protocol/panel.js';
import { reducePanel } from '../../src/protocol/panelReducer.js';
import { connectToHost } from '../shared/connection.js';
import { mount } from '../shared/dom.js';
import { acquireHostApi } from '../shared/hostApi.js';
import { createStore, oncePerFrame } from '../shared/store.js';
import { readTexts } from '../shared/texts.js';
import type { App } from './app.js';
import { FieldFocus } from './fieldFocus.js';
import { page } from './page.js';
import { restoredUiState } from './uiState.js';

readTexts();
const root = document.getElementById('root') ?? document.body;
const api = acquireHostApi();
const ui = createStore(restoredUiState(api.getState()));
const state = createStore<PanelState | undefined>(undefined);
const fieldFocus = new FieldFocus(root);
const channel = connectToHost<PanelState, PanelDelta, PanelMethods>(api, reducePanel, state.set);

const call: App['call'] = (name, params) =>
  channel.request(name, params).catch((error: unknown) => {
    ui.update((current) => ({ ...current, notice: MlflowError.from(error).message }));
    return undefined;
  });

function app(panelState: PanelState): App {
  return { state: panelState, ui: ui.get(), setUi: ui.update, call };
}

const draw = (): void => {
  const current = state.get();
  if (!current) return;
  mount(page(app(current)), root);
  fieldFocus.drawn(current);
};
// Tokens come faster than frames. Typing is drawn at once, so that no handler sees a text older than what is on the screen.
state.subscribe(oncePerFrame(draw));
ui.subscribe((value) => {
  api.setState(value);
  draw();
});

document.addEventListener('keydown', (event) => {
  const current = state.get();
  if (event.key !== 'Escape' || event.defaultPrevented || !current) return;
  if (current.runningTurnId !== null || current.status.kind === 'loading') {
    event.preventDefault();
    void call('stop', undefined);
  } else if (ui.get().editingTurnId !== null) {
    ui.update((value) => ({ ...value, editingTurnId: null }));
  }
});

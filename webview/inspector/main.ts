import {
  reduceInspector,
  type InspectorDelta,
  type InspectorMethods,
  type InspectorState,
} from '../../src/protocol/inspector.js';
import { connectToHost } from '../shared/connection.js';
import { mount } from '../shared/dom.js';
import { acquireHostApi } from '../shared/hostApi.js';
import { createStore, oncePerFrame } from '../shared/store.js';
import { readTexts } from '../shared/texts.js';
import '../ui/ui.css';
import './inspector.css';
import { initialPageState, type InspectorPort, type PageState } from './inspectorPort.js';
import { inspectorPage } from './page.js';

readTexts();
const api = acquireHostApi();
const root = document.getElementById('root') ?? document.body;
const page = createStore<PageState>({ ...initialPageState, ...(api.getState() as Partial<PageState> | undefined) });
const state = createStore<InspectorState | undefined>(undefined);

const channel = connectToHost<InspectorState, InspectorDelta, InspectorMethods>(api, reduceInspector, (next) =>
  state.set(next),
);
const port: InspectorPort = {
  request: (name, params) => void channel.request(name, params).catch(() => undefined),
  start: (command) => void channel.request('start', { command }).catch(() => undefined),
};
const draw = oncePerFrame(() => {
  const context = {
    port,
    page: page.get(),
    update: (fields: Partial<PageState>) => page.update((old) => ({ ...old, ...fields })),
  };
  mount(inspectorPage(state.get(), context), root);
});
state.subscribe(draw);
page.subscribe((value) => {
  api.setState(value);
  draw();
});
draw();

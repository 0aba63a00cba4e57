import type { Transport } from '../../src/protocol/channel.js';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The host as a webview sees it: a pair of pipes, and a place for UI state that survives hiding and reloading. */
export interface HostApi {
  transport: Transport;
  /** What `setState` kept before the view was hidden or the window reloaded; `undefined` the first time. */
  getState(): unknown;
  setState(state: unknown): void;
}

/** Acquires VS Code's webview API. A webview may do this once; it throws the second time. */
export function acquireHostApi(): HostApi {
  const api = acquireVsCodeApi();
  return {
    transport: {
      post: (message) => api.postMessage(message),
      onMessage: (listener) =>
        window.addEventListener('message', (event: MessageEvent<unknown>) => listener(event.data)),
    },
    getState: () => api.getState(),
    setState: (state) => api.setState(state),
  };
}

import type { InspectorCommand, InspectorMethods } from '../../src/protocol/inspector.js';

/** What the page asks of the host. */
export interface InspectorPort {
  request<K extends keyof InspectorMethods>(name: K, params: InspectorMethods[K]['params']): void;
  start(command: InspectorCommand): void;
}

/** What a person has typed or opened; it survives hiding and reloading. */
export interface PageState {
  /** Section that is open where there is no room for all. */
  openSection: string;
  trialInput: string | null;
  trialParams: string;
  tensorFilter: string;
  configurationFilter: string;
  showsProblems: boolean;
}

export const initialPageState: PageState = {
  openSection: 'signature',
  trialInput: null,
  trialParams: '',
  tensorFilter: '',
  configurationFilter: '',
  showsProblems: true,
};

/** Everything a part of the page is drawn from. */
export interface PageContext {
  port: InspectorPort;
  page: PageState;
  update(fields: Partial<PageState>): void;
}

import type { InspectorModel, ProvenanceEntry } from '../core/inspector/inspectorModel.js';
import type { OutputComparison } from '../core/inspector/outputComparison.js';
import type { Snapshot } from './replica.js';

/** Where the trial of the model stands. */
export type Trial =
  | { status: 'idle' }
  | { status: 'loading'; message: string; fraction: number | null }
  | { status: 'running'; text: string }
  | { status: 'done'; output: string; isCut: boolean; comparison: OutputComparison | null; note: string }
  | { status: 'failed'; message: string };

/** Everything the inspector shows. The host owns it. */
export interface InspectorState {
  /** The last document that could be read; `null` before the first one. */
  model: InspectorModel | null;
  /** What is wrong with the file now; the model is then the one from before. */
  error: { message: string; line: number | null } | null;
  /** What the trial starts with: the input example, or a text that suits the task. */
  exampleInput: string;
  /** Why the model cannot be tried; `null` when it can. */
  trialRefusal: { message: string; action: 'persistWeights' | 'manageTrust' | null } | null;
  trial: Trial;
  /** What the open stores know of the model: run, logged model, registered versions. */
  related: ProvenanceEntry[];
  /** What its store calls it; `null` when no open store has it as a logged model. */
  storeName: string | null;
  canPersist: boolean;
  /** A store knows the model as a logged one. */
  canRegister: boolean;
}

export const initialInspectorState: InspectorState = {
  model: null,
  error: null,
  exampleInput: '',
  trialRefusal: null,
  trial: { status: 'idle' },
  related: [],
  storeName: null,
  canPersist: false,
  canRegister: false,
};

/** Whole fields that are other ones now. */
export type InspectorDelta = Partial<InspectorState>;

export function reduceInspector(state: InspectorState, delta: InspectorDelta): InspectorState {
  return { ...state, ...delta };
}

/** What a button of the inspector starts. */
export type InspectorCommand =
  'prompt' | 'persistWeights' | 'register' | 'setSignature' | 'copyUri' | 'copySnippet' | 'openText' | 'manageTrust';

/** What the inspector asks of the host. */
export type InspectorMethods = {
  ready: { params: undefined; result: Snapshot<InspectorState> };
  start: { params: { command: InspectorCommand }; result: void };
  /** Runs the model on a text, or on JSON when it reads as such. */
  tryOut: { params: { input: string; params: string }; result: void };
  stopTrial: { params: undefined; result: void };
  openFile: { params: { path: string; line: number | null }; result: void };
  openLink: { params: { href: string }; result: void };
  openRun: { params: { runId: string }; result: void };
  copyText: { params: { text: string }; result: void };
};

import { emptyDraft, type FormDraft } from '../../src/core/signature/formDraft.js';
import type { SignatureForm } from '../../src/core/signature/formFields.js';

/** What only the view knows: unfinished typing, and what is open. It survives hiding and reloading. */
export interface UiState {
  /** By model id. */
  drafts: Record<string, FormDraft>;
  open: Record<Section, boolean>;
  /** Turn whose prompt is being edited. */
  editingTurnId: string | null;
  /** Answers whose raw form is shown, as `turn:index`. */
  rawAnswers: string[];
  isMarkdown: boolean;
  /** Errors of untouched fields are shown after the first attempt to send. */
  hasTriedToSend: boolean;
  presetName: string;
  /** What the host refused, until it is dismissed. */
  notice: string | null;
}

export type Section = 'params' | 'history' | 'system' | 'devices' | 'pins';

export const emptyUiState: UiState = {
  drafts: {},
  open: { params: false, history: false, system: false, devices: false, pins: true },
  editingTurnId: null,
  rawAnswers: [],
  isMarkdown: false,
  hasTriedToSend: false,
  presetName: '',
  notice: null,
};

/** What was kept by an earlier view, or the defaults where it is of another shape. */
export function restoredUiState(kept: unknown): UiState {
  if (typeof kept !== 'object' || kept === null) return emptyUiState;
  const candidate = kept as Partial<UiState>;
  const drafts = typeof candidate.drafts === 'object' && candidate.drafts !== null ? candidate.drafts : {};
  return {
    ...emptyUiState,
    drafts: Object.fromEntries(Object.entries(drafts).map(([id, draft]) => [id, { ...emptyDraft, ...draft }])),
    open: { ...emptyUiState.open, ...candidate.open },
    isMarkdown: candidate.isMarkdown === true,
  };
}

/** A model's draft; its input example where nothing has been typed yet and the form stays on the page. */
export function draftOf(ui: UiState, modelId: string, form: SignatureForm): FormDraft {
  return ui.drafts[modelId] ?? (form.isConversation ? null : form.example) ?? emptyDraft;
}

export function withDraft(ui: UiState, modelId: string, draft: FormDraft): UiState {
  return { ...ui, drafts: { ...ui.drafts, [modelId]: draft } };
}

/** After sending: a conversation's text is gone, a form keeps its values. */
export function afterSending(ui: UiState, modelId: string, form: SignatureForm, draft: FormDraft): UiState {
  const next = form.isConversation && !draft.isJson ? { ...draft, values: {} } : draft;
  return { ...withDraft(ui, modelId, next), editingTurnId: null, hasTriedToSend: false, notice: null };
}

export function toggled(list: readonly string[], item: string): string[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}

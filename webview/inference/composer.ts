import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import {
  draftJson,
  draftProblems,
  emptyDraft,
  isJsonDraft,
  type FieldProblem,
  type FormDraft,
} from '../../src/core/signature/formDraft.js';
import { fieldLabel, noteText, problemText } from '../../src/core/signature/formTexts.js';
import type { FormField, SignatureForm } from '../../src/core/signature/formFields.js';
import { element, type View } from '../shared/dom.js';
import { button, iconButton } from '../ui/button.js';
import { link } from '../ui/badge.js';
import { textArea } from '../ui/textField.js';
import type { App } from './app.js';
import { fieldControl } from './fieldControl.js';
import { paramsSection } from './paramsSection.js';
import { section } from './section.js';
import { afterSending, draftOf, withDraft } from './uiState.js';

/** The form: what the model is asked, its params, and the button that asks. */
export function composer(app: App, form: SignatureForm): VNode {
  const modelId = app.state.model?.id ?? '';
  const draft = draftOf(app.ui, modelId, form);
  const errors = errorTexts(form, draftProblems(form, draft));
  const shown = app.ui.hasTriedToSend ? errors : typedErrors(errors, form, draft);
  const change = (next: FormDraft): void => app.setUi((ui) => withDraft(ui, modelId, next));
  const send = (): void => sendDraft(app, form, draft, errors);
  const onKeyDown = sendOnEnter(send);
  return element(
    'form',
    {
      class: 'composer',
      'aria-label': l10n.t('Prompt'),
      onSubmit: (event: Event) => event.preventDefault(),
    },
    form.note === null ? null : element('p', { class: 'hint' }, noteText(form.note)),
    form.kind === 'chat' && !draft.isJson ? systemPrompt(app, draft, change) : null,
    editingNote(app),
    isJsonDraft(form, draft)
      ? jsonField(draft, shown, change, onKeyDown)
      : form.fields.map((field) => inputField(app, form, field, draft, shown, change, onKeyDown)),
    element(
      'div',
      { class: 'row composer-actions' },
      form.kind === 'json' ? null : jsonToggle(form, draft, change),
      form.example && !form.isConversation
        ? link(l10n.t('Use example'), () => change(form.example ?? emptyDraft))
        : null,
      element('span', { class: 'grow' }),
      runButton(app, errors, send),
    ),
    paramsSection(app, form, draft, shown, change, onKeyDown),
  );
}

/** Problems by field name as sentences. */
function errorTexts(form: SignatureForm, problems: Readonly<Record<string, FieldProblem>>): Record<string, string> {
  const label = (name: string): string => {
    const field = form.fields.find((candidate) => candidate.name === name);
    return field === undefined ? name.replace(/^params\./, '') : fieldLabel(field, form);
  };
  const entries = Object.entries(problems).map(([name, problem]) => [name, problemText(problem, label(name))]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Errors of fields that hold something; an empty field is not wrong before one tries to send it. */
function typedErrors(errors: Record<string, string>, form: SignatureForm, draft: FormDraft): Record<string, string> {
  const entries = Object.entries(errors).filter(([name]) =>
    name === 'json' ? draft.json.trim() !== '' : name.startsWith('params.') || (draft.values[name] ?? '').trim() !== '',
  );
  return form.kind === 'json' && draft.json.trim() === '' ? {} : Object.fromEntries(entries);
}

/** Enter sends, Shift+Enter breaks; where a break is what is typed, Ctrl or Cmd+Enter sends. */
function sendOnEnter(send: () => void): (isMultiline: boolean) => (event: KeyboardEvent) => void {
  return (isMultiline) => (event) => {
    if (event.key !== 'Enter' || event.isComposing || event.shiftKey || event.altKey) return;
    if (isMultiline && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    send();
  };
}

function sendDraft(app: App, form: SignatureForm, draft: FormDraft, errors: Record<string, string>): void {
  if (app.state.runningTurnId !== null || !app.state.isTrusted) return;
  if (Object.keys(errors).length > 0) {
    const isParam = Object.keys(errors).some((name) => name.startsWith('params.'));
    app.setUi((ui) => ({ ...ui, hasTriedToSend: true, open: { ...ui.open, params: ui.open.params || isParam } }));
    return;
  }
  const modelId = app.state.model?.id ?? '';
  const replaceTurnId = app.ui.editingTurnId;
  app.setUi((ui) => afterSending(ui, modelId, form, draft));
  void app.call('run', replaceTurnId === null ? { draft } : { draft, replaceTurnId });
}

function inputField(
  app: App,
  form: SignatureForm,
  field: FormField,
  draft: FormDraft,
  errors: Record<string, string>,
  change: (draft: FormDraft) => void,
  onKeyDown: ReturnType<typeof sendOnEnter>,
): VNode {
  const isOnly = form.fields.length === 1 && form.isConversation;
  return fieldControl({
    app,
    form,
    field,
    id: `field-${field.name}`,
    value: draft.values[field.name] ?? '',
    error: errors[field.name],
    hideLabel: isOnly,
    ...(isOnly ? { placeholder: askText(app) } : {}),
    onInput: (text) => change({ ...draft, values: { ...draft.values, [field.name]: text } }),
    onKeyDown,
  });
}

function askText({ state }: App): string {
  return state.model === null ? l10n.t('Ask the model…') : l10n.t('Ask {0}…', state.model.name);
}

function jsonField(
  draft: FormDraft,
  errors: Record<string, string>,
  change: (draft: FormDraft) => void,
  onKeyDown: ReturnType<typeof sendOnEnter>,
): VNode {
  return textArea({
    id: 'json',
    label: l10n.t('Input as JSON'),
    hint: l10n.t('Ctrl+Enter runs'),
    value: draft.json,
    error: errors['json'],
    minRows: 5,
    isMonospace: true,
    onInput: (json) => change({ ...draft, json }),
    onKeyDown: onKeyDown(true),
  });
}

function jsonToggle(form: SignatureForm, draft: FormDraft, change: (draft: FormDraft) => void): VNode {
  return iconButton({
    label: l10n.t('JSON'),
    title: draft.isJson ? l10n.t('Back to the form') : l10n.t('Enter the input as JSON'),
    icon: 'json',
    isPressed: draft.isJson,
    onClick: () =>
      change(draft.isJson ? { ...draft, isJson: false } : { ...draft, isJson: true, json: draftJson(form, draft) }),
  });
}

function systemPrompt(app: App, draft: FormDraft, change: (draft: FormDraft) => void): VNode {
  const title = draft.system.trim() === '' ? l10n.t('System prompt') : l10n.t('System prompt (set)');
  return section(app, 'system', title, () =>
    textArea({
      id: 'system',
      label: l10n.t('System prompt'),
      hideLabel: true,
      value: draft.system,
      placeholder: l10n.t('How the model should behave'),
      onInput: (system) => change({ ...draft, system }),
    }),
  );
}

function editingNote(app: App): View {
  if (app.ui.editingTurnId === null) return null;
  return element(
    'div',
    { class: 'row hint' },
    element('span', { class: 'grow' }, l10n.t('Editing an earlier prompt: sending asks it again.')),
    iconButton({
      label: l10n.t('Cancel editing'),
      icon: 'close',
      onClick: () => app.setUi((ui) => ({ ...ui, editingTurnId: null })),
    }),
  );
}

function runButton(app: App, errors: Record<string, string>, send: () => void): VNode {
  const { runningTurnId, isStopping, isTrusted } = app.state;
  if (runningTurnId !== null) {
    return button({
      key: 'stop',
      label: isStopping ? l10n.t('Stop now') : l10n.t('Stop'),
      icon: 'debug-stop',
      appearance: 'secondary',
      title: isStopping ? l10n.t('Ends the inference process (Esc)') : l10n.t('Stops after this token (Esc)'),
      onClick: () => void app.call('stop', undefined),
    });
  }
  const problem = app.ui.hasTriedToSend ? Object.values(errors)[0] : undefined;
  return button({
    key: 'run',
    label: l10n.t('Run'),
    icon: 'play',
    title: l10n.t('Run (Enter)'),
    disabledReason: isTrusted ? problem : l10n.t('Models do not run in Restricted Mode'),
    onClick: send,
  });
}

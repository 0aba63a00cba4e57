import { MlflowError } from '../../core/errors.js';
import { l10n } from '../../core/l10n.js';
import {
  draftParams,
  draftProblems,
  fieldsData,
  isJsonDraft,
  readField,
  readJson,
  type FormDraft,
} from '../../core/signature/formDraft.js';
import { fieldLabel, problemText } from '../../core/signature/formTexts.js';
import type { SignatureForm } from '../../core/signature/formFields.js';
import type { ChatMessage, RunInput, Turn } from '../../protocol/panel.js';
import { fileInput } from './fileInput.js';

/**
 * What a draft comes to: MLflow's data and params. Earlier turns of a chat go before the new message.
 * @throws MlflowError INVALID_PARAMETER_VALUE where a field does not hold what it should.
 */
export async function runInput(form: SignatureForm, draft: FormDraft, earlier: readonly Turn[]): Promise<RunInput> {
  const [wrong] = Object.entries(draftProblems(form, draft));
  if (wrong !== undefined) {
    const [name, problem] = wrong;
    const field = form.fields.find((candidate) => candidate.name === name);
    throw MlflowError.invalidParameter(problemText(problem, field === undefined ? name : fieldLabel(field, form)));
  }
  const params = draftParams(form, draft, 'params');
  if (isJsonDraft(form, draft)) {
    const read = readJson(draft.json);
    return { data: read.ok ? read.value : null, params };
  }
  const optional = draftParams(form, draft, 'data');
  if (form.kind === 'chat') {
    return { data: { messages: chatMessages(draft, earlier).map((message) => ({ ...message })), ...optional }, params };
  }
  const data = fieldsData(form, await fieldValues(form, draft));
  return { data: form.kind === 'record' ? { ...(data as object), ...optional } : data, params };
}

/**
 * A draft of one model's form as another model's: the same where both ask for the same fields, the one text where both ask for one.
 * @throws MlflowError INVALID_PARAMETER_VALUE where the forms have nothing in common.
 */
export function adaptedDraft(draft: FormDraft, from: SignatureForm, to: SignatureForm): FormDraft {
  const names = (form: SignatureForm): string => form.fields.map(({ name }) => name).join('\n');
  if (from.kind === to.kind && names(from) === names(to)) return draft;
  const [source] = from.fields;
  const [target] = to.fields;
  if (draft.isJson || !source || !target || from.fields.length > 1 || to.fields.length > 1) {
    throw MlflowError.invalidParameter(
      l10n.t('The two models ask for different inputs, so they cannot be compared on this one.'),
    );
  }
  return { ...draft, values: { [target.name]: draft.values[source.name] ?? '' } };
}

/** The messages of a chat: system prompt, earlier turns that were answered, and the new one. */
export function chatMessages(draft: FormDraft, earlier: readonly Turn[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  if (draft.system.trim() !== '') messages.push({ role: 'system', content: draft.system });
  for (const turn of earlier) {
    const answer = turn.answers[0];
    const asked = turn.input.draft.values['message'];
    if (asked === undefined || answer === undefined || answer.text === '') continue;
    messages.push({ role: 'user', content: asked }, { role: 'assistant', content: answer.text });
  }
  messages.push({ role: 'user', content: draft.values['message'] ?? '' });
  return messages;
}

async function fieldValues(form: SignatureForm, draft: FormDraft): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const field of form.fields) {
    const read = readField(field, draft.values[field.name] ?? '');
    if (!read.ok) continue;
    const isFile = field.control === 'file' && typeof read.value === 'string';
    values[field.name] = isFile ? await fileInput(field, read.value as string) : read.value;
  }
  return values;
}

import type { PyRecord, PyValue } from '../serialization/pyValue.js';
import { emptyDraft, jsonText, valueText, type FormDraft } from './formDraft.js';
import type { FormField, SignatureForm } from './formFields.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * A stored input example as a draft of the form: its first row where it has several. `null` where it does not fit the form.
 * Source: MLflow models/utils.py (_Example): frames in split form, `inputs`, lists and plain values.
 */
export function exampleDraft(
  form: SignatureForm,
  example: { data: PyValue; params: PyRecord | null },
): FormDraft | null {
  const data = unwrapped(example.data);
  const row = firstRow(data);
  const optional = form.params.filter(({ target }) => target === 'data');
  const params = {
    ...fieldTexts(form.params, example.params ?? {}),
    ...(isRecord(row) ? fieldTexts(optional, row) : {}),
  };
  const draft = { ...emptyDraft, params };
  const [only] = form.fields;
  switch (form.kind) {
    case 'text': {
      const value = isRecord(row) ? Object.values(row)[0] : row;
      const fits = only !== undefined && value !== undefined && value !== null;
      return fits && (typeof value === 'string' || only.control !== 'text')
        ? { ...draft, values: { '': valueText(only, value) } }
        : null;
    }
    case 'row': {
      const values = isRecord(row) ? Object.values(row) : Array.isArray(row) ? (row as unknown[]) : [];
      const named = Object.fromEntries(form.fields.map(({ name }, i) => [name, values[i]]));
      return values.length === 0 ? null : { ...draft, values: fieldTexts(form.fields, named) };
    }
    case 'record':
      return isRecord(row) ? { ...draft, values: fieldTexts(form.fields, row) } : null;
    case 'chat':
      return isRecord(row) ? chatDraft(draft, row) : null;
    case 'json':
      return { ...draft, json: jsonText(data) };
  }
}

function unwrapped(data: PyValue): unknown {
  return isRecord(data) && Object.keys(data).length === 1 && 'inputs' in data ? data['inputs'] : data;
}

/** The first row of a frame in split form, of records or of a list; the value itself otherwise. */
function firstRow(data: unknown): unknown {
  const split = isRecord(data) && isRecord(data['dataframe_split']) ? data['dataframe_split'] : data;
  if (isRecord(split) && Array.isArray(split['data'])) {
    const columns: unknown[] = Array.isArray(split['columns']) ? split['columns'] : [];
    const row: unknown = split['data'][0] ?? null;
    if (!Array.isArray(row)) return row;
    return Object.fromEntries(row.map((value: unknown, index) => [String(columns[index] ?? index), value]));
  }
  return Array.isArray(split) ? (split[0] ?? null) : split;
}

function fieldTexts(fields: readonly FormField[], row: Json): Record<string, string> {
  const entries = fields.filter(({ name }) => row[name] !== undefined && row[name] !== null);
  return Object.fromEntries(entries.map((field) => [field.name, valueText(field, row[field.name])]));
}

function chatDraft(draft: FormDraft, row: Json): FormDraft | null {
  const messages: unknown[] = Array.isArray(row['messages']) ? row['messages'] : [];
  const text = (role: string): string => {
    const message = messages.findLast((candidate) => isRecord(candidate) && candidate['role'] === role);
    return isRecord(message) && typeof message['content'] === 'string' ? message['content'] : '';
  };
  const message = text('user');
  return message === '' ? null : { ...draft, values: { message }, system: text('system') };
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

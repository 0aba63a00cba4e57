import type { JsonObject, JsonValue } from '../../core/ports.js';
import { emptyDraft, valueText, type FormDraft, type PanelForm } from '../../protocol/panelForm.js';

/**
 * The saved input example as a draft of the form: its first row where it has several. `null` where there is none, or where it
 * does not fit the form. Source: MLflow models/utils.py (_Example): `inputs`, split frames, lists and plain values.
 */
export function exampleDraft(form: PanelForm, example: JsonValue | undefined): FormDraft | null {
  if (example === undefined || example === null) return null;
  const { data, params } = withParams(example);
  const draft = { ...emptyDraft, params: paramTexts(form, params) };
  const row = firstRow(data);
  switch (form.kind) {
    case 'text': {
      const value = isObject(row) ? Object.values(row)[0] : row;
      return typeof value === 'string' ? { ...draft, values: { '': value } } : null;
    }
    case 'record':
      return isObject(row) ? { ...draft, values: recordTexts(form, row) } : null;
    case 'chat':
      return isObject(row) ? chatDraft(draft, row) : null;
    case 'json':
      return { ...draft, json: JSON.stringify(data, null, 2) };
  }
}

/** An example that was saved as a pair of data and params. */
function withParams(example: JsonValue): { data: JsonValue; params: JsonObject } {
  if (isObject(example) && isObject(example['params']) && ('inputs' in example || 'dataframe_split' in example)) {
    return { data: example['inputs'] ?? example['dataframe_split'] ?? null, params: example['params'] };
  }
  return { data: isObject(example) && 'inputs' in example ? (example['inputs'] ?? null) : example, params: {} };
}

/** The first row of a frame in split form, of records or of a list; the value itself otherwise. */
function firstRow(data: JsonValue): JsonValue {
  const split = isObject(data) && isObject(data['dataframe_split']) ? data['dataframe_split'] : data;
  if (isObject(split) && Array.isArray(split['data'])) {
    const columns = Array.isArray(split['columns']) ? split['columns'] : [];
    const row = split['data'][0] ?? null;
    if (!Array.isArray(row)) return row;
    return Object.fromEntries(row.map((value, index) => [String(columns[index] ?? index), value]));
  }
  return Array.isArray(split) ? (split[0] ?? null) : split;
}

function recordTexts(form: PanelForm, row: JsonObject): Record<string, string> {
  const values: Record<string, string> = {};
  for (const field of form.fields) {
    const value = row[field.name];
    if (value !== undefined) values[field.name] = valueText(field, value);
  }
  return values;
}

function paramTexts(form: PanelForm, params: JsonObject): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const field of form.params) {
    const value = params[field.name];
    if (value !== undefined) texts[field.name] = valueText(field, value);
  }
  return texts;
}

function chatDraft(draft: FormDraft, row: JsonObject): FormDraft | null {
  const messages = Array.isArray(row['messages']) ? row['messages'].filter(isObject) : [];
  const text = (role: string): string => {
    const message = messages.findLast((candidate) => candidate['role'] === role);
    return typeof message?.['content'] === 'string' ? message['content'] : '';
  };
  const message = text('user');
  return message === '' ? null : { ...draft, values: { message }, system: text('system') };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { JsonObject, JsonValue } from '../core/ports.js';

/** How a value is typed in. `lines` is one item a line. */
export type FieldControl = 'text' | 'lines' | 'number' | 'boolean' | 'datetime' | 'file' | 'json';
/** MLflow's scalar types (signature.md 1). */
export type ScalarType = 'boolean' | 'integer' | 'long' | 'float' | 'double' | 'string' | 'binary' | 'datetime';

/** One control of the form. */
export interface FormField {
  /** Column name; empty for the only, unnamed input. */
  name: string;
  label: string;
  /** In the signature's words: `Array(string)`. */
  typeText: string;
  control: FieldControl;
  scalar: ScalarType;
  isRequired: boolean;
  /** What kind of file `file` means. */
  fileKind?: 'image' | 'audio' | 'any';
  placeholder?: string;
}

/** A field with a default that may be left alone. */
export interface ParamField extends FormField {
  defaultValue: JsonValue;
  /** Where the value goes: MLflow's params, or the data record (the optional columns of the `llm/v1` schemas). */
  target: 'params' | 'data';
}

/**
 * What the panel asks for before a model can answer. `text`: one unnamed string. `record`: named columns.
 * `chat`: messages. `json`: what has no better form, such as tensors.
 */
export interface PanelForm {
  kind: 'text' | 'record' | 'chat' | 'json';
  /** Turns build on each other and text is streamed. */
  isConversation: boolean;
  fields: FormField[];
  params: ParamField[];
  /** The input example that was saved with the model. */
  example: FormDraft | null;
  /** Something the user should know, such as that there is no signature. */
  note: string | null;
}

/** What the user has typed: everything as text, so that nothing is lost while it is not valid yet. */
export interface FormDraft {
  isJson: boolean;
  /** The whole input as JSON, while `isJson`. */
  json: string;
  /** By field name. */
  values: Record<string, string>;
  /** Changed params by name; those left alone are absent. */
  params: Record<string, string>;
  /** System prompt of a chat. */
  system: string;
}

export const emptyDraft: FormDraft = { isJson: false, json: '', values: {}, params: {}, system: '' };

/** A value, or what is wrong with its text. */
export type Parsed = { ok: true; value: JsonValue } | { ok: false; error: string };

/** Reads what was typed into a field. Text that is empty where a value is required is an error; optional and empty is `null`. */
export function parseField(field: FormField, text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === '' && field.control !== 'text') {
    return field.isRequired ? wrong(`${field.label} is required.`) : right(null);
  }
  switch (field.control) {
    case 'text':
      if (text !== '' || !field.isRequired) return right(text === '' ? null : text);
      return wrong(`${field.label} is required.`);
    case 'file':
      return right(trimmed);
    case 'number':
      return parseNumber(field, trimmed);
    case 'boolean':
      return /^(true|false)$/i.test(trimmed) ? right(/^true$/i.test(trimmed)) : wrong('Enter true or false.');
    case 'datetime':
      return Number.isNaN(Date.parse(trimmed))
        ? wrong('Enter a date such as 2026-01-31 or 2026-01-31T12:30:00.')
        : right(trimmed);
    case 'lines':
      return parseLines(field, text);
    case 'json':
      return parseJson(trimmed);
  }
}

function parseNumber(field: FormField, text: string): Parsed {
  const value = Number(text);
  const isWhole = field.scalar === 'integer' || field.scalar === 'long';
  if (/^[+-]?(nan|inf(inity)?)$/i.test(text) && !isWhole) return right(specialNumber(text));
  if (!Number.isFinite(value)) return wrong(isWhole ? 'Enter a whole number.' : 'Enter a number.');
  if (!isWhole) return right(value);
  if (!Number.isInteger(value)) return wrong('Enter a whole number.');
  if (field.scalar === 'integer' && (value < -(2 ** 31) || value >= 2 ** 31)) {
    return wrong('This does not fit into an integer (32 bits).');
  }
  return Number.isSafeInteger(value) ? right(value) : wrong('This number is too large to be sent exactly.');
}

function specialNumber(text: string): number {
  if (/nan/i.test(text)) return NaN;
  return text.startsWith('-') ? -Infinity : Infinity;
}

function parseLines(field: FormField, text: string): Parsed {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const items: JsonValue[] = [];
  const control: FieldControl =
    field.scalar === 'string'
      ? 'text'
      : field.scalar === 'boolean'
        ? 'boolean'
        : field.scalar === 'datetime'
          ? 'datetime'
          : 'number';
  for (const [index, line] of lines.entries()) {
    const parsed = parseField({ ...field, control, label: `Line ${index + 1}` }, line);
    if (!parsed.ok) return wrong(`Line ${index + 1}: ${parsed.error}`);
    items.push(parsed.value);
  }
  return right(items);
}

/** Reads JSON and says where it is wrong. */
export function parseJson(text: string): Parsed {
  try {
    return right(JSON.parse(text) as JsonValue);
  } catch (error) {
    return wrong(`This is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The errors of a draft, by field name (params as `params.NAME`, the JSON text as `json`). Empty: it can be sent. */
export function draftErrors(form: PanelForm, draft: FormDraft): Record<string, string> {
  const errors: Record<string, string> = {};
  if (draft.isJson || form.kind === 'json') {
    const parsed = parseJson(draft.json);
    if (!parsed.ok) errors['json'] = draft.json.trim() === '' ? 'Enter the input as JSON.' : parsed.error;
  } else {
    for (const field of form.fields) {
      const parsed = parseField(field, draft.values[field.name] ?? '');
      if (!parsed.ok) errors[field.name] = parsed.error;
    }
  }
  for (const param of form.params) {
    const text = draft.params[param.name];
    if (text === undefined) continue;
    const parsed = parseField(param, text);
    if (!parsed.ok) errors[`params.${param.name}`] = parsed.error;
  }
  return errors;
}

/** The params that differ from their defaults, by where they go. Call it for drafts without errors. */
export function draftParams(form: PanelForm, draft: FormDraft, target: ParamField['target']): JsonObject {
  const values: JsonObject = {};
  for (const param of form.params) {
    const text = draft.params[param.name];
    if (text === undefined || param.target !== target) continue;
    const parsed = parseField(param, text);
    if (parsed.ok && (parsed.value !== null || target === 'params')) values[param.name] = parsed.value;
  }
  return values;
}

/** A default as the text of its control. */
export function valueText(field: FormField, value: JsonValue): string {
  if (value === null) return '';
  if (field.control === 'lines' && Array.isArray(value)) return value.map(String).join('\n');
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}

/** One line that stands for a draft. */
export function draftSummary(form: PanelForm, draft: FormDraft): string {
  if (draft.isJson || form.kind === 'json') return oneLine(draft.json);
  const values = form.fields.map((field) => draft.values[field.name] ?? '').filter((text) => text.trim() !== '');
  return oneLine(values.join(' · '));
}

/** A draft as the JSON that it would be sent as: where the JSON mode starts. Fields that are not valid yet stay text. */
export function draftJson(form: PanelForm, draft: FormDraft): string {
  if (form.kind === 'json') return draft.json;
  if (form.kind === 'text') return JSON.stringify(draft.values[''] ?? '');
  if (form.kind === 'chat') {
    const system = draft.system.trim() === '' ? [] : [{ role: 'system', content: draft.system }];
    const messages = [...system, { role: 'user', content: draft.values['message'] ?? '' }];
    return JSON.stringify({ messages, ...draftParams(form, draft, 'data') }, null, 2);
  }
  const record: JsonObject = {};
  for (const field of form.fields) {
    const text = draft.values[field.name] ?? '';
    const parsed = parseField(field, text);
    if (!parsed.ok) record[field.name] = text;
    else if (parsed.value !== null) record[field.name] = parsed.value;
  }
  return JSON.stringify({ ...record, ...draftParams(form, draft, 'data') }, null, 2);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`;
}

function right(value: JsonValue): Parsed {
  return { ok: true, value };
}

function wrong(error: string): Parsed {
  return { ok: false, error };
}

import { MlflowError } from '../errors.js';
import { dumpPythonJson, parsePythonJson } from '../serialization/pythonJson.js';
import { PyFloat, type PyValue } from '../serialization/pyValue.js';
import type { DataType } from './dataTypes.js';
import { PyDateTime } from './pyDateTime.js';
import type { FieldControl, FormField, ParamField, SignatureForm } from './formFields.js';

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

/** What is wrong with a text; {@link problemText} says it. */
export type FieldProblem =
  | { kind: 'required' | 'boolean' | 'datetime' | 'wholeNumber' | 'number' | 'jsonMissing' }
  /** A whole number of more bits than its type has. */
  | { kind: 'tooLarge'; bits: 32 | 64 }
  /** `message` is Python's, with the place. */
  | { kind: 'notJson'; message: string }
  /** Lines count from 1. */
  | { kind: 'line'; line: number; problem: FieldProblem };

/** A value in JavaScript's own types (whole numbers beyond 2^53 as `bigint`), or what is wrong with its text. */
export type FieldReading = { ok: true; value: unknown } | { ok: false; problem: FieldProblem };

/** Reads what was typed into a field. Text that is empty where a value is required is a problem; optional and empty is `null`. */
export function readField(field: FormField, text: string): FieldReading {
  const trimmed = text.trim();
  const isEmpty = field.control === 'text' ? text === '' : trimmed === '';
  if (isEmpty) return field.isRequired ? problem('required') : value(null);
  if (field.control === 'lines') return readLines(field, text);
  return readOne(field, field.control, field.control === 'text' ? text : trimmed);
}

function readOne({ scalar }: FormField, control: FieldControl, text: string): FieldReading {
  switch (control) {
    case 'number':
      return scalar === 'integer' || scalar === 'long' ? readInteger(text, scalar) : readNumber(text);
    case 'boolean':
      return /^(true|false)$/i.test(text) ? value(/^true$/i.test(text)) : problem('boolean');
    case 'datetime': {
      const date = PyDateTime.parse(text);
      return date instanceof PyDateTime
        ? value(new PyDateTime(date.epochMicroseconds).isoFormat())
        : problem('datetime');
    }
    case 'json':
      return readJson(text);
    default:
      return value(text);
  }
}

function readInteger(text: string, type: 'integer' | 'long'): FieldReading {
  if (!/^[+-]?\d+$/.test(text)) return problem('wholeNumber');
  const number = BigInt(text.replace('+', ''));
  const bits = type === 'integer' ? 32 : 64;
  if (BigInt.asIntN(bits, number) !== number) return { ok: false, problem: { kind: 'tooLarge', bits } };
  return value(Number.isSafeInteger(Number(number)) ? Number(number) : number);
}

function readNumber(text: string): FieldReading {
  if (/^[+-]?nan$/i.test(text)) return value(NaN);
  if (/^[+-]?inf(inity)?$/i.test(text)) return value(text.startsWith('-') ? -Infinity : Infinity);
  return Number.isFinite(Number(text)) ? value(Number(text)) : problem('number');
}

const lineControls: Readonly<Record<DataType, FieldControl>> = {
  boolean: 'boolean',
  integer: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'text',
  binary: 'text',
  datetime: 'datetime',
};

/** One item a line, or a JSON list where an item has lines of its own. */
function readLines(field: FormField, text: string): FieldReading {
  const list = text.trimStart().startsWith('[') ? readJson(text) : undefined;
  if (list?.ok && Array.isArray(list.value)) return list;
  const items: unknown[] = [];
  const control = lineControls[field.scalar];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const [index, line] of lines.entries()) {
    const read = readOne(field, control, control === 'text' ? line : line.trim());
    if (!read.ok) return { ok: false, problem: { kind: 'line', line: index + 1, problem: read.problem } };
    items.push(read.value);
  }
  return value(items);
}

/** Reads JSON as Python does: `NaN` and `Infinity` too, and whole numbers of any size. */
export function readJson(text: string): FieldReading {
  try {
    return value(plain(parsePythonJson(text, { keepTypes: true })));
  } catch (error) {
    return { ok: false, problem: { kind: 'notJson', message: MlflowError.from(error).message } };
  }
}

function plain(json: PyValue): unknown {
  if (json instanceof PyFloat) return json.value;
  if (Array.isArray(json)) return (json as PyValue[]).map(plain);
  if (typeof json !== 'object' || json === null) return json;
  const entries = json instanceof Map ? [...(json as Map<string, PyValue>)] : Object.entries(json as object);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item as PyValue)]));
}

/** The problems of a draft, by field name (params as `params.NAME`, the JSON text as `json`). Empty: it can be sent. */
export function draftProblems(form: SignatureForm, draft: FormDraft): Record<string, FieldProblem> {
  const problems: Record<string, FieldProblem> = {};
  const note = (name: string, read: FieldReading): void => {
    if (!read.ok) problems[name] = read.problem;
  };
  if (!isJsonDraft(form, draft)) {
    for (const field of form.fields) note(field.name, readField(field, draft.values[field.name] ?? ''));
  } else note('json', draft.json.trim() === '' ? problem('jsonMissing') : readJson(draft.json));
  for (const param of form.params) {
    const text = draft.params[param.name];
    if (text !== undefined) note(`params.${param.name}`, readField(param, text));
  }
  return problems;
}

/** Whether a draft is JSON as a whole: by choice, or because the form has no fields. */
export function isJsonDraft(form: SignatureForm, draft: FormDraft): boolean {
  return draft.isJson || form.kind === 'json';
}

/** The params that differ from their defaults, by where they go. Call it for drafts without problems. */
export function draftParams(
  form: SignatureForm,
  draft: FormDraft,
  target: ParamField['target'],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const param of form.params) {
    const text = draft.params[param.name];
    if (text === undefined || param.target !== target) continue;
    const read = readField(param, text);
    if (read.ok && (read.value !== null || target === 'params')) values[param.name] = read.value;
  }
  return values;
}

/**
 * The data of fields whose values have been read: what is unnamed by itself, a row of several, or a record. `null` of an
 * optional column is left out of a record.
 */
export function fieldsData(form: SignatureForm, values: Readonly<Record<string, unknown>>): unknown {
  if (form.kind === 'row') return [form.fields.map(({ name }) => values[name] ?? null)];
  if (form.kind === 'text') return values[''];
  return Object.fromEntries(Object.entries(values).filter(([, item]) => item !== null));
}

/** A draft as the JSON that it would be sent as: where the JSON mode starts. Fields that are not valid yet stay text. */
export function draftJson(form: SignatureForm, draft: FormDraft): string {
  if (form.kind === 'json') return draft.json;
  const optional = draftParams(form, draft, 'data');
  if (form.kind === 'chat') {
    const system = draft.system.trim() === '' ? [] : [{ role: 'system', content: draft.system }];
    const messages = [...system, { role: 'user', content: draft.values['message'] ?? '' }];
    return jsonText({ messages, ...optional });
  }
  const values: Record<string, unknown> = {};
  for (const field of form.fields) {
    const text = draft.values[field.name] ?? '';
    const read = readField(field, text);
    values[field.name] = read.ok ? read.value : text;
  }
  const data = fieldsData(form, values);
  return jsonText(form.kind === 'record' ? { ...(data as object), ...optional } : data);
}

/** A value as the text of its control. */
export function valueText(field: FormField, shown: unknown): string {
  if (shown === null || shown === undefined) return '';
  if (field.control === 'lines' && Array.isArray(shown) && shown.every(isOneLine)) return shown.map(String).join('\n');
  if (typeof shown === 'string' && field.control !== 'json') return shown;
  return typeof shown === 'object' || typeof shown === 'string' ? jsonText(shown) : String(shown);
}

function isOneLine(item: unknown): boolean {
  if (typeof item === 'string') return item.trim() !== '' && !item.includes('\n') && !item.trimStart().startsWith('[');
  return typeof item !== 'object';
}

/** One line that stands for a draft. */
export function draftSummary(form: SignatureForm, draft: FormDraft): string {
  if (isJsonDraft(form, draft)) return oneLine(draft.json);
  const values = form.fields.map((field) => draft.values[field.name] ?? '').filter((text) => text.trim() !== '');
  return oneLine(values.join(' · '));
}

/** JSON as Python writes it, so that `NaN` and whole numbers of any size stay what they are. */
export function jsonText(json: unknown): string {
  return dumpPythonJson(json as PyValue, { indent: 2, ensureAscii: false });
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`;
}

function value(read: unknown): FieldReading {
  return { ok: true, value: read };
}

function problem(kind: Exclude<FieldProblem['kind'], 'tooLarge' | 'notJson' | 'line'>): FieldReading {
  return { ok: false, problem: { kind } };
}

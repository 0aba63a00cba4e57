import type { ArrayType, DataType } from './dataTypes.js';
import { prepareInput } from './prepareInput.js';
import { PyDateTime } from './pyDateTime.js';
import { errorText } from './pythonError.js';
import { pythonJsonDumps, pythonJsonLoads } from './pythonJson.js';
import { dictEntries, dictGet, pythonKind, toPlain } from './pythonValue.js';
import type { SignatureField, SignatureForm } from './signatureForm.js';

/** What was entered: text for everything, booleans and bytes as they are. Absent or empty: not entered. */
export type FieldValue = string | boolean | Uint8Array | null | undefined;

export interface FormValues {
  inputs: Readonly<Record<string, FieldValue>>;
  params: Readonly<Record<string, FieldValue>>;
}

/** Data and params for `predict`, or sentences by field (`inputs.NAME`, `params.NAME`, `json`). */
export type FormResult = { data: unknown; params: Record<string, unknown> } | { errors: Record<string, string> };

const noValue = Symbol('noValue');

/**
 * The data and params that `predict` takes, as plain values that cross any border: prepare them with `valuesAsDeclared`,
 * since a whole number says nothing about its type.
 */
export function formToInput(form: SignatureForm, values: FormValues): FormResult {
  const errors: Record<string, string> = {};
  const inputs = readFields(form.inputs, values.inputs, 'inputs', errors);
  const params = readFields(form.params, values.params, 'params', errors);
  if (Object.keys(errors).length > 0) return { errors };
  return { data: dataOf(form, inputs), params };
}

function readFields(
  fields: readonly SignatureField[],
  values: Readonly<Record<string, FieldValue>>,
  part: 'inputs' | 'params',
  errors: Record<string, string>,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const field of fields) {
    try {
      const value = readField(field, values[field.name]);
      if (value !== noValue) read[field.name] = toPlain(value);
    } catch (error) {
      errors[`${part}.${field.name}`] = errorText(error);
    }
  }
  return read;
}

function dataOf(form: SignatureForm, inputs: Record<string, unknown>): unknown {
  if (form.shape === 'row') return [form.inputs.map(({ name }) => inputs[name] ?? null)];
  const [only] = form.inputs;
  return only?.name === '' ? inputs[''] : inputs;
}

function readField(field: SignatureField, value: FieldValue): unknown {
  const isEmpty = value === null || value === undefined || value === '';
  if (isEmpty) {
    if (field.required) throw new Error(`${field.label} is required.`);
    return noValue;
  }
  if (field.kind === 'binary') return readBytes(value);
  if (typeof value === 'boolean') return value;
  const text = value as string;
  if (field.kind === 'json') return parseJson(text);
  if (field.kind === 'list') return readLines(text, field.type as ArrayType);
  return readScalar(text, field.type as DataType);
}

/** Bytes, or text in base64. */
function readBytes(value: FieldValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const text = String(value).replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new Error('Choose a file, or enter base64.');
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function parseJson(text: string): unknown {
  try {
    return pythonJsonLoads(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${errorText(error)}.`);
  }
}

function readLines(text: string, type: ArrayType): unknown[] {
  if (/^\s*\[/.test(text)) {
    const items = parseJson(text);
    if (Array.isArray(items)) return items;
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, i) => {
    try {
      return readScalar(line, type.dtype as DataType);
    } catch (error) {
      throw new Error(`Line ${i + 1}: ${errorText(error)}`);
    }
  });
}

function readScalar(text: string, type: DataType): unknown {
  const bare = text.trim();
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      if (!/^(true|false)$/i.test(bare)) throw new Error('Enter true or false.');
      return bare.toLowerCase() === 'true';
    case 'integer':
    case 'long':
      return readInteger(bare, type);
    case 'float':
    case 'double':
      return readNumber(bare);
    case 'binary':
      return readBytes(bare);
    case 'datetime': {
      const date = PyDateTime.parse(bare);
      if (date instanceof PyDateTime) return new PyDateTime(date.epochMicroseconds).isoFormat();
      throw new Error('Enter a date such as 2026-01-31 or 2026-01-31T12:30:00.');
    }
  }
}

function readInteger(text: string, type: 'integer' | 'long'): number | bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new Error('Enter a whole number.');
  const value = BigInt(text.replace('+', ''));
  const bits = type === 'integer' ? 32 : 64;
  if (BigInt.asIntN(bits, value) !== value) throw new Error(`This number does not fit into ${bits} bits.`);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function readNumber(text: string): number {
  if (/^[+-]?nan$/i.test(text)) return NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (text === '' || !Number.isFinite(Number(text))) throw new Error('Enter a number.');
  return Number(text);
}

/** The entered values as the JSON that stands for them: `{"inputs": ..., "params": ...}`. `undefined` while they have errors. */
export function formToJson(form: SignatureForm, values: FormValues): string | undefined {
  const result = formToInput(form, values);
  if ('errors' in result) return undefined;
  const { data, params } = result;
  const body = { inputs: jsonable(data), ...(Object.keys(params).length === 0 ? {} : { params: jsonable(params) }) };
  return JSON.stringify(body, null, 2);
}

function jsonable(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(jsonable);
  if (pythonKind(value) !== 'dict') return toPlain(value);
  return Object.fromEntries(dictEntries(value).map(([key, item]) => [key, jsonable(item)]));
}

/**
 * JSON mode: a scoring payload (`inputs`, `dataframe_split`, ...) or the data itself, as data and params for `predict`.
 * A payload stays one: `predict` casts it as the scoring server does. What the signature refuses is an error of `json`.
 */
export function jsonToInput(form: SignatureForm, text: string): FormResult {
  if (text.trim() === '') return { errors: { json: 'Enter the input as JSON.' } };
  try {
    const data = toPlain(parseJson(text));
    prepareInput(data, form.signature, undefined, { valuesAsDeclared: true });
    return { data, params: {} };
  } catch (error) {
    return { errors: { json: errorText(error) } };
  }
}

/** The values that a form shows for JSON of {@link formToJson}'s kind; what it has no field for is left out. */
export function jsonToValues(form: SignatureForm, text: string): FormValues | { errors: Record<string, string> } {
  try {
    const json = parseJson(text);
    const isWrapped = pythonKind(json) === 'dict' && dictGet(json, 'inputs') !== undefined;
    const data = isWrapped ? dictGet(json, 'inputs') : json;
    const params = isWrapped ? (dictGet(json, 'params') ?? {}) : {};
    return { inputs: shownInputs(form, data), params: shownFields(form.params, params) };
  } catch (error) {
    return { errors: { json: errorText(error) } };
  }
}

function shownInputs(form: SignatureForm, data: unknown): Record<string, FieldValue> {
  const [only] = form.inputs;
  if (only?.name === '') return { '': shown(only, data) };
  const first: unknown = Array.isArray(data) ? data[0] : data;
  if (form.shape !== 'row') return shownFields(form.inputs, first);
  const row: unknown[] = Array.isArray(first) ? first : [];
  return Object.fromEntries(form.inputs.map((field, i) => [field.name, shown(field, row[i])]));
}

function shownFields(fields: readonly SignatureField[], record: unknown): Record<string, FieldValue> {
  if (pythonKind(record) !== 'dict') return {};
  const entries = fields.map((field): [string, FieldValue] => [field.name, shown(field, dictGet(record, field.name))]);
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

function shown(field: SignatureField, value: unknown): FieldValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' && field.kind === 'boolean') return value;
  if (field.kind === 'list' && Array.isArray(value) && value.every((item) => isOneLine(item))) {
    return value.map((item) => String(toPlain(item))).join('\n');
  }
  if (typeof value === 'string' && field.kind !== 'json') return value;
  const isBare = pythonKind(value) === 'int' || pythonKind(value) === 'float';
  return isBare ? String(toPlain(value)) : pythonJsonDumps(value);
}

function isOneLine(item: unknown): boolean {
  if (typeof item === 'string') return item.trim() !== '' && !item.includes('\n') && !item.trimStart().startsWith('[');
  return ['int', 'float', 'bool'].includes(pythonKind(item));
}

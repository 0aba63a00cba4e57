import { ArrayType, type ColumnType, type DataType } from './dataTypes.js';
import { defaultSignature } from './defaultSignatures.js';
import type { ModelSignature } from './modelSignature.js';
import type { ParamSpec } from './params.js';
import { toPlain } from './pythonValue.js';
import type { TensorSpec } from './schema.js';
import { type ColSpec } from './schema.js';
import { typeInWords } from './signatureView.js';

export type FieldKind =
  'text' | 'longtext' | 'number' | 'integer' | 'boolean' | 'datetime' | 'binary' | 'json' | 'list';

/** One control of a form made from a signature. */
export interface SignatureField {
  /** Column or param name; empty for the only unnamed input, its position for one of several. */
  name: string;
  label: string;
  kind: FieldKind;
  /** MLflow's type; `null` for tensors. */
  type: ColumnType | null;
  required: boolean;
  /** Params: the default in plain JavaScript. Inputs: `null`. */
  default: unknown;
  /** One sentence: the type in words, and what to enter. */
  help: string;
}

/**
 * What a model asks for. `single`: one unnamed value. `record`: named columns. `row`: several unnamed columns.
 * `json`: tensors, which have no better control.
 */
export interface SignatureForm {
  shape: 'single' | 'record' | 'row' | 'json';
  inputs: SignatureField[];
  params: SignatureField[];
  signature: ModelSignature | null;
}

/** The form of a signature; without one, of the task's default; without either, one text. */
export function signatureForm(signature: ModelSignature | null, task?: string): SignatureForm {
  const effective = signature ?? (task === undefined ? null : defaultSignature(task));
  const schema = effective?.inputs ?? null;
  const params = (effective?.params?.params ?? []).map(paramField);
  if (schema === null) return { shape: 'single', inputs: [textField()], params, signature: effective };
  if (schema.isTensorSpec) {
    return { shape: 'json', inputs: schema.tensors.map(tensorField), params, signature: effective };
  }
  const isSingle = !schema.hasInputNames && schema.columns.length === 1;
  const inputs = schema.columns.map((column, i) => columnField(column, isSingle ? '' : String(column.name ?? i)));
  return { shape: isSingle ? 'single' : schema.hasInputNames ? 'record' : 'row', inputs, params, signature: effective };
}

function textField(): SignatureField {
  return { name: '', label: 'Input', kind: 'longtext', type: 'string', required: true, default: null, help: 'Text.' };
}

function columnField({ type, required }: ColSpec, name: string): SignatureField {
  return {
    name,
    label: name === '' ? 'Input' : name,
    kind: fieldKind(type, name),
    type,
    required: required === true,
    default: null,
    help: helpText(type, required === true),
  };
}

function tensorField(spec: TensorSpec): SignatureField {
  const lengths = spec.shape.map((length) => (length === -1 ? 'any' : String(length))).join(' × ');
  const name = String(spec.name ?? '');
  const help = `Nested lists of ${spec.type} as JSON, shape ${lengths}.`;
  return { name, label: name === '' ? 'Input' : name, kind: 'json', type: null, required: true, default: null, help };
}

function paramField(spec: ParamSpec): SignatureField {
  const type = spec.shape === null ? spec.dtype : new ArrayType(spec.dtype);
  return {
    name: spec.name,
    label: spec.name,
    kind: fieldKind(type, spec.name) === 'longtext' ? 'text' : fieldKind(type, spec.name),
    type,
    required: false,
    default: toPlain(spec.default),
    help: helpText(type, true),
  };
}

const scalarKinds: Record<DataType, FieldKind> = {
  boolean: 'boolean',
  integer: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
  string: 'longtext',
  binary: 'binary',
  datetime: 'datetime',
};

/** Names of texts that are short whatever the model. */
const shortTexts = new Set([
  'question',
  'query',
  'candidate_labels',
  'hypothesis_template',
  'role',
  'name',
  'model',
  'id',
]);

function fieldKind(type: ColumnType, name: string): FieldKind {
  if (typeof type === 'string') return type === 'string' && shortTexts.has(name) ? 'text' : scalarKinds[type];
  return type instanceof ArrayType && typeof type.dtype === 'string' ? 'list' : 'json';
}

function helpText(type: ColumnType, required: boolean): string {
  const words = typeInWords(type);
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  const hint = type instanceof ArrayType && typeof type.dtype === 'string' ? ', one item a line' : '';
  return `${text}${hint}${required ? '' : '; may be left empty'}.`;
}

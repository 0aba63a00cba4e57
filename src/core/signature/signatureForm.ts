import type { DataType } from './dataTypeNames.js';
import { ArrayType, isDataType, MapType, ObjectType, typeRepr, type ColumnType } from './dataTypes.js';
import { normalizeTask } from '../transformers/tasks.js';
import { defaultSignature } from './defaultSignatures.js';
import { valueText } from './formDraft.js';
import type { FieldControl, FormField, ParamField, SignatureForm } from './formFields.js';
import { isLlmTask, llmSignature, type LlmTask } from './llmSchemas.js';
import type { ModelSignature } from './modelSignature.js';
import type { ParamSpec } from './params.js';
import { toPlain } from './pythonValue.js';
import type { ColSpec, Schema } from './schema.js';
import { mediaOfTask } from './mediaOfTask.js';

/** Optional columns of the `llm/v1` schemas that the pipelines refuse, or that need JSON. */
const hiddenColumns = new Set<unknown>(['n', 'stream', 'tools', 'custom_inputs']);

/** The form of a signature; without one, of the task's default signature; without either, JSON. */
export function signatureForm(
  signature: ModelSignature | null,
  { task, inferenceTask }: { task?: string | null | undefined; inferenceTask?: string | null | undefined } = {},
): SignatureForm {
  const pipelineTask = normalizeTask(task ?? '');
  if (inferenceTask != null && isLlmTask(inferenceTask)) return llmForm(inferenceTask, signature);
  const effective = signature?.inputs == null ? defaultSignature(pipelineTask) : signature;
  const form = inputsForm(effective?.inputs ?? null, pipelineTask);
  return {
    ...form,
    params: (signature?.params?.params ?? []).map(paramField),
    note: signature?.inputs == null ? 'noSignature' : form.note,
  };
}

function emptyForm(kind: SignatureForm['kind']): SignatureForm {
  return { kind, isConversation: false, fields: [], params: [], example: null, note: null };
}

function inputsForm(schema: Schema | null, task: string): SignatureForm {
  if (schema === null) return emptyForm('json');
  if (schema.isTensorSpec) return { ...emptyForm('json'), note: 'tensors' };
  const isSingle = !schema.hasInputNames && schema.columns.length === 1;
  const fields = schema.columns.map((column, i) =>
    columnField(column, isSingle ? '' : String(column.name ?? i), isSingle ? task : '', task),
  );
  if (!isSingle) return { ...emptyForm(schema.hasInputNames ? 'record' : 'row'), fields };
  return { ...emptyForm('text'), isConversation: task === 'text-generation', fields };
}

function llmForm(inferenceTask: LlmTask, signature: ModelSignature | null): SignatureForm {
  const columns = (signature?.inputs ?? llmSignature(inferenceTask).inputs)?.columns ?? [];
  const optional = columns.filter(({ name, required }) => required !== true && !hiddenColumns.has(name));
  const params = optional.map((column): ParamField => ({
    ...columnField(column, String(column.name ?? ''), '', ''),
    defaultText: null,
    target: 'data',
  }));
  const text = { typeText: 'string', control: 'text', scalar: 'string', isRequired: true } as const;
  const isEmbedding = inferenceTask === 'llm/v1/embeddings';
  const isChat = inferenceTask === 'llm/v1/chat';
  const name = isEmbedding ? 'input' : isChat ? 'message' : 'prompt';
  return {
    ...emptyForm(isChat ? 'chat' : 'record'),
    isConversation: !isEmbedding,
    fields: [{ ...text, name, purpose: isEmbedding ? 'text' : 'prompt' }],
    params: [...params, ...(signature?.params?.params ?? []).map(paramField)],
  };
}

/** @param purposeTask the task where the field is its only input, else empty */
function columnField({ type, required }: ColSpec, name: string, purposeTask: string, task: string): FormField {
  const { control, scalar } = controlOf(type);
  const fileKind = control === 'text' || control === 'file' ? fileKindOf(task, name, scalar) : null;
  const field: FormField = {
    name,
    typeText: typeText(type),
    control: fileKind === null ? control : 'file',
    scalar,
    isRequired: required === true,
  };
  if (fileKind !== null) return { ...field, fileKind };
  if (purposeTask === '' || control !== 'text') return field;
  const purpose = purposeTask === 'text-generation' ? 'prompt' : purposeTask === 'fill-mask' ? 'masked' : 'text';
  return { ...field, purpose };
}

function paramField(spec: ParamSpec): ParamField {
  const type = spec.shape === null ? spec.dtype : new ArrayType(spec.dtype);
  const field: FormField = { name: spec.name, typeText: typeText(type), ...controlOf(type), isRequired: true };
  const value = toPlain(spec.default);
  const defaultText = value === null || value === undefined ? null : valueText(field, value);
  return { ...field, defaultText, target: 'params' };
}

const scalarControls: Readonly<Record<DataType, FieldControl>> = {
  boolean: 'boolean',
  integer: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'text',
  binary: 'file',
  datetime: 'datetime',
};

function controlOf(type: ColumnType): { control: FieldControl; scalar: DataType } {
  if (isDataType(type)) return { control: scalarControls[type], scalar: type };
  const item = type instanceof ArrayType ? type.dtype : undefined;
  if (isDataType(item) && item !== 'binary') return { control: 'lines', scalar: item };
  return { control: 'json', scalar: 'string' };
}

/** The kind of file that bytes, or a text of a media task, stand for. A question about an image stays a text. */
function fileKindOf(task: string, name: string, scalar: DataType): NonNullable<FormField['fileKind']> | null {
  if (scalar !== 'binary' && !/^$|image|audio|speech|path|url/i.test(name)) return null;
  return mediaOfTask(task) ?? (scalar === 'binary' ? 'any' : null);
}

/** A type as MLflow prints it, objects by the names of their properties alone. */
function typeText(type: ColumnType): string {
  if (type instanceof ObjectType) return `{${type.properties.map(({ name }) => name).join(', ')}}`;
  if (type instanceof MapType) return `Map(str -> ${typeText(type.valueType)})`;
  const isCompoundArray = type instanceof ArrayType && typeof type.dtype !== 'string';
  return isCompoundArray ? `Array(${typeText(type.dtype)})` : typeRepr(type);
}

import type { JsonObject, JsonValue } from '../../core/ports.js';
import type { FieldControl, FormField, PanelForm, ParamField, ScalarType } from '../../protocol/panelForm.js';
import { exampleDraft } from './exampleDraft.js';
import type { PanelModelFile } from './readModelFile.js';

const scalarTypes: readonly string[] = [
  'boolean',
  'integer',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'datetime',
];
const textTasks = new Set([
  'text-generation',
  'text2text-generation',
  'summarization',
  'translation',
  'fill-mask',
  'text-classification',
  'sentiment-analysis',
  'token-classification',
  'ner',
  'feature-extraction',
]);
/** Optional columns of the `llm/v1` schemas that the pipelines refuse, or that need JSON. */
const hiddenColumns = new Set(['n', 'stream', 'tools', 'custom_inputs']);

/** The form of a model: from its signature, or from its task where there is none. */
export function buildForm(file: PanelModelFile): PanelForm {
  const task = (file.task ?? '').replace(/^translation_.*/, 'translation');
  const params = (file.params ?? []).map(paramField);
  const columns = file.inputs ?? [];
  const form = inputForm(file, task, columns);
  const all: PanelForm = { ...form, params: [...form.params, ...params], example: null };
  return { ...all, example: exampleDraft(all, file.inputExample) };
}

function inputForm(file: PanelModelFile, task: string, columns: readonly JsonObject[]): PanelForm {
  const base: PanelForm = { kind: 'json', isConversation: false, fields: [], params: [], example: null, note: null };
  if (file.inferenceTask?.startsWith('llm/v1/')) return llmForm(base, file.inferenceTask, columns);
  const isConversation = task === 'text-generation';
  if (columns.length === 0) {
    const note = 'This model was saved without an input signature, so nothing checks what is sent.';
    return textTasks.has(task)
      ? { ...base, kind: 'text', isConversation, fields: [textField(task)], note }
      : { ...base, note };
  }
  if (columns.some((column) => column['type'] === 'tensor')) {
    return { ...base, note: 'The signature asks for tensors: enter them as JSON.' };
  }
  const fields = columns.map((column) => columnField(column, task));
  const [only] = fields;
  if (fields.length === 1 && only?.name === '') {
    return { ...base, kind: 'text', isConversation, fields: [only.control === 'text' ? textField(task) : only] };
  }
  if (fields.some((field) => field.name === '')) {
    return { ...base, note: 'The signature has several inputs without names: enter them as JSON.' };
  }
  return { ...base, kind: 'record', fields };
}

function llmForm(base: PanelForm, inferenceTask: string, columns: readonly JsonObject[]): PanelForm {
  const optional = columns.filter(
    (column) => column['required'] === false && !hiddenColumns.has(String(column['name'])),
  );
  const params: ParamField[] = optional.map((column) => ({
    ...columnField(column, ''),
    defaultValue: null,
    target: 'data',
  }));
  const name =
    inferenceTask === 'llm/v1/completions' ? 'prompt' : inferenceTask === 'llm/v1/embeddings' ? 'input' : 'message';
  const field: FormField = { ...textField('text-generation'), name, label: name === 'input' ? 'Text' : 'Prompt' };
  return {
    ...base,
    kind: inferenceTask === 'llm/v1/chat' ? 'chat' : 'record',
    isConversation: inferenceTask !== 'llm/v1/embeddings',
    fields: [field],
    params,
  };
}

function textField(task: string): FormField {
  return {
    name: '',
    label: task === 'text-generation' ? 'Prompt' : 'Text',
    typeText: 'string',
    control: 'text',
    scalar: 'string',
    isRequired: true,
    ...(task === 'fill-mask' ? { placeholder: 'Text with the mask token, such as [MASK]' } : {}),
  };
}

/** A column of the signature as a control. */
function columnField(column: JsonObject, task: string): FormField {
  const name = column['name'] === undefined || column['name'] === null ? '' : String(column['name']);
  const { control, scalar } = controlOf(column);
  const fileKind = fileKindOf(task, scalar);
  return {
    name,
    label: name === '' ? (fileKind === null ? 'Text' : `${fileKind[0]?.toUpperCase()}${fileKind.slice(1)}`) : name,
    typeText: typeText(column),
    control: fileKind !== null && control !== 'json' ? 'file' : control,
    scalar,
    isRequired: column['required'] !== false,
    ...(fileKind === null ? {} : { fileKind }),
    ...(control === 'lines' ? { placeholder: 'One item a line' } : {}),
    ...(name === 'candidate_labels' ? { placeholder: 'sports, politics, science' } : {}),
    ...(name === 'hypothesis_template' ? { placeholder: 'This example is {}.' } : {}),
  };
}

function fileKindOf(task: string, scalar: ScalarType): 'image' | 'audio' | 'any' | null {
  if (/image|object-detection|depth|visual/.test(task) && (scalar === 'string' || scalar === 'binary')) return 'image';
  if (/audio|speech/.test(task) && (scalar === 'string' || scalar === 'binary')) return 'audio';
  return scalar === 'binary' ? 'any' : null;
}

function controlOf(column: JsonObject): { control: FieldControl; scalar: ScalarType } {
  const type = String(column['type'] ?? column['dtype'] ?? 'string');
  if (type === 'array' && isObject(column['items'])) {
    const item = String(column['items']['type']);
    if (scalarTypes.includes(item) && item !== 'binary') return { control: 'lines', scalar: item as ScalarType };
  }
  if (!scalarTypes.includes(type)) return { control: 'json', scalar: 'string' };
  const scalar = type as ScalarType;
  const controls: Record<ScalarType, FieldControl> = {
    boolean: 'boolean',
    integer: 'number',
    long: 'number',
    float: 'number',
    double: 'number',
    string: 'text',
    binary: 'file',
    datetime: 'datetime',
  };
  return { control: controls[scalar], scalar };
}

/** A type as MLflow prints it: `string`, `Array(string)`, `{id: long (required)}`. */
function typeText(spec: JsonObject): string {
  const type = String(spec['type'] ?? spec['dtype'] ?? 'any');
  if (type === 'array') return `Array(${isObject(spec['items']) ? typeText(spec['items']) : 'any'})`;
  if (type === 'map') return `Map(str -> ${isObject(spec['values']) ? typeText(spec['values']) : 'any'})`;
  if (type === 'object' && isObject(spec['properties'])) return `{${Object.keys(spec['properties']).join(', ')}}`;
  return type;
}

function paramField(param: JsonObject): ParamField {
  const name = String(param['name']);
  const isList = Array.isArray(param['shape']);
  const base = columnField({ ...param, type: param['type'] ?? param['dtype'] ?? 'string', required: false }, '');
  return {
    ...base,
    name,
    label: name,
    control: isList ? 'lines' : base.control,
    typeText: isList ? `${base.typeText} list` : base.typeText,
    ...(isList ? { placeholder: 'One item a line' } : {}),
    defaultValue: (param['default'] ?? null) as JsonValue,
    target: 'params',
  };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

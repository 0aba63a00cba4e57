import { parsePyYaml } from '../serialization/pyYaml.js';

/** The few facts about a model that fit into a line. */
export interface ModelSummary {
  flavors: string[];
  /** Pipeline task of the transformers flavor. */
  task: string | null;
  /** `llm/v1/...`, when the model was saved with one. */
  inferenceTask: string | null;
  modelClass: string | null;
  /** As numbers are named in the Hub's words: `fp32`, `bf16`, `fp16`. */
  dtype: string | null;
  sizeBytes: number | null;
  /** The weights are not stored: they come from a Hub repository or another folder. */
  isReferenceOnly: boolean;
  /** The model is an adapter on a base model. */
  isAdapter: boolean;
  sourceModelName: string | null;
  mlflowVersion: string | null;
}

const dtypeNames: Readonly<Record<string, string>> = {
  float32: 'fp32',
  float16: 'fp16',
  bfloat16: 'bf16',
  float64: 'fp64',
  F32: 'fp32',
  F16: 'fp16',
  BF16: 'bf16',
  F64: 'fp64',
};

/** `torch.bfloat16` and safetensors' `BF16` as `bf16`; a name without a short form as it is, without the library. */
export function shortDtype(dtype: string): string {
  const name = dtype.replace(/^torch\./, '');
  return dtypeNames[name] ?? name.toLowerCase();
}

/**
 * Reads the summary from the text of an MLmodel file. Lenient: what is missing or of another type is `null`.
 * @returns `undefined` when the text is not a YAML mapping.
 */
export function summarizeMlmodel(text: string): ModelSummary | undefined {
  let document: unknown;
  try {
    document = parsePyYaml(text);
  } catch {
    return undefined;
  }
  if (!isRecord(document)) return undefined;
  const flavors = isRecord(document['flavors']) ? document['flavors'] : {};
  const flavor = isRecord(flavors['transformers']) ? flavors['transformers'] : {};
  const dtype = textOf(flavor['torch_dtype']);
  return {
    flavors: Object.keys(flavors),
    task: textOf(flavor['task']),
    inferenceTask: textOf(flavor['inference_task']),
    modelClass: textOf(flavor['pipeline_model_type']),
    dtype: dtype === null ? null : shortDtype(dtype),
    sizeBytes: typeof document['model_size_bytes'] === 'number' ? document['model_size_bytes'] : null,
    isReferenceOnly: isReferenceOnlyFlavor(flavor),
    isAdapter: textOf(flavor['peft_adaptor']) !== null,
    sourceModelName: textOf(flavor['source_model_name']) || null,
    mlflowVersion: textOf(document['mlflow_version']),
  };
}

/**
 * Whether the weights of a transformers flavor lie elsewhere: a pinned Hub revision, or a base model's folder.
 * Source: mlflow.transformers (_load_model): `source_model_revision` and `local_base_model_path` decide.
 */
export function isReferenceOnlyFlavor(flavor: Readonly<Record<string, unknown>>): boolean {
  return textOf(flavor['source_model_revision']) !== null || textOf(flavor['local_base_model_path']) !== null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

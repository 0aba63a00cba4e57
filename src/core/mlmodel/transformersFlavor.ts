import { pythonStr } from '../serialization/pythonRepr.js';
import type { PyValue } from '../serialization/pyValue.js';

export const componentNames = ['feature_extractor', 'tokenizer', 'image_processor', 'processor'] as const;
export type ComponentName = (typeof componentNames)[number];

/** One saved component of a pipeline: its Python class and, for a reference-only model, where it comes from. */
export interface FlavorComponent {
  readonly name: ComponentName;
  readonly type: string | null;
  /** Hub repository, or a path of the machine that saved the model. */
  readonly sourceName: string | null;
  readonly revision: string | null;
}

/** Where the weights are: in the model folder, on the Hub at a pinned commit, or in another folder of one machine. */
export type WeightsPlace =
  | { readonly kind: 'stored'; readonly folder: string }
  | { readonly kind: 'hub'; readonly repository: string; readonly revision: string }
  | { readonly kind: 'localBase'; readonly path: string };

/**
 * The `transformers` flavor as written from MLflow 2.3 to 3.17. Source: mlflow/transformers/flavor_config.py (FlavorKey).
 */
export interface TransformersFlavor {
  readonly transformersVersion: string | null;
  /** The pipeline's task, never an `llm/v1` one. */
  readonly task: string | null;
  /** `llm/v1/chat`, `llm/v1/completions` or `llm/v1/embeddings`, where the model was saved with one. */
  readonly inferenceTask: string | null;
  /** Python class of the pipeline. */
  readonly instanceType: string | null;
  /** `pt` or `tf`; absent since transformers 5. */
  readonly framework: string | null;
  /** With the prefix: `torch.float32`. */
  readonly torchDtype: string | null;
  /** Python class of the (base) model. */
  readonly modelType: string | null;
  /** Hub repository, a path of the machine that saved the model, or empty for a model built from a config. */
  readonly sourceModelName: string | null;
  readonly sourceModelRevision: string | null;
  readonly modelBinary: string | null;
  readonly localBaseModelPath: string | null;
  /** Folder of the PEFT adapter, where the model is one. */
  readonly peftAdaptor: string | null;
  /** Folder with the user's code, which is never executed here. */
  readonly code: string | null;
  /** As listed under `components`; a processor is never listed there. */
  readonly listedComponents: readonly string[];
  /** Every component that the flavor describes, the processor included. */
  readonly components: readonly FlavorComponent[];
  readonly weights: WeightsPlace;
}

/** Folder of the weights in models older than MLflow 2.4.1, which have no `model_binary` key. */
const legacyWeightsFolder = 'pipeline';

/** The typed view of the flavor's settings; absent or mistyped settings are null. */
export function readTransformersFlavor(settings: Readonly<Record<string, PyValue>>): TransformersFlavor {
  const text = (key: string): string | null => {
    const value = settings[key];
    return typeof value === 'string' || typeof value === 'number' ? pythonStr(value) : null;
  };
  const listed = settings['components'];
  const listedComponents = Array.isArray(listed) ? listed.map((item: PyValue) => pythonStr(item)) : [];
  return {
    transformersVersion: text('transformers_version'),
    task: text('task'),
    inferenceTask: text('inference_task'),
    instanceType: text('instance_type'),
    framework: text('framework'),
    torchDtype: text('torch_dtype'),
    modelType: text('pipeline_model_type'),
    sourceModelName: text('source_model_name'),
    sourceModelRevision: text('source_model_revision'),
    modelBinary: text('model_binary'),
    localBaseModelPath: text('local_base_model_path'),
    peftAdaptor: text('peft_adaptor'),
    code: text('code'),
    listedComponents,
    components: componentNames
      .filter((name) => listedComponents.includes(name) || text(`${name}_type`) !== null)
      .map((name) => ({
        name,
        type: text(`${name}_type`),
        sourceName: text(`${name}_name`),
        revision: text(`${name}_revision`),
      })),
    weights: weightsPlace(text),
  };
}

/** The order in which Python's loader looks: a local base, then a pinned revision, then the folder. */
function weightsPlace(text: (key: string) => string | null): WeightsPlace {
  const localBase = text('local_base_model_path');
  if (localBase !== null && localBase !== '') return { kind: 'localBase', path: localBase };
  const revision = text('source_model_revision');
  if (revision !== null) return { kind: 'hub', repository: text('source_model_name') ?? '', revision };
  return { kind: 'stored', folder: text('model_binary') ?? legacyWeightsFolder };
}

import type { MlflowGeneration } from '../mlmodel/compatibility.js';
import type { InputExample } from '../mlmodel/exampleTypes.js';
import type { Model } from '../mlmodel/model.js';
import type { PipRequirementsInput } from '../mlmodel/requirementsFile.js';
import type { Environment, Log, LongRunningOptions } from '../ports.js';
import type { PyRecord } from '../serialization/pyValue.js';
import type { ModelSignature, SignatureDict } from '../signature/modelSignature.js';
import type { DeclaredEnvironment } from './declaredVersions.js';
import type { HubAccess } from './hubAccess.js';
import type { ModelCard } from './modelCard.js';

/**
 * Python's parameters of `mlflow.transformers.save_model` in camelCase, with its defaults, and ours below them.
 */
export interface SaveModelOptions extends LongRunningOptions {
  /** Folder or repository of a processor (multimodal models), or the one of components that were loaded. */
  processor?: string | { readonly folder: string } | undefined;
  /**
   * Pipeline task, or `llm/v1/completions`, `llm/v1/chat`, `llm/v1/embeddings`. A checkpoint's folder needs it, as in Python; for
   * repositories and components it is found from card and model class when absent.
   */
  task?: string | undefined;
  /** `float32`, `torch.bfloat16`, ... : recorded, and the weights are stored in it. */
  torchDtype?: string | undefined;
  /** README text with its front matter, or its two parts. */
  modelCard?: string | ModelCard | undefined;
  /** @deprecated Python's old name of `modelConfig`; written to inference_config.txt by generation 2. */
  inferenceConfig?: PyRecord | undefined;
  /** Files and folders stored under `code/`. Never executed here. */
  codePaths?: readonly string[] | undefined;
  /** A document to complete instead of a new one. */
  mlflowModel?: Model | undefined;
  /** `false`: none of the caller's; the task's default is still written, as in Python. */
  signature?: ModelSignature | SignatureDict | false | undefined;
  inputExample?: InputExample | undefined;
  pipRequirements?: PipRequirementsInput | undefined;
  extraPipRequirements?: PipRequirementsInput | undefined;
  condaEnv?: string | PyRecord | undefined;
  metadata?: PyRecord | undefined;
  modelConfig?: PyRecord | undefined;
  /** @deprecated Accepted and ignored, with a warning, as in generation 2. */
  exampleNoConversion?: boolean | undefined;
  promptTemplate?: string | undefined;
  /** `false`: a reference to the Hub at a pinned commit instead of weights. */
  savePretrained?: boolean | undefined;
  /** Local base model of a PEFT adapter; only the adapter is stored. */
  baseModelPath?: string | undefined;

  /** `'3'` or `'2'`: the exact bytes of that generation of MLflow. Absent: what 3 writes, in names that 2 loads too. */
  compatibility?: MlflowGeneration | undefined;
  /** Versions that the environment files and the flavor declare. */
  environment?: Partial<DeclaredEnvironment> | undefined;
  /** Hard links instead of copies where source and target share a disk. Later changes in place would change both. */
  allowHardLinks?: boolean | undefined;
  /** `500MB`, `2GB` or bytes: writes the weights again in shards of at most this size. */
  maxShardSize?: string | number | undefined;
}

/** What saving needs from outside. */
export interface SaveServices {
  hub?: HubAccess | undefined;
  /** Where Databricks' variables and MLFLOW_INPUT_EXAMPLE_INFERENCE_TIMEOUT are looked up. */
  environment?: Environment | undefined;
  log?: Log | undefined;
}

export interface SavedModel {
  path: string;
  model: Model;
  /** What the user should know: environments that cannot load the model, fallbacks taken. */
  warnings: string[];
  /** Bytes of weights by the way they were stored; empty when nothing was stored. */
  bytesByPlacement: { reflink: number; hardlink: number; copy: number } | null;
}

/** What `previewSave` tells. */
export interface SavePreview {
  /** Text of the MLmodel file. */
  mlmodel: string;
  /** conda.yaml, requirements.txt, ... by name. */
  environment: Record<string, string>;
  /** What the files before MLmodel would take. */
  sizeBytes: number;
  warnings: string[];
}

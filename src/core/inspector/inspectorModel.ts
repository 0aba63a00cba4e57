import type { SerializedSignature } from '../mlmodel/serializedSignature.js';

/**
 * Everything the inspector shows of a model folder, as plain data. Made by `inspectModel`; a part that cannot be read has its
 * own error and leaves the others alone.
 */
export interface InspectorModel {
  /** Folder name, or the name the store knows it by. */
  name: string;
  facts: ModelFacts;
  problems: InspectorProblem[];
  signature: SignatureView | null;
  /** The signature as the file holds it. */
  signatureTexts: SerializedSignature | null;
  inputExample: InputExampleView | null;
  weights: WeightsView;
  environment: EnvironmentFile[];
  configuration: ConfigurationFile[];
  tokenizer: TokenizerView | null;
  files: FileEntry[];
  /** Total of the files, bytes. */
  filesSizeBytes: number;
  card: { text: string; metadata: ConfigurationEntry[] } | null;
  provenance: ProvenanceEntry[];
  /** The MLmodel file itself. */
  text: string;
}

export interface ModelFacts {
  flavors: string[];
  task: string | null;
  inferenceTask: string | null;
  /** Python class of the model. */
  modelClass: string | null;
  pipelineClass: string | null;
  parameterCount: number | null;
  weightsBytes: number | null;
  /** Short names, most frequent first: `bf16`, `fp32`. */
  dtypes: string[];
  mlflowVersion: string | null;
  transformersVersion: string | null;
  isReferenceOnly: boolean;
  isAdapter: boolean;
  /** The artifact brings Python code along; it is never executed here. */
  hasCode: boolean;
  promptTemplate: string | null;
  uri: string | null;
  runId: string | null;
  /** Id of the logged model. */
  modelId: string | null;
}

export interface InspectorProblem {
  severity: 'error' | 'warning' | 'info';
  message: string;
  /** Line of the MLmodel file, from 1. */
  line: number;
}

/** One column, tensor or param of a signature. */
export interface SignatureRow {
  /** `null` for an unnamed one. */
  name: string | null;
  /** As people read it: `string`, `array of long`, `tensor float32 (-1, 384)`. */
  type: string;
  isRequired: boolean;
  /** JSON of a param's default; `null` for inputs and outputs. */
  defaultValue: string | null;
  /** Depth below a column, for the properties of objects. */
  depth: number;
}

export interface SignatureView {
  inputs: SignatureRow[];
  outputs: SignatureRow[];
  params: SignatureRow[];
  /** Why a part cannot be shown. */
  error: string | null;
}

export interface InputExampleView {
  file: string;
  /** JSON, indented; cut to a size that can be shown. */
  text: string;
  isCut: boolean;
  error: string | null;
}

export interface WeightsView {
  tensors: TensorRow[];
  files: { name: string; sizeBytes: number }[];
  parameterCount: number;
  weightsBytes: number;
  parametersByDtype: { dtype: string; count: number }[];
  /** Why there are none. */
  note: string | null;
  error: string | null;
}

export interface TensorRow {
  name: string;
  dtype: string;
  shape: number[];
  sizeBytes: number;
  /** Name of the weight file. */
  file: string;
}

export interface EnvironmentFile {
  name: string;
  text: string;
}

export interface ConfigurationEntry {
  key: string;
  /** One line; JSON for anything but text. */
  value: string;
}

export interface ConfigurationFile {
  name: string;
  entries: ConfigurationEntry[];
  error: string | null;
}

export interface TokenizerView {
  className: string | null;
  vocabularySize: number | null;
  maxLength: number | null;
  specialTokens: ConfigurationEntry[];
  chatTemplate: string | null;
  files: string[];
}

export interface FileEntry {
  /** Relative to the folder, with `/`. */
  path: string;
  sizeBytes: number;
}

export interface ProvenanceEntry {
  label: string;
  value: string;
  /** What a click on the value does. */
  action: { kind: 'link'; href: string } | { kind: 'run'; runId: string } | { kind: 'copy' } | null;
}

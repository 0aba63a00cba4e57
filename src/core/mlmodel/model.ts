import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import type { JsonValue } from '../ports.js';
import { restoreTypes, toPlain } from '../serialization/plainValue.js';
import { dumpPyYaml } from '../serialization/pyYaml.js';
import { dumpPythonJson } from '../serialization/pythonJson.js';
import { pythonStr } from '../serialization/pythonRepr.js';
import { PyDateTime, type PyRecord, type PyValue } from '../serialization/pyValue.js';
import { writeFileAtomically } from './atomicFile.js';
import { declaredMlflowVersions, generationOf, type MlflowGeneration } from './compatibility.js';
import { DocumentReader } from './documentReader.js';
import { mlmodelFileName, parseMlmodelText, readMlmodelFile } from './mlmodelText.js';
import type { LoggedModelFacts, ModelInfo } from './modelInfo.js';
import { readPythonFunctionFlavor, type PythonFunctionFlavor } from './pythonFunctionFlavor.js';
import type { SerializedSignature } from './serializedSignature.js';
import { readTransformersFlavor, type TransformersFlavor } from './transformersFlavor.js';

export type FlavorSettings = Record<string, PyValue>;

/** What a new document starts with; everything has Python's default. */
export interface ModelInit {
  artifactPath?: string | null;
  authPolicy?: PyRecord | null;
  databricksRuntime?: string | null;
  envVars?: readonly string[] | null;
  flavors?: Record<string, FlavorSettings>;
  isSignatureFromTypeHint?: boolean;
  metadata?: Record<string, PyValue> | null;
  mlflowVersion?: string | null;
  modelId?: string | null;
  modelSizeBytes?: number | null;
  modelUuid?: string | null;
  prompts?: readonly string[] | null;
  resources?: PyRecord | null;
  runId?: string | null;
  savedInputExampleInfo?: Record<string, PyValue> | null;
  signature?: SerializedSignature | null;
  typeHintFromExample?: boolean;
  utcTimeCreated?: string;
  /** Keys that MLflow does not know; they are written again. */
  extra?: Record<string, PyValue>;
  compatibility?: MlflowGeneration;
}

/** Keys that only MLflow 3 writes; in a document of generation 2 they are kept where they were read. */
type NewerKey = 'model_id' | 'prompts' | 'is_signature_from_type_hint' | 'type_hint_from_example';

/**
 * The MLmodel document, Python's `mlflow.models.Model`: every key that MLflow 1 to 3.17 writes, unknown keys kept.
 * `toYaml()` gives the bytes that Python of the document's generation would write.
 * Source: mlflow/models/model.py.
 */
export class Model {
  artifactPath: string | null;
  authPolicy: PyRecord | null;
  databricksRuntime: string | null;
  envVars: readonly string[] | null;
  flavors: Record<string, FlavorSettings>;
  isSignatureFromTypeHint: boolean;
  metadata: Record<string, PyValue> | null;
  mlflowVersion: string | null;
  modelId: string | null;
  modelSizeBytes: number | null;
  modelUuid: string | null;
  prompts: readonly string[] | null;
  resources: PyRecord | null;
  runId: string | null;
  savedInputExampleInfo: Record<string, PyValue> | null;
  signature: SerializedSignature | null;
  typeHintFromExample: boolean;
  utcTimeCreated: string;
  extra: Record<string, PyValue>;
  compatibility: MlflowGeneration;

  /** What was read, so that unchanged values are written with the types they had. */
  private original: Readonly<Record<string, PyValue>> = {};
  private lineBreak: '\n' | '\r\n' = '\n';

  constructor(init: ModelInit = {}) {
    this.compatibility = init.compatibility ?? '3';
    this.artifactPath = init.artifactPath ?? null;
    this.authPolicy = init.authPolicy ?? null;
    this.databricksRuntime = init.databricksRuntime ?? null;
    this.envVars = init.envVars ?? null;
    this.flavors = init.flavors ?? {};
    this.isSignatureFromTypeHint = init.isSignatureFromTypeHint ?? false;
    this.metadata = init.metadata ?? null;
    this.mlflowVersion =
      init.mlflowVersion === undefined ? declaredMlflowVersions[this.compatibility] : init.mlflowVersion;
    this.modelId = init.modelId ?? null;
    this.modelSizeBytes = init.modelSizeBytes ?? null;
    this.modelUuid = init.modelUuid === undefined ? randomUUID().replaceAll('-', '') : init.modelUuid;
    this.prompts = init.prompts ?? null;
    this.resources = init.resources ?? null;
    this.runId = init.runId ?? null;
    this.savedInputExampleInfo = init.savedInputExampleInfo ?? null;
    this.signature = init.signature ?? null;
    this.typeHintFromExample = init.typeHintFromExample ?? false;
    this.utcTimeCreated = init.utcTimeCreated ?? utcNowText();
    this.extra = init.extra ?? {};
  }

  /**
   * Reads a document from its text.
   * @param source path or URI of the text, for messages
   * @throws MlflowError INVALID_PARAMETER_VALUE: reason `mlmodelInvalid` (not YAML, no mapping, wrong types, too large) or
   *   `signatureInvalid`
   */
  static fromText(text: string, source: string = mlmodelFileName): Model {
    const { document, lineBreak } = parseMlmodelText(text, source);
    const model = Model.fromDict(document, source);
    model.lineBreak = lineBreak;
    return model;
  }

  /**
   * Reads a document from the mapping that its YAML holds, as Python's `Model.from_dict`.
   * @throws MlflowError as {@link Model.fromText}
   */
  static fromDict(document: Readonly<Record<string, PyValue | undefined>>, source: string = mlmodelFileName): Model {
    const reader = new DocumentReader(document, source);
    const mlflowVersion = reader.text('mlflow_version');
    const created = document['utc_time_created'];
    const model = new Model({
      artifactPath: reader.text('artifact_path'),
      authPolicy: reader.record('auth_policy'),
      databricksRuntime: reader.text('databricks_runtime'),
      envVars: reader.texts('env_vars'),
      flavors: reader.flavors(),
      isSignatureFromTypeHint: reader.flag('is_signature_from_type_hint'),
      metadata: reader.record('metadata'),
      mlflowVersion,
      modelId: reader.text('model_id'),
      modelSizeBytes: reader.size('model_size_bytes'),
      modelUuid: reader.text('model_uuid'),
      prompts: reader.texts('prompts'),
      resources: reader.record('resources'),
      runId: reader.text('run_id'),
      savedInputExampleInfo: reader.record('saved_input_example_info'),
      signature: reader.signature(),
      typeHintFromExample: reader.flag('type_hint_from_example'),
      ...(created === undefined || created === null || created === '' ? {} : { utcTimeCreated: pythonStr(created) }),
      compatibility: generationOf(mlflowVersion),
    });
    model.extra = reader.unread();
    model.original = document as Readonly<Record<string, PyValue>>;
    return model;
  }

  /**
   * Reads a model folder, or its MLmodel file, from the local disk.
   * @throws MlflowError RESOURCE_DOES_NOT_EXIST (Python's text) when there is none; else as {@link Model.fromText}
   */
  static async load(folderOrFile: string): Promise<Model> {
    const { text, file } = await readMlmodelFile(folderOrFile);
    return Model.fromText(text, file);
  }

  /** The settings of a flavor, by MLmodel's names. @throws MlflowError RESOURCE_DOES_NOT_EXIST, reason `flavorMissing` */
  flavor(name: string): FlavorSettings {
    const settings = this.flavors[name];
    if (settings === undefined || !Object.hasOwn(this.flavors, name)) {
      throw MlflowError.doesNotExist(`Model does not have the "${name}" flavor`, {
        reason: 'flavorMissing',
        details: { flavor: name },
      });
    }
    return settings;
  }

  /** The `python_function` flavor; undefined for a model that Python cannot score. */
  get pythonFunctionFlavor(): PythonFunctionFlavor | undefined {
    const settings = this.flavors['python_function'];
    return settings === undefined ? undefined : readPythonFunctionFlavor(settings);
  }

  /** The `transformers` flavor; undefined for a model of another library. */
  get transformersFlavor(): TransformersFlavor | undefined {
    const settings = this.flavors['transformers'];
    return settings === undefined ? undefined : readTransformersFlavor(settings);
  }

  /** Adds a flavor or replaces its settings. */
  addFlavor(name: string, settings: FlavorSettings): this {
    this.flavors[name] = settings;
    return this;
  }

  /**
   * The mapping that `toYaml` writes. Source: Python's `Model.to_dict`: nulls of optional keys are left out, `model_id` and
   * `prompts` are written as null by MLflow 3 and only kept by MLflow 2.
   */
  toDict(compatibility: MlflowGeneration = this.compatibility): Record<string, PyValue> {
    const result: Record<string, PyValue> = {};
    const add = (key: string, value: PyValue, writeNull = false): void => {
      if (value !== null || writeNull) result[key] = restoreTypes(value, this.original[key]);
    };
    const addNewer = (key: NewerKey, value: PyValue, isExpected: boolean): void => {
      if (key in this.original || (compatibility === '3' && isExpected)) add(key, value, true);
      else if (typeof value !== 'boolean') add(key, value);
    };
    add('run_id', this.runId);
    add('artifact_path', this.artifactPath);
    add('utc_time_created', this.utcTimeCreated);
    add('flavors', this.flavors);
    add('model_uuid', this.modelUuid, true);
    add('mlflow_version', this.mlflowVersion);
    addNewer('prompts', this.prompts, true);
    addNewer('model_id', this.modelId, true);
    for (const [key, value] of Object.entries(this.extra)) add(key, value, true);
    add('databricks_runtime', this.databricksRuntime);
    if (this.signature !== null) {
      const { inputs, outputs, params } = this.signature;
      add('signature', { inputs, outputs, params });
    }
    addNewer('is_signature_from_type_hint', this.isSignatureFromTypeHint, this.signature !== null);
    addNewer('type_hint_from_example', this.typeHintFromExample, this.signature !== null);
    add('saved_input_example_info', this.savedInputExampleInfo);
    add('metadata', this.metadata);
    add('resources', this.resources);
    add('model_size_bytes', this.modelSizeBytes);
    add('auth_policy', this.authPolicy);
    add('env_vars', this.envVars);
    return result;
  }

  /** What MLflow 2 writes into a run's `mlflow.log-model.history` tag. Source: Python's `Model.get_tags_dict`. */
  getTagsDict(): Record<string, PyValue> {
    const document = this.toDict();
    const keys = ['run_id', 'artifact_path', 'utc_time_created', 'model_uuid'].filter((key) => key in document);
    const flavors = Object.entries(this.flavors).map(([name, settings]) => [
      name,
      Object.fromEntries(Object.entries(settings).filter(([key]) => key !== 'config')),
    ]);
    return {
      ...Object.fromEntries(keys.map((key) => [key, document[key] ?? null])),
      flavors: Object.fromEntries(flavors) as PyRecord,
    };
  }

  /** The document's text, byte for byte what Python of the given generation writes, with `\n` as line break. */
  toYaml(compatibility: MlflowGeneration = this.compatibility): string {
    return dumpPyYaml(this.toDict(compatibility));
  }

  /** Python's `Model.to_json`. */
  toJson(): string {
    return dumpPythonJson(this.toDict());
  }

  /** What `JSON.stringify` writes: the same mapping in JavaScript's types, integers beyond 2^53 rounded. */
  toJSON(): JsonValue {
    return toPlain(this.toDict());
  }

  /**
   * Writes the document into a model folder, or over an MLmodel file, atomically; the line breaks of the text that was read
   * stay as they were.
   */
  async save(folderOrFile: string): Promise<void> {
    const isFile = path.basename(folderOrFile) === mlmodelFileName;
    const text = this.toYaml();
    await writeFileAtomically(
      isFile ? folderOrFile : path.join(folderOrFile, mlmodelFileName),
      this.lineBreak === '\n' ? text : text.replaceAll('\n', '\r\n'),
    );
  }

  /** Python's `mlflow.models.get_model_info`; `loggedModel` is the store's entity when the document names one. */
  getModelInfo(loggedModel: LoggedModelFacts | null = null): ModelInfo {
    return {
      artifactPath: this.artifactPath,
      flavors: this.flavors,
      modelUri:
        this.modelId !== null && this.modelId !== ''
          ? `models:/${this.modelId}`
          : `runs:/${this.runId ?? 'None'}/${this.artifactPath ?? 'None'}`,
      modelUuid: this.modelUuid,
      runId: this.runId,
      savedInputExampleInfo: this.savedInputExampleInfo,
      signature: this.signature,
      utcTimeCreated: this.utcTimeCreated,
      mlflowVersion: this.mlflowVersion,
      metadata: this.metadata,
      registeredModelVersion: null,
      envVars: this.envVars,
      prompts: this.prompts,
      modelId: loggedModel?.modelId ?? this.modelId,
      name: loggedModel?.name ?? null,
      metrics: loggedModel?.metrics ?? null,
      params: loggedModel?.params ?? null,
      tags: loggedModel?.tags ?? null,
      creationTimestamp: loggedModel?.creationTimestamp ?? null,
    };
  }
}

/** Now as MLflow writes it: naive UTC, microseconds, no fraction where it is zero. */
export function utcNowText(now: Date = new Date()): string {
  return PyDateTime.fromDate(now).toString();
}

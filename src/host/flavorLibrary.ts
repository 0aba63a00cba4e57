import type { JsonValue, LongRunningOptions } from '../core/ports.js';
import type { SourceDescription } from '../core/transformers/describeSource.js';
import type { PersistPlan } from '../core/transformers/persistPlan.js';
import type { PersistedModel, PersistOptions } from '../core/transformers/persistPretrainedModel.js';
import type { ModelRunner, ValidationReport } from '../core/transformers/validateModel.js';
import type { SignatureDict } from '../core/signature/modelSignature.js';

/** Options of a save that the commands set. */
export interface SaveOptions extends LongRunningOptions {
  task?: string | undefined;
  compatibility?: '2' | '3' | undefined;
  allowHardLinks?: boolean | undefined;
  inputExample?: JsonValue | undefined;
  /** `false`: a reference to the Hub instead of weights. */
  savePretrained?: boolean | undefined;
}

export interface LogOptions extends SaveOptions {
  name: string;
  runId: string;
}

/** The part of the library (`dist/mlflow.mjs`) that commands use. It is loaded with the first of them. */
export interface FlavorLibrary {
  setTrackingUri(uri: string): void;
  registerModel(modelUri: string, name: string): Promise<{ name: string; version: string }>;
  transformers: {
    describeSource(nameOrPath: string, options: LongRunningOptions): Promise<SourceDescription>;
    saveModel(checkpoint: string, path: string, options: SaveOptions): Promise<{ path: string; warnings: string[] }>;
    /** The MLmodel file that `saveModel` would write. */
    previewSave(checkpoint: string, options: SaveOptions): Promise<{ mlmodel: string; warnings: string[] }>;
    planPersist(modelUri: string, options: LongRunningOptions): Promise<PersistPlan>;
    persistPretrainedModel(modelUri: string, options: PersistOptions): Promise<PersistedModel>;
    /** @throws MlflowError `referenceOnly` */
    assertRegistrable(modelUri: string): Promise<void>;
    validateModel(folder: string, runner: ModelRunner, options: LongRunningOptions): Promise<ValidationReport>;
    logModel(checkpoint: string, options: LogOptions): Promise<{ modelUri: string; warnings: string[] }>;
  };
  models: {
    inferSignature(input: unknown, output: unknown): { toDict(): SignatureDict };
    /** The text of an MLmodel file with another signature. */
    withSignature(text: string, signature: SignatureDict): string;
    setSignature(modelUri: string, signature: SignatureDict): Promise<void>;
  };
}

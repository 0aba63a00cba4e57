import type { PyValue } from '../serialization/pyValue.js';
import type { Metric, Tags } from '../tracking/entities.js';
import type { FlavorSettings } from './model.js';
import type { SerializedSignature } from './serializedSignature.js';

/** What of a store's LoggedModel belongs to the model's info. */
export interface LoggedModelFacts {
  readonly modelId: string;
  readonly name: string;
  readonly metrics: Metric[];
  readonly params: Record<string, string>;
  readonly tags: Tags;
  readonly creationTimestamp: number;
}

/** Python's `mlflow.models.model.ModelInfo`. The last six come from the store's LoggedModel and are null without one. */
export interface ModelInfo {
  readonly artifactPath: string | null;
  readonly flavors: Record<string, FlavorSettings>;
  /** `models:/<model id>`, or `runs:/<run id>/<artifact path>` before MLflow 3. */
  readonly modelUri: string;
  readonly modelUuid: string | null;
  readonly runId: string | null;
  readonly savedInputExampleInfo: Record<string, PyValue> | null;
  readonly signature: SerializedSignature | null;
  readonly utcTimeCreated: string;
  readonly mlflowVersion: string | null;
  readonly metadata: Record<string, PyValue> | null;
  readonly registeredModelVersion: number | null;
  readonly envVars: readonly string[] | null;
  readonly prompts: readonly string[] | null;
  readonly modelId: string | null;
  readonly name: string | null;
  readonly metrics: Metric[] | null;
  readonly params: Record<string, string> | null;
  readonly tags: Tags | null;
  readonly creationTimestamp: number | null;
}

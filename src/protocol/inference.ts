import type { JsonObject } from '../core/ports.js';

export type Device = 'cpu' | 'cuda' | 'webgpu' | 'coreml' | 'dml';
export type DeviceChoice = 'auto' | Device;
export type Precision = 'fp32' | 'int8' | 'int4';
export type PrecisionChoice = 'auto' | Precision;

export interface LoadRequest {
  /** The local folder that holds the MLmodel file. */
  modelPath: string;
  /** The URI the user asked for; shown in messages. */
  modelUri: string;
  device: DeviceChoice;
  precision: PrecisionChoice;
  /** Overrides of keys that the saved `config` already has, as in Python. */
  modelConfig?: JsonObject | undefined;
  /** Where better sessions are cached by content hash; absent: nothing is cached. */
  cacheFolder?: string | undefined;
  cacheLimitBytes?: number | undefined;
}

/** A rung of the device ladder that was not taken, and why. */
export interface RefusedDevice {
  device: Device;
  reason: string;
}

export interface LoadedModel {
  handle: string;
  modelUri: string;
  /** Pipeline task. */
  task: string;
  /** `llm/v1/...`, when the model was saved with one. */
  inferenceTask: string | null;
  architecture: string;
  device: Device;
  refusedDevices: RefusedDevice[];
  /** Precision of the session that answers now. */
  precision: Precision;
  /** A better session is being built behind this one; see `ready`. */
  isUpgrading: boolean;
  loadMs: number;
  parameterCount: number;
  weightsBytes: number;
  /** Anonymous memory of the inference process, bytes. */
  memoryBytes: number;
  contextLength: number | null;
  hasChatTemplate: boolean;
}

export interface PredictRequest {
  handle: string;
  /** What the model takes: a string, strings, records, a frame in split form, bytes. */
  data: unknown;
  params?: Readonly<Record<string, unknown>> | undefined;
}

export interface PredictionStats {
  totalMs: number;
  promptTokens: number | null;
  completionTokens: number | null;
  /** Until the first token, milliseconds. */
  timeToFirstTokenMs: number | null;
  tokensPerSecond: number | null;
  device: Device;
  precision: Precision;
  memoryBytes: number;
}

export interface Prediction {
  /** What MLflow's scoring server puts under `predictions`. */
  predictions: unknown;
  /** What the pipeline answered before MLflow's wrapper shaped it: labels with scores, entities with offsets. */
  raw: unknown;
  stats: PredictionStats;
  /** Why generation ended; `null` for tasks that do not generate. */
  finishReason: 'stop' | 'length' | 'cancelled' | null;
  warnings: string[];
}

export type LoadEvent =
  | { type: 'load.start'; modelUri: string }
  | { type: 'load.progress'; message: string; fraction: number | null }
  | { type: 'load.end'; model: LoadedModel };

export type PredictEvent =
  | { type: 'prompt'; promptTokens: number; durationMs: number }
  | { type: 'token'; text: string; tokenId: number; sequence: number }
  | { type: 'end'; prediction: Prediction };

export interface WorkerStatus {
  models: LoadedModel[];
  memoryBytes: number;
}

/**
 * Loads models and predicts. Implemented in the inference worker; the host and the library use it through this interface,
 * across a process border or not.
 */
export interface InferenceService {
  load(
    request: LoadRequest,
    options?: { signal?: AbortSignal; onEvent?: (event: LoadEvent) => void },
  ): Promise<LoadedModel>;
  /** Resolves when the best session for the request is in place. */
  ready(request: { handle: string }): Promise<LoadedModel>;
  /** Cancelled between tokens through `signal`; a cancelled generation resolves with what it has. */
  predict(
    request: PredictRequest,
    options?: { signal?: AbortSignal; onEvent?: (event: PredictEvent) => void },
  ): Promise<Prediction>;
  unload(request: { handle: string }): Promise<void>;
  status(): Promise<WorkerStatus>;
}

/** {@link InferenceService} as requests over a channel. */
export type InferenceMethods = {
  load: { params: LoadRequest; result: LoadedModel; event: LoadEvent };
  ready: { params: { handle: string }; result: LoadedModel };
  predict: { params: PredictRequest; result: Prediction; event: PredictEvent };
  unload: { params: { handle: string }; result: void };
  status: { params: undefined; result: WorkerStatus };
};

/** What the worker tells unasked. */
export type InferenceNotifications = {
  /** A better session has taken over. */
  upgraded: { handle: string; model: LoadedModel };
  log: { level: 'debug' | 'info' | 'warn' | 'error'; message: string };
};

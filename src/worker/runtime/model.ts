import type { AlignmentHead } from '../../core/graph/generatedGraph.js';
import type { JsonObject } from '../../core/ports.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';
import type { Device, DeviceChoice, Precision, PrecisionChoice, RefusedDevice } from '../../protocol/inference.js';
import type { LogitsProcessor } from './generation/logitsProcessors.js';

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface Tensor {
  dims: readonly number[];
  data: TensorData;
}

export interface OpenModelOptions {
  /** The checkpoint folder: config.json beside safetensors (or `onnx/`). */
  checkpointFolder: string;
  /** PEFT adapter folder, when there is one. */
  adapterFolder?: string | undefined;
  /** The class MLmodel names (`pipeline_model_type`); decides the head. config.json's architectures otherwise. */
  modelClass?: string | undefined;
  /** Pipeline task; decides the head where the class does not. */
  task: string;
  /** The transformers version whose answers are wanted; the one in config.json otherwise. */
  transformersVersion?: string | undefined;
  device: DeviceChoice;
  precision: PrecisionChoice;
  cacheFolder?: string | undefined;
  cacheLimitBytes?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((message: string, fraction: number | null) => void) | undefined;
}

export interface GenerateRequest {
  /** Token ids, one row a prompt, not padded. */
  inputIds: number[][];
  /** Encoder inputs of sequence-to-sequence and multimodal models, by graph input name. */
  encoderInputs?: Record<string, Tensor> | undefined;
  /** Generation options with Hugging Face's names (`max_new_tokens`, `do_sample`, ...); already merged over generation_config. */
  generation: JsonObject;
  /** Prompts that classifier-free guidance keeps away from, one for each row. */
  negativePromptIds?: number[][] | undefined;
  /** Processors of the caller, which come after those that the options ask for. */
  processors?: readonly LogitsProcessor[] | undefined;
  /** Whether the answer tells how probable each token was. */
  wantsLogProbabilities?: boolean | undefined;
  /** Generation ends where the decoded ids end with one of these. */
  stopSequences?: number[][] | undefined;
  /** The transformers generation whose defaults and rules apply where they differ; 5 when absent. */
  transformersMajor?: 4 | 5 | undefined;
  /** The very release, where it is known more closely. */
  version?: TransformersVersion | undefined;
  signal?: AbortSignal | undefined;
  /** The prompt has been read. */
  onPrompt?: ((promptTokens: number, durationMs: number) => void) | undefined;
  onToken?: ((sequence: number, tokenId: number) => void) | undefined;
}

export interface GenerateResult {
  /** Prompt and new ids of each returned sequence (decoder-only), or the decoder's ids (encoder-decoder); without padding. */
  sequences: number[][];
  finishReason: 'stop' | 'length' | 'cancelled';
  /** Of each new token of each returned sequence, after the processors and at temperature 1; where they were asked for. */
  logProbabilities?: number[][] | undefined;
}

/** A checkpoint with a session: what the pipelines run. */
export interface RuntimeModel {
  readonly config: JsonObject;
  readonly generationConfig: JsonObject;
  /** Python's class name, such as `BertForSequenceClassification`. */
  readonly modelClass: string;
  readonly device: Device;
  readonly refusedDevices: RefusedDevice[];
  readonly precision: Precision;
  readonly isUpgrading: boolean;
  readonly parameterCount: number;
  readonly weightsBytes: number;
  readonly inputNames: readonly string[];
  readonly canGenerate: boolean;
  /** One pass: `input_ids`, `attention_mask`, `token_type_ids`, `pixel_values`, ... to `logits`, `last_hidden_state`, `start_logits`, ... */
  forward(inputs: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  /** @throws MlflowError where the model does not generate. */
  generate(request: GenerateRequest): Promise<GenerateResult>;
  /**
   * What heads of a sequence-to-sequence decoder attend to while it reads `decoder_input_ids`: [1, heads, tokens, frames].
   * @throws MlflowError NOT_IMPLEMENTED where the model's ONNX files don't give it.
   */
  alignment(inputs: Record<string, Tensor>, heads: readonly AlignmentHead[]): Promise<Tensor>;
  /** Resolves when the better session is in place (at once when none is being built). */
  ready(): Promise<void>;
  onUpgraded(listener: () => void): void;
  dispose(): Promise<void>;
}

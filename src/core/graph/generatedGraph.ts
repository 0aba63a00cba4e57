import type { CheckpointTensors } from '../safetensors/checkpoint.js';
import type { ModelConfig } from './modelConfig.js';
import type { NetworkBuilder } from './networkBuilder.js';
import type { OnnxModel } from './onnxModel.js';
import type { RopeTable } from './rope.js';

/** What a model class adds to its base model. Source: the suffixes of transformers' class names. */
export type Head =
  | 'base'
  | 'causalLm'
  | 'maskedLm'
  | 'sequenceClassification'
  | 'tokenClassification'
  | 'questionAnswering'
  | 'nextSentence'
  | 'pretraining'
  | 'multipleChoice'
  | 'conditionalGeneration'
  | 'imageClassification'
  | 'audioClassification'
  | 'ctc';

/** The key-value cache of a decoder, as its graph declares it. */
export interface CacheLayout {
  layers: number;
  keyValueHeads: number;
  keySize: number;
  valueSize: number;
}

/** What the generation loop must know about a decoder graph. */
export interface DecoderLayout {
  cache: CacheLayout;
  /** Rotary tables that the loop feeds; none for learned positions. */
  ropeTables: readonly RopeTable[];
  /** Positions that the model can address; `null` where there is no end. */
  maxPositions: number | null;
}

/** A decoder's layer and one of its attention heads. */
export type AlignmentHead = readonly [layer: number, head: number];

/** One ONNX model of a checkpoint. */
export interface GeneratedGraph {
  model: OnnxModel;
  decoder: DecoderLayout | null;
}

/** All graphs that one checkpoint needs: one, or an encoder and a decoder. */
export interface GeneratedModel {
  main: GeneratedGraph;
  /** The encoder of a sequence-to-sequence model; its outputs are inputs of `main`. */
  encoder: GeneratedGraph | null;
  /**
   * Makes the decoder's graph once more, for what some of its heads look at: [batch, heads, tokens, frames] of attention over
   * the encoder. Only where word timestamps are made of it.
   */
  alignment?: (heads: readonly AlignmentHead[]) => GeneratedGraph;
}

export interface ArchitectureContext {
  config: ModelConfig;
  head: Head;
  /** Python's class name. */
  modelClass: string;
  checkpoint: CheckpointTensors;
  /** A builder over the same weights for another graph of the model. */
  newBuilder(): NetworkBuilder;
}

/** Makes the graphs of one architecture. */
export type Architecture = (context: ArchitectureContext) => GeneratedModel;

import type { ArchitectureContext, GeneratedModel } from './generatedGraph.js';
import type { Value } from './graphBuilder.js';
import type { ModelConfig } from './modelConfig.js';
import type { NetworkBuilder } from './networkBuilder.js';
import { unsupportedArchitecture } from './unsupported.js';

/** Pixels of any height and width, as the image processor gives them. */
export function pixelInput(b: NetworkBuilder, config: ModelConfig): Value {
  return b.input('pixel_values', 'float', ['batch_size', config.number('num_channels'), 'height', 'width']);
}

/** Pixels of an image of the configured size. */
export function sizedPixelInput(b: NetworkBuilder, config: ModelConfig): Value {
  const size = pairOf(config, 'image_size');
  return b.input('pixel_values', 'float', ['batch_size', config.number('num_channels'), ...size]);
}

/** Height and width, where one number stands for both. */
export function pairOf(config: ModelConfig, key: string): [number, number] {
  const [height, width] = config.list(key) ?? [];
  if (typeof height === 'number' && typeof width === 'number') return [height, width];
  return [config.number(key), config.number(key)];
}

export interface ImageFeatures {
  /** The base model's `pooler_output`, [batch, features]; `null` where it has none. */
  pooled: Value | null;
  /** What a classifier reads, where it is something else. */
  classified?: Value;
  /** The base model's `last_hidden_state`, with its dimensions. */
  hidden: Value;
  hiddenShape: readonly (number | string)[];
  /** Module of the classifier. */
  classifier: string;
}

/** Ends a network of images as its class does: with scores, or with its features. */
export function imageModel(b: NetworkBuilder, context: ArchitectureContext, features: ImageFeatures): GeneratedModel {
  const { pooled, hidden, hiddenShape, classifier } = features;
  const classified = features.classified ?? pooled;
  if (context.head === 'imageClassification' && classified !== null) {
    b.output('logits', b.linear(classified, classifier), ['batch_size', 'labels']);
  } else if (context.head === 'base') {
    b.output('last_hidden_state', hidden, hiddenShape);
    if (pooled !== null) b.output('pooler_output', pooled, ['batch_size', 'pooled']);
  } else throw unsupportedArchitecture(context.config.modelType, context.modelClass);
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

import { activate } from '../activation.js';
import { firstToken } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { pairOf, sizedPixelInput } from '../imageHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedArchitecture } from '../unsupported.js';
import { vitEncoder, withTokens } from '../vitEncoder.js';

/** ViT and DeiT. Source: transformers' modeling_vit, modeling_deit. */
export function vit(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  const hiddenSize = config.number('hidden_size');
  const normed = vitEncoder(b, config, patches(b, config, hiddenSize));
  if (head === 'imageClassification') {
    b.output('logits', classify(b, normed), ['batch_size', 'labels']);
  } else if (head === 'base') {
    b.output('last_hidden_state', normed, ['batch_size', 'patches', hiddenSize]);
    if (b.has('pooler.dense.weight')) {
      const activation = config.isBefore(4, 50) ? 'tanh' : config.text('pooler_act', 'tanh');
      const pooled = activate(b, activation, b.linear(firstToken(b, normed), 'pooler.dense'));
      b.output('pooler_output', pooled, ['batch_size', 'pooled']);
    }
  } else throw unsupportedArchitecture(config.modelType, context.modelClass);
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

/** A model that was distilled has a classifier for each of its two special tokens, and answers with their mean. */
function classify(b: NetworkBuilder, hidden: Value): Value {
  if (!b.has('distillation_classifier.weight')) return b.linear(firstToken(b, hidden), 'classifier');
  const own = b.linear(firstToken(b, hidden), 'cls_classifier');
  const distilled = b.linear(b.gather(hidden, b.int64(1), 1), 'distillation_classifier');
  return b.scale(b.add(own, distilled), 0.5);
}

/** Patches of the image behind the special tokens, with their positions. */
function patches(b: NetworkBuilder, config: ModelConfig, hiddenSize: number): Value {
  const patch = pairOf(config, 'patch_size');
  const pixels = sizedPixelInput(b, config);
  const projection = 'embeddings.patch_embeddings.projection';
  const inputs = [pixels, b.weight(`${projection}.weight`), b.weight(`${projection}.bias`)];
  const grid = b.op('Conv', inputs, { kernel_shape: patch, strides: patch });
  const rows = b.transpose(b.reshape(grid, [0, hiddenSize, -1]), [0, 2, 1]);
  const tokens = ['embeddings.cls_token', 'embeddings.distillation_token'].filter((name) => b.has(name));
  return b.add(withTokens(b, rows, tokens), b.weight('embeddings.position_embeddings'));
}

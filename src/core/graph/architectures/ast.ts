import { convolution } from '../convolution.js';
import { firstToken } from '../encoderHeads.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedArchitecture } from '../unsupported.js';
import { vitEncoder, withTokens } from '../vitEncoder.js';

/** Audio Spectrogram Transformer: ViT over a spectrogram. Source: transformers' modeling_audio_spectrogram_transformer. */
export function ast(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix('audio_spectrogram_transformer');
  const hidden = vitEncoder(b, config, patches(b, config));
  const pooled = b.scale(b.add(firstToken(b, hidden), b.gather(hidden, b.int64(1), 1)), 0.5);
  if (head === 'audioClassification') {
    const normed = b.layerNorm(pooled, 'classifier.layernorm', config.number('layer_norm_eps'));
    b.output('logits', b.linear(normed, 'classifier.dense'), ['batch_size', 'labels']);
  } else if (head === 'base') {
    b.output('last_hidden_state', hidden, ['batch_size', 'patches', config.number('hidden_size')]);
    b.output('pooler_output', pooled, ['batch_size', 'pooled']);
  } else throw unsupportedArchitecture(config.modelType, context.modelClass);
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

/** Overlapping patches of a spectrogram, [batch, frames, bands], behind two tokens, with their positions. */
function patches(b: NetworkBuilder, config: ModelConfig): Value {
  const shape = ['batch_size', config.number('max_length'), config.number('num_mel_bins')];
  const spectrogram = b.unsqueeze(b.transpose(b.input('input_values', 'float', shape), [0, 2, 1]), [1]);
  const grid = convolution(b, spectrogram, 'embeddings.patch_embeddings.projection', {
    stride: [config.number('frequency_stride'), config.number('time_stride')],
  });
  const rows = b.transpose(b.reshape(grid, [0, config.number('hidden_size'), -1]), [0, 2, 1]);
  const tokens = withTokens(b, rows, ['embeddings.cls_token', 'embeddings.distillation_token']);
  return b.add(tokens, b.weight('embeddings.position_embeddings'));
}

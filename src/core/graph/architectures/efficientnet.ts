import { activate } from '../activation.js';
import { batchNorm, channelMeans, convolution, depthwise, excited } from '../convolution.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel, pixelInput } from '../imageHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';

/** EfficientNet. Source: transformers' modeling_efficientnet. */
export function efficientnet(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  const act = (x: Value): Value => activate(b, config.text('hidden_act', 'swish'), x);
  const norm = (x: Value, module: string): Value => batchNorm(b, x, module, config.number('batch_norm_eps'));
  const stem = convolution(b, pixelInput(b, config), 'embeddings.convolution', { stride: 2, pads: [0, 0, 1, 1] });
  let hidden = act(norm(stem, 'embeddings.batchnorm'));
  for (const [index, { stride, isFirst }] of blocksOf(config).entries()) {
    const module = `encoder.blocks.${index}`;
    const pads = padsOf(b, `${module}.depthwise_conv.depthwise_conv`, stride, isPaddedEvenly(config, index));
    let inner = hidden;
    if (b.has(`${module}.expansion.expand_conv.weight`)) {
      const expanded = convolution(b, inner, `${module}.expansion.expand_conv`);
      inner = act(norm(expanded, `${module}.expansion.expand_bn`));
    }
    inner = depthwise(b, inner, `${module}.depthwise_conv.depthwise_conv`, { stride, pads });
    inner = act(norm(inner, `${module}.depthwise_conv.depthwise_norm`));
    const modules = { reduce: `${module}.squeeze_excite.reduce`, expand: `${module}.squeeze_excite.expand` };
    inner = excited(b, inner, modules, act);
    inner = norm(convolution(b, inner, `${module}.projection.project_conv`), `${module}.projection.project_bn`);
    hidden = stride === 1 && !isFirst ? b.add(inner, hidden) : inner;
  }
  hidden = act(norm(convolution(b, hidden, 'encoder.top_conv'), 'encoder.top_bn'));
  const isLargest = config.text('pooling_type', 'mean') === 'max';
  return imageModel(b, context, {
    pooled: isLargest ? b.op('ReduceMax', [hidden, b.int64s([2, 3])], { keepdims: 0 }) : channelMeans(b, hidden),
    hidden,
    hiddenShape: ['batch_size', 'channels', 'rows', 'columns'],
    classifier: 'classifier',
  });
}

interface Block {
  stride: number;
  /** The first of its stage. */
  isFirst: boolean;
}

function blocksOf(config: ModelConfig): Block[] {
  const strides = (config.list('strides') ?? []).map(Number);
  return (config.list('num_block_repeats') ?? []).flatMap((repeats, stage) =>
    Array.from({ length: Math.ceil(config.number('depth_coefficient') * Number(repeats)) }, (_, index) => ({
      stride: index === 0 ? strides[stage]! : 1,
      isFirst: index === 0,
    })),
  );
}

function isPaddedEvenly(config: ModelConfig, block: number): boolean {
  return (config.list('depthwise_padding') ?? []).includes(block);
}

/** A convolution that halves the image has one row and column less before it than after it, unless the block is listed. */
function padsOf(
  b: NetworkBuilder,
  module: string,
  stride: number,
  isEven: boolean,
): readonly [number, number, number, number] {
  const half = Math.floor(b.weights.size(`${module}.weight`, 2) / 2);
  const before = stride === 2 && !isEven ? half - 1 : half;
  return [before, before, half, half];
}

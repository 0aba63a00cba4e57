import { activate } from '../activation.js';
import { batchNorm, channelMeans, convolution, type ConvolutionOptions } from '../convolution.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel, pixelInput } from '../imageHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';

const strides1 = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];
const strides2 = [2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1];

/** MobileNet V1 and V2. Source: transformers' modeling_mobilenet_v1, modeling_mobilenet_v2. */
export function mobilenet(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  const layers = new MobileLayers(b, config);
  const pixels = pixelInput(b, config);
  const hidden = config.modelType === 'mobilenet_v1' ? version1(layers, pixels) : version2(layers, config, pixels);
  return imageModel(b, context, {
    pooled: channelMeans(b, hidden),
    hidden,
    hiddenShape: ['batch_size', 'channels', 'rows', 'columns'],
    classifier: 'classifier',
  });
}

function version1(layers: MobileLayers, pixels: Value): Value {
  let hidden = layers.layer(pixels, 'conv_stem', { stride: 2 });
  for (const [index, stride] of strides1.entries()) {
    hidden = layers.layer(hidden, `layer.${2 * index}`, { stride });
    hidden = layers.layer(hidden, `layer.${2 * index + 1}`);
  }
  return hidden;
}

function version2(layers: MobileLayers, config: ModelConfig, pixels: Value): Value {
  let hidden = layers.layer(pixels, 'conv_stem.first_conv', { stride: 2 });
  hidden = layers.inverted(hidden, 'conv_stem', { stride: 1 });
  let reached = 2;
  let dilation = 1;
  for (const [index, wanted] of strides2.entries()) {
    const isDilated = reached === config.number('output_stride');
    const options = isDilated ? { stride: 1, dilation } : { stride: wanted };
    hidden = layers.inverted(hidden, `layer.${index}`, options);
    if (isDilated) dilation *= wanted;
    else reached *= wanted;
  }
  return layers.layer(hidden, 'conv_1x1');
}

class MobileLayers {
  constructor(
    private readonly b: NetworkBuilder,
    private readonly config: ModelConfig,
  ) {}

  layer(x: Value, module: string, options: ConvolutionOptions = {}, isActivated = true): Value {
    const { b, config } = this;
    const weight = `${module}.convolution.weight`;
    const isDepthwise = b.weights.size(weight, 1) === 1 && b.weights.size(weight, 2) > 1;
    const own = Math.floor((b.weights.size(weight, 2) - 1) / 2) * (options.dilation ?? 1);
    const convolved = convolution(b, x, `${module}.convolution`, {
      padding: config.flag('tf_padding', true) ? 'same' : own,
      groups: isDepthwise ? b.weights.size(weight, 0) : 1,
      ...options,
    });
    const normed = batchNorm(b, convolved, `${module}.normalization`, config.number('layer_norm_eps'));
    return isActivated ? activate(b, config.text('hidden_act', 'relu6'), normed) : normed;
  }

  /** Widened, convolved by channel, and narrowed again; added to what came in where both are alike. */
  inverted(x: Value, module: string, options: ConvolutionOptions): Value {
    const { b } = this;
    const expand = `${module}.expand_1x1`;
    const reduce = `${module}.reduce_1x1.convolution.weight`;
    const isWidened = b.has(`${expand}.convolution.weight`);
    let hidden = isWidened ? this.layer(x, expand) : x;
    hidden = this.layer(hidden, `${module}.conv_3x3`, options);
    hidden = this.layer(hidden, `${module}.reduce_1x1`, {}, false);
    const isAlike =
      module !== 'conv_stem' &&
      options.stride === 1 &&
      b.weights.size(`${expand}.convolution.weight`, 1) === b.weights.size(reduce, 0);
    return isAlike ? b.add(x, hidden) : hidden;
  }
}

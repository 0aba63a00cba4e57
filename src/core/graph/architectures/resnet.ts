import { activate } from '../activation.js';
import { batchNorm, channelMeans, convolution, excited, type ConvolutionOptions } from '../convolution.js';
import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { imageModel, pixelInput } from '../imageHeads.js';
import type { NetworkBuilder } from '../networkBuilder.js';

const gridShape = ['batch_size', 'channels', 'rows', 'columns'];

/** ResNet and RegNet. Source: transformers' modeling_resnet, modeling_regnet. */
export function resnet(context: ArchitectureContext): GeneratedModel {
  const { config } = context;
  const b = context.newBuilder();
  b.weights.setBasePrefix(config.modelType);
  const blocks = new Blocks(b, config.text('hidden_act', 'relu'));
  let hidden = pixelInput(b, config);
  const isRegnet = config.modelType === 'regnet';
  if (isRegnet) hidden = blocks.layer(hidden, 'embedder.embedder', { stride: 2 });
  else {
    hidden = blocks.layer(hidden, 'embedder.embedder', { stride: 2 });
    hidden = b.op('MaxPool', [hidden], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  }
  const sizes = (config.list('hidden_sizes') ?? []).map(Number);
  for (const [stage, depth] of (config.list('depths') ?? []).map(Number).entries()) {
    const halves = stage > 0 || config.flag('downsample_in_first_stage', isRegnet);
    for (let index = 0; index < depth; index++) {
      const stride = index === 0 && halves ? 2 : 1;
      const module = `encoder.stages.${stage}.layers.${index}`;
      const groups = isRegnet ? Math.max(1, Math.floor(sizes[stage]! / config.number('groups_width'))) : 1;
      const reducesFirst = config.flag('downsample_in_bottleneck', false);
      hidden = blocks.residual(hidden, module, { stride, groups, reducesFirst });
    }
  }
  return imageModel(b, context, {
    pooled: channelMeans(b, hidden),
    hidden,
    hiddenShape: gridShape,
    classifier: 'classifier.1',
  });
}

interface ResidualOptions {
  stride: number;
  groups: number;
  /** The first of three convolutions halves the image instead of the second. */
  reducesFirst: boolean;
}

class Blocks {
  constructor(
    private readonly b: NetworkBuilder,
    private readonly activation: string,
  ) {}

  /** Convolution and normalization, then the activation unless it comes later. */
  layer(x: Value, module: string, options: ConvolutionOptions, isActivated = true): Value {
    const { b } = this;
    const kernel = b.weights.size(`${module}.convolution.weight`, 2);
    const convolved = convolution(b, x, `${module}.convolution`, { padding: Math.floor(kernel / 2), ...options });
    const normed = batchNorm(b, convolved, `${module}.normalization`);
    return isActivated ? activate(b, this.activation, normed) : normed;
  }

  residual(x: Value, module: string, { stride, groups, reducesFirst }: ResidualOptions): Value {
    const { b } = this;
    const shortcut = b.has(`${module}.shortcut.convolution.weight`)
      ? this.layer(x, `${module}.shortcut`, { stride }, false)
      : x;
    let hidden = x;
    const steps = [0, 1, 2, 3].filter((step) => this.#exists(`${module}.layer.${step}`));
    // Two convolutions: the first halves the image. Three, or four with squeeze and excitation: the first or second.
    const halvingStep = steps.length === 2 || reducesFirst ? 0 : 1;
    for (const step of steps) {
      const part = `${module}.layer.${step}`;
      if (b.has(`${part}.attention.0.weight`)) {
        const modules = { reduce: `${part}.attention.0`, expand: `${part}.attention.2` };
        hidden = excited(b, hidden, modules, (value) => b.op('Relu', [value]));
        continue;
      }
      const isWide = b.weights.size(`${part}.convolution.weight`, 2) > 1;
      const options = { stride: step === halvingStep ? stride : 1, groups: isWide ? groups : 1 };
      hidden = this.layer(hidden, part, options, step !== steps.at(-1));
    }
    return activate(b, this.activation, b.add(hidden, shortcut));
  }

  #exists(part: string): boolean {
    return this.b.has(`${part}.convolution.weight`) || this.b.has(`${part}.attention.0.weight`);
  }
}

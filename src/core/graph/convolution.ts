import type { Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';

export interface ConvolutionOptions {
  /** One number stands for both axes. */
  stride?: number | readonly [number, number];
  /** On each side; `same`: TensorFlow's way, as much as the stride needs and more of it at the end. */
  padding?: number | 'same';
  /** At the top, left, bottom and right, where these differ. */
  pads?: readonly [number, number, number, number];
  groups?: number;
  dilation?: number;
}

/** A two-dimensional convolution by `<module>.weight` and its bias, if it has one. */
export function convolution(b: NetworkBuilder, x: Value, module: string, options: ConvolutionOptions = {}): Value {
  const { stride = 1, padding = 0, groups = 1, dilation = 1 } = options;
  const weight = `${module}.weight`;
  const inputs = [x, b.weight(weight)];
  if (b.has(`${module}.bias`)) inputs.push(b.weight(`${module}.bias`));
  const pads = options.pads ?? (padding === 'same' ? undefined : [padding, padding, padding, padding]);
  return b.op('Conv', inputs, {
    kernel_shape: [b.weights.size(weight, 2), b.weights.size(weight, 3)],
    strides: typeof stride === 'number' ? [stride, stride] : stride,
    group: groups,
    ...(dilation === 1 ? {} : { dilations: [dilation, dilation] }),
    ...(pads ? { pads } : { auto_pad: 'SAME_UPPER' }),
  });
}

/** A convolution in which every channel stays by itself. */
export function depthwise(b: NetworkBuilder, x: Value, module: string, options: ConvolutionOptions = {}): Value {
  return convolution(b, x, module, { ...options, groups: b.weights.size(`${module}.weight`, 0) });
}

/** Normalization by the statistics of training. */
export function batchNorm(b: NetworkBuilder, x: Value, module: string, epsilon = 1e-5): Value {
  const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => b.weight(`${module}.${part}`));
  return b.op('BatchNormalization', [x, ...parts], { epsilon: { float: epsilon } });
}

/** The mean of each channel, [batch, channels]. */
export function channelMeans(b: NetworkBuilder, x: Value): Value {
  return b.op('ReduceMean', [x, b.int64s([2, 3])], { keepdims: 0 });
}

/** Channels weighed by what a small network makes of their means (squeeze and excitation); its parts are 1x1 convolutions. */
export function excited(
  b: NetworkBuilder,
  x: Value,
  modules: { reduce: string; expand: string },
  activate: (x: Value) => Value,
): Value {
  const means = b.op('GlobalAveragePool', [x]);
  const reduced = activate(convolution(b, means, modules.reduce));
  return b.mul(x, b.op('Sigmoid', [convolution(b, reduced, modules.expand)]));
}

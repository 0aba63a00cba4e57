import { MlflowError } from '../errors.js';
import type { Value } from './graphBuilder.js';
import type { NetworkBuilder } from './networkBuilder.js';

type Activation = (b: NetworkBuilder, x: Value) => Value;

const gelu: Activation = (b, x) => b.microsoft('Gelu', [x]);
const geluTanh: Activation = (b, x) => b.microsoft('FastGelu', [x]);
const quickGelu: Activation = (b, x) => b.microsoft('QuickGelu', [x], { alpha: { float: 1.702 } });
const silu: Activation = (b, x) => b.microsoft('QuickGelu', [x], { alpha: { float: 1 } });
const unary =
  (opType: string): Activation =>
  (b, x) =>
    b.op(opType, [x]);

/** Source: transformers' `ACT2FN`. */
const activations: Readonly<Record<string, Activation>> = {
  gelu,
  gelu_python: gelu,
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_accurate: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python_tanh: geluTanh,
  gelu_10: (b, x) => b.op('Clip', [gelu(b, x), b.float(-10), b.float(10)]),
  quick_gelu: quickGelu,
  silu,
  swish: silu,
  relu: unary('Relu'),
  relu2: (b, x) => {
    const positive = b.op('Relu', [x]);
    return b.mul(positive, positive);
  },
  relu6: (b, x) => b.op('Clip', [x, b.float(0), b.float(6)]),
  leaky_relu: (b, x) => b.op('LeakyRelu', [x], { alpha: { float: 0.01 } }),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  mish: unary('Mish'),
  linear: (_b, x) => x,
  hardswish: unary('HardSwish'),
  // Source: `LaplaceActivation`, mean 0.707107 and deviation 0.282095.
  laplace: (b, x) => {
    const distance = b.scale(b.sub(x, b.float(0.707107)), 1 / (0.282095 * Math.SQRT2));
    return b.scale(b.add(b.op('Erf', [distance]), b.float(1)), 0.5);
  },
  sqrtsoftplus: (b, x) => b.op('Sqrt', [b.op('Softplus', [x])]),
};

/** Applies the activation that config.json names. @throws MlflowError NOT_IMPLEMENTED for an unknown name. */
export function activate(b: NetworkBuilder, name: string, x: Value): Value {
  const activation = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (activation) return activation(b, x);
  throw new MlflowError(
    `The activation "${name}" that config.json in ${b.weights.folder} names is not supported by generated graphs. ` +
      'Put an ONNX export into the folder, or use the python engine.',
    'NOT_IMPLEMENTED',
    { reason: 'architectureUnsupported', details: { activation: name } },
  );
}

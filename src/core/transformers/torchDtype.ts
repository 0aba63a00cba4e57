import { MlflowError } from '../errors.js';
import type { JsonObject } from '../ports.js';
import type { FloatDtype } from '../safetensors/floatConversion.js';

const floatByTorchDtype: Readonly<Record<string, FloatDtype>> = {
  float32: 'F32',
  float: 'F32',
  float16: 'F16',
  half: 'F16',
  bfloat16: 'BF16',
  float64: 'F64',
  double: 'F64',
};
const otherTorchDtypes = new Set([
  'uint8',
  'int8',
  'int16',
  'short',
  'int32',
  'int',
  'int64',
  'long',
  'bool',
  'complex64',
  'complex128',
  'float8_e4m3fn',
  'float8_e5m2',
]);
const canonical: Readonly<Record<string, string>> = {
  float: 'float32',
  half: 'float16',
  double: 'float64',
  short: 'int16',
  int: 'int32',
  long: 'int64',
};

/**
 * A torch dtype given as text, as `str(torch.dtype)` prints it: `bfloat16` and `torch.bfloat16` give `torch.bfloat16`.
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's text for an unknown name.
 */
export function normalizeTorchDtype(text: string): string {
  const name = text.replace(/^torch\./, '');
  if (!Object.hasOwn(floatByTorchDtype, name) && !otherTorchDtypes.has(name)) {
    throw MlflowError.invalidParameter(`The value '${text}' is not a valid torch.dtype`);
  }
  return `torch.${canonical[name] ?? name}`;
}

/**
 * The safetensors type to store floating-point weights in for a torch dtype.
 * @throws MlflowError INVALID_PARAMETER_VALUE for a dtype weights cannot be converted to.
 */
export function floatDtypeOf(torchDtype: string): FloatDtype {
  const dtype = floatByTorchDtype[normalizeTorchDtype(torchDtype).slice('torch.'.length)];
  if (dtype === undefined) {
    throw MlflowError.invalidParameter(
      `Weights cannot be converted to ${torchDtype}. Choose float32, float16, bfloat16 or float64.`,
    );
  }
  return dtype;
}

/** The dtype config.json declares (`dtype` of transformers 5, `torch_dtype` of 4), in torch's print form. */
export function torchDtypeOfConfig(config: JsonObject): string | undefined {
  const declared = config['dtype'] ?? config['torch_dtype'];
  return typeof declared === 'string' && declared !== 'auto' ? normalizeTorchDtype(declared) : undefined;
}

/** The torch name of a safetensors float type: `float16` for `F16`. */
export function torchNameOf(dtype: FloatDtype): string {
  return { F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16' }[dtype];
}

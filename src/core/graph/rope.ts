import type { ModelConfig } from './modelConfig.js';
import { unsupportedSetting } from './unsupported.js';

/** Rotary position embedding of one kind of layer: the graph takes the tables as inputs, the runtime computes them. */
export interface RopeTable {
  cosInput: string;
  sinInput: string;
  /** Columns of each table: half the rotated part of a head. */
  halfSize: number;
  /** Inverse frequencies for a sequence that reaches `length` positions, and the factor on cosine and sine. */
  frequencies(length: number): RopeFrequencies;
}

export interface RopeFrequencies {
  inverse: Float32Array;
  scaling: number;
}

interface RopeSettings {
  kind: string;
  theta: number;
  dim: number;
  parameters: ModelConfig;
  maxPositions: number;
}

/**
 * Rotary settings from config.json of either generation: `rope_parameters`, or `rope_theta` with `rope_scaling`.
 * Source: transformers' modeling_rope_utils (default, linear, dynamic, yarn, longrope, llama3).
 * @param layerType key into `rope_parameters` where they differ by layer type (Gemma 3).
 */
export function ropeTable(
  config: ModelConfig,
  headSize: number,
  options: { name?: string; layerType?: string; theta?: number; defaultPartial?: number; unscaled?: boolean } = {},
): RopeTable {
  const settings = readSettings(config, headSize, options);
  const { name = '' } = options;
  const frequencies = frequencyFunction(config, settings);
  return { cosInput: `rope_cos${name}`, sinInput: `rope_sin${name}`, halfSize: settings.dim / 2, frequencies };
}

function readSettings(
  config: ModelConfig,
  headSize: number,
  options: { layerType?: string; theta?: number; defaultPartial?: number; unscaled?: boolean },
): RopeSettings {
  const all = config.nested('rope_parameters') ?? config.nested('rope_scaling') ?? config;
  const parameters = (options.layerType === undefined ? null : all.nested(options.layerType)) ?? all;
  const isScaled = options.unscaled !== true && parameters !== config;
  const partial = parameters.number(
    'partial_rotary_factor',
    config.number(['partial_rotary_factor', 'rotary_pct', 'rotary_emb_fraction'], options.defaultPartial ?? 1),
  );
  const theta =
    options.theta ?? parameters.number('rope_theta', config.number(['rope_theta', 'rotary_emb_base'], 10000));
  return {
    kind: isScaled ? parameters.text(['rope_type', 'type'], 'default') : 'default',
    theta,
    dim: Math.trunc(headSize * partial),
    parameters,
    maxPositions: config.number('max_position_embeddings', 2048),
  };
}

function frequencyFunction(config: ModelConfig, settings: RopeSettings): (length: number) => RopeFrequencies {
  const { kind, theta, dim, parameters } = settings;
  const plain = inverseFrequencies(theta, dim);
  switch (kind) {
    case 'default':
    case 'mrope':
      return () => ({ inverse: plain, scaling: 1 });
    case 'linear': {
      const factor = parameters.number('factor');
      const inverse = plain.map((frequency) => frequency / factor);
      return () => ({ inverse, scaling: 1 });
    }
    case 'dynamic':
      return (length) => ({ inverse: dynamicFrequencies(settings, length), scaling: 1 });
    case 'llama3': {
      const inverse = llama3Frequencies(plain, parameters, settings.maxPositions);
      return () => ({ inverse, scaling: 1 });
    }
    case 'yarn': {
      const frequencies = yarnFrequencies(config, settings);
      return () => frequencies;
    }
    case 'longrope':
    case 'su':
      return longropeFrequencies(config, settings);
    default:
      throw unsupportedSetting(config, 'rope_type', kind);
  }
}

function inverseFrequencies(theta: number, dim: number): Float32Array {
  return Float32Array.from({ length: dim / 2 }, (_, index) => 1 / Math.fround(theta ** Math.fround((2 * index) / dim)));
}

function dynamicFrequencies({ theta, dim, parameters, maxPositions }: RopeSettings, length: number): Float32Array {
  const factor = parameters.number('factor');
  const reach = Math.max(length, maxPositions);
  const base = theta * ((factor * reach) / maxPositions - (factor - 1)) ** (dim / (dim - 2));
  return inverseFrequencies(base, dim);
}

function llama3Frequencies(plain: Float32Array, parameters: ModelConfig, maxPositions: number): Float32Array {
  const factor = parameters.number('factor');
  const low = parameters.number('low_freq_factor');
  const high = parameters.number('high_freq_factor');
  const context = parameters.number('original_max_position_embeddings', maxPositions);
  return plain.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < context / high) return frequency;
    if (wavelength > context / low) return frequency / factor;
    const smooth = (context / wavelength - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}

function originalPositions(config: ModelConfig, { parameters, maxPositions }: RopeSettings): number {
  return config.number(
    'original_max_position_embeddings',
    parameters.number('original_max_position_embeddings', maxPositions),
  );
}

function yarnFrequencies(config: ModelConfig, settings: RopeSettings): RopeFrequencies {
  const { theta, dim, parameters, maxPositions } = settings;
  const context = parameters.number('original_max_position_embeddings', originalPositions(config, settings));
  const factor = parameters.number('factor', maxPositions / context);
  const rotationDim = (rotations: number): number =>
    (dim * Math.log(context / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  let low = rotationDim(parameters.number('beta_fast', 32) || 32);
  let high = rotationDim(parameters.number('beta_slow', 1) || 1);
  if (parameters.flag('truncate', true)) [low, high] = [Math.floor(low), Math.ceil(high)];
  [low, high] = [Math.max(low, 0), Math.min(high, dim - 1)];
  if (low === high) high += 0.001;
  const inverse = inverseFrequencies(theta, dim).map((frequency, index) => {
    const extrapolated = 1 - Math.min(Math.max((index - low) / (high - low), 0), 1);
    return (frequency / factor) * (1 - extrapolated) + frequency * extrapolated;
  });
  return { inverse, scaling: yarnScaling(parameters, factor) };
}

function yarnScaling(parameters: ModelConfig, factor: number): number {
  if (parameters.has('attention_factor')) return parameters.number('attention_factor');
  const magnitude = (scale: number, weight: number): number => (scale <= 1 ? 1 : 0.1 * weight * Math.log(scale) + 1);
  const [mscale, mscaleAll] = [parameters.number('mscale', 0), parameters.number('mscale_all_dim', 0)];
  return mscale && mscaleAll ? magnitude(factor, mscale) / magnitude(factor, mscaleAll) : magnitude(factor, 1);
}

function longropeFrequencies(config: ModelConfig, settings: RopeSettings): (length: number) => RopeFrequencies {
  const { theta, dim, parameters, maxPositions } = settings;
  const context = originalPositions(config, settings);
  const factor = parameters.number('factor', maxPositions / context);
  const scaling = parameters.has('attention_factor')
    ? parameters.number('attention_factor')
    : factor <= 1
      ? 1
      : Math.sqrt(1 + Math.log(factor) / Math.log(context));
  const divided = (key: string): Float32Array => {
    const factors = parameters.list(key) ?? [];
    return inverseFrequencies(theta, dim).map((frequency, index) => frequency / Number(factors[index] ?? 1));
  };
  const [short, long] = [divided('short_factor'), divided('long_factor')];
  return (length) => ({ inverse: length > context ? long : short, scaling });
}

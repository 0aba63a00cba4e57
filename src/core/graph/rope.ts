import type { JsonObject } from '../ports.js';
import { ModelConfig } from './modelConfig.js';
import { unsupportedSetting } from './unsupported.js';

/** Rotary position embedding of one kind of layer: the graph takes the tables as inputs, the runtime computes them. */
export interface RopeTable {
  cosInput: string;
  sinInput: string;
  /** Columns of each table: half the rotated part of a head. */
  halfSize: number;
  /** Inverse frequencies for a sequence that reaches `length` positions, and the factor on cosine and sine. */
  frequencies(length: number): RopeFrequencies;
  /** A run that grows beyond this many positions reads all of them again, since other frequencies hold there; `null`: never. */
  renewsBeyond: number | null;
}

export interface RopeFrequencies {
  inverse: Float32Array;
  scaling: number;
}

interface RopeSettings {
  kind: string;
  theta: number;
  /** Rotated elements of a head. */
  dim: number;
  parameters: ModelConfig;
  maxPositions: number;
  /** Positions of the pretraining, before scaling. */
  context: number;
}

export interface RopeOptions {
  /** Ends the names of the graph inputs, where a model has several tables. */
  name?: string;
  /** Keys of config.json that name the base and the rotated part of a head. */
  thetaKey?: string;
  partialKey?: string;
  /** The rotated part where config.json names none; absent: the architecture rotates whole heads, whatever is named. */
  defaultPartial?: number;
  /** First minor version of transformers 4 whose code of this architecture scales; none: all. */
  scalesSince?: number;
}

/**
 * Rotary settings from config.json of either generation: `rope_parameters`, or `rope_theta` with `rope_scaling`.
 * Source: transformers' modeling_rope_utils (default, linear, dynamic, yarn, longrope, llama3) of 4.43 to 5.
 */
export function ropeTable(config: ModelConfig, headSize: number, options: RopeOptions = {}): RopeTable {
  const settings = config.isBefore(5) ? settings4(config, headSize, options) : settings5(config, headSize, options);
  const { name = '' } = options;
  const frequencies = frequencyFunction(config, settings);
  const isRenewed = config.modelType === 'phi3' && settings.kind === 'longrope' && !config.isBefore(4, 45);
  return {
    cosInput: `rope_cos${name}`,
    sinInput: `rope_sin${name}`,
    halfSize: Math.ceil(settings.dim / 2),
    frequencies,
    renewsBeyond: isRenewed ? settings.context : null,
  };
}

/**
 * The configuration as one layer type sees it, where rotary settings differ by layer type.
 * @param theta where `rope_parameters` say none. @param scaling what an older config.json gives apart.
 */
export function ropeOfLayerType(
  config: ModelConfig,
  layerType: string,
  theta: number,
  scaling: JsonObject | undefined,
): ModelConfig {
  const named = config.nested('rope_parameters')?.nested(layerType)?.json ?? { rope_type: 'default' };
  return config.with({ rope_scaling: null, rope_parameters: { rope_theta: theta, ...named, ...scaling } });
}

/** transformers 5: everything in one dictionary. */
function settings5(config: ModelConfig, headSize: number, options: RopeOptions): RopeSettings {
  const { thetaKey = 'rope_theta', partialKey = 'partial_rotary_factor', defaultPartial } = options;
  const scaling = config.nested('rope_scaling');
  const isOld = scaling !== null && Object.keys(scaling.json).length > 0;
  const parameters = (isOld ? scaling : config.nested('rope_parameters')) ?? none;
  const maxPositions = config.number('max_position_embeddings', 2048);
  const kind = parameters.text(['rope_type', 'type'], 'default');
  const named = parameters.number('partial_rotary_factor', config.number(partialKey, defaultPartial ?? 1));
  const partial = defaultPartial === undefined ? 1 : named;
  return {
    kind: config.modelType === 'phi3' && kind !== 'default' ? 'longrope' : kind,
    theta: parameters.number('rope_theta', config.number([thetaKey, 'default_theta'], 10000)),
    dim: Math.trunc(headSize * partial),
    parameters,
    maxPositions,
    context: config.number(
      'original_max_position_embeddings',
      parameters.number('original_max_position_embeddings', maxPositions),
    ),
  };
}

/** transformers 4: scaling in a dictionary of its own, which not every architecture reads. */
function settings4(config: ModelConfig, headSize: number, options: RopeOptions): RopeSettings {
  const { thetaKey = 'rope_theta', partialKey = 'partial_rotary_factor', defaultPartial, scalesSince } = options;
  const parameters = config.nested('rope_scaling') ?? none;
  const isScaled = scalesSince === undefined || !config.isBefore(4, scalesSince);
  const kind = isScaled ? parameters.text(['type', 'rope_type'], 'default') : 'default';
  const maxPositions = config.number('max_position_embeddings', 2048);
  const original =
    kind === 'yarn' || kind === 'llama3' ? parameters : kind === 'longrope' || kind === 'su' ? config : none;
  return {
    kind: config.modelType === 'phi3' && kind !== 'default' ? 'longrope' : kind,
    theta: config.number(thetaKey, 10000),
    dim: Math.trunc(headSize * (defaultPartial === undefined ? 1 : config.number(partialKey, defaultPartial))),
    parameters,
    maxPositions,
    context: original.number('original_max_position_embeddings', maxPositions),
  };
}

function frequencyFunction(config: ModelConfig, settings: RopeSettings): (length: number) => RopeFrequencies {
  const { kind, theta, dim, parameters } = settings;
  const plain = inverseFrequencies(theta, dim);
  switch (kind) {
    case 'default':
      return () => ({ inverse: plain, scaling: 1 });
    case 'linear': {
      const factor = parameters.number('factor');
      const inverse = plain.map((frequency) => frequency / factor);
      return () => ({ inverse, scaling: 1 });
    }
    case 'dynamic':
      return (length) => ({ inverse: dynamicFrequencies(settings, length), scaling: 1 });
    case 'llama3': {
      const inverse = llama3Frequencies(plain, settings);
      return () => ({ inverse, scaling: 1 });
    }
    case 'yarn': {
      const frequencies = yarnFrequencies(config, settings);
      return () => frequencies;
    }
    case 'longrope':
      return longropeFrequencies(config, settings);
    default:
      throw unsupportedSetting(config, 'rope_type', kind);
  }
}

const none = new ModelConfig({});

function inverseFrequencies(theta: number, dim: number): Float32Array {
  return Float32Array.from(
    { length: Math.ceil(dim / 2) },
    (_, index) => 1 / Math.fround(theta ** Math.fround((2 * index) / dim)),
  );
}

function dynamicFrequencies({ theta, dim, parameters, maxPositions }: RopeSettings, length: number): Float32Array {
  const factor = parameters.number('factor');
  const reach = Math.max(length, maxPositions);
  const base = theta * ((factor * reach) / maxPositions - (factor - 1)) ** (dim / (dim - 2));
  return inverseFrequencies(base, dim);
}

function llama3Frequencies(plain: Float32Array, { parameters, context }: RopeSettings): Float32Array {
  const factor = parameters.number('factor');
  const low = parameters.number('low_freq_factor');
  const high = parameters.number('high_freq_factor');
  return plain.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < context / high) return frequency;
    if (wavelength > context / low) return frequency / factor;
    const smooth = (context / wavelength - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}

function yarnFrequencies(config: ModelConfig, settings: RopeSettings): RopeFrequencies {
  const { theta, dim, parameters, maxPositions } = settings;
  // Up to 4.50 the pretraining's positions were not read; up to 4.56 they replaced the factor.
  const context = config.isBefore(4, 51) ? maxPositions : settings.context;
  const isImplied = config.isBefore(4, 57) && !config.isBefore(4, 51) && context !== maxPositions;
  const factor = isImplied ? maxPositions / context : parameters.number('factor', maxPositions / context);
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
  return { inverse, scaling: yarnScaling(config, parameters, factor) };
}

function yarnScaling(config: ModelConfig, parameters: ModelConfig, factor: number): number {
  if (parameters.has('attention_factor')) return parameters.number('attention_factor');
  if (config.isBefore(4, 51)) return 0.1 * Math.log(factor) + 1;
  const magnitude = (scale: number, weight: number): number => (scale <= 1 ? 1 : 0.1 * weight * Math.log(scale) + 1);
  const [mscale, mscaleAll] = [parameters.number('mscale', 0), parameters.number('mscale_all_dim', 0)];
  return mscale && mscaleAll ? magnitude(factor, mscale) / magnitude(factor, mscaleAll) : magnitude(factor, 1);
}

function longropeFrequencies(config: ModelConfig, settings: RopeSettings): (length: number) => RopeFrequencies {
  const { theta, dim, parameters, maxPositions, context } = settings;
  const isOwnCode = config.modelType === 'phi3' && config.isBefore(4, 48);
  const isImplied = config.isBefore(5) && (isOwnCode || config.has('original_max_position_embeddings'));
  const factor = isImplied ? maxPositions / context : parameters.number('factor', maxPositions / context);
  const scaling =
    parameters.has('attention_factor') && !isOwnCode
      ? parameters.number('attention_factor')
      : factor <= 1
        ? 1
        : Math.sqrt(1 + Math.log(factor) / Math.log(context));
  const divided = (key: string): Float32Array => {
    const factors = parameters.list(key) ?? [];
    return inverseFrequencies(theta, dim).map((frequency, index) => frequency / Number(factors[index] ?? 1));
  };
  const [short, long] = [divided('short_factor'), divided('long_factor')];
  // Before 4.48 the settings decided once, not the length, but for Phi-3.
  if (config.isBefore(4, 48) && !isOwnCode) return () => ({ inverse: factor > 1 ? long : short, scaling });
  return (length) => ({ inverse: length > context ? long : short, scaling });
}

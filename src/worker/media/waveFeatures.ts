import type { JsonObject } from '../../core/ports.js';
import type { Tensor } from '../runtime/model.js';

/** Wav2Vec2's features: the samples themselves, normalized. Source: feature_extraction_wav2vec2.py. */
export class WaveFeatureExtractor {
  readonly inputName = 'input_values';
  readonly samplingRate: number;
  private readonly normalizes: boolean;

  constructor(config: JsonObject) {
    const { sampling_rate: rate, do_normalize: normalizes } = config;
    this.samplingRate = typeof rate === 'number' ? rate : 16_000;
    this.normalizes = normalizes !== false;
  }

  /** `input_values` [1, samples]. */
  extract(samples: Float32Array): Tensor {
    return { dims: [1, samples.length], data: this.normalizes ? normalized(samples) : samples };
  }
}

function normalized(samples: Float32Array): Float32Array {
  let sum = 0;
  for (const sample of samples) sum += sample;
  const mean = sum / samples.length;
  let squares = 0;
  for (const sample of samples) squares += (sample - mean) ** 2;
  const deviation = Math.sqrt(squares / samples.length + 1e-7);
  return samples.map((sample) => (sample - mean) / deviation);
}

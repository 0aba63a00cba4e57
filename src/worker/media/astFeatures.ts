import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { Tensor } from '../runtime/model.js';
import { FilterBank } from './filterBank.js';

/** AST's features: a sound's mel bands, cut or filled to one length. Source: feature_extraction_audio_spectrogram_transformer.py. */
export class AstFeatureExtractor {
  readonly inputName = 'input_values';
  readonly samplingRate: number;
  private readonly bands: number;
  private readonly frames: number;
  private readonly normalizes: boolean;
  private readonly mean: number;
  private readonly deviation: number;
  private readonly bank: FilterBank;

  constructor(config: JsonObject) {
    const number = (name: string, fallback: number): number => {
      const value = config[name];
      return typeof value === 'number' ? value : fallback;
    };
    this.samplingRate = number('sampling_rate', 16_000);
    this.bands = number('num_mel_bins', 128);
    this.frames = number('max_length', 1024);
    this.normalizes = config['do_normalize'] !== false;
    this.mean = number('mean', -4.2677393);
    this.deviation = number('std', 4.5689974);
    this.bank = new FilterBank({
      samplingRate: this.samplingRate,
      bands: this.bands,
      window: Float64Array.from({ length: 400 }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 399)),
    });
  }

  /** `input_values` [1, frames, bands]. @throws MlflowError for a sound that is shorter than a step between frames. */
  extract(samples: Float32Array): Tensor {
    if (FilterBank.frames(samples.length) < 0) throw new MlflowError('negative dimensions are not allowed');
    const data = new Float32Array(this.frames * this.bands);
    data.set(this.bank.energies(samples, this.frames));
    if (this.normalizes) {
      for (let i = 0; i < data.length; i++) data[i] = (data[i]! - this.mean) / (this.deviation * 2);
    }
    return { dims: [1, this.frames, this.bands], data };
  }
}

import type { JsonObject } from '../../core/ports.js';
import type { Tensor } from '../runtime/model.js';
import { PowerSpectrum } from './powerSpectrum.js';

interface Settings {
  melBands: number;
  samplingRate: number;
  hopLength: number;
  fftLength: number;
  sampleCount: number;
}

/** The logarithm of the least energy that counts. */
const silence = -10;

/** Whisper's features: log mel spectrum of a window of 30 seconds. Source: transformers feature_extraction_whisper.py. */
export class WhisperFeatureExtractor {
  readonly inputName = 'input_features';
  readonly samplingRate: number;
  /** Samples of a window. */
  readonly sampleCount: number;
  private readonly settings: Settings;
  private readonly filters: { start: number; weights: Float64Array }[];
  private readonly window: Float64Array;
  private readonly spectrum: PowerSpectrum;

  constructor(config: JsonObject) {
    const number = (name: string, fallback: number): number => {
      const value = config[name];
      return typeof value === 'number' ? value : fallback;
    };
    const samplingRate = number('sampling_rate', 16_000);
    this.settings = {
      melBands: number('feature_size', 80),
      samplingRate,
      hopLength: number('hop_length', 160),
      fftLength: number('n_fft', 400),
      sampleCount: number('chunk_length', 30) * samplingRate,
    };
    this.samplingRate = samplingRate;
    this.sampleCount = this.settings.sampleCount;
    const { fftLength } = this.settings;
    this.filters = melFilters(this.settings);
    this.window = Float64Array.from(
      { length: fftLength },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / fftLength),
    );
    this.spectrum = new PowerSpectrum(fftLength);
  }

  /** Seconds of a window. */
  get windowSeconds(): number {
    return this.sampleCount / this.samplingRate;
  }

  /** Samples of a frame. */
  get hopLength(): number {
    return this.settings.hopLength;
  }

  /** `input_features` [1, bands, frames] of one window: shorter sounds are padded with silence, longer ones cut. */
  extract(samples: Float32Array): Tensor {
    return this.spectrogram(samples.subarray(0, this.sampleCount), this.sampleCount);
  }

  /** `input_features` [1, bands, frames] of a sound of any length, as a whole. */
  extractAll(samples: Float32Array): Tensor {
    return this.spectrogram(samples, samples.length);
  }

  private spectrogram(samples: Float32Array, sampleCount: number): Tensor {
    const { melBands, hopLength, fftLength } = this.settings;
    const frames = Math.floor(sampleCount / hopLength);
    const features = new Float32Array(melBands * frames).fill(silence);
    const frame = new Float64Array(fftLength);
    const powers = new Float64Array(fftLength / 2 + 1);
    let largest = silence;
    for (let t = 0; t < frames; t++) {
      const begin = t * hopLength - fftLength / 2;
      if (begin >= samples.length && begin + fftLength <= sampleCount) continue;
      for (let i = 0; i < fftLength; i++) {
        frame[i] = mirroredSample(samples, begin + i, sampleCount - 1) * this.window[i]!;
      }
      this.spectrum.measure(frame, powers);
      for (const [band, { start, weights }] of this.filters.entries()) {
        let energy = 0;
        for (let i = 0; i < weights.length; i++) energy += weights[i]! * powers[start + i]!;
        const value = Math.log10(Math.max(energy, 10 ** silence));
        features[band * frames + t] = value;
        if (value > largest) largest = value;
      }
    }
    for (let i = 0; i < features.length; i++) features[i] = (Math.max(features[i]!, largest - 8) + 4) / 4;
    return { dims: [1, melBands, frames], data: features };
  }
}

/** A sample of a sound that is padded with silence up to `last` and mirrored at its ends. */
function mirroredSample(samples: Float32Array, position: number, last: number): number {
  const mirrored = position < 0 ? -position : position > last ? 2 * last - position : position;
  return samples[mirrored] ?? 0;
}

/** Slaney's mel scale: linear to 1000 Hz, logarithmic above. */
function hertzToMel(hertz: number): number {
  return hertz < 1000 ? (3 * hertz) / 200 : 15 + Math.log(hertz / 1000) * (27 / Math.log(6.4));
}

function melToHertz(mel: number): number {
  return mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) / 27) * (mel - 15));
}

/** Triangles of equal area. Source: transformers audio_utils.mel_filter_bank with norm and scale "slaney". */
function melFilters({ melBands, samplingRate, fftLength }: Settings): { start: number; weights: Float64Array }[] {
  const bins = fftLength / 2 + 1;
  const top = hertzToMel(8000);
  const edges = Array.from({ length: melBands + 2 }, (_, i) => melToHertz((top * i) / (melBands + 1)));
  return Array.from({ length: melBands }, (_, band) => {
    const [low, center, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    const weights = Array.from({ length: bins }, (_, bin) => {
      const hertz = ((samplingRate / 2) * bin) / (bins - 1);
      const slope = Math.min((hertz - low) / (center - low), (high - hertz) / (high - center));
      return (Math.max(0, slope) * 2) / (high - low);
    });
    const start = Math.max(
      0,
      weights.findIndex((weight) => weight > 0),
    );
    const end = weights.findLastIndex((weight) => weight > 0) + 1;
    return { start, weights: Float64Array.from(weights.slice(start, Math.max(start, end))) };
  });
}

import { PowerSpectrum } from './powerSpectrum.js';

export interface FilterBankOptions {
  samplingRate: number;
  bands: number;
  /** Of `frameLength` samples. */
  window: Float64Array;
}

/** Samples of a frame, and from one frame to the next. */
const frameLength = 400;
const hopLength = 160;
const fftLength = 512;
const lowestHertz = 20;
const emphasis = 0.97;
/** The least energy that counts: what float32 adds to 1 at least. */
const leastEnergy = 1.192092955078125e-7;

/**
 * The logarithms of a sound's energies by Kaldi's mel bands. Source: transformers' audio_utils.spectrogram as the feature
 * extractors call it that do without torchaudio.
 */
export class FilterBank {
  readonly #spectrum = new PowerSpectrum(fftLength);
  readonly #filters: readonly { start: number; weights: Float64Array }[];

  constructor(private readonly options: FilterBankOptions) {
    this.#filters = melFilters(options);
  }

  /** How many frames a sound gives; below zero for one that Python fails at. */
  static frames(samples: number): number {
    return 1 + Math.floor((samples - frameLength) / hopLength);
  }

  /** [frames, bands] of at most so many frames. */
  energies(samples: Float32Array, mostFrames: number): Float32Array {
    const { bands } = this.options;
    const frames = Math.min(mostFrames, Math.max(0, FilterBank.frames(samples.length)));
    const features = new Float32Array(frames * bands);
    const frame = new Float64Array(fftLength);
    const powers = new Float64Array(fftLength / 2 + 1);
    for (let t = 0; t < frames; t++) {
      this.#prepare(samples.subarray(t * hopLength, t * hopLength + frameLength), frame);
      this.#spectrum.measure(frame, powers);
      for (const [band, { start, weights }] of this.#filters.entries()) {
        let energy = 0;
        for (let i = 0; i < weights.length; i++) energy += weights[i]! * powers[start + i]!;
        features[t * bands + band] = Math.log(Math.max(leastEnergy, energy));
      }
    }
    return features;
  }

  /** Without the part that does not sound, high frequencies raised, faded in and out. */
  #prepare(samples: Float32Array, frame: Float64Array): void {
    let sum = 0;
    for (const sample of samples) sum += sample;
    const mean = sum / frameLength;
    for (let i = 0; i < frameLength; i++) {
      const before = samples[Math.max(0, i - 1)]! - mean;
      frame[i] = (samples[i]! - mean - emphasis * before) * this.options.window[i]!;
    }
  }
}

const hertzToMel = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);

/** Triangles in mel. Source: transformers' audio_utils.mel_filter_bank with `triangularize_in_mel_space`. */
function melFilters({ samplingRate, bands }: FilterBankOptions): { start: number; weights: Float64Array }[] {
  const bins = Array.from({ length: fftLength / 2 + 1 }, (_, bin) => hertzToMel((samplingRate / fftLength) * bin));
  const low = hertzToMel(lowestHertz);
  const step = (hertzToMel(Math.floor(samplingRate / 2)) - low) / (bands + 1);
  return Array.from({ length: bands }, (_, band) => {
    const center = low + step * (band + 1);
    const weights = bins.map((mel) => Math.max(0, 1 - Math.abs(mel - center) / step));
    const start = weights.findIndex((weight) => weight > 0);
    const end = weights.findLastIndex((weight) => weight > 0) + 1;
    return start < 0
      ? { start: 0, weights: new Float64Array() }
      : { start, weights: Float64Array.from(weights.slice(start, end)) };
  });
}

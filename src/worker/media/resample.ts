/** Of ffmpeg's resampler: taps at equal rates, phases at most, part of the band that passes, and the window's shape. */
const filterTaps = 32;
const mostPhases = 1024;
const cutoff = 0.97;
const kaiserBeta = 9;

interface FilterBank {
  taps: number;
  phases: number;
  /** [phases + 1, taps]; the last is the first, one sample later. */
  weights: Float32Array;
}

/**
 * Samples at another rate, as `ffmpeg -ar` gives them: a polyphase Kaiser-windowed sinc filter, the signal mirrored at its ends.
 * Follows libswresample's default settings in single precision.
 */
export function resampleAsFfmpeg(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to || samples.length === 0) return samples;
  const bank = filterBank(from, to);
  const { taps, phases, weights } = bank;
  const center = (taps - 1) >> 1;
  const { step, scale } = stepOf(from, to, phases);
  const signal = mirrored(samples, taps, center, step / (scale * phases));
  const output = new Float32Array(Math.ceil((signal.length * to) / from) + 1);
  let length = 0;
  let index = 0;
  let fraction = 0;
  for (;;) {
    const start = Math.floor(index / phases);
    if (start + taps > signal.length) break;
    const row = (index % phases) * taps;
    let sum = 0;
    for (let i = 0; i < taps; i++) sum += signal[start + i]! * weights[row + i]!;
    if (fraction > 0) {
      let next = 0;
      for (let i = 0; i < taps; i++) next += signal[start + i]! * weights[row + taps + i]!;
      sum += ((next - sum) * fraction) / scale;
    }
    output[length++] = sum;
    fraction += step % scale;
    index += Math.floor(step / scale);
    if (fraction >= scale) {
      fraction -= scale;
      index++;
    }
  }
  return output.slice(0, length);
}

/** The signal with `center` samples before it, mirrored about the first one, and some after it. */
function mirrored(samples: Float32Array, taps: number, center: number, ratio: number): Float32Array {
  const { length } = samples;
  // The first output that lacks samples decides how many are mirrored at the end.
  const complete = Math.max(0, Math.ceil((length - taps + center + 1) / ratio));
  const remaining = length - (Math.floor(complete * ratio) - center);
  const reflection = Math.floor((Math.min(remaining, taps) + 1) / 2);
  const signal = new Float32Array(center + length + reflection);
  signal.set(samples, center);
  for (let i = 0; i < center; i++) signal[i] = samples[Math.min(center - i, length - 1)]!;
  for (let i = 0; i < reflection; i++) signal[center + length + i] = samples[Math.max(0, length - 1 - i)]!;
  return signal;
}

/** From one output to the next: `step / scale` phases. */
function stepOf(from: number, to: number, phases: number): { step: number; scale: number } {
  const divisor = greatestDivisor(to, from * phases);
  return { step: (from * phases) / divisor, scale: to / divisor };
}

function filterBank(from: number, to: number): FilterBank {
  const factor = Math.min((to * cutoff) / from, 1);
  const exactPhases = to / greatestDivisor(from, to);
  const phases = exactPhases <= mostPhases ? exactPhases : mostPhases;
  const wanted = Math.max(Math.ceil(filterTaps / factor), 1);
  const taps = wanted + (wanted % 2);
  const weights = new Float32Array((phases + 1) * taps);
  // All phases are divided by the sum of the first one's weights.
  const sum = filterOf(0, taps, factor).reduce((total, weight) => total + weight, 0);
  for (let phase = 0; phase < phases; phase++) {
    weights.set(
      filterOf(phase / phases, taps, factor).map((weight) => weight / sum),
      phase * taps,
    );
  }
  weights.set(weights.subarray(0, taps - 1), phases * taps + 1);
  weights[phases * taps] = weights[taps - 1]!;
  return { taps, phases, weights };
}

/** A windowed sinc, `shift` samples late. */
function filterOf(shift: number, taps: number, factor: number): Float64Array {
  const center = (taps - 1) >> 1;
  return Float64Array.from({ length: taps }, (_, i) => {
    const x = Math.PI * (i - center - shift) * factor;
    const sinc = x === 0 ? 1 : Math.sin(x) / x;
    const w = (2 * x) / (factor * taps * Math.PI);
    return sinc * bessel(kaiserBeta * Math.sqrt(Math.max(1 - w * w, 0)));
  });
}

/** Modified Bessel function of the first kind and order 0, by its series. */
function bessel(x: number): number {
  const quarter = (x * x) / 4;
  let sum = 1;
  let term = 1;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= quarter / (n * n);
    sum += term;
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

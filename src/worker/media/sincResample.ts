const lowpassWidth = 6;
const rolloff = 0.99;

/** Samples at another rate as `torchaudio.functional.resample` gives them: a sinc filter under a Hann window. */
export function resampleAsTorchaudio(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const divisor = greatestDivisor(from, to);
  const original = from / divisor;
  const target = to / divisor;
  const base = Math.min(original, target) * rolloff;
  const width = Math.ceil((lowpassWidth * original) / base);
  const kernels = Array.from({ length: target }, (_, phase) => kernelOf(-phase / target, width, original, base));
  const length = Math.ceil((target * samples.length) / original);
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const kernel = kernels[i % target]!;
    const start = Math.floor(i / target) * original - width;
    let sum = 0;
    for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * (samples[start + k] ?? 0);
    result[i] = sum;
  }
  return result;
}

function kernelOf(shift: number, width: number, original: number, base: number): Float32Array {
  return Float32Array.from({ length: 2 * width + original }, (_, i) => {
    const t = Math.max(-lowpassWidth, Math.min(lowpassWidth, (shift + (i - width) / original) * base));
    const window = Math.cos((t * Math.PI) / lowpassWidth / 2) ** 2;
    const sinc = t === 0 ? 1 : Math.sin(t * Math.PI) / (t * Math.PI);
    return sinc * window * (base / original);
  });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

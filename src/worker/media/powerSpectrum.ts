/**
 * |X|² of real signals of one even length, at the frequencies 0 to length / 2. A signal is folded into its even and odd part
 * first; for the few hundred samples of a speech frame that is faster in JavaScript than a general fast transform.
 */
export class PowerSpectrum {
  private readonly half: number;
  private readonly cosines: Float64Array;
  private readonly sines: Float64Array;
  private readonly even: Float64Array;
  private readonly odd: Float64Array;

  constructor(private readonly size: number) {
    this.half = size / 2;
    const rows = this.half + 1;
    this.cosines = new Float64Array(rows * this.half);
    this.sines = new Float64Array(rows * this.half);
    for (let k = 0; k < rows; k++) {
      for (let n = 0; n < this.half; n++) {
        const angle = (2 * Math.PI * ((k * n) % size)) / size;
        this.cosines[k * this.half + n] = Math.cos(angle);
        this.sines[k * this.half + n] = Math.sin(angle);
      }
    }
    this.even = new Float64Array(this.half);
    this.odd = new Float64Array(this.half);
  }

  /** Writes the powers of `signal` into `powers`, which has length / 2 + 1 places. */
  measure(signal: Float64Array, powers: Float64Array): void {
    const { half, size, even, odd, cosines, sines } = this;
    even[0] = signal[0]!;
    for (let n = 1; n < half; n++) {
      even[n] = signal[n]! + signal[size - n]!;
      odd[n] = signal[n]! - signal[size - n]!;
    }
    const middle = signal[half]!;
    for (let k = 0; k <= half; k++) {
      let real = k % 2 === 0 ? middle : -middle;
      let imaginary = 0;
      const row = k * half;
      for (let n = 0; n < half; n++) {
        real += even[n]! * cosines[row + n]!;
        imaginary += odd[n]! * sines[row + n]!;
      }
      powers[k] = real * real + imaginary * imaginary;
    }
  }
}

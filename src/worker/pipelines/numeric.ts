/** Softmax over all values, rounded to single precision as Python's. */
export function softmax(values: ArrayLike<number>): number[] {
  const numbers = Array.from(values);
  const largest = Math.max(...chunkMaxima(numbers));
  const powers = numbers.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => Math.fround(power / sum));
}

/** `Math.max` takes only so many arguments: the largest of each thousand. */
function chunkMaxima(numbers: readonly number[]): number[] {
  const maxima: number[] = [];
  for (let i = 0; i < numbers.length; i += 1000) maxima.push(Math.max(...numbers.slice(i, i + 1000)));
  return maxima;
}

export function sigmoid(values: ArrayLike<number>): number[] {
  return Array.from(values, (value) => Math.fround(1 / (1 + Math.exp(-value))));
}

/** Index of the first largest value. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Indices of the `count` largest values, largest first. */
export function topIndices(values: ArrayLike<number>, count: number): number[] {
  if (count >= values.length || count > 64) {
    const indices = Array.from({ length: values.length }, (_, i) => i);
    return indices.sort((a, b) => values[b]! - values[a]!).slice(0, count);
  }
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && values[i]! <= values[best.at(-1)!]!) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]!]! < values[i]!) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

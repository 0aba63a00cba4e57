/** A slope of scores over distance for each head. Source: "Train Short, Test Long" (ALiBi), with its rule for other head counts. */
export function alibiSlopes(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const slopes = Array.from({ length: power }, (_, index) => 2 ** ((-8 * (index + 1)) / power));
  const extra = Array.from({ length: heads - power }, (_, index) => 2 ** ((-8 * (2 * index + 1)) / (2 * power)));
  return [...slopes, ...extra];
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * The course of a metric in at most `width` characters. Values are thinned to the last of each bucket, so that the newest one
 * is always shown; values that are no finite numbers become blanks. A constant course is a flat line in the middle.
 */
export function sparkline(values: readonly number[], width = 8): string {
  const points = thin(values, width);
  const finite = points.filter(Number.isFinite);
  if (finite.length < 2) return '';
  const lowest = Math.min(...finite);
  const highest = Math.max(...finite);
  return points.map((value) => bar(value, lowest, highest)).join('');
}

function thin(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, index) => {
    const end = Math.ceil(((index + 1) * values.length) / width);
    return values[end - 1] ?? NaN;
  });
}

function bar(value: number, lowest: number, highest: number): string {
  if (!Number.isFinite(value)) return ' ';
  const share = highest === lowest ? 0.5 : (value - lowest) / (highest - lowest);
  return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))] ?? ' ';
}

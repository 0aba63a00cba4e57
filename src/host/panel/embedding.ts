import type { EmbeddingSummary } from '../../protocol/answerView.js';

const binCount = 32;

/**
 * What there is to say about an embedding: a vector, a matrix of token vectors (the mean is taken), or either wrapped in
 * one-element lists. `null` for anything else.
 */
export function embeddingSummary(value: unknown): EmbeddingSummary | null {
  const rows = matrix(value);
  const dimensions = rows?.[0]?.length ?? 0;
  if (rows === null || dimensions === 0 || rows.some((row) => row.length !== dimensions)) return null;
  const vector = new Array<number>(dimensions).fill(0);
  for (const row of rows)
    for (let index = 0; index < dimensions; index += 1) vector[index] = (vector[index] ?? 0) + (row[index] ?? 0);
  for (let index = 0; index < dimensions; index += 1) vector[index] = (vector[index] ?? 0) / rows.length;
  const minimum = vector.reduce((least, item) => Math.min(least, item), Infinity);
  const maximum = vector.reduce((most, item) => Math.max(most, item), -Infinity);
  return {
    rowCount: rows.length,
    dimensions,
    norm: Math.sqrt(vector.reduce((sum, item) => sum + item * item, 0)),
    minimum,
    maximum,
    histogram: histogram(vector, minimum, maximum),
    vector,
  };
}

function matrix(value: unknown): number[][] | null {
  if (ArrayBuffer.isView(value)) return [Array.from(value as Float32Array)];
  if (!Array.isArray(value) || value.length === 0) return null;
  if (value.every((item) => typeof item === 'number')) return [value];
  if (value.every((item) => isNumbers(item))) return value.map((row) => Array.from(row as ArrayLike<number>));
  return value.length === 1 ? matrix(value[0]) : null;
}

function isNumbers(value: unknown): boolean {
  return ArrayBuffer.isView(value) || (Array.isArray(value) && value.every((item) => typeof item === 'number'));
}

function histogram(vector: readonly number[], minimum: number, maximum: number): number[] {
  const bins = new Array<number>(binCount).fill(0);
  const width = (maximum - minimum) / binCount || 1;
  for (const value of vector) {
    const bin = Math.min(binCount - 1, Math.floor((value - minimum) / width));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

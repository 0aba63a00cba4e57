/** A token's place in the table: its row and column from 0; `null` outside of the cells. */
export type CellPlace = readonly [row: number, column: number] | null;

/** Where each token of a TAPAS encoding lies, from its token types. */
export function cellPlaces(types: readonly (readonly number[])[]): CellPlace[] {
  return types.map(([segment = 0, column = 0, row = 0]) =>
    segment === 1 && column > 0 && row > 0 ? [row - 1, column - 1] : null,
  );
}

/** The cells whose tokens are chosen on average, row by row. Source: TapasTokenizer.convert_logits_to_predictions. */
export function chosenCells(places: readonly CellPlace[], probabilities: ArrayLike<number>): [number, number][] {
  return meanByCell(places, probabilities)
    .filter(({ mean }) => mean > 0.5)
    .map(({ row, column }): [number, number] => [row, column])
    .sort(([rowA, columnA], [rowB, columnB]) => rowA - rowB || columnA - columnB);
}

interface CellMean {
  row: number;
  column: number;
  mean: number;
}

function meanByCell(places: readonly CellPlace[], probabilities: ArrayLike<number>): CellMean[] {
  const sums = new Map<string, { row: number; column: number; sum: number; count: number }>();
  for (const [index, place] of places.entries()) {
    if (!place) continue;
    const [row, column] = place;
    const key = `${row} ${column}`;
    const cell = sums.get(key) ?? { row, column, sum: 0, count: 0 };
    cell.sum += probabilities[index]!;
    cell.count++;
    sums.set(key, cell);
  }
  return [...sums.values()].map(({ row, column, sum, count }) => ({ row, column, mean: sum / count }));
}

/** Below this, `exp` of single precision overflows: scores end here. Source: `convert_logits_to_predictions`. */
const leastScore = -88.7;

/** Probabilities of scores in single precision, 0 where the token is padding. */
export function selectionProbabilities(scores: Float32Array, mask: readonly number[]): number[] {
  return Array.from(scores, (score, index) => {
    const power = Math.fround(Math.exp(-Math.max(score, Math.fround(leastScore))));
    return Math.fround(1 / Math.fround(1 + power)) * mask[index]!;
  });
}

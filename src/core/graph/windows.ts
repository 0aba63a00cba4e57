/** Patches of an image in rows and columns. */
export interface Grid {
  rows: number;
  columns: number;
}

/**
 * Rows of a table of relative positions, [places * places]: for each place and each other one, by how far they lie apart. The
 * table holds (2 * rows - 1) * (2 * columns - 1) distances.
 */
export function distanceRows({ rows, columns }: Grid): number[] {
  const area = rows * columns;
  const found: number[] = [];
  for (let from = 0; from < area; from++) {
    for (let to = 0; to < area; to++) {
      const down = Math.floor(from / columns) - Math.floor(to / columns) + rows - 1;
      const right = (from % columns) - (to % columns) + columns - 1;
      found.push(down * (2 * columns - 1) + right);
    }
  }
  return found;
}

/** Square windows over a grid that is shifted up and left first, so that what leaves it comes in again on the other side. */
export class ShiftedWindows {
  /** Index in the grid of each place of each window; one beyond the grid where a window reaches over its end. */
  readonly sources: number[] = [];
  /** Where in `sources` each place of the grid is. */
  readonly places: number[];
  /** Which of the shifted grid's parts each place of each window comes from; `null` without a shift. */
  readonly regions: number[] | null;

  constructor(
    { rows, columns }: Grid,
    readonly size: number,
    shift: number,
  ) {
    const [height, width] = [rows, columns].map((length) => Math.ceil(length / size) * size) as [number, number];
    const regionOf = (place: number, length: number): number =>
      Number(place >= length - size) + Number(place >= length - shift);
    const regions: number[] = [];
    this.places = new Array<number>(rows * columns);
    for (let index = 0; index < height * width; index++) {
      const window = Math.floor(index / size ** 2);
      const inside = index % size ** 2;
      const row = Math.floor(window / (width / size)) * size + Math.floor(inside / size);
      const column = (window % (width / size)) * size + (inside % size);
      regions.push(regionOf(row, height) * 3 + regionOf(column, width));
      const [sourceRow, sourceColumn] = [(row + shift) % height, (column + shift) % width];
      const isInGrid = sourceRow < rows && sourceColumn < columns;
      const source = isInGrid ? sourceRow * columns + sourceColumn : rows * columns;
      this.sources.push(source);
      if (isInGrid) this.places[source] = index;
    }
    this.regions = shift > 0 ? regions : null;
  }
}

export type ColumnName = string | number;

/** One column of values with its pandas dtype, or a pandas Series. */
export class Series {
  constructor(
    /** `str(series.dtype)`: `object`, `str` (pandas 3's text), `int64`, `float64`, `bool`, `datetime64[ns]`, ... */
    readonly dtype: string,
    readonly values: readonly unknown[],
    readonly name: ColumnName | null = null,
  ) {}

  get length(): number {
    return this.values.length;
  }

  withName(name: ColumnName | null): Series {
    return new Series(this.dtype, this.values, name);
  }

  /** Missing values: None, NaN, NaT. */
  get hasMissing(): boolean {
    return this.values.some(isMissing);
  }
}

export interface Column extends Series {
  readonly name: ColumnName;
}

export function isMissing(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value));
}

/** A frame in pandas' split form. */
export interface SplitFrame {
  columns?: readonly ColumnName[];
  index?: readonly unknown[];
  data: readonly (readonly unknown[])[];
}

/**
 * A small pandas.DataFrame: named columns of equal length, a dtype each, and a row index. How a column's dtype comes about
 * from plain values is in seriesConstruction.ts.
 */
export class DataFrame {
  readonly columns: readonly Column[];
  readonly index: readonly unknown[];

  constructor(columns: readonly Series[], index?: readonly unknown[]) {
    this.columns = columns.map((column, i) => column.withName(column.name ?? i) as Column);
    this.index = index ?? Array.from({ length: columns[0]?.length ?? 0 }, (_, i) => i);
  }

  get columnNames(): ColumnName[] {
    return this.columns.map((column) => column.name);
  }

  get rowCount(): number {
    return this.index.length;
  }

  /** The first column of that name; `undefined` when there is none. */
  column(name: ColumnName): Column | undefined {
    return this.columns.find((column) => column.name === name);
  }

  /** The values of row `row`, in column order. */
  row(row: number): unknown[] {
    return this.columns.map((column) => column.values[row]);
  }

  /** `to_dict(orient="records")`; integer labels become text. */
  toRecords(): Record<string, unknown>[] {
    return this.index.map((_, row) => {
      const record: Record<string, unknown> = {};
      for (const { name, values } of this.columns) record[name] = values[row];
      return record;
    });
  }

  /** `to_dict(orient="split")`. */
  toSplit(): Required<SplitFrame> {
    return { index: this.index, columns: this.columnNames, data: this.index.map((_, row) => this.row(row)) };
  }
}

import { MlflowError } from '../../../core/errors.js';
import { comparisonOf, consolidated, numericValues, type NumericValue } from './numericValues.js';
import type { TapasTokenizer } from './tapasTokenizer.js';

/** A table whose names and cells are all text. */
export interface TextTable {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/** Segment, column, row, previous answer, rank, rank from the top, relation to the question's numbers. */
export const tokenTypeCount = 7;

export interface TapasEncoding {
  ids: number[];
  /** The token types of each token. */
  types: number[][];
}

interface TableToken {
  token: string;
  /** From 1. */
  column: number;
  /** From 1; 0 are the column names. */
  row: number;
  /** Where in its cell the token's word begins. */
  wordBegin: number;
}

type Rank = readonly [rank: number, fromTheTop: number];

const relationBits = { equal: 1, less: 2, greater: 4 } as const;

/** A table as TAPAS reads it, for any number of questions. Source: TapasTokenizer.prepare_for_model. */
export class TapasTable {
  private readonly tokens: TableToken[] = [];
  private longestCell = 0;
  /** By column, then by row. */
  private readonly values: readonly (readonly (NumericValue | null)[])[];
  private readonly ranks: readonly (readonly Rank[])[];

  constructor(
    private readonly tokenizer: TapasTokenizer,
    private readonly table: TextTable,
  ) {
    const { stripsColumnNames } = tokenizer.limits;
    this.addRow(stripsColumnNames ? table.columns.map(() => '') : table.columns, 0);
    for (const [index, row] of table.rows.entries()) this.addRow(row, index + 1);
    this.values = table.columns.map((_, column) =>
      consolidated(table.rows.map((row) => numericValues(row[column]!, tokenizer.generation))),
    );
    this.ranks = this.values.map(ranksOf);
  }

  /**
   * @param dropsRows whether rows, and then the ends of cells, are left out to keep to the model's length.
   * @throws MlflowError for more columns or rows than the tokenizer's limits, with Python's text.
   */
  encode(question: string, dropsRows: boolean): TapasEncoding {
    const { tokenizer } = this;
    const [asked, questionTokens] = this.questionTokens(question);
    const tableTokens = this.keptTokens(questionTokens.length, dropsRows);
    const relations = this.relations(asked);
    const ids = [
      tokenizer.specialId('cls_token'),
      ...tokenizer.idsOf(questionTokens),
      tokenizer.specialId('sep_token'),
      ...tokenizer.idsOf(tableTokens.map(({ token }) => token)),
    ];
    const types = tableTokens.map(({ column, row }) => {
      const [rank, fromTheTop] = this.ranks[column - 1]?.[row - 1] ?? [0, 0];
      return [1, column, row, 0, rank, fromTheTop, relations[column - 1]?.[row - 1] ?? 0];
    });
    const questionTypes = Array.from({ length: questionTokens.length + 2 }, () =>
      Array<number>(tokenTypeCount).fill(0),
    );
    return { ids, types: [...questionTypes, ...types] };
  }

  private addRow(cells: readonly string[], row: number): void {
    for (const [column, cell] of cells.entries()) {
      const tokens = this.tokenizer.tokenize(cell);
      this.longestCell = Math.max(this.longestCell, tokens.length);
      let wordBegin = -1;
      for (const [index, token] of tokens.entries()) {
        if (!token.startsWith('##')) wordBegin = index;
        this.tokens.push({ token, column: column + 1, row, wordBegin });
      }
    }
  }

  /** A question of a length that the tokenizer does not take counts as none. */
  private questionTokens(question: string): [asked: string, tokens: string[]] {
    const { minQuestionLength, maxQuestionLength } = this.tokenizer.limits;
    const tokens = this.tokenizer.tokenize(question);
    const isTaken = tokens.length >= (minQuestionLength ?? 0) && tokens.length <= (maxQuestionLength ?? Infinity);
    return isTaken ? [question, tokens] : ['', []];
  }

  private keptTokens(questionLength: number, dropsRows: boolean): TableToken[] {
    const { maxColumnId, maxRowId } = this.tokenizer.limits;
    let rows = this.table.rows.length;
    let cellTokens = this.longestCell;
    if (rows >= maxRowId) {
      if (!dropsRows) throw MlflowError.invalidParameter('Too many rows');
      rows = maxRowId - 1;
    }
    if (this.table.columns.length >= maxColumnId) throw MlflowError.invalidParameter('Too many columns');
    if (dropsRows) [rows, cellTokens] = this.fittingSize(questionLength, rows);
    return this.tokens.filter(({ row, wordBegin }) => row <= rows && wordBegin < cellTokens);
  }

  /** How many rows, and tokens of each cell, fit beside the question. */
  private fittingSize(questionLength: number, rows: number): [rows: number, cellTokens: number] {
    const budget = this.tokenizer.limits.modelMaxLength - questionLength - 2;
    for (let kept = rows; kept >= 1; kept--) {
      const cellTokens = this.fittingCellTokens(budget, kept);
      if (cellTokens !== null) return [kept, Math.max(cellTokens, 1)];
    }
    return [0, 1];
  }

  /** `null`: the rows don't fit, however much their cells are cut. */
  private fittingCellTokens(budget: number, rows: number): number | null {
    const { cellTrimLength } = this.tokenizer.limits;
    const isTrimmed = cellTrimLength >= 0;
    const most = isTrimmed ? Math.min(this.longestCell, cellTrimLength) : this.longestCell;
    const cost = (cellTokens: number): number => {
      let count = 0;
      for (const { row, wordBegin } of this.tokens) if (row <= rows && wordBegin < cellTokens) count++;
      return count;
    };
    let fitting = 0;
    while (fitting < most && cost(fitting + 1) <= budget) fitting++;
    if (fitting === most) return fitting;
    return isTrimmed || fitting === 0 ? null : fitting;
  }

  /** How the question's numbers and dates relate to each cell's, as a set of bits. */
  private relations(question: string): number[][] {
    const relations = this.values.map((column) => column.map(() => 0));
    for (const asked of numericValues(question, this.tokenizer.generation)) {
      for (const [index, column] of this.values.entries()) {
        const compare = comparisonOf([...column.filter((value) => value !== null), asked]);
        if (!compare) continue;
        for (const [row, value] of column.entries()) {
          if (value !== null) relations[index]![row]! |= bitOf(compare(asked, value));
        }
      }
    }
    return relations;
  }
}

function bitOf(comparison: number): number {
  if (comparison === 0) return relationBits.equal;
  return comparison < 0 ? relationBits.less : relationBits.greater;
}

/** The place of each cell of a column among its different values, from 1; 0 where it has no value. */
function ranksOf(column: readonly (NumericValue | null)[]): Rank[] {
  const present = column.filter((value) => value !== null);
  const compare = present.length === 0 ? null : comparisonOf(present);
  if (!compare) return column.map(() => [0, 0]);
  const sorted = [...present].sort(compare);
  const distinct = sorted.filter((value, index) => index === 0 || compare(sorted[index - 1]!, value) !== 0);
  return column.map((value) => {
    if (value === null) return [0, 0];
    const index = distinct.findIndex((other) => compare(other, value) === 0);
    return [index + 1, distinct.length - index];
  });
}

import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { DataFrame } from '../../core/signature/dataFrame.js';
import type { RuntimeModel } from '../runtime/model.js';
import { TapasTable, tokenTypeCount, type TapasEncoding } from '../tokenizer/tables/tapasEncoding.js';
import { TapasTokenizer } from '../tokenizer/tables/tapasTokenizer.js';
import { cellPlaces, chosenCells, selectionProbabilities } from './cellSelection.js';
import { withPythonErrors } from './modelInputs.js';
import { argmax } from './numeric.js';
import type { MediaPipelineContext } from './pipelineContext.js';
import type { TableReader } from './tableQuestionAnswering.js';
import { cellAt, cellType, textTable, type TableQuestion } from './tables.js';

/** One question in the padded batch. */
interface Row extends TapasEncoding {
  mask: number[];
}

/** What the model says of one question. */
interface Scores {
  cells: Float32Array;
  /** `null` where the model has no aggregation. */
  aggregation: Float32Array | null;
}

/** Answers with cells of the table, and what is to be done with them. */
export class TapasReader implements TableReader {
  readonly tokenizer = undefined;
  private readonly model: RuntimeModel;
  private readonly aggregates: boolean;

  private constructor(
    context: MediaPipelineContext,
    private readonly tapas: TapasTokenizer,
  ) {
    this.model = context.model;
    const { aggregation_labels: labels, num_aggregation_labels: count } = this.model.config;
    this.aggregates = Object.keys(labels ?? {}).length > 0 && Boolean(count);
  }

  static async load(context: MediaPipelineContext): Promise<TapasReader> {
    return new TapasReader(context, await TapasTokenizer.load(context.processorFolder, context.generation));
  }

  async answer({ table, query }: TableQuestion, kwargs: JsonObject): Promise<JsonObject[]> {
    const rows = this.encode(table, query, kwargs);
    if (this.model.config['select_one_column'] === false) {
      throw MlflowError.invalidParameter('Either `probs` or `logits` must be specified, but not both.');
    }
    const scores = kwargs['sequential'] ? await this.oneAfterTheOther(rows) : await this.forward(rows);
    return this.answers(table, rows, scores);
  }

  private encode(table: DataFrame, query: unknown, kwargs: JsonObject): Row[] {
    const { generation, lowercases, limits, paddingSide } = this.tapas;
    const isList = Array.isArray(query);
    const questions: unknown[] = isList ? query : [query];
    if (questions.length > 0 && typeof questions[0] !== 'string') {
      const list = generation === 4 ? 'List[str]' : 'list[str]';
      throw MlflowError.invalidParameter(
        `queries input must of type \`str\` (single example), \`${list}\` (batch or single pretokenized example). `,
      );
    }
    const refuse = (value: unknown): MlflowError => notText(cellType(value), generation === 4 && lowercases);
    const tapasTable = new TapasTable(this.tapas, textTable(table, refuse));
    const texts = questions.map((question) => {
      if (typeof question === 'string') return question;
      throw refuse(question);
    });
    const encodings = texts.map((text) => tapasTable.encode(text, dropsRows(kwargs['truncation'])));
    const length = paddedLength(encodings, kwargs['padding'], isList, limits.modelMaxLength);
    const padId = this.tapas.specialId('pad_token');
    return encodings.map((encoding) => padded(encoding, length, paddingSide, padId));
  }

  private async forward(rows: readonly Row[]): Promise<Scores[]> {
    const count = rows.length;
    const length = rows[0]!.ids.length;
    const tensor = (values: number[], dims: number[]) => ({ dims, data: BigInt64Array.from(values, BigInt) });
    const inputs = {
      input_ids: tensor(
        rows.flatMap(({ ids }) => ids),
        [count, length],
      ),
      attention_mask: tensor(
        rows.flatMap(({ mask }) => mask),
        [count, length],
      ),
      token_type_ids: tensor(
        rows.flatMap(({ types }) => types.flat()),
        [count, length, tokenTypeCount],
      ),
    };
    const outputs = await withPythonErrors(() => this.model.forward(inputs));
    const rowsOf = (name: string): Float32Array[] => {
      const data = outputs[name]?.data;
      if (!(data instanceof Float32Array)) {
        throw new MlflowError(`The model ${this.model.modelClass} gave no output '${name}'.`);
      }
      const width = data.length / count;
      return rows.map((_, index) => data.subarray(index * width, (index + 1) * width));
    };
    const cells = rowsOf('logits');
    const aggregations = this.aggregates ? rowsOf('logits_aggregation') : null;
    return cells.map((scores, index) => ({ cells: scores, aggregation: aggregations?.[index] ?? null }));
  }

  /** Each question is told which cells answered the one before it. */
  private async oneAfterTheOther(rows: readonly Row[]): Promise<Scores[]> {
    const all: Scores[] = [];
    let previous: Map<string, boolean> | null = null;
    for (const row of rows) {
      const places = cellPlaces(row.types);
      if (previous)
        for (const [index, place] of places.entries()) row.types[index]![3] = previousLabel(previous, place);
      const [scores] = await this.forward([row]);
      all.push(scores!);
      const chosen = chosenCells(places, selectionProbabilities(scores!.cells, row.mask));
      previous = new Map(places.filter((place) => place !== null).map((place) => [String(place), false]));
      for (const cell of chosen) previous.set(String(cell), true);
    }
    return all;
  }

  private answers(table: DataFrame, rows: readonly Row[], scores: readonly Scores[]): JsonObject[] {
    const cells = rows.flatMap((row, index) => {
      // A question that no token of the table fits beside is left out, and the aggregations move up.
      if (row.types.every(([, column, tableRow]) => column === 0 && tableRow === 0)) return [];
      return [chosenCells(cellPlaces(row.types), selectionProbabilities(scores[index]!.cells, row.mask))];
    });
    if (cells.length === 0) {
      throw MlflowError.invalidParameter(
        "cannot access local variable 'answer' where it is not associated with a value",
      );
    }
    const aggregations = scores.map(({ aggregation }) => (aggregation ? argmax(aggregation) : null));
    const labels = aggregations.map((index) => (index === null ? '' : this.aggregationLabel(index)));
    return cells.map((coordinates, index) => {
      const texts = coordinates.map(([row, column]) => String(cellAt(table, row, column)));
      const label = labels[index]!;
      const isNone = aggregations[index] === (this.model.config['no_aggregation_label_index'] ?? undefined);
      const prefix = aggregations[index] === null || isNone ? '' : `${label} > `;
      const answer = { answer: prefix + texts.join(', '), coordinates, cells: texts };
      return label === '' ? answer : { ...answer, aggregator: label };
    });
  }

  private aggregationLabel(index: number): string {
    const labels = this.model.config['aggregation_labels'] as Record<string, string>;
    const label = labels[String(index)];
    if (label === undefined) throw MlflowError.invalidParameter(String(index));
    return label;
  }
}

/** What Python's tokenizer says of a cell, a name or a question that is no text. */
function notText(type: string, byPattern: boolean): MlflowError {
  if (byPattern) return MlflowError.invalidParameter(`expected string or bytes-like object, got '${type}'`);
  return MlflowError.invalidParameter(type === 'list' ? "unhashable type: 'list'" : `'${type}' object is not iterable`);
}

const truncations = ['drop_rows_to_fit', 'do_not_truncate'];
const paddings = ['longest', 'max_length', 'do_not_pad'];

function dropsRows(truncation: unknown): boolean {
  if (typeof truncation === 'boolean') return truncation;
  const strategy = truncation ?? 'drop_rows_to_fit';
  if (truncations.includes(strategy as string)) return strategy === 'drop_rows_to_fit';
  throw MlflowError.invalidParameter(
    `${String(strategy)} is not a valid TapasTruncationStrategy, please select one of ['drop_rows_to_fit', 'do_not_truncate']`,
  );
}

/** How long each row becomes; one text is padded to the model's length only. */
function paddedLength(
  encodings: readonly TapasEncoding[],
  padding: unknown,
  isList: boolean,
  modelMaxLength: number,
): number {
  const strategy = typeof padding === 'boolean' || !padding ? (padding === false ? 'do_not_pad' : 'longest') : padding;
  if (!paddings.includes(strategy as string)) {
    throw MlflowError.invalidParameter(
      `${String(strategy)} is not a valid PaddingStrategy, please select one of ['longest', 'max_length', 'do_not_pad']`,
    );
  }
  const lengths = encodings.map(({ ids }) => ids.length);
  if (lengths.length === 0) {
    throw MlflowError.invalidParameter(
      'You should supply an encoding or a list of encodings to this method that includes input_ids, but you provided []',
    );
  }
  const longest = Math.max(...lengths);
  if (strategy === 'max_length') return Math.max(longest, modelMaxLength);
  if (isList && strategy === 'do_not_pad' && lengths.some((length) => length !== longest)) {
    throw MlflowError.invalidParameter(
      "Unable to create tensor, you should probably activate truncation and/or padding with 'padding=True' " +
        "'truncation=True' to have batched tensors with the same length. Perhaps your features (`input_ids` in this " +
        'case) have excessive nesting (inputs type `list` where type `int` is expected).',
    );
  }
  return longest;
}

function padded({ ids, types }: TapasEncoding, length: number, side: 'left' | 'right', padId: number): Row {
  const missing = length - ids.length;
  const join = <T>(values: T[], padding: T[]): T[] =>
    side === 'left' ? [...padding, ...values] : [...values, ...padding];
  const nothing = (): number[] => Array<number>(tokenTypeCount).fill(0);
  return {
    ids: join(ids, Array<number>(missing).fill(padId)),
    types: join(types, Array.from({ length: missing }, nothing)),
    mask: join(Array<number>(ids.length).fill(1), Array<number>(missing).fill(0)),
  };
}

/** Whether the cell answered the question before; the words outside of cells did not. */
function previousLabel(previous: ReadonlyMap<string, boolean>, place: readonly [number, number] | null): number {
  if (!place) return 0;
  const label = previous.get(String(place));
  if (label === undefined) throw MlflowError.invalidParameter(`(${place[1]}, ${place[0]})`);
  return label ? 1 : 0;
}

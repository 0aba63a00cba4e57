import type { ArchitectureContext, GeneratedModel } from '../generatedGraph.js';
import type { Value } from '../graphBuilder.js';
import { encoderHead, pooled } from '../encoderHeads.js';
import type { ModelConfig } from '../modelConfig.js';
import type { NetworkBuilder } from '../networkBuilder.js';
import { unsupportedSetting } from '../unsupported.js';
import { encoderLayers } from './bertFamily.js';

const tokens = ['batch_size', 'sequence_length'] as const;
/** Added to what must not be chosen, and to counts that may be 0. Source: modeling_tapas. */
const closeEnoughToLogZero = -10000;
const epsilonZeroDivision = 1e-10;

/** Which kinds of the seven token types are used for more than an embedding. */
const columnType = 1;
const rowType = 2;

/** TAPAS: BERT over a question and a table, with seven kinds of token types. Source: transformers' modeling_tapas. */
export function tapas(context: ArchitectureContext): GeneratedModel {
  const { config, head } = context;
  if (config.flag('is_decoder', false)) throw unsupportedSetting(config, 'is_decoder', 'true');
  const b = context.newBuilder();
  b.weights.setBasePrefix('tapas');
  const ids = b.input('input_ids', 'int64', tokens);
  const mask = b.input('attention_mask', 'int64', tokens);
  const types = b.input('token_type_ids', 'int64', [...tokens, typeSizes(config).length]);
  const hidden = encoderLayers(b, config, embeddings(b, config, ids, types), mask);
  if (head === 'questionAnswering') tableQuestionAnswering(b, config, { hidden, mask, types });
  else encoderHead(b, context, { hidden, ids, hiddenSize: config.number('hidden_size'), head });
  return { main: { model: b.build(), decoder: null }, encoder: null };
}

function typeSizes(config: ModelConfig): number[] {
  return (config.list('type_vocab_sizes') ?? [3, 256, 256, 2, 256, 256, 10]).map(Number);
}

/** One kind of the token types, [batch, length]. */
function typesOfKind(b: NetworkBuilder, types: Value, kind: number): Value {
  return b.gather(types, b.int64(kind), 2);
}

function embeddings(b: NetworkBuilder, config: ModelConfig, ids: Value, types: Value): Value {
  const words = b.embedding(ids, 'embeddings.word_embeddings');
  const positionIds = config.flag('reset_position_index_per_cell', true)
    ? positionsWithinCells(b, config, ids, types)
    : b.range(b.dim(ids, 1));
  let sum = b.add(words, b.gather(b.weight('embeddings.position_embeddings.weight'), positionIds));
  for (const kind of typeSizes(config).keys()) {
    const table = b.weight(`embeddings.token_type_embeddings_${kind}.weight`);
    sum = b.add(sum, b.gather(table, typesOfKind(b, types, kind)));
  }
  return b.layerNorm(sum, 'embeddings.LayerNorm', config.number('layer_norm_eps', 1e-12));
}

/** Positions that begin again in each cell; the question is the cell 0, 0. */
function positionsWithinCells(b: NetworkBuilder, config: ModelConfig, ids: Value, types: Value): Value {
  const rows = typeSizes(config)[rowType] ?? 256;
  const cells = b.add(b.mul(typesOfKind(b, types, columnType), b.int64(rows)), typesOfKind(b, types, rowType));
  const isSameCell = b.op('Equal', [b.unsqueeze(cells, [2]), b.unsqueeze(cells, [1])]);
  // Of equal values the first counts: the first token of the cell.
  const first = b.op('ArgMax', [b.cast(isSameCell, 'float')], { axis: 2, keepdims: 0 });
  const position = b.sub(b.range(b.dim(ids, 1)), first);
  return b.op('Min', [position, b.int64(config.number('max_position_embeddings', 1024) - 1)]);
}

interface SelectionInputs {
  hidden: Value;
  mask: Value;
  types: Value;
}

/** Scores of every token, all of one cell alike and only those of one column possible; and of every aggregation. */
function tableQuestionAnswering(b: NetworkBuilder, config: ModelConfig, inputs: SelectionInputs): void {
  b.output('logits', cellSelection(b, config, inputs), tokens);
  if (config.number('num_aggregation_labels', 0) === 0) return;
  const scores = b.linear(pooled(b, inputs.hidden), 'aggregation_classifier');
  b.output('logits_aggregation', scores, ['batch_size', 'aggregations']);
}

function cellSelection(b: NetworkBuilder, config: ModelConfig, { hidden, mask, types }: SelectionInputs): Value {
  const rows = config.number('max_num_rows', 64);
  const columns = config.number('max_num_columns', 32);
  const limited = (kind: number, count: number): Value =>
    b.op('Min', [typesOfKind(b, types, kind), b.int64(count - 1)]);
  const cells = new CellIndex(
    b,
    b.add(b.mul(limited(rowType, rows), b.int64(columns)), limited(columnType, columns)),
    rows * columns,
  );
  const tokenScores = (name: string): Value =>
    b.add(b.matMul(hidden, b.weight(`${name}_weights`)), b.weight(`${name}_bias`));
  const cellMask = cells.mean(b.cast(mask, 'float'));
  const cellScores = cells.mean(b.scale(tokenScores('output'), 1 / config.number('temperature', 1)));
  const byRow = (x: Value): Value => b.reshape(x, [0, rows, columns]);
  const sumOfColumns = (x: Value): Value => b.op('ReduceSum', [byRow(x), b.int64s([1])], { keepdims: 0 });
  const counts = sumOfColumns(cellMask);
  const sums = sumOfColumns(b.mul(cells.mean(tokenScores('column_output')), cellMask));
  const columnScores = b.op('Div', [sums, b.add(counts, b.float(epsilonZeroDivision))]);
  const chosen = chosenColumn(b, config, columnScores, counts);
  const columnIds = b.range(b.int64s([columns]));
  // Column 0 stands for no column, and is never chosen from.
  const isChosen = b.op('And', [b.op('Equal', [columnIds, chosen]), b.op('Greater', [columnIds, b.int64(0)])]);
  const isPossible = b.mul(byRow(cellMask), b.unsqueeze(b.cast(isChosen, 'float'), [1]));
  const penalty = b.scale(b.sub(b.float(1), isPossible), closeEnoughToLogZero);
  return cells.ofTokens(b.reshape(b.add(byRow(cellScores), penalty), [0, rows * columns]));
}

/** The best column of each table, [batch, 1]. */
function chosenColumn(b: NetworkBuilder, config: ModelConfig, scores: Value, counts: Value): Value {
  const columnIds = b.range(b.dim(scores, 1));
  const isNone = b.op('Equal', [columnIds, b.int64(0)]);
  const isAbsent = b.op('And', [b.op('Less', [counts, b.float(0.5)]), b.op('Not', [isNone])]);
  const excluded = config.flag('allow_empty_column_selection', false) ? isAbsent : b.op('Or', [isAbsent, isNone]);
  const masked = b.add(scores, b.scale(b.cast(excluded, 'float'), closeEnoughToLogZero));
  return b.op('ArgMax', [masked], { axis: 1, keepdims: 1 });
}

/** Means over the tokens of each cell, and back. */
class CellIndex {
  readonly #empty: Value;
  readonly #counts: Value;

  constructor(
    private readonly b: NetworkBuilder,
    /** The cell of each token, [batch, length]. */
    private readonly cells: Value,
    count: number,
  ) {
    const shape = b.concat([b.dim(cells, 0), b.int64s([count])], 0);
    this.#empty = b.op('Expand', [b.float(0), shape]);
    const ones = b.op('Expand', [b.float(1), b.op('Shape', [cells])]);
    this.#counts = b.op('Max', [this.#sum(ones), b.float(1)]);
  }

  /** [batch, length] to [batch, cells]; 0 where a cell has no token. */
  mean(values: Value): Value {
    return this.b.op('Div', [this.#sum(values), this.#counts]);
  }

  /** [batch, cells] to [batch, length]. */
  ofTokens(values: Value): Value {
    return this.b.op('GatherElements', [values, this.cells], { axis: 1 });
  }

  #sum(values: Value): Value {
    return this.b.op('ScatterElements', [this.#empty, this.cells, values], { axis: 1, reduction: 'add' });
  }
}

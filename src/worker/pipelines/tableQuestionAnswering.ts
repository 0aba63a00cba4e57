import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { Pipeline, PipelineCallOptions, PipelineTokenizer } from '../../core/pyfunc/pipeline.js';
import { dictEntries, pythonKind } from '../../core/signature/pythonValue.js';
import type { MediaPipelineContext } from './pipelineContext.js';
import { SequenceTableReader } from './sequenceTableReader.js';
import { tableQuestions, type TableQuestion } from './tables.js';
import { TapasReader } from './tapasReader.js';

/** What answers questions about one table: TAPAS chooses cells, sequence-to-sequence models write. */
export interface TableReader {
  readonly tokenizer: PipelineTokenizer | undefined;
  /** @throws MlflowError with Python's texts. */
  answer(question: TableQuestion, kwargs: JsonObject, options: PipelineCallOptions): Promise<JsonObject[]>;
}

/** transformers' TableQuestionAnsweringPipeline. Keyword arguments that it does not know have no effect, as in Python. */
export class TableQuestionAnsweringPipeline implements Pipeline {
  readonly task: string;
  readonly instanceType: string;

  private constructor(
    private readonly context: MediaPipelineContext,
    private readonly reader: TableReader,
  ) {
    this.task = context.task;
    this.instanceType = context.instanceType;
  }

  /** @throws MlflowError as loading the tokenizer. */
  static async load(context: MediaPipelineContext): Promise<TableQuestionAnsweringPipeline> {
    const isTapas = context.model.config['model_type'] === 'tapas';
    const reader = isTapas ? await TapasReader.load(context) : await SequenceTableReader.load(context);
    return new TableQuestionAnsweringPipeline(context, reader);
  }

  get tokenizer(): PipelineTokenizer | undefined {
    return this.reader.tokenizer;
  }

  get generationConfig(): JsonObject {
    return this.context.model.generationConfig;
  }

  async call(input: unknown, kwargs: JsonObject, options: PipelineCallOptions = {}): Promise<unknown> {
    const settings = { ...kwargs, ...keywordsIn(input) };
    const results: (JsonObject | JsonObject[])[] = [];
    for (const question of tableQuestions(input, this.context.generation)) {
      if (options.signal?.aborted) throw MlflowError.cancelled();
      checkQuestion(question);
      const answers = await this.reader.answer(question, settings, options);
      results.push(answers.length > 1 ? answers : answers[0]!);
    }
    return results.length === 1 ? results[0] : results;
  }
}

/** MLflow hands a dict on as keyword arguments. */
function keywordsIn(input: unknown): JsonObject {
  if (pythonKind(input) !== 'dict') return {};
  const own = dictEntries(input).filter(([name]) => name !== 'table' && name !== 'query');
  return Object.fromEntries(own) as JsonObject;
}

function checkQuestion({ table, query }: TableQuestion): void {
  if (table.rowCount === 0 || table.columns.length === 0) throw MlflowError.invalidParameter('table is empty');
  if (query === null || query === undefined || query === '') throw MlflowError.invalidParameter('query is empty');
}

import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { generationDefaults, pipelineGenerationConfig } from '../runtime/generation/generationOptions.js';
import { tapexText } from '../tokenizer/tables/tapexText.js';
import { notText, Tokenizer } from '../tokenizer/tokenizer.js';
import { runGeneration } from './generationRun.js';
import { encodeOptions } from './modelInputs.js';
import type { MediaPipelineContext } from './pipelineContext.js';
import type { TableReader } from './tableQuestionAnswering.js';
import { valueTable, type TableQuestion } from './tables.js';
import { taskSpecificParams } from './textGeneration.js';

/** Answers in words: a sequence-to-sequence model that reads the table as text (TAPEX). */
export class SequenceTableReader implements TableReader {
  private constructor(
    private readonly context: MediaPipelineContext,
    readonly tokenizer: Tokenizer,
    /** Only this tokenizer takes tables. */
    private readonly isTapex: boolean,
  ) {}

  static async load(context: MediaPipelineContext): Promise<SequenceTableReader> {
    const tokenizer = await Tokenizer.load(context.processorFolder, context.generation);
    const isTapex = context.generation === 4 && tokenizer.config['tokenizer_class'] === 'TapexTokenizer';
    return new SequenceTableReader(context, tokenizer, isTapex);
  }

  async answer(question: TableQuestion, kwargs: JsonObject, options: PipelineCallOptions): Promise<JsonObject[]> {
    const { model, version, generation, task } = this.context;
    const inputIds = this.encode(question, kwargs['truncation']);
    const given: JsonObject = {
      ...pipelineGenerationConfig(task, version, model.generationConfig),
      ...taskSpecificParams(model.config, task),
    };
    const padId = this.tokenizer.specialTokenId('pad_token');
    if ((given['pad_token_id'] ?? null) === null && padId !== undefined) given['pad_token_id'] = padId;
    const { sequences } = await runGeneration({
      model,
      tokenizer: this.tokenizer,
      transformersMajor: generation,
      version,
      request: { inputIds },
      generation: { ...given, ...generationDefaults(task, version, given) },
      options,
    });
    return sequences.map((ids) => ({ answer: this.tokenizer.decode(ids, { skipSpecialTokens: true }) }));
  }

  private encode({ table, query }: TableQuestion, truncation: JsonValue | undefined): number[][] {
    if (!this.isTapex) throw MlflowError.invalidParameter(notText[this.context.generation]);
    const queries: unknown[] = Array.isArray(query) ? query : [query];
    if (queries.length > 0 && typeof queries[0] !== 'string') {
      throw MlflowError.invalidParameter(
        'query input must of type `str` (single example), `List[str]` (batch of examples). ',
      );
    }
    const values = valueTable(table);
    const settings = encodeOptions({ truncation: truncation ?? false });
    return queries.map((text) => this.tokenizer.encode(tapexText(values, text as string, this.tokenizer), settings));
  }
}

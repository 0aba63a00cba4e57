import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { pythonLength, pythonSlice } from '../../core/pyfunc/pythonStrings.js';
import { pyRepr } from '../../core/signature/pythonText.js';
import { typeName } from '../../core/signature/pythonValue.js';
import type { Encoding } from '../tokenizer/tokenizer.js';
import { groupEntities, mergeOverlapping, nameTokens, nameWords, type Entity, type TokenScores } from './entities.js';
import { forward, labelOf, modelInputs } from './modelInputs.js';
import { softmax } from './numeric.js';
import { TextPipeline } from './pipelineContext.js';
import { encodeInput } from './textBatch.js';

const strategies = ['NONE', 'SIMPLE', 'FIRST', 'AVERAGE', 'MAX'] as const;
export type AggregationStrategy = (typeof strategies)[number];

interface Settings {
  strategy: AggregationStrategy;
  ignoredLabels: readonly string[];
  stride: number | undefined;
  /** What joins words that are split already; undefined: inputs are whole texts. */
  delimiter: string | undefined;
}

/** What an input reads as, in the windows that the model sees of it. */
interface Sentence {
  /** What offsets count in; of a batch, which transformers 4 takes for windows of one text, the list itself. */
  text: string | readonly string[];
  windows: readonly Encoding[];
  /** Where each word begins in `text`, in code points; undefined where offsets count from the beginning of `text`. */
  wordStarts?: readonly number[];
}

/** transformers' TokenClassificationPipeline (and NER). */
export class TokenClassificationPipeline extends TextPipeline {
  protected run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    const known = ['ignore_labels', 'aggregation_strategy', 'offset_mapping', 'stride'];
    if (this.generation === 4) known.push('grouped_entities', 'ignore_subwords');
    if (!this.version.isBefore(4, 53)) known.push('is_split_into_words', 'delimiter');
    this.refuseUnknown(kwargs, known);
    const settings = this.settings(kwargs);
    if (Array.isArray(input) && input.length === 0)
      throw MlflowError.invalidParameter('At least one input is required.');
    // Words that are not grouped into sentences are one sentence.
    const isOneSentence = settings.delimiter !== undefined && !(Array.isArray(input) && input.every(Array.isArray));
    return this.each(isOneSentence ? [input] : input, options, (item) =>
      this.classify(this.sentenceOf(item, settings), settings),
    );
  }

  private settings(kwargs: JsonObject): Settings {
    const { stride } = kwargs;
    const strategy = strategyOf(kwargs, this.generation === 4);
    if (typeof stride === 'number') {
      if (stride >= this.tokenizer.modelMaxLength) {
        throw MlflowError.invalidParameter(
          '`stride` must be less than `tokenizer.model_max_length` (or even lower if the tokenizer adds special tokens)',
        );
      }
      if (kwargs['aggregation_strategy'] !== undefined && strategy === 'NONE') {
        throw MlflowError.invalidParameter(
          '`stride` was provided to process all the text but `aggregation_strategy="AggregationStrategy.NONE"`, ' +
            'please select another one instead.',
        );
      }
    }
    return {
      strategy,
      ignoredLabels: (kwargs['ignore_labels'] as string[] | null | undefined) ?? ['O'],
      stride: typeof stride === 'number' ? stride : undefined,
      delimiter: kwargs['is_split_into_words']
        ? ((kwargs['delimiter'] as string | null | undefined) ?? ' ')
        : undefined,
    };
  }

  private sentenceOf(input: unknown, { delimiter, stride }: Settings): Sentence {
    const { tokenizer } = this;
    const options = { truncation: tokenizer.modelMaxLength > 0, stride: stride ?? 0 };
    // Without a stride, what does not fit is not looked at.
    const kept = (windows: Encoding[]): Encoding[] => (stride === undefined ? windows.slice(0, 1) : windows);
    if (delimiter !== undefined) {
      const { text, words, wordStarts } = splitSentence(input, delimiter);
      return { text, windows: kept(tokenizer.encodeAllWords(words, options)), wordStarts };
    }
    if (typeof input === 'string') return { text: input, windows: kept(tokenizer.encodeAll(input, options)) };
    if (this.version.isBefore(4, 53)) {
      const kwargs = { truncation: options.truncation, padding: stride !== undefined };
      return { text: input as string[], windows: encodeInput(tokenizer, input, kwargs) };
    }
    throw MlflowError.invalidParameter('When `is_split_into_words=False`, `sentence` must be an untokenized string.');
  }

  private async classify(sentence: Sentence, settings: Settings): Promise<Entity[]> {
    const entities: Entity[] = [];
    for (const window of sentence.windows) {
      const { dims, data } = await forward(this.model, modelInputs(window, this.tokenizer), 'logits');
      const width = dims.at(-1)!;
      const scores = window.ids.map((_, i) => softmax(data.subarray(i * width, (i + 1) * width)));
      const named = this.name(this.tokens(sentence, window, scores), settings.strategy);
      const isKept = (label: string | undefined): boolean =>
        label === undefined || !settings.ignoredLabels.includes(label);
      entities.push(...named.filter((entity) => isKept(entity.entity) && isKept(entity.entity_group)));
    }
    return sentence.windows.length > 1 ? mergeOverlapping(entities) : entities;
  }

  private tokens({ text, wordStarts }: Sentence, window: Encoding, scores: number[][]): TokenScores[] {
    const { tokenizer } = this;
    const unknownId = tokenizer.specialTokenId('unk_token');
    return window.ids.flatMap((id, index) => {
      if (window.specialMask[index] === 1) return [];
      const wordStart = wordStarts?.[window.wordIds[index] ?? 0] ?? 0;
      const start = wordStart + window.starts[index]!;
      const end = wordStart + window.ends[index]!;
      const piece = tokenizer.token(id) ?? '';
      const reference = sliceOf(text, start, end);
      const isUnknown = id === unknownId;
      const isSubword = tokenizer.continuingSubwordPrefix
        ? pythonLength(piece) !== lengthOf(reference)
        : start > 0 && !sliceOf(text, start - 1, start + 1).includes(' ');
      return [
        {
          word: isUnknown ? (reference as string) : piece,
          scores: scores[index]!,
          start,
          end,
          index,
          isSubword: !isUnknown && isSubword,
        },
      ];
    });
  }

  private name(tokens: TokenScores[], strategy: AggregationStrategy): Entity[] {
    const label = (index: number): string => labelOf(this.model.config, index);
    const join = (words: string[]): string => this.tokenizer.convertTokensToString(words);
    if (strategy === 'NONE') return nameTokens(tokens, label);
    const entities = strategy === 'SIMPLE' ? nameTokens(tokens, label) : nameWords(tokens, strategy, label, join);
    return groupEntities(entities, join);
  }
}

interface SplitSentence {
  text: string;
  words: string[];
  wordStarts: number[];
}

/** @throws MlflowError with Python's texts for what is no list of words. */
function splitSentence(input: unknown, delimiter: string): SplitSentence {
  if (!Array.isArray(input)) {
    throw MlflowError.invalidParameter('When `is_split_into_words=True`, `sentence` must be a list of tokens.');
  }
  const words = input as string[];
  const wordStarts: number[] = [];
  let start = 0;
  for (const [index, word] of words.entries()) {
    if (typeof (word as unknown) !== 'string') {
      throw MlflowError.invalidParameter(`sequence item ${index}: expected str instance, ${typeName(word)} found`);
    }
    wordStarts.push(start);
    start += pythonLength(word) + pythonLength(delimiter);
  }
  return { text: words.join(delimiter), words, wordStarts };
}

function sliceOf(text: string | readonly string[], start: number, end: number): string | readonly string[] {
  return typeof text === 'string' ? pythonSlice(text, start, end) : text.slice(start, end);
}

function lengthOf(text: string | readonly string[]): number {
  return typeof text === 'string' ? pythonLength(text) : text.length;
}

function strategyOf(kwargs: JsonObject, isOld: boolean): AggregationStrategy {
  const { grouped_entities: grouped, ignore_subwords: ignoresSubwords, aggregation_strategy: wanted } = kwargs;
  if (isOld && (grouped ?? ignoresSubwords ?? null) !== null) {
    if (!grouped) return 'NONE';
    return ignoresSubwords ? 'FIRST' : 'SIMPLE';
  }
  if (wanted === undefined || wanted === null) return 'NONE';
  const name = String(wanted).toUpperCase();
  const found = strategies.find((strategy) => strategy === name);
  if (!found) throw MlflowError.invalidParameter(pyRepr(name));
  return found;
}

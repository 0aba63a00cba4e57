import { MlflowError } from '../../../core/errors.js';
import type { JsonObject } from '../../../core/ports.js';
import { idList, numberOf, type GenerationOptions } from './generationOptions.js';
import type { GroupDiversity } from './groupDiversity.js';

/** Changes the scores of one row in place. `ids` are the row's tokens so far, left padding included. */
export type LogitsProcessor = (ids: readonly number[], scores: Float32Array, paddingLength: number) => void;

export interface ProcessorContext {
  promptLength: number;
  /** Tokens of the encoder, for its repetition rules. */
  encoderIds: readonly number[] | null;
  diversity?: GroupDiversity | undefined;
}

/**
 * The processors that an option set asks for, in transformers' order.
 * Source: `GenerationMixin._get_logits_processor` and generation/logits_process.py.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export function logitsProcessors(options: GenerationOptions, context: ProcessorContext): LogitsProcessor[] {
  const { json } = options;
  const processors: LogitsProcessor[] = [];
  const penalty = numberOf(json, 'repetition_penalty', 1);
  const encoderPenalty = numberOf(json, 'encoder_repetition_penalty', 1);
  const ngramSize = numberOf(json, 'no_repeat_ngram_size', 0);
  const encoderNgramSize = numberOf(json, 'encoder_no_repeat_ngram_size', 0);
  const bias = json['sequence_bias'];
  if (Array.isArray(bias)) processors.push(sequenceBias(biasPairs(bias)));
  if (context.diversity) processors.push(context.diversity.process);
  if (encoderPenalty !== 1 && context.encoderIds)
    processors.push(encoderRepetition(encoderPenalty, context.encoderIds));
  if (penalty !== 1) processors.push(repetitionPenalty(penalty, options.transformersMajor));
  if (ngramSize > 0) processors.push(noRepeatNgram(ngramSize));
  if (encoderNgramSize > 0 && context.encoderIds) {
    processors.push(encoderNoRepeatNgram(encoderNgramSize, context.encoderIds));
  }
  const badWords = json['bad_words_ids'];
  if (Array.isArray(badWords))
    processors.push(
      noBadWords(
        badWords.map((word) => idList(word)),
        options.eosIds,
      ),
    );
  processors.push(...lengthProcessors(options, context), ...forcedTokens(options));
  const decay = json['exponential_decay_length_penalty'];
  if (Array.isArray(decay)) {
    const [start, factor] = idList(decay);
    processors.push(lengthDecay((start ?? 0) + context.promptLength, factor ?? 1, options.eosIds));
  }
  processors.push(...suppressedTokens(json, context.promptLength));
  return processors;
}

function repetitionPenalty(penalty: number, transformersMajor: 4 | 5): LogitsProcessor {
  if (penalty <= 0) {
    throw MlflowError.invalidParameter(`\`penalty\` has to be a strictly positive float, but is ${penalty}`);
  }
  // transformers 4 counts padding as seen, 5 does not.
  return (ids, scores, padding) => penalize(transformersMajor === 5 ? ids.slice(padding) : ids, scores, penalty);
}

function encoderRepetition(penalty: number, encoderIds: readonly number[]): LogitsProcessor {
  if (penalty <= 0) {
    throw MlflowError.invalidParameter(`\`penalty\` has to be a strictly positive float, but is ${penalty}`);
  }
  return (_ids, scores) => penalize(encoderIds, scores, 1 / penalty);
}

function penalize(ids: readonly number[], scores: Float32Array, penalty: number): void {
  for (const id of new Set(ids)) {
    const score = scores[id];
    if (score !== undefined) scores[id] = score < 0 ? score * penalty : score / penalty;
  }
}

function noRepeatNgram(size: number): LogitsProcessor {
  return (ids, scores) => banContinuations(ids, ids, size, scores);
}

function encoderNoRepeatNgram(size: number, encoderIds: readonly number[]): LogitsProcessor {
  return (ids, scores) => banContinuations(encoderIds, ids, size, scores);
}

/** Bans every token that would complete an n-gram of `source` at the end of `ids`. */
function banContinuations(source: readonly number[], ids: readonly number[], size: number, scores: Float32Array): void {
  const prefix = size === 1 ? [] : ids.slice(1 - size);
  if (ids.length + 1 < size) return;
  for (let start = 0; start + size <= source.length; start++) {
    if (prefix.every((id, offset) => source[start + offset] === id))
      scores[source[start + size - 1] as number] = -Infinity;
  }
}

function noBadWords(words: readonly (readonly number[])[], eosIds: readonly number[]): LogitsProcessor {
  if (words.length === 0 || words.some((word) => word.length === 0)) {
    throw MlflowError.invalidParameter('`bad_words_ids` has to be a non-empty list of non-empty lists of token ids.');
  }
  const banned = words.filter((word) => !(word.length === 1 && eosIds.includes(word[0] as number)));
  return sequenceBias(banned.map((ids) => ({ ids, bias: -Infinity })));
}

interface SequenceBias {
  ids: readonly number[];
  bias: number;
}

function biasPairs(list: readonly unknown[]): SequenceBias[] {
  return list.map((item) => {
    const [ids, bias] = Array.isArray(item) ? item : [];
    if (Array.isArray(ids) && ids.length > 0 && typeof bias === 'number') return { ids: idList(ids), bias };
    throw MlflowError.invalidParameter(
      'Each element in `sequence_bias` has to be a non-empty list of lists of positive integers and float, but is ' +
        `${JSON.stringify(list)}.`,
    );
  });
}

function sequenceBias(pairs: readonly SequenceBias[]): LogitsProcessor {
  return (ids, scores) => {
    const invalid = pairs.flatMap((pair) => pair.ids.filter((id) => id >= scores.length));
    if (invalid.length > 0) {
      throw MlflowError.invalidParameter(
        `The model vocabulary size is ${scores.length}, but the following tokens were being biased: [${invalid.join(', ')}]`,
      );
    }
    for (const { ids: sequence, bias } of pairs) {
      const last = sequence.at(-1) as number;
      const offset = ids.length - sequence.length + 1;
      const matches = offset >= 0 && sequence.slice(0, -1).every((id, index) => ids[offset + index] === id);
      if (matches) scores[last] = (scores[last] as number) + bias;
    }
  };
}

function lengthProcessors(options: GenerationOptions, { promptLength }: ProcessorContext): LogitsProcessor[] {
  const { minLength, minNewTokens, eosIds } = options;
  const processors: LogitsProcessor[] = [];
  if (minLength < 0) {
    throw MlflowError.invalidParameter(`\`min_length\` has to be a non-negative integer, but is ${minLength}`);
  }
  if (minNewTokens < 0) {
    throw MlflowError.invalidParameter(`\`min_new_tokens\` has to be a positive integer, but is ${minNewTokens}`);
  }
  const least = Math.max(minLength, minNewTokens > 0 ? promptLength + minNewTokens : 0);
  if (least > 0 && eosIds.length > 0) {
    processors.push((ids, scores) => {
      if (ids.length < least) suppress(scores, eosIds);
    });
  }
  return processors;
}

function forcedTokens({ json, maxLength }: GenerationOptions): LogitsProcessor[] {
  const processors: LogitsProcessor[] = [];
  const first = json['forced_bos_token_id'];
  if (typeof first === 'number') processors.push((ids, scores) => ids.length === 1 && force(scores, [first]));
  const last = idList(json['forced_eos_token_id']);
  if (last.length > 0) processors.push((ids, scores) => ids.length === maxLength - 1 && force(scores, last));
  return processors;
}

function force(scores: Float32Array, ids: readonly number[]): void {
  scores.fill(-Infinity);
  for (const id of ids) scores[id] = 0;
}

function suppress(scores: Float32Array, ids: readonly number[]): void {
  for (const id of ids) if (id < scores.length) scores[id] = -Infinity;
}

function lengthDecay(start: number, factor: number, eosIds: readonly number[]): LogitsProcessor {
  return (ids, scores) => {
    if (ids.length <= start) return;
    const growth = factor ** (ids.length - start) - 1;
    for (const id of eosIds) scores[id] = (scores[id] as number) + Math.abs(scores[id] as number) * growth;
  };
}

function suppressedTokens(json: JsonObject, promptLength: number): LogitsProcessor[] {
  const processors: LogitsProcessor[] = [];
  const always = idList(json['suppress_tokens']);
  if (always.length > 0) processors.push((_ids, scores) => suppress(scores, always));
  const atBegin = idList(json['begin_suppress_tokens']);
  const hasForcedBegin = typeof json['forced_bos_token_id'] === 'number' && promptLength <= 1;
  const beginLength = promptLength + (hasForcedBegin ? 1 : 0);
  if (atBegin.length > 0) processors.push((ids, scores) => ids.length === beginLength && suppress(scores, atBegin));
  return processors;
}

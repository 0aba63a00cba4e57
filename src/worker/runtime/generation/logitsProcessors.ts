import { MlflowError } from '../../../core/errors.js';
import type { JsonObject } from '../../../core/ports.js';
import { PyFloat } from '../../../core/serialization/pyValue.js';
import { pyStr } from '../../../core/signature/pythonText.js';
import { idList, numberOf, type GenerationOptions } from './generationOptions.js';
import type { GroupDiversity } from './groupDiversity.js';
import { logSoftmax, samplingProcessors } from './sampling.js';
import { noBadWords, sequenceBias } from './sequenceBias.js';
import { watermarkProcessor } from './watermark.js';

/** Where a row of scores stands. */
export interface RowPlace {
  /** Tokens that pad the row on the left. */
  padding: number;
  /** Which of the rows that are processed together. */
  row: number;
  rows: number;
  /** Which of all rows of the run; another than `row` in groups of beams. */
  runRow: number;
}

/** Changes the scores of one row in place. `ids` are the row's tokens so far, left padding included. */
export type LogitsProcessor = (ids: readonly number[], scores: Float32Array, place: RowPlace) => void;

export interface ProcessorContext {
  promptLength: number;
  /** Tokens of the encoder, or the prompts, as rows of equal length: for the rules against repeating them. */
  encoderIds: readonly (readonly number[])[] | null;
  vocabularySize: number;
  diversity?: GroupDiversity | undefined;
  /** Processors of the caller. */
  others?: readonly LogitsProcessor[] | undefined;
}

/**
 * All processors that an option set asks for, in transformers' order, those of sampling included.
 * Source: `GenerationMixin._get_logits_processor`, `_get_logits_warper` and generation/logits_process.py.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export function logitsProcessors(options: GenerationOptions, context: ProcessorContext): LogitsProcessor[] {
  const { json, version } = options;
  const processors = scoreProcessors(options, context);
  const watermarking = json['watermarking_config'] ?? null;
  const watermark = watermarking === null ? [] : [watermarkProcessor(watermarking, context.vocabularySize)];
  const normalization = json['renormalize_logits'] === true ? [normalize] : [];
  const sampling = options.doSample ? samplingProcessors(options) : [];
  const others = context.others ?? [];
  // Before 4.47 the watermark and a first normalization came before what sampling filters.
  if (version.isBefore(4, 47)) {
    const again = options.doSample ? normalization : [];
    return [...processors, ...watermark, ...others, ...normalization, ...sampling, ...again];
  }
  return [...processors, ...others, ...sampling, ...watermark, ...normalization];
}

function scoreProcessors(options: GenerationOptions, context: ProcessorContext): LogitsProcessor[] {
  const { json, version } = options;
  const processors: LogitsProcessor[] = [];
  const penalty = numberOf(json, 'repetition_penalty', 1);
  const encoderPenalty = numberOf(json, 'encoder_repetition_penalty', 1);
  const ngramSize = numberOf(json, 'no_repeat_ngram_size', 0);
  const encoderNgramSize = numberOf(json, 'encoder_no_repeat_ngram_size', 0);
  const bias = json['sequence_bias'] ?? null;
  if (bias !== null) processors.push(sequenceBias(bias, version));
  if (context.diversity) processors.push(context.diversity.process);
  if (encoderPenalty !== 1 && context.encoderIds)
    processors.push(encoderRepetition(encoderPenalty, context.encoderIds, options.transformersMajor));
  if (penalty !== 1) processors.push(repetitionPenalty(penalty, options.transformersMajor));
  if (ngramSize > 0) processors.push(noRepeatNgram(ngramSize));
  if (encoderNgramSize > 0 && context.encoderIds) {
    processors.push(encoderNoRepeatNgram(encoderNgramSize, context.encoderIds));
  }
  const badWords = json['bad_words_ids'] ?? null;
  if (badWords !== null) processors.push(noBadWords(badWords, options.eosIds, version));
  processors.push(...leastLength(options), ...forcedEnds(options));
  if (json['remove_invalid_values'] === true) processors.push(removeInvalidValues);
  const decay = json['exponential_decay_length_penalty'] ?? null;
  if (decay !== null) {
    const [start = 0, factor = 1] = idList(decay);
    processors.push(lengthDecay(start + context.promptLength, factor, options));
  }
  processors.push(...suppressedTokens(json, context.promptLength), ...forcedTokens(json));
  return processors;
}

function repetitionPenalty(penalty: number, transformersMajor: 4 | 5): LogitsProcessor {
  if (penalty <= 0) throw notPositive(penalty);
  // transformers 4 counts padding as seen, 5 does not.
  return (ids, scores, { padding }) => penalize(transformersMajor === 5 ? ids.slice(padding) : ids, scores, penalty);
}

function encoderRepetition(
  penalty: number,
  encoderIds: readonly (readonly number[])[],
  transformersMajor: 4 | 5,
): LogitsProcessor {
  if (penalty <= 0) throw notPositive(penalty);
  return (_ids, scores, { row, rows }) => {
    // transformers 4 has the first rows alone feel it, one for each prompt, however many rows continue a prompt.
    const source = transformersMajor === 4 ? row : Math.floor((row * encoderIds.length) / rows);
    penalize(encoderIds[source] ?? [], scores, 1 / penalty);
  };
}

function notPositive(penalty: number): MlflowError {
  const shown = pyStr(new PyFloat(penalty));
  return MlflowError.invalidParameter(`\`penalty\` has to be a strictly positive float, but is ${shown}`);
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

function encoderNoRepeatNgram(size: number, encoderIds: readonly (readonly number[])[]): LogitsProcessor {
  return (ids, scores, { row, rows }) =>
    banContinuations(encoderIds[Math.floor((row * encoderIds.length) / rows)] ?? [], ids, size, scores);
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

function leastLength({ minLength, eosIds }: GenerationOptions): LogitsProcessor[] {
  if (minLength <= 0 || eosIds.length === 0) return [];
  return [(ids, scores) => ids.length < minLength && suppress(scores, eosIds)];
}

function forcedEnds({ json, maxLength }: GenerationOptions): LogitsProcessor[] {
  const processors: LogitsProcessor[] = [];
  const first = idList(json['forced_bos_token_id']);
  if (first.length > 0) processors.push((ids, scores) => ids.length === 1 && force(scores, first));
  const last = idList(json['forced_eos_token_id']);
  if (last.length > 0) processors.push((ids, scores) => ids.length === maxLength - 1 && force(scores, last));
  return processors;
}

/** `forced_decoder_ids` of transformers 4: pairs of a position and the token there. */
function forcedTokens(json: JsonObject): LogitsProcessor[] {
  const pairs = json['forced_decoder_ids'];
  if (!Array.isArray(pairs)) return [];
  const tokens = new Map(pairs.map((pair) => idList(pair) as [number, number]));
  return [
    (ids, scores) => {
      const token = tokens.get(ids.length);
      if (token !== undefined) force(scores, [token]);
    },
  ];
}

function force(scores: Float32Array, ids: readonly number[]): void {
  scores.fill(-Infinity);
  for (const id of ids) scores[id] = 0;
}

function suppress(scores: Float32Array, ids: readonly number[]): void {
  for (const id of ids) if (id < scores.length) scores[id] = -Infinity;
}

const largestSingle = 3.4028234663852886e38;

const removeInvalidValues: LogitsProcessor = (_ids, scores) => {
  for (const [id, score] of scores.entries()) {
    if (Number.isNaN(score)) scores[id] = 0;
    else if (!Number.isFinite(score)) scores[id] = Math.sign(score) * largestSingle;
  }
};

const normalize: LogitsProcessor = (_ids, scores) => logSoftmax(scores);

function lengthDecay(start: number, factor: number, { eosIds, transformersMajor }: GenerationOptions): LogitsProcessor {
  return (ids, scores) => {
    if (ids.length <= start) return;
    const growth = factor ** (ids.length - start) - 1;
    for (const id of eosIds) {
      const score = scores[id] as number;
      // In transformers 4 what is excluded becomes NaN here, which wins.
      if (transformersMajor === 4 || Number.isFinite(score)) scores[id] = score + Math.abs(score) * growth;
    }
  };
}

function suppressedTokens(json: JsonObject, promptLength: number): LogitsProcessor[] {
  const processors: LogitsProcessor[] = [];
  const always = idList(json['suppress_tokens']);
  if (always.length > 0) processors.push((_ids, scores) => suppress(scores, always));
  const atBegin = idList(json['begin_suppress_tokens']);
  const hasForcedBegin = (json['forced_bos_token_id'] ?? null) !== null && promptLength <= 1;
  const forced = json['forced_decoder_ids'];
  const [lastForced = 0] = Array.isArray(forced) ? idList(forced.at(-1)) : [];
  const beginLength = promptLength + (hasForcedBegin ? 1 : 0) + lastForced;
  if (atBegin.length > 0) processors.push((ids, scores) => ids.length === beginLength && suppress(scores, atBegin));
  return processors;
}

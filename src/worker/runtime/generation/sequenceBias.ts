import { MlflowError } from '../../../core/errors.js';
import type { JsonValue } from '../../../core/ports.js';
import { pyRepr } from '../../../core/signature/pythonText.js';
import type { TransformersVersion } from '../../../core/transformers/transformersVersion.js';
import type { LogitsProcessor } from './logitsProcessors.js';

interface Bias {
  ids: readonly number[];
  bias: number;
}

/**
 * `sequence_bias`: adds to the score of what would complete a sequence. Source: SequenceBiasLogitsProcessor.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export function sequenceBias(value: JsonValue, version: TransformersVersion): LogitsProcessor {
  if (version.isBefore(4, 45) && Array.isArray(value)) throw notADictionary(value, version);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    throw MlflowError.invalidParameter(
      `\`sequence_bias\` has to be a dict with tuples as keys, but is ${pyRepr(value)}.`,
    );
  }
  if (!Array.isArray(value) || value.length === 0) throw notADictionary(value, version);
  const biases = value.map((item): Bias => {
    const [ids, bias] = Array.isArray(item) ? item : [];
    if (isIdList(ids) && typeof bias === 'number') return { ids, bias };
    throw MlflowError.invalidParameter(
      'Each element in `sequence_bias` has to be a non-empty list of lists of positive integers and float, but is ' +
        `${pyRepr(value)}.`,
    );
  });
  return biasProcessor(biases, version);
}

/**
 * `bad_words_ids`: sequences that are never completed. Source: NoBadWordsLogitsProcessor.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export function noBadWords(value: JsonValue, eosIds: readonly number[], version: TransformersVersion): LogitsProcessor {
  const refuse = (rule: string): MlflowError => MlflowError.invalidParameter(`${rule}, but is ${pyRepr(value)}.`);
  if (!Array.isArray(value) || value.length === 0) throw refuse('`bad_words_ids` has to be a non-empty list');
  if (!value.every(Array.isArray)) throw refuse('`bad_words_ids` has to be a list of lists');
  if (!value.every(isIdList)) throw refuse('Each list in `bad_words_ids` has to be a list of positive integers');
  const banned = value.filter((word) => !(word.length === 1 && eosIds.includes(word[0] as number)));
  return biasProcessor(
    banned.map((ids) => ({ ids, bias: -Infinity })),
    version,
  );
}

function biasProcessor(given: readonly Bias[], version: TransformersVersion): LogitsProcessor {
  // Of equal sequences the last one counts.
  const biases = [...new Map(given.map((bias) => [bias.ids.join(), bias])).values()];
  const fits = (ids: readonly number[], context: readonly number[]): boolean =>
    ids.length === 1 || (version.isBefore(5) ? ids.length <= context.length : ids.length - 1 <= context.length);
  return (context, scores) => {
    const invalid = biases.flatMap(({ ids }) => ids.filter((id) => id >= scores.length));
    if (invalid.length > 0) {
      throw MlflowError.invalidParameter(
        `The model vocabulary size is ${scores.length}, but the following tokens were being biased: [${invalid.join(', ')}]`,
      );
    }
    const added = new Map<number, number>();
    for (const { ids, bias } of biases) {
      const last = ids.at(-1);
      if (last === undefined || !fits(ids, context)) continue;
      const offset = context.length - ids.length + 1;
      if (ids.slice(0, -1).every((id, index) => context[offset + index] === id))
        added.set(last, Math.fround((added.get(last) ?? 0) + bias));
    }
    for (const [id, bias] of added) scores[id] = (scores[id] as number) + bias;
  };
}

function notADictionary(value: JsonValue, version: TransformersVersion): MlflowError {
  const forms = version.isBefore(4, 45) ? 'non-empty dictionary,' : 'non-empty dictionary, or non-empty list of lists';
  return MlflowError.invalidParameter(`\`sequence_bias\` has to be a ${forms} but is ${pyRepr(value)}.`);
}

function isIdList(value: JsonValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((id) => Number.isInteger(id) && (id as number) >= 0);
}

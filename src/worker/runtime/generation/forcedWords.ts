import { MlflowError } from '../../../core/errors.js';
import type { JsonObject, JsonValue } from '../../../core/ports.js';
import { pyRepr } from '../../../core/signature/pythonText.js';
import { typeName } from '../../../core/signature/pythonValue.js';

/** Token sequences of which one has to come up. */
export type ForcedWord = readonly (readonly number[])[];

/**
 * `force_words_ids`: words that have to come up, each as its tokens, or as several ways to write it.
 * Source: the branch of `generate` for constrained beam search, PhrasalConstraint and DisjunctiveConstraint.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export function forcedWords(json: JsonObject): ForcedWord[] {
  const value = json['force_words_ids'] ?? null;
  const words = value === null ? [] : readWords(value);
  // Constraints are objects in Python, which no file can hold.
  const constraints = json['constraints'];
  const [first = null] = Array.isArray(constraints) ? constraints : [];
  if (first !== null) {
    const missing = typeof first === 'object' ? 'seqlen' : 'copy';
    throw MlflowError.invalidParameter(`'${typeName(first)}' object has no attribute '${missing}'`);
  }
  if (words.length === 0) throw MlflowError.invalidParameter('max() arg is an empty sequence');
  return words;
}

function readWords(value: JsonValue): ForcedWord[] {
  const refuse = (): MlflowError =>
    MlflowError.invalidParameter(
      '`force_words_ids` has to either be a `List[List[List[int]]]` or `List[List[int]]` of positive integers, but is ' +
        `${pyRepr(value)}.`,
    );
  if (!Array.isArray(value) || value.length === 0) throw refuse();
  return value.map((word): ForcedWord => {
    if (!Array.isArray(word)) throw MlflowError.invalidParameter(`'${typeName(word)}' object is not subscriptable`);
    if (word.length === 0) throw MlflowError.invalidParameter('list index out of range');
    const ways = Array.isArray(word[0]) ? word : [word];
    if (!ways.every(isIdList)) throw refuse();
    if (ways.some((way, index) => ways.some((other, place) => place !== index && isBeginning(way, other)))) {
      throw MlflowError.invalidParameter(
        `Each list in \`nested_token_ids\` can't be a complete subset of another list, but is ${pyRepr(word)}.`,
      );
    }
    return ways;
  });
}

function isBeginning(way: readonly number[], other: readonly number[]): boolean {
  return way.length <= other.length && way.every((id, index) => other[index] === id);
}

function isIdList(value: JsonValue): value is number[] {
  return Array.isArray(value) && value.every((id) => Number.isInteger(id) && (id as number) >= 0);
}

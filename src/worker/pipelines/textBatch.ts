import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import { notText, type Encoding, type Tokenizer } from '../tokenizer/tokenizer.js';
import { encodeOptions } from './modelInputs.js';

/**
 * The encodings of what a pipeline takes for one input: a text, or a list, which tokenizers read as a batch. Texts of a batch
 * must come out equally long unless they are padded; padding itself changes no answer and is left out.
 * @throws MlflowError with the tokenizer's text.
 */
export function encodeInput(
  tokenizer: Tokenizer,
  input: unknown,
  kwargs: JsonObject,
  inputPair?: unknown,
): [Encoding, ...Encoding[]] {
  if (input === null || input === undefined) {
    throw MlflowError.invalidParameter('You need to specify either `text` or `text_target`.');
  }
  const isBatch = Array.isArray(input);
  const texts: unknown[] = isBatch ? input : [input];
  const pairs = pairsOf(texts, inputPair, isBatch);
  if (texts.length === 0) throw MlflowError.invalidParameter('list index out of range');
  if (isBatch && !texts.every((text) => typeof text === 'string')) {
    throw MlflowError.invalidParameter(notText[tokenizer.generation]);
  }
  const encodings = texts.map(
    (text, i) => tokenizer.encodeAll(text as string, { ...encodeOptions(kwargs), pair: pairs[i] })[0]!,
  );
  const lengths = new Set(encodings.map(({ ids }) => ids.length));
  if (lengths.size > 1 && !isPadded(kwargs)) {
    throw MlflowError.invalidParameter(
      "Unable to create tensor, you should probably activate truncation and/or padding with 'padding=True' " +
        "'truncation=True' to have batched tensors with the same length. Perhaps your features (`input_ids` in this case) " +
        'have excessive nesting (inputs type `list` where type `int` is expected).',
    );
  }
  return encodings as [Encoding, ...Encoding[]];
}

function pairsOf(texts: readonly unknown[], pair: unknown, isBatch: boolean): (string | undefined)[] {
  if (pair === undefined || pair === null) return [];
  if (!isBatch) {
    if (typeof pair !== 'string') throw MlflowError.invalidParameter('TextInputSequence must be str');
    return [pair || undefined];
  }
  if (!Array.isArray(pair)) {
    throw MlflowError.invalidParameter(
      'when tokenizing batches of text, `text_pair` must be a list or tuple with the same length as `text`.',
    );
  }
  if (pair.length !== texts.length) {
    throw MlflowError.invalidParameter(
      `batch length of \`text\`: ${texts.length} does not match batch length of \`text_pair\`: ${pair.length}.`,
    );
  }
  return pair as string[];
}

function isPadded(kwargs: JsonObject): boolean {
  const { padding } = kwargs;
  return padding === true || padding === 'longest' || padding === 'max_length';
}

import { MlflowError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/ports.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';

export interface TextGenerationSettings {
  returnType: 'fullText' | 'newText' | 'tensors';
  prefix: string;
  tokenizerKwargs: JsonObject;
  /** What goes to `generate`. */
  generation: JsonObject;
  cleanUp: boolean | undefined;
  skipSpecialTokens: boolean | undefined;
  continueFinalMessage: boolean | undefined;
  longGeneration: 'hole' | undefined;
  /** `stop_sequence` of transformers 4. */
  stopSequence: string | undefined;
  /** Texts that end the answer, of transformers 5. */
  stopStrings: string[];
  stopTexts: string[];
  tools: JsonValue | undefined;
  documents: JsonValue | undefined;
}

/** The pipeline's own keyword arguments; the rest goes to `generate`. Source: text_generation.py, `_sanitize_parameters`. */
export function textGenerationSettings(
  kwargs: JsonObject,
  version: TransformersVersion,
  configPrefix: string,
): TextGenerationSettings {
  const rest = { ...kwargs };
  const take = (name: string): JsonValue | undefined => {
    const value = rest[name] ?? undefined;
    delete rest[name];
    return value;
  };
  const isNewer = !version.isBefore(5);
  const namesTokenizerKwargs = !version.isBefore(4, 56);
  const returnType = returnTypeOf({
    fullText: take('return_full_text'),
    tensors: take('return_tensors'),
    text: take('return_text'),
    type: take('return_type'),
  });
  const stop = take('stop_sequence');
  const settings: TextGenerationSettings = {
    returnType,
    prefix: textOf(take('prefix')) ?? configPrefix,
    tokenizerKwargs: {},
    generation: rest,
    cleanUp: flagOf(take('clean_up_tokenization_spaces')),
    longGeneration: longGenerationOf(take('handle_long_generation')),
    skipSpecialTokens: namesTokenizerKwargs ? flagOf(take('skip_special_tokens')) : undefined,
    continueFinalMessage: !version.isBefore(4, 45) ? flagOf(take('continue_final_message')) : undefined,
    tools: isNewer ? take('tools') : undefined,
    documents: isNewer ? take('documents') : undefined,
    stopSequence: isNewer ? undefined : textOf(stop),
    stopStrings: isNewer ? textsOf(stop) : [],
    stopTexts: textsOf(take('stopping_criteria')),
  };
  for (const name of ['add_special_tokens', 'padding', 'truncation'] as const) {
    const value = take(name);
    if (value !== undefined) settings.tokenizerKwargs[name] = value;
  }
  if (version.isBefore(4, 43)) settings.tokenizerKwargs['add_special_tokens'] ??= false;
  const maxLength = rest['max_length'];
  if (typeof maxLength === 'number') settings.tokenizerKwargs['max_length'] = maxLength;
  else delete rest['max_length'];
  if (namesTokenizerKwargs) Object.assign(settings.tokenizerKwargs, take('tokenizer_encode_kwargs'));
  return settings;
}

function returnTypeOf(given: Record<'fullText' | 'tensors' | 'text' | 'type', JsonValue | undefined>) {
  const { fullText, tensors, text, type } = given;
  if (type !== undefined) return (['tensors', 'newText', 'fullText'] as const)[Number(type)] ?? 'fullText';
  if (fullText !== undefined) {
    if (text !== undefined) {
      throw MlflowError.invalidParameter('`return_text` is mutually exclusive with `return_full_text`');
    }
    if (tensors !== undefined) {
      throw MlflowError.invalidParameter('`return_full_text` is mutually exclusive with `return_tensors`');
    }
    return fullText ? 'fullText' : 'newText';
  }
  if (tensors === undefined) return 'fullText';
  if (text !== undefined) {
    throw MlflowError.invalidParameter('`return_text` is mutually exclusive with `return_tensors`');
  }
  return 'tensors';
}

function longGenerationOf(value: JsonValue | undefined): 'hole' | undefined {
  if (value === undefined || value === 'hole') return value;
  throw MlflowError.invalidParameter(
    `${String(value)} is not a valid value for \`handle_long_generation\` parameter expected [None, 'hole']`,
  );
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function flagOf(value: JsonValue | undefined): boolean | undefined {
  return value === undefined ? undefined : Boolean(value);
}

function textsOf(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

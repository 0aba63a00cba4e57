import { MlflowError } from '../../../core/errors.js';
import type { AlignmentHead } from '../../../core/graph/generatedGraph.js';
import type { JsonObject, JsonValue } from '../../../core/ports.js';
import type { TransformersGeneration } from '../../tokenizer/generation.js';

export interface WhisperSettingsContext {
  /** `generation_config.json`. */
  stored: JsonObject;
  /** What the call gives to `generate`. */
  kwargs: JsonObject;
  generation: TransformersGeneration;
  /** Whether the sound fits one window. */
  isShort: boolean;
  vocabularySize: number;
}

/** The arguments of `WhisperForConditionalGeneration.generate`, resolved. */
export interface WhisperSettings {
  /** The options of the common `generate` and everything that the stored generation config has. */
  config: JsonObject;
  returnsTimestamps: boolean;
  /** Whether timestamps are kept to their rules while tokens are chosen. */
  constrainsTimestamps: boolean;
  timestampBegin: number;
  /** One, or those that are tried in turn; `null`: greedy or beam search. */
  temperatures: readonly (number | null)[];
  compressionRatioThreshold: number | null;
  logProbabilityThreshold: number | null;
  noSpeechThreshold: number | null;
  conditionsOnPrevious: boolean;
  /** Heads whose attention tells when a token was said; `null` where times of tokens are not asked for. */
  alignmentHeads: readonly AlignmentHead[] | null;
}

/** `generate`'s own arguments; the others change the generation config. */
const ownNames = [
  'return_timestamps',
  'temperature',
  'compression_ratio_threshold',
  'logprob_threshold',
  'no_speech_threshold',
  'condition_on_prev_tokens',
  'prompt_condition_type',
  'num_segment_frames',
  'return_token_timestamps',
  'return_segments',
  'return_dict_in_generate',
  'force_unique_generate_call',
];

const outdated = (name: string, generation: TransformersGeneration): string =>
  `The generation config is outdated and is thus not compatible with the \`${name}\` argument to \`generate\`. ` +
  (generation === 4 && name !== 'is_multilingual'
    ? `Either set the ${name} using the \`forced_decoder_ids\` in the model config, or update `
    : 'Please update ') +
  'the generation config as per the instructions https://github.com/huggingface/transformers/issues/25084#issuecomment-1664398224';

/**
 * Source: generation_whisper.py, the `_set_...` methods.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export function whisperSettings(context: WhisperSettingsContext): WhisperSettings {
  const { stored, kwargs, generation } = context;
  checkLanguageAndTask(context);
  const config = { ...stored };
  for (const [name, value] of Object.entries(kwargs)) {
    if (!ownNames.includes(name) && (value !== null || !['language', 'task', 'is_multilingual'].includes(name))) {
      config[name] = value;
    }
  }
  const given = (name: string): JsonValue => kwargs[name] ?? stored[name] ?? null;
  const returned = returnedTimestamps(context);
  const noTimestamps = stored['no_timestamps_token_id'];
  const conditions = given('condition_on_prev_tokens') === true;
  checkPromptCondition(kwargs['prompt_condition_type'] ?? 'first-segment', conditions);
  const { temperature = null } = kwargs;
  return {
    config,
    returnsTimestamps: Boolean(returned),
    // transformers 4 hands "word" on as it is, and compares with True.
    constrainsTimestamps: generation === 4 ? returned === true : Boolean(returned),
    timestampBegin: typeof noTimestamps === 'number' ? noTimestamps + 1 : context.vocabularySize + 1,
    temperatures: Array.isArray(temperature) ? temperature.map(numberOrNull) : [numberOrNull(temperature)],
    compressionRatioThreshold: numberOrNull(given('compression_ratio_threshold')),
    logProbabilityThreshold: numberOrNull(given('logprob_threshold')),
    noSpeechThreshold: numberOrNull(given('no_speech_threshold')),
    conditionsOnPrevious: conditions,
    alignmentHeads: kwargs['return_token_timestamps'] === true ? alignmentHeads(stored) : null,
  };
}

function checkLanguageAndTask({ stored, kwargs, generation }: WhisperSettingsContext): void {
  const language = kwargs['language'] ?? null;
  const task = kwargs['task'] ?? null;
  const isMultilingual = kwargs['is_multilingual'] ?? null;
  if (isMultilingual !== null && !('is_multilingual' in stored)) {
    throw MlflowError.invalidParameter(outdated('is_multilingual', generation));
  }
  const multilingual = isMultilingual ?? stored['is_multilingual'];
  if ('is_multilingual' in stored && !multilingual && (task !== null || language !== null)) {
    throw MlflowError.invalidParameter(
      'Cannot specify `task` or `language` for an English-only model. If the model is intended to be multilingual, pass ' +
        '`is_multilingual=True` to generate, or update the generation config.',
    );
  }
  if (language !== null && !('lang_to_id' in stored))
    throw MlflowError.invalidParameter(outdated('language', generation));
  if (task !== null && !('task_to_id' in stored)) throw MlflowError.invalidParameter(outdated('task', generation));
}

function returnedTimestamps({ stored, kwargs, generation, isShort }: WhisperSettingsContext): JsonValue {
  let returned = kwargs['return_timestamps'] ?? null;
  if (returned === null && generation >= 5) returned = stored['return_timestamps'] ?? null;
  if (!isShort) {
    if (returned === false) {
      throw MlflowError.invalidParameter(
        'You have passed more than 3000 mel input features (> 30 seconds) which automatically enables long-form generation ' +
          'which requires the model to predict timestamp tokens. Please either pass `return_timestamps=True` or make sure ' +
          'to pass no more than 3000 mel input features.',
      );
    }
    returned = true;
  }
  if (returned && !('no_timestamps_token_id' in stored)) {
    throw MlflowError.invalidParameter(
      'You are trying to return timestamps, but the generation config is not properly set. Make sure to initialize the ' +
        'generation config with the correct attributes that are needed such as `no_timestamps_token_id`. For more details ' +
        'on how to generate the approtiate config, refer to ' +
        'https://github.com/huggingface/transformers/issues/21878#issuecomment-1451902363',
    );
  }
  return returned;
}

function checkPromptCondition(type: JsonValue, conditions: boolean): void {
  if (type !== 'first-segment' && type !== 'all-segments') {
    throw MlflowError.invalidParameter(
      `\`prompt_condition_type=${String(type)} does not exist. Make sure to set \`prompt_condition_type\` to one of first-segment, all-segments`,
    );
  }
  if (type === 'all-segments' && !conditions) {
    throw MlflowError.invalidParameter(
      "Make sure to set `condition_on_prev_tokens=True` when setting `prompt_condition_type='all-segments'`.",
    );
  }
}

function alignmentHeads(stored: JsonObject): readonly AlignmentHead[] {
  const heads = stored['alignment_heads'];
  if (Array.isArray(heads)) return heads as unknown as readonly AlignmentHead[];
  throw MlflowError.invalidParameter(
    'Model generation config has no `alignment_heads`, token-level timestamps not available. See ' +
      'https://gist.github.com/hollance/42e32852f24243b748ae6bc1f985b13a on how to add this property to the generation config.',
  );
}

function numberOrNull(value: JsonValue): number | null {
  return typeof value === 'number' ? value : null;
}

import { MlflowError } from '../../../core/errors.js';
import type { JsonObject, JsonValue } from '../../../core/ports.js';
import { pyRepr } from '../../../core/signature/pythonText.js';
import { TransformersVersion } from '../../../core/transformers/transformersVersion.js';
import { forcedWords, type ForcedWord } from './forcedWords.js';
import {
  checkGroups,
  checkLookupMode,
  checkSearch,
  modeOf,
  refuseMoved,
  searchOf,
  type GenerationMode,
} from './generationMode.js';

/** Generation options with transformers' names, defaults filled in. */
export interface GenerationOptions {
  mode: GenerationMode;
  /** Tokens of a finished sequence, its prompt included. */
  maxLength: number;
  minLength: number;
  doSample: boolean;
  beams: number;
  /** Groups of beams that keep apart; 1: none. */
  groups: number;
  /** What a token loses where an earlier group chose it. */
  diversityPenalty: number;
  /** Tokens that contrastive search compares, and what likeness to earlier ones costs. */
  candidates: number;
  penaltyAlpha: number;
  returnedSequences: number;
  /** Words that have to come up. */
  words: readonly ForcedWord[] | null;
  earlyStopping: boolean | 'never';
  lengthPenalty: number;
  eosIds: readonly number[];
  padId: number;
  seed: number | null;
  maxTimeMs: number | null;
  /** The options as they were given, for processors. */
  json: JsonObject;
  transformersMajor: 4 | 5;
  version: TransformersVersion;
}

export interface GenerationContext {
  /** Tokens of the longest prompt (or of the decoder's start). */
  promptLength: number;
  isEncoderDecoder: boolean;
  /** How many prompts there are. */
  rows?: number | undefined;
  /** config.json's `max_position_embeddings`, when it has one. */
  maxPositions: number | null;
  transformersMajor: 4 | 5;
  /** The very release; the one that stands for its generation where it is not known. */
  version?: TransformersVersion | undefined;
}

const unsupported: readonly [string, (value: JsonValue, context: GenerationContext) => boolean][] = [
  ['dola_layers', (value) => value !== null],
  // Python runs the encoder on the decoder's last token, which is of no use.
  ['guidance_scale', (value, { isEncoderDecoder }) => isEncoderDecoder && value !== 1],
];

/** Source: `_default_generation_config` of the pipelines; there is none before 4.52. */
const pipelineDefaults: Readonly<Record<string, JsonObject>> = {
  'any-to-any': { max_new_tokens: 256 },
  'automatic-speech-recognition': { max_new_tokens: 256, num_beams: 5 },
  'document-question-answering': { max_new_tokens: 256 },
  'image-text-to-text': { max_new_tokens: 256 },
  summarization: { max_new_tokens: 256, num_beams: 4 },
  'table-question-answering': { max_new_tokens: 256 },
  'text2text-generation': { max_new_tokens: 256, num_beams: 4 },
  'text-generation': { max_new_tokens: 256, do_sample: true, temperature: 0.7 },
  'text-to-audio': { max_new_tokens: 256 },
  translation: { max_new_tokens: 256, num_beams: 4 },
};

const samplingOptions = [
  'temperature',
  'top_k',
  'top_p',
  'min_p',
  'top_h',
  'typical_p',
  'epsilon_cutoff',
  'eta_cutoff',
];

/**
 * What a pipeline adds to the options that neither the model's generation config nor the call sets (`given` is both merged):
 * lengths and beams always, sampling options only when sampling. To be merged under `given`.
 * Source: `Pipeline._prepare_generate_kwargs` of transformers 5; before it, only where `generate` itself counts its default
 * length from the end of the prompt, 4.47 to 4.51.
 */
export function generationDefaults(task: string, version: TransformersVersion, given: JsonObject): JsonObject {
  const isSet = (name: string): boolean => given[name] !== undefined && given[name] !== null;
  if (version.isBefore(4, 47)) return {};
  if (version.isBefore(4, 52)) return isSet('max_length') || isSet('max_new_tokens') ? {} : { max_new_tokens: 20 };
  if (version.isBefore(5)) return {};
  const added = Object.entries(defaultsOfPipeline(task)).filter(
    ([name]) => !isSet(name) && !(name === 'max_new_tokens' && isSet('max_length')),
  );
  const samples = isSet('do_sample') ? given['do_sample'] === true : added.some(([name]) => name === 'do_sample');
  return Object.fromEntries(added.filter(([name]) => samples || !samplingOptions.includes(name)));
}

/**
 * The generation config that a pipeline starts from, given its model's: from 4.52 to 4.57 the pipeline's own defaults win over
 * what the model says, except over a length of its own. Source: `Pipeline.__init__`.
 */
export function pipelineGenerationConfig(task: string, version: TransformersVersion, model: JsonObject): JsonObject {
  if (version.isBefore(4, 52) || !version.isBefore(5)) return model;
  const { max_new_tokens: newTokens, ...others } = defaultsOfPipeline(task);
  const hasLength = typeof model['max_length'] === 'number' && model['max_length'] !== 20;
  const merged = { ...model, ...others };
  if (newTokens === undefined) return merged;
  if (!hasLength) return { ...merged, max_new_tokens: newTokens };
  return { ...merged, max_new_tokens: null };
}

function defaultsOfPipeline(task: string): JsonObject {
  return pipelineDefaults[task.startsWith('translation') ? 'translation' : task] ?? {};
}

/** @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts. */
export function readGenerationOptions(json: JsonObject, context: GenerationContext): GenerationOptions {
  const eosIds = idList(json['eos_token_id']);
  const beams = integer(json, 'num_beams', 1);
  const version = context.version ?? new TransformersVersion(context.transformersMajor === 4 ? '4.43' : null);
  const groups = beams > 1 ? integer(json, 'num_beam_groups', 1) : 1;
  const search = searchOf(json, beams, groups);
  const options: GenerationOptions = {
    mode: modeOf(search, version),
    maxLength: maxLengthOf(json, context),
    minLength: minLengthOf(json, context),
    doSample: json['do_sample'] === true,
    beams,
    groups,
    diversityPenalty: numberOf(json, 'diversity_penalty', 0),
    candidates: integer(json, 'top_k', 50),
    penaltyAlpha: numberOf(json, 'penalty_alpha', 0),
    returnedSequences: integer(json, 'num_return_sequences', 1),
    words: null,
    earlyStopping: earlyStoppingOf(json['early_stopping']),
    lengthPenalty: numberOf(json, 'length_penalty', 1),
    eosIds,
    padId: idList(json['pad_token_id'])[0] ?? eosIds[0] ?? 0,
    seed: typeof json['seed'] === 'number' ? json['seed'] : null,
    maxTimeMs: typeof json['max_time'] === 'number' ? json['max_time'] * 1000 : null,
    json,
    transformersMajor: context.transformersMajor,
    version,
  };
  if (version.isBefore(4, 57)) checkGroups(options);
  checkSequences(options);
  checkLookupMode(json, search, version);
  refuseMoved(search, version);
  refuseUnsupported(json, context);
  checkTogether(json, version);
  checkLength(options, context);
  const words = search === 'constrained beam search' ? forcedWords(json) : null;
  checkSearch(options, search, context.rows ?? 1);
  return { ...options, words };
}

/** @throws MlflowError where options exclude each other, with transformers' texts. */
function checkTogether(json: JsonObject, version: TransformersVersion): void {
  const isGuided = numberOf(json, 'guidance_scale', 1) !== 1;
  if (isGuided && (json['negative_prompt_ids'] ?? null) !== null) {
    throw MlflowError.invalidParameter("ones_like(): argument 'input' (position 1) must be Tensor, not list");
  }
  const suppressed = idList(json['suppress_tokens']);
  if (version.isBefore(5) || suppressed.length === 0) return;
  for (const name of ['forced_bos_token_id', 'forced_eos_token_id']) {
    const forced = [...new Set(idList(json[name]))].sort((a, b) => a - b);
    if (forced.length === 0 || !forced.every((id) => suppressed.includes(id))) continue;
    throw MlflowError.invalidParameter(
      `Every token in \`${name}\` (${pyRepr(forced)}) is also in \`suppress_tokens\`. Forcing a token while suppressing it ` +
        'sets all logits to `-inf` at the forcing step, which produces `nan` probabilities and crashes generation. Remove ' +
        `the overlapping token(s) from either \`${name}\` or \`suppress_tokens\` (if you meant to prevent an early EOS ` +
        'token, use `min_new_tokens` instead).',
    );
  }
}

function refuseUnsupported(json: JsonObject, context: GenerationContext): void {
  for (const [name, isUsed] of unsupported) {
    const value = json[name];
    if (value === undefined || value === null || !isUsed(value, context)) continue;
    throw new MlflowError(
      `The generation option \`${name}\` is not supported by the native engine. Leave it out, or use the python engine.`,
      'NOT_IMPLEMENTED',
      { details: { option: name } },
    );
  }
}

function maxLengthOf(json: JsonObject, { promptLength, maxPositions, transformersMajor }: GenerationContext): number {
  const newTokens = json['max_new_tokens'];
  if (typeof newTokens === 'number') {
    if (newTokens <= 0) {
      throw MlflowError.invalidParameter(`\`max_new_tokens\` must be greater than 0, but is ${newTokens}.`);
    }
    return promptLength + Math.trunc(newTokens);
  }
  const length = json['max_length'];
  if (typeof length === 'number') return Math.trunc(length);
  // transformers 5 counts its default of 20 from the end of the prompt, 4 from its beginning.
  if (transformersMajor === 4) return 20;
  return Math.min(promptLength + 20, maxPositions ?? Infinity);
}

function minLengthOf(json: JsonObject, { promptLength }: GenerationContext): number {
  const newTokens = json['min_new_tokens'];
  return typeof newTokens === 'number' ? promptLength + newTokens : integer(json, 'min_length', 0);
}

function earlyStoppingOf(value: JsonValue | undefined): boolean | 'never' {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean' || value === 'never') return value;
  throw MlflowError.invalidParameter(`\`early_stopping\` must be a boolean or 'never', but is ${String(value)}.`);
}

function checkSequences({ beams, returnedSequences, doSample, transformersMajor }: GenerationOptions): void {
  if (returnedSequences === 1 || (doSample && beams === 1)) return;
  if (beams === 1) {
    throw MlflowError.invalidParameter(
      `Greedy methods ${transformersMajor === 4 ? '' : '(do_sample != True) '}without beam search do not support ` +
        `\`num_return_sequences\` different than 1 (got ${returnedSequences}).`,
    );
  }
  if (returnedSequences > beams) {
    throw MlflowError.invalidParameter(
      `\`num_return_sequences\` (${returnedSequences}) has to be smaller or equal to \`num_beams\` (${beams}).`,
    );
  }
}

function checkLength({ maxLength }: GenerationOptions, { promptLength, isEncoderDecoder }: GenerationContext): void {
  if (promptLength < maxLength) return;
  const name = isEncoderDecoder ? 'decoder_input_ids' : 'input_ids';
  throw MlflowError.invalidParameter(
    `Input length of ${name} is ${promptLength}, but \`max_length\` is set to ${maxLength}. This can lead to unexpected ` +
      'behavior. You should consider increasing `max_length` or, better yet, setting `max_new_tokens`.',
  );
}

export function idList(value: JsonValue | undefined): number[] {
  if (typeof value === 'number') return [value];
  return Array.isArray(value) ? value.filter((item): item is number => typeof item === 'number') : [];
}

export function numberOf(json: JsonObject, name: string, fallback: number): number {
  const value = json[name];
  return typeof value === 'number' ? value : fallback;
}

export function integer(json: JsonObject, name: string, fallback: number): number {
  return Math.trunc(numberOf(json, name, fallback));
}

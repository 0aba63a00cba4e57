import { MlflowError } from '../../../core/errors.js';
import type { JsonObject } from '../../../core/ports.js';
import type { TransformersVersion } from '../../../core/transformers/transformersVersion.js';
import { integer, numberOf, type GenerationOptions } from './generationOptions.js';

/**
 * How tokens are found: one after the other, by a beam search as it is since transformers 4.50, by one with lists of hypotheses
 * as before (and in groups, or with forced words), or by contrastive search.
 */
export type GenerationMode = 'tokens' | 'beams' | 'hypotheses' | 'contrastive';

/** What transformers calls the generation mode, where the ways part. */
export type Search =
  'tokens' | 'beams' | 'group beam search' | 'contrastive search' | 'constrained beam search' | 'dola generation';

/** Source: `GenerationConfig.get_generation_mode`. */
export function searchOf(json: JsonObject, beams: number, groups: number): Search {
  if (hasForcedWords(json)) return 'constrained beam search';
  if (beams > 1) return groups > 1 ? 'group beam search' : 'beams';
  const topK = json['top_k'] === null ? 0 : numberOf(json, 'top_k', 50);
  const isContrastive = json['do_sample'] !== true && topK > 1 && numberOf(json, 'penalty_alpha', 0) > 0;
  if (isContrastive) return 'contrastive search';
  return isSet(json, 'dola_layers') ? 'dola generation' : 'tokens';
}

function hasForcedWords(json: JsonObject): boolean {
  return isSet(json, 'constraints') || isSet(json, 'force_words_ids');
}

function isSet(json: JsonObject, name: string): boolean {
  return (json[name] ?? null) !== null;
}

export function modeOf(search: Search, version: TransformersVersion): GenerationMode {
  if (search === 'beams') return version.isBefore(4, 50) ? 'hypotheses' : 'beams';
  if (search === 'group beam search' || search === 'constrained beam search') return 'hypotheses';
  return search === 'contrastive search' ? 'contrastive' : 'tokens';
}

/** Searches that later releases have only as code on the Hub, and the releases since. */
const moved: Partial<Record<Search, { repository: string; since: readonly [number, number] }>> = {
  'constrained beam search': { repository: 'constrained-beam-search', since: [4, 57] },
  'contrastive search': { repository: 'contrastive-search', since: [4, 56] },
  'dola generation': { repository: 'dola', since: [4, 56] },
  'group beam search': { repository: 'group-beam-search', since: [4, 57] },
};

/** @throws MlflowError with the words of the releases that would fetch code for the search; none is executed here. */
export function refuseMoved(search: Search, version: TransformersVersion): void {
  const entry = moved[search];
  if (!entry || version.isBefore(...entry.since)) return;
  const title = search.replace(/(^| )[a-z]/g, (letter) => letter.toUpperCase());
  throw MlflowError.invalidParameter(
    `${title} requires \`trust_remote_code=True\` in your \`generate\` call, since it loads ` +
      `https://hf.co/transformers-community/${entry.repository}.`,
  );
}

/** Source: `GenerationConfig.validate` of transformers 4. */
export function checkGroups({ beams, doSample, json, diversityPenalty }: GenerationOptions): void {
  const groups = integer(json, 'num_beam_groups', 1);
  if (beams !== 1 && hasForcedWords(json)) {
    if (doSample) throw refuseBesideWords('do_sample', 'True');
    if (groups !== 1) throw refuseBesideWords('num_beam_groups', String(groups));
  }
  if (beams === 1 || (groups === 1 && diversityPenalty === 0)) return;
  const refuse = (problem: string): MlflowError =>
    MlflowError.invalidParameter(
      '`diversity_penalty` is not 0.0 or `num_beam_groups` is not 1, triggering group beam search. In this generation mode, ' +
        problem,
    );
  if (doSample) throw refuse('`do_sample` must be set to `False`');
  if (beams % groups !== 0) throw refuse('`num_beams` should be divisible by `num_beam_groups`');
  if (diversityPenalty === 0) {
    throw refuse('`diversity_penalty` should be greater than `0.0`, otherwise your groups will be identical.');
  }
}

function refuseBesideWords(name: string, shown: string): MlflowError {
  return MlflowError.invalidParameter(
    'one of `constraints`, `force_words_ids` is not `None`, triggering constrained beam search. However, ' +
      `\`${name}\` is set to \`${shown}\`, which is incompatible with this generation mode. Set \`constraints\` and ` +
      `\`force_words_ids\` to \`None\` or unset \`${name}\` to continue.`,
  );
}

/**
 * What transformers finds while it prepares the search: `prompt_lookup_num_tokens` looks ahead in the prompt, which finds the
 * same tokens sooner, one after the other.
 */
export function checkSearch(options: GenerationOptions, search: Search, rows: number): void {
  const { mode, beams, groups, diversityPenalty, json, version } = options;
  if (diversityPenalty > 0 && version.isBefore(4, 57)) {
    if (beams < 2) throw MlflowError.invalidParameter('`num_beams` should be an integer strictly larger than 1.');
    if (groups < 2)
      throw MlflowError.invalidParameter('`num_beam_groups` should be an integer strictly larger than 1.');
  }
  if (search === 'constrained beam search' && beams < 2) {
    throw MlflowError.invalidParameter(
      `\`num_beams\` has to be an integer strictly greater than 1, but is ${beams}. For \`num_beams\` == 1, one should ` +
        'make use of `greedy_search` instead.',
    );
  }
  if (mode === 'contrastive' && json['use_cache'] === false) {
    throw MlflowError.invalidParameter('Contrastive search requires `use_cache=True`');
  }
  if (isSet(json, 'prompt_lookup_num_tokens') && search === 'tokens') checkLookup(options, rows);
}

/** @throws MlflowError where transformers 4 does not look ahead with the way that the options ask for. */
export function checkLookupMode(json: JsonObject, search: Search, version: TransformersVersion): void {
  if (!isSet(json, 'prompt_lookup_num_tokens') || search === 'tokens' || !version.isBefore(5)) return;
  throw MlflowError.invalidParameter(
    "You've set `assistant_model`, which triggers assisted generate. Currently, assisted generate is only supported with " +
      'Greedy Search and Sample.',
  );
}

function checkLookup({ json, returnedSequences }: GenerationOptions, rows: number): void {
  if (returnedSequences > 1) {
    throw MlflowError.invalidParameter(
      `num_return_sequences has to be 1 when doing assisted generate, but is ${returnedSequences}.`,
    );
  }
  if (rows > 1) throw MlflowError.invalidParameter('assisted generate is only supported for batch_size = 1');
  if (json['use_cache'] === false) throw MlflowError.invalidParameter('assisted generate requires `use_cache=True`');
  if (numberOf(json, 'prompt_lookup_num_tokens', 1) <= 0)
    throw MlflowError.invalidParameter('Invalid max_matching_ngram_size or num_output_tokens');
}

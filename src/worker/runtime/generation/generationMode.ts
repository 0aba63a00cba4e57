import { MlflowError } from '../../../core/errors.js';
import type { JsonObject } from '../../../core/ports.js';
import type { TransformersVersion } from '../../../core/transformers/transformersVersion.js';
import { integer, numberOf, type GenerationOptions } from './generationOptions.js';

/**
 * How tokens are found: one after the other, by a beam search as it is since transformers 4.50, by one with lists of hypotheses
 * as before (and in groups), or by contrastive search.
 */
export type GenerationMode = 'tokens' | 'beams' | 'hypotheses' | 'contrastive';

/** What transformers calls the generation mode, where the ways part. */
export type Search =
  'tokens' | 'beams' | 'group beam search' | 'contrastive search' | 'constrained beam search' | 'dola generation';

/** Source: `GenerationConfig.get_generation_mode`. */
export function searchOf(json: JsonObject, beams: number, groups: number): Search {
  const isSet = (name: string): boolean => (json[name] ?? null) !== null;
  if (isSet('constraints') || isSet('force_words_ids')) return 'constrained beam search';
  if (beams > 1) return groups > 1 ? 'group beam search' : 'beams';
  const topK = json['top_k'] === null ? 0 : numberOf(json, 'top_k', 50);
  const isContrastive = json['do_sample'] !== true && topK > 1 && numberOf(json, 'penalty_alpha', 0) > 0;
  if (isContrastive) return 'contrastive search';
  return isSet('dola_layers') ? 'dola generation' : 'tokens';
}

export function modeOf(search: Search, version: TransformersVersion): GenerationMode {
  if (search === 'beams') return version.isBefore(4, 50) ? 'hypotheses' : 'beams';
  if (search === 'group beam search') return 'hypotheses';
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

/** What transformers 4 finds while it prepares the search. */
export function checkSearch(
  { mode, beams, groups, diversityPenalty, json }: GenerationOptions,
  version: TransformersVersion,
): void {
  if (diversityPenalty > 0 && version.isBefore(4, 57)) {
    if (beams < 2) throw MlflowError.invalidParameter('`num_beams` should be an integer strictly larger than 1.');
    if (groups < 2)
      throw MlflowError.invalidParameter('`num_beam_groups` should be an integer strictly larger than 1.');
  }
  if (mode === 'contrastive' && json['use_cache'] === false) {
    throw MlflowError.invalidParameter('Contrastive search requires `use_cache=True`');
  }
}

import type { GenerateResult } from '../model.js';
import { breathe, isEnd, padLeft, readPrompt, type GenerationTask } from './generate.js';
import type { GenerationOptions } from './generationOptions.js';
import { draw, largest, logProbability, logSoftmax, randomFrom, temperatureOf, type Random } from './sampling.js';

/** Stands for "not to be chosen", as in transformers. */
const excluded = -1e9;

interface Beam {
  ids: number[];
  /** Sum of log probabilities; of finished beams divided by the length penalty. */
  score: number;
  isFinished: boolean;
  /** Of each new token, where they are asked for. */
  logProbabilities: readonly number[];
}

interface Candidate extends Beam {
  parent: number;
  hitsStop: boolean;
}

/** The search over one prompt. */
class PromptSearch {
  running: Beam[];
  finished: Beam[];
  canImprove = true;
  allCandidatesStop = false;
  parents: number[] = [];

  constructor(
    prompt: readonly number[],
    readonly promptLength: number,
    readonly padding: number,
    readonly options: GenerationOptions,
  ) {
    const { beams } = options;
    this.running = Array.from({ length: beams }, (_, index) => ({
      ids: [...prompt],
      score: index === 0 ? 0 : excluded,
      isFinished: false,
      logProbabilities: [],
    }));
    this.finished = Array.from({ length: beams }, () => ({
      ids: [...prompt],
      score: excluded,
      isFinished: false,
      logProbabilities: [],
    }));
  }

  get isFull(): boolean {
    return this.options.earlyStopping === true && this.finished.every((beam) => beam.isFinished);
  }

  /**
   * Chooses the beams of the next step from the accumulated scores [beams * vocabulary].
   * @param probability where the tokens' own probabilities are asked for.
   */
  advance(
    accumulated: Float32Array,
    random: Random,
    stops: readonly (readonly number[])[],
    probability?: TokenProbability,
  ): void {
    const { options } = this;
    const kept = Math.max(2, 1 + options.eosIds.length) * options.beams;
    const vocabulary = accumulated.length / options.beams;
    const chosen = options.doSample ? drawSeveral(accumulated, kept, random) : largest(accumulated, kept);
    const candidates = chosen.map((index): Candidate => {
      const parent = Math.floor(index / vocabulary);
      const beam = this.running[parent] as Beam;
      const token = index % vocabulary;
      const ids = [...beam.ids, token];
      const logProbabilities = probability ? [...beam.logProbabilities, probability(parent, token)] : [];
      const hitsStop = ids.length >= options.maxLength || isEnd(ids, options, stops);
      return { ids, score: accumulated[index] as number, isFinished: false, parent, hitsStop, logProbabilities };
    });
    this.allCandidatesStop = candidates.every(({ hitsStop }) => hitsStop);
    this.#finish(candidates);
    this.#continue(candidates);
    this.#checkImprovement();
  }

  #finish(candidates: readonly Candidate[]): void {
    const { beams, lengthPenalty } = this.options;
    const { isFull } = this;
    const additions = candidates.map(({ ids, score, hitsStop, logProbabilities }, index): Beam => {
      const isFinished = hitsStop && index < beams;
      const penalized = score / (ids.length - this.promptLength) ** lengthPenalty;
      const exclusions = [isFull, !this.canImprove, !isFinished].filter(Boolean).length;
      return { ids, score: penalized + exclusions * excluded, isFinished, logProbabilities };
    });
    const merged = [...this.finished, ...additions];
    const order = largest(
      Float32Array.from(merged, ({ score }) => score),
      beams,
    );
    this.finished = order.map((index) => merged[index] as Beam);
  }

  #continue(candidates: readonly Candidate[]): void {
    const scores = Float32Array.from(candidates, ({ score, hitsStop }) => score + (hitsStop ? excluded : 0));
    const order = largest(scores, this.options.beams);
    this.parents = order.map((index) => (candidates[index] as Candidate).parent);
    this.running = order.map((index) => ({
      ids: (candidates[index] as Candidate).ids,
      score: scores[index] as number,
      isFinished: false,
      logProbabilities: (candidates[index] as Candidate).logProbabilities,
    }));
  }

  #checkImprovement(): void {
    const { earlyStopping, lengthPenalty, maxLength } = this.options;
    const best = this.running[0] as Beam;
    const length =
      earlyStopping === 'never' && lengthPenalty > 0
        ? maxLength - this.promptLength
        : best.ids.length - this.promptLength;
    const bestPossible = best.score / length ** lengthPenalty;
    const worst = Math.min(...this.finished.map(({ score }) => score));
    this.canImprove &&= this.finished.some((beam) => bestPossible > (beam.isFinished ? worst : excluded));
  }

  /** The returned beams without padding; of a search that was cut short, what it has. */
  results(): Beam[] {
    const beams = this.finished.some(({ isFinished }) => isFinished) ? this.finished : this.running;
    return beams
      .slice(0, this.options.returnedSequences)
      .map((beam) => ({ ...beam, ids: beam.ids.slice(this.padding) }));
  }
}

/** Beam search as transformers does it since 4.50. Source: `GenerationMixin._beam_search`. */
export async function searchBeams(task: GenerationTask): Promise<GenerateResult> {
  const { options, run, processors, signal, stopSequences } = task;
  const { beams } = options;
  const { rows, padding } = padLeft(task.prompts, options.padId);
  const length = rows[0]?.length ?? 0;
  const searches = rows.map((row, index) => new PromptSearch(row, length, padding[index] ?? 0, options));
  const random = randomFrom(options.seed);
  const deadlineMs = options.maxTimeMs === null ? Infinity : performance.now() + options.maxTimeMs;
  const rowCount = searches.length * beams;
  let logits = await readPrompt(task, beams);
  for (;;) {
    if (signal?.aborted) return resultOf(task, searches, 'cancelled');
    const vocabulary = logits.length / rowCount;
    for (const [index, search] of searches.entries()) {
      const part = logits.subarray(index * beams * vocabulary, (index + 1) * beams * vocabulary);
      for (const [beamIndex, beam] of search.running.entries()) {
        const scores = part.subarray(beamIndex * vocabulary, (beamIndex + 1) * vocabulary);
        logSoftmax(scores);
        const row = index * beams + beamIndex;
        const place = { padding: search.padding, row, rows: rowCount, runRow: row };
        for (const process of processors) process(beam.ids, scores, place);
        for (let id = 0; id < vocabulary; id++) scores[id] = (scores[id] as number) + beam.score;
      }
      search.advance(part, random, stopSequences, probabilityOf(task, part, vocabulary));
    }
    if (!searches.some((search) => search.canImprove)) break;
    if (searches.every((search) => search.isFull)) break;
    if (searches.every((search) => search.allCandidatesStop) || performance.now() > deadlineMs) break;
    run.reorder(searches.flatMap((search, index) => search.parents.map((parent) => index * beams + parent)));
    await breathe();
    logits = await run.step(searches.flatMap((search) => search.running.map(({ ids }) => ids.at(-1) as number)));
  }
  return resultOf(task, searches);
}

function resultOf(task: GenerationTask, searches: readonly PromptSearch[], reason?: 'cancelled'): GenerateResult {
  const results = searches.flatMap((search) => search.results());
  const sequences = results.map(({ ids }) => ids);
  const endsByToken = sequences.every((sequence) => isEnd(sequence, task.options, task.stopSequences));
  const finishReason = reason ?? (endsByToken ? 'stop' : 'length');
  if (!task.wantsLogProbabilities) return { sequences, finishReason };
  return { sequences, finishReason, logProbabilities: results.map(({ logProbabilities }) => [...logProbabilities]) };
}

/** The logarithm of a token's own probability after a beam. */
export type TokenProbability = (beam: number, token: number) => number;

/** Of the tokens after each beam, whose scores these are; undefined where nobody asks. */
export function probabilityOf(
  task: GenerationTask,
  scores: Float32Array,
  vocabulary: number,
): TokenProbability | undefined {
  if (!task.wantsLogProbabilities) return undefined;
  const temperature = temperatureOf(task.options);
  return (beam, token) =>
    logProbability(scores.subarray(beam * vocabulary, (beam + 1) * vocabulary), token, temperature);
}

/** Draws several different indices by the softmax of their scores. */
export function drawSeveral(scores: Float32Array, count: number, random: Random): number[] {
  let max = -Infinity;
  for (const score of scores) if (score > max) max = score;
  const weights = Float64Array.from(scores, (score) => Math.exp(score - max));
  return Array.from({ length: count }, () => {
    const index = draw(weights, random);
    weights[index] = 0;
    return index;
  });
}

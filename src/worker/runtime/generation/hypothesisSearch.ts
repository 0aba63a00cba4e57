import type { GenerateResult } from '../model.js';
import { BeamHypotheses, type Hypothesis } from './beamHypotheses.js';
import { drawSeveral, logSoftmax, probabilityOf, type TokenProbability } from './beamSearch.js';
import { breathe, isEnd, padLeft, readPrompt, type GenerationTask } from './generate.js';
import type { GenerationOptions } from './generationOptions.js';
import { largest, randomFrom, type Random } from './sampling.js';

/** The score of beams that stand for nothing yet. */
const excluded = -1e9;

interface Beam {
  ids: number[];
  score: number;
  logProbabilities: readonly number[];
}

/** The search of one group of beams over one prompt. */
class GroupSearch {
  running: Beam[];
  /** Which beam of the group each running one continues. */
  parents: number[];
  isDone = false;
  readonly #hypotheses: BeamHypotheses;

  constructor(
    prompt: readonly number[],
    private readonly size: number,
    private readonly promptLength: number,
    private readonly options: GenerationOptions,
  ) {
    this.parents = Array.from({ length: size }, (_, index) => index);
    this.running = this.parents.map((index) => ({
      ids: [...prompt],
      score: index === 0 ? 0 : excluded,
      logProbabilities: [],
    }));
    this.#hypotheses = new BeamHypotheses(size, options);
  }

  /** The tokens that the beams chose last. */
  get tokens(): number[] {
    return this.running.map(({ ids }) => ids.at(-1) as number);
  }

  /** Chooses the beams of the next step from the accumulated scores [beams * vocabulary]. */
  advance(accumulated: Float32Array, random: Random, probability: TokenProbability | undefined): void {
    const { options, size } = this;
    const kept = Math.max(2, 1 + options.eosIds.length) * size;
    const vocabulary = accumulated.length / size;
    const chosen = options.doSample ? drawSeveral(accumulated, kept, random) : largest(accumulated, kept);
    if (options.doSample) chosen.sort((a, b) => (accumulated[b] as number) - (accumulated[a] as number));
    const next: Beam[] = [];
    const parents: number[] = [];
    for (const [rank, index] of chosen.entries()) {
      const parent = Math.floor(index / vocabulary);
      const token = index % vocabulary;
      const beam = this.running[parent] as Beam;
      const score = accumulated[index] as number;
      const logProbabilities = probability ? [...beam.logProbabilities, probability(parent, token)] : [];
      if (!options.eosIds.includes(token)) {
        next.push({ ids: [...beam.ids, token], score, logProbabilities });
        parents.push(parent);
      } else if (rank < size) {
        this.#hypotheses.add(beam.ids, score, beam.ids.length + 1 - this.promptLength, logProbabilities);
      }
      if (next.length === size) break;
    }
    this.running = next;
    this.parents = parents;
    const length = (next[0]?.ids.length ?? 0) - this.promptLength;
    const best = accumulated[chosen[0] as number] as number;
    this.isDone = this.#hypotheses.isDone(best, length, options.maxLength - this.promptLength);
  }

  /** A group that is done waits for the others. */
  wait(): void {
    this.parents = this.running.map((_, index) => index);
    for (const beam of this.running) {
      beam.ids = [...beam.ids, this.options.padId];
      beam.score = 0;
    }
  }

  /** What the group found; a group that is not done has its running beams count as well. */
  hypotheses(): readonly Hypothesis[] {
    if (!this.isDone) {
      for (const { ids, score, logProbabilities } of this.running) {
        this.#hypotheses.add(ids, score, Math.max(ids.length - this.promptLength, 1), logProbabilities);
      }
    }
    return this.#hypotheses.kept;
  }
}

/**
 * Beam search with lists of hypotheses, as transformers before 4.50 does it, and in groups as all do that have groups.
 * Source: `_beam_search`, `_group_beam_search` and BeamSearchScorer.
 */
export async function searchHypotheses(task: GenerationTask): Promise<GenerateResult> {
  const { options, run, signal, stopSequences } = task;
  const { beams, groups } = options;
  const size = beams / groups;
  const { rows, padding } = padLeft(task.prompts, options.padId);
  const promptLength = rows[0]?.length ?? 0;
  const searches = rows.map((row) =>
    Array.from({ length: groups }, () => new GroupSearch(row, size, promptLength, options)),
  );
  const all = searches.flat();
  const random = randomFrom(options.seed);
  const deadlineMs = options.maxTimeMs === null ? Infinity : performance.now() + options.maxTimeMs;
  const isOver = (ids: readonly number[]): boolean =>
    ids.length >= options.maxLength || isEnd(ids, options, stopSequences);
  let logits = await readPrompt(task, beams);
  let isCancelled = false;
  for (;;) {
    isCancelled = signal?.aborted === true;
    if (isCancelled) break;
    const width = logits.length / all.length;
    for (const [index, group] of all.entries()) {
      const part = logits.subarray(index * width, (index + 1) * width);
      if (index % groups === 0) task.diversity?.begin();
      if (group.isDone) group.wait();
      else step(task, group, part, padding[Math.floor(index / groups)] ?? 0, random);
      task.diversity?.add(group.tokens);
    }
    if (all.every(({ isDone }) => isDone) || performance.now() > deadlineMs) break;
    if (all.every(({ running }) => running.every(({ ids }) => isOver(ids)))) break;
    run.reorder(all.flatMap(({ parents }, index) => parents.map((parent) => index * size + parent)));
    await breathe();
    logits = await run.step(all.flatMap(({ tokens }) => tokens));
  }
  return resultOf(task, searches, padding, isCancelled);
}

function step(task: GenerationTask, group: GroupSearch, logits: Float32Array, padding: number, random: Random): void {
  const vocabulary = logits.length / group.running.length;
  for (const [index, { ids, score }] of group.running.entries()) {
    const scores = logits.subarray(index * vocabulary, (index + 1) * vocabulary);
    logSoftmax(scores);
    for (const process of task.processors) process(ids, scores, padding);
    for (let id = 0; id < vocabulary; id++) scores[id] = (scores[id] as number) + score;
  }
  group.advance(logits, random, probabilityOf(task, logits, vocabulary));
}

function resultOf(
  task: GenerationTask,
  searches: readonly (readonly GroupSearch[])[],
  padding: readonly number[],
  isCancelled: boolean,
): GenerateResult {
  const { returnedSequences, maxLength, eosIds } = task.options;
  const best = searches.flatMap((groups, index) => {
    const sorted = groups.flatMap((group) => group.hypotheses()).sort((a, b) => a.score - b.score);
    return sorted
      .slice(-returnedSequences)
      .reverse()
      .map((hypothesis) => ({ ...hypothesis, padding: padding[index] ?? 0 }));
  });
  const longest = Math.min(Math.max(...best.map(({ ids }) => ids.length)) + 1, maxLength);
  // Whatever token ended it, Python writes the first of the end tokens.
  const [end] = eosIds;
  const sequences = best.map((hypothesis) => {
    const ids = hypothesis.ids.slice(hypothesis.padding);
    return end !== undefined && hypothesis.ids.length < longest && !isCancelled ? [...ids, end] : ids;
  });
  const endsByToken = sequences.every((sequence) => isEnd(sequence, task.options, task.stopSequences));
  const finishReason = isCancelled ? 'cancelled' : endsByToken ? 'stop' : 'length';
  if (!task.wantsLogProbabilities) return { sequences, finishReason };
  return { sequences, finishReason, logProbabilities: best.map(({ logProbabilities }) => [...logProbabilities]) };
}

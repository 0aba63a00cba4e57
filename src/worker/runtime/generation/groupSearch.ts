import { BeamHypotheses, type Hypothesis } from './beamHypotheses.js';
import { drawSeveral, type TokenProbability } from './beamSearch.js';
import type { GenerationOptions } from './generationOptions.js';
import { largest, type Random } from './sampling.js';

/** The score of beams that stand for nothing yet. */
const excluded = -1e9;

export interface Beam {
  ids: number[];
  score: number;
  logProbabilities: readonly number[];
}

/** The search of one group of beams over one prompt. */
export class GroupSearch {
  running: Beam[];
  /** Which beam of the group each running one continues. */
  parents: number[];
  isDone = false;
  protected readonly found: BeamHypotheses;

  constructor(
    prompt: readonly number[],
    protected readonly size: number,
    protected readonly promptLength: number,
    protected readonly options: GenerationOptions,
  ) {
    this.parents = Array.from({ length: size }, (_, index) => index);
    this.running = this.parents.map((index) => ({
      ids: [...prompt],
      score: index === 0 ? 0 : excluded,
      logProbabilities: [],
    }));
    this.found = new BeamHypotheses(size, options);
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
      } else if (rank < size && this.mayEnd(beam)) {
        this.found.add(beam.ids, score, beam.ids.length + 1 - this.promptLength, logProbabilities);
      }
      if (next.length === size) break;
    }
    this.continueWith(next, parents, accumulated, probability);
    const length = (next[0]?.ids.length ?? 0) - this.promptLength;
    const best = accumulated[chosen[0] as number] as number;
    this.isDone = this.found.isDone(best, length, options.maxLength - this.promptLength);
  }

  /** Whether a beam may end here. */
  protected mayEnd(_beam: Beam): boolean {
    return true;
  }

  /** Goes on with the beams that were chosen from the scores. */
  protected continueWith(
    next: Beam[],
    parents: number[],
    _accumulated: Float32Array,
    _probability: TokenProbability | undefined,
  ): void {
    this.running = next;
    this.parents = parents;
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
    if (!this.isDone) this.keepRunning(this.running);
    return this.found.kept;
  }

  protected keepRunning(beams: readonly Beam[]): void {
    for (const { ids, score, logProbabilities } of beams)
      this.found.add(ids, score, Math.max(ids.length - this.promptLength, 1), logProbabilities);
  }
}

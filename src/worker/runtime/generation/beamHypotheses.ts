import type { GenerationOptions } from './generationOptions.js';

/** A finished sequence of a beam search: its tokens without the one that ended it. */
export interface Hypothesis {
  ids: readonly number[];
  /** The sum of log probabilities, divided by the length penalty. */
  score: number;
  /** Of each new token, where they are asked for. */
  logProbabilities: readonly number[];
}

type Settings = Pick<GenerationOptions, 'earlyStopping' | 'lengthPenalty'>;

/** The best finished sequences of one beam search. Source: transformers' BeamHypotheses. */
export class BeamHypotheses {
  readonly kept: Hypothesis[] = [];
  #worstScore = 1e9;

  constructor(
    private readonly capacity: number,
    private readonly settings: Settings,
  ) {}

  /** @param length new tokens, the one that ended it included. */
  add(ids: readonly number[], sum: number, length: number, logProbabilities: readonly number[]): void {
    const score = sum / length ** this.settings.lengthPenalty;
    if (this.kept.length >= this.capacity && !(score > this.#worstScore)) return;
    this.kept.push({ ids, score, logProbabilities });
    if (this.kept.length <= this.capacity) {
      this.#worstScore = Math.min(score, this.#worstScore);
      return;
    }
    const scores = this.kept.map((hypothesis) => hypothesis.score);
    this.kept.splice(scores.indexOf(Math.min(...scores)), 1);
    this.#worstScore = Math.min(...this.kept.map((hypothesis) => hypothesis.score));
  }

  /**
   * Whether nothing that still runs can become better than what is kept.
   * @param bestSum of what runs. @param length of it, and `longest` the most that it can become; both without the prompt.
   */
  isDone(bestSum: number, length: number, longest: number): boolean {
    if (this.kept.length < this.capacity) return false;
    const { earlyStopping, lengthPenalty } = this.settings;
    if (earlyStopping === true) return true;
    const bestLength = earlyStopping === 'never' && lengthPenalty > 0 ? longest : length;
    return this.#worstScore >= bestSum / bestLength ** lengthPenalty;
  }
}

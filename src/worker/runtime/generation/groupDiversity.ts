import type { LogitsProcessor } from './logitsProcessors.js';

/**
 * Keeps the groups of a beam search apart: a token loses score for each time that an earlier group of the same prompt has
 * just chosen it. Source: transformers' HammingDiversityLogitsProcessor.
 */
export class GroupDiversity {
  #chosen: number[] = [];

  constructor(private readonly penalty: number) {}

  /** The first group of a prompt is next. */
  begin(): void {
    this.#chosen = [];
  }

  /** What a group has chosen, one token a beam. */
  add(tokens: readonly number[]): void {
    this.#chosen.push(...tokens);
  }

  readonly process: LogitsProcessor = (_ids, scores) => {
    for (const token of this.#chosen) scores[token] = (scores[token] as number) - this.penalty;
  };
}

import { MlflowError } from '../../../core/errors.js';
import type { DecoderRun, TokenRun } from '../decoderRun.js';
import type { LogitsProcessor } from './logitsProcessors.js';
import { logSoftmax } from './sampling.js';

export interface Guidance {
  scale: number;
  /** What the answer shall keep away from, one row a row of the run; otherwise the last token of each prompt. */
  negativePrompts: readonly (readonly number[])[] | null;
  /** Groups of beams, and beams in each. */
  groups: number;
  groupSize: number;
  /** Whether rows that continue others do so without a prompt too. With beams they don't, as in transformers. */
  isReordered: boolean;
}

/**
 * Classifier-free guidance: beside the run over the prompts a second one goes on without them, and tokens gain what the prompt
 * makes of them. Source: transformers' UnbatchedClassifierFreeGuidanceLogitsProcessor.
 */
export class GuidedRun implements TokenRun {
  #logits = new Float32Array();
  #vocabulary = 0;

  constructor(
    private readonly conditional: DecoderRun,
    private readonly unconditional: DecoderRun,
    private readonly guidance: Guidance,
  ) {}

  get givesHiddenStates(): boolean {
    return this.conditional.givesHiddenStates;
  }

  get hiddenStates(): readonly (readonly Float32Array[])[] {
    return this.conditional.hiddenStates;
  }

  async prompt(prompts: readonly (readonly number[])[], copies: number): Promise<Float32Array> {
    const logits = await this.conditional.prompt(prompts, copies);
    const tokens = prompts.flatMap((prompt) => Array.from({ length: copies }, () => prompt.at(-1) as number));
    this.#vocabulary = logits.length / tokens.length;
    await this.#follow(tokens, true);
    return logits;
  }

  async step(tokens: readonly number[]): Promise<Float32Array> {
    const logits = await this.conditional.step(tokens);
    await this.#follow(tokens, false);
    return logits;
  }

  reorder(parents: readonly number[]): void {
    this.conditional.reorder(parents);
    if (!this.guidance.isReordered) return;
    this.unconditional.reorder(parents);
    const logits = this.#logits;
    this.#logits = new Float32Array(logits.length);
    for (const [row, parent] of parents.entries())
      this.#logits.set(this.#rowOf(logits, parent), row * this.#vocabulary);
  }

  readonly process: LogitsProcessor = (_ids, scores, { runRow }) => {
    const { scale } = this.guidance;
    const other = this.#rowOf(this.#logits, runRow);
    logSoftmax(scores);
    for (let id = 0; id < scores.length; id++) {
      const base = other[id] as number;
      scores[id] = scale * ((scores[id] as number) - base) + base;
    }
  };

  /** The second run goes on with the tokens of each group of beams, one group after the other, as in transformers. */
  async #follow(tokens: readonly number[], isFirst: boolean): Promise<void> {
    const { groups, groupSize } = this.guidance;
    const logits = new Float32Array(tokens.length * this.#vocabulary);
    for (let group = 0; group < groups; group++) {
      const rows = [...tokens.keys()].filter((row) => Math.floor(row / groupSize) % groups === group);
      const own = rows.map((row) => tokens[row] as number);
      const answer = await (isFirst && group === 0 ? this.#begin(own) : this.unconditional.step(own));
      for (const [index, row] of rows.entries()) {
        const scores = this.#rowOf(answer, index).slice();
        logSoftmax(scores);
        logits.set(scores, row * this.#vocabulary);
      }
    }
    this.#logits = logits;
  }

  #begin(tokens: readonly number[]): Promise<Float32Array> {
    const { negativePrompts } = this.guidance;
    if (negativePrompts && negativePrompts.length !== tokens.length) {
      throw MlflowError.invalidParameter(
        `${tokens.length} sequences need as many negative prompts, but there are ${negativePrompts.length}.`,
      );
    }
    return this.unconditional.prompt(negativePrompts ?? tokens.map((token) => [token]), 1);
  }

  #rowOf(logits: Float32Array, row: number): Float32Array {
    return logits.subarray(row * this.#vocabulary, (row + 1) * this.#vocabulary);
  }
}

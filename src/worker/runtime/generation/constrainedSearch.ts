import { MlflowError } from '../../../core/errors.js';
import type { Hypothesis } from './beamHypotheses.js';
import type { TokenProbability } from './beamSearch.js';
import type { ForcedWord } from './forcedWords.js';
import type { GenerationOptions } from './generationOptions.js';
import { GroupSearch, type Beam } from './groupSearch.js';
import { WordProgress } from './wordProgress.js';

/** What a token of a forced word outweighs: any score. Source: ConstrainedBeamSearchScorer. */
const bankWeight = 100;

interface Candidate {
  beam: Beam;
  parent: number;
  progress: WordProgress;
}

/** A beam search that ends only with all forced words. Source: transformers' ConstrainedBeamSearchScorer. */
export class ConstrainedSearch extends GroupSearch {
  constructor(
    prompt: readonly number[],
    size: number,
    promptLength: number,
    options: GenerationOptions,
    private readonly words: readonly ForcedWord[],
  ) {
    super(prompt, size, promptLength, options);
  }

  protected override mayEnd(beam: Beam): boolean {
    return this.hasAllWords(beam);
  }

  /** Beside the most probable beams come those that go on with a word; each stage of progress has its turn. */
  protected override continueWith(
    next: Beam[],
    parents: number[],
    accumulated: Float32Array,
    probability: TokenProbability | undefined,
  ): void {
    const candidates = next.map((beam, index): Candidate => {
      return { beam, parent: parents[index] as number, progress: WordProgress.of(this.words, beam.ids) };
    });
    const forced = this.forcedCandidates(next, accumulated, probability);
    const chosen = forced.length === 0 ? candidates : this.inTurns([...candidates, ...forced]);
    super.continueWith(
      chosen.map(({ beam }) => beam),
      chosen.map(({ parent }) => parent),
      accumulated,
      probability,
    );
  }

  private forcedCandidates(
    next: readonly Beam[],
    accumulated: Float32Array,
    probability: TokenProbability | undefined,
  ): Candidate[] {
    const vocabulary = accumulated.length / this.size;
    const known = new Set(next.map(({ ids }) => ids.join()));
    const candidates: Candidate[] = [];
    for (const [parent, beam] of this.running.entries()) {
      const before = WordProgress.of(this.words, beam.ids);
      if (before.isComplete) continue;
      for (const token of before.nextTokens()) {
        if (token >= vocabulary) {
          throw MlflowError.invalidParameter(
            `out of range: tried to access index ${token} on a tensor of ${vocabulary} elements.`,
          );
        }
        const progress = before.with(token);
        const ids = [...beam.ids, token];
        if (known.has(ids.join())) continue;
        known.add(ids.join());
        const logProbabilities = probability ? [...beam.logProbabilities, probability(parent, token)] : [];
        const score = accumulated[parent * vocabulary + token] as number;
        candidates.push({ beam: { ids, score, logProbabilities }, parent, progress });
      }
    }
    return candidates;
  }

  /** The best of each stage of progress, the farthest stage first; then the second best of each, and so on. */
  private inTurns(candidates: readonly Candidate[]): Candidate[] {
    const ranked = candidates
      .map((candidate) => {
        const { bank } = candidate.progress;
        return { candidate, bank, rank: Math.fround(bank * bankWeight + candidate.beam.score) };
      })
      .sort((a, b) => b.rank - a.rank);
    let turn = -1;
    let stage = ranked[0]?.bank;
    const turns = ranked.map(({ candidate, bank }) => {
      turn = bank === stage ? turn + 1 : 0;
      stage = bank;
      return { candidate, turn };
    });
    return turns
      .sort((a, b) => a.turn - b.turn)
      .slice(0, this.size)
      .map(({ candidate }) => candidate);
  }

  /** Running beams count where they have all words; the others only where those are too few. */
  override hypotheses(): readonly Hypothesis[] {
    if (!this.isDone) {
      const complete = this.running.filter((beam) => this.hasAllWords(beam));
      this.keepRunning(complete);
      if (complete.length < this.options.returnedSequences)
        this.keepRunning(this.running.filter((beam) => !complete.includes(beam)));
    }
    return this.found.kept;
  }

  private hasAllWords({ ids }: Beam): boolean {
    return WordProgress.of(this.words, ids).isComplete;
  }
}

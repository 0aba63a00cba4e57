import { MlflowError } from '../../../core/errors.js';
import type { GenerateResult } from '../model.js';
import { breathe, isEnd, readPrompt, type GenerationTask } from './generate.js';
import type { RowPlace } from './logitsProcessors.js';
import { largest, softmax } from './sampling.js';

/** One prompt's search. */
interface Search {
  ids: number[];
  /** Unit vectors of the tokens so far. */
  context: Float32Array[];
  /** Scores of the next token. */
  logits: Float32Array;
  end: number | null;
}

/**
 * Contrastive search: of the most probable tokens the one whose hidden state is least like those before it.
 * Source: `GenerationMixin._contrastive_search` and `_ranking_fast`.
 * @throws MlflowError NOT_IMPLEMENTED where the session gives no hidden states.
 */
export async function searchContrastively(task: GenerationTask): Promise<GenerateResult> {
  const { options, run, signal } = task;
  const { candidates } = options;
  if (!run.givesHiddenStates) {
    throw new MlflowError(
      "The generation option `penalty_alpha` needs the decoder's hidden states, which this ONNX export does not give. " +
        'Leave it out, or use the python engine.',
      'NOT_IMPLEMENTED',
      { details: { option: 'penalty_alpha' } },
    );
  }
  const deadlineMs = options.maxTimeMs === null ? Infinity : performance.now() + options.maxTimeMs;
  const first = await readPrompt(task, candidates);
  const vocabulary = first.length / (task.prompts.length * candidates);
  if (candidates > vocabulary) throw MlflowError.invalidParameter('selected index k out of range');
  const searches = task.prompts.map((prompt, index): Search => {
    const row = index * candidates;
    return {
      ids: [...prompt],
      context: run.hiddenStates[row]!.map(unit),
      logits: first.subarray(row * vocabulary, (row + 1) * vocabulary),
      end: null,
    };
  });
  let finishReason: GenerateResult['finishReason'] = 'stop';
  for (;;) {
    if (signal?.aborted) {
      finishReason = 'cancelled';
      break;
    }
    const choices = searches.map((search, row) =>
      choose(task, search, { padding: 0, row, rows: searches.length, runRow: row * candidates }),
    );
    const logits = await run.step(choices.flatMap(({ tokens }) => tokens));
    const parents: number[] = [];
    for (const [index, search] of searches.entries()) {
      const { tokens, probabilities } = choices[index]!;
      const row = index * candidates;
      const states = tokens.map((_, candidate) => unit(run.hiddenStates[row + candidate]!.at(-1)!));
      const selected = bestCandidate(search.context, states, probabilities, options.penaltyAlpha);
      search.context.push(states[selected]!);
      search.logits = logits.subarray((row + selected) * vocabulary, (row + selected + 1) * vocabulary);
      parents.push(...tokens.map(() => row + selected));
      append(task, search, index, tokens[selected]!);
    }
    if (searches.every(({ end }) => end !== null)) break;
    if (searches.some(({ ids }) => ids.length >= options.maxLength) || performance.now() > deadlineMs) {
      finishReason = 'length';
      break;
    }
    run.reorder(parents);
    await breathe();
  }
  return { sequences: searches.map(({ ids, end }) => ids.slice(0, end ?? ids.length)), finishReason };
}

function choose(task: GenerationTask, search: Search, place: RowPlace): { tokens: number[]; probabilities: number[] } {
  const scores = search.logits.slice();
  for (const process of task.processors) process(search.ids, scores, place);
  const probabilities = softmax(scores);
  const tokens = largest(probabilities, task.options.candidates);
  return { tokens, probabilities: tokens.map((token) => probabilities[token] as number) };
}

function append(task: GenerationTask, search: Search, index: number, token: number): void {
  if (search.end !== null) {
    search.ids.push(task.options.padId);
    return;
  }
  search.ids.push(token);
  task.onToken?.(index, token);
  if (isEnd(search.ids, task.options, task.stopSequences)) search.end = search.ids.length;
}

/** The candidate that is probable, and unlike every token before it. */
function bestCandidate(
  context: readonly Float32Array[],
  states: readonly Float32Array[],
  probabilities: readonly number[],
  alpha: number,
): number {
  const scores = states.map((state, candidate) => {
    const likeness = context.reduce((most, other) => Math.max(most, product(other, state)), -Infinity);
    return (1 - alpha) * probabilities[candidate]! - alpha * likeness;
  });
  return scores.indexOf(Math.max(...scores));
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(product(vector, vector));
  return vector.map((value) => value / length);
}

import type { GenerateResult } from '../model.js';
import { probabilityOf } from './beamSearch.js';
import { ConstrainedSearch } from './constrainedSearch.js';
import { breathe, isEnd, padLeft, readPrompt, type GenerationTask } from './generate.js';
import { GroupSearch } from './groupSearch.js';
import type { RowPlace } from './logitsProcessors.js';
import { logSoftmax, randomFrom, type Random } from './sampling.js';

/**
 * Beam search with lists of hypotheses, as transformers before 4.50 does it, and in groups or with forced
 * words as all do that have them.
 * Source: `_beam_search`, `_group_beam_search`, `_constrained_beam_search` and their scorers.
 */
export async function searchHypotheses(task: GenerationTask): Promise<GenerateResult> {
  const { options, run, signal, stopSequences } = task;
  const { beams, groups } = options;
  const size = beams / groups;
  const { rows, padding } = padLeft(task.prompts, options.padId);
  const promptLength = rows[0]?.length ?? 0;
  const searches = rows.map((row) =>
    Array.from({ length: groups }, () =>
      options.words
        ? new ConstrainedSearch(row, size, promptLength, options, options.words)
        : new GroupSearch(row, size, promptLength, options),
    ),
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
      else {
        const prompt = Math.floor(index / groups);
        const place = { padding: padding[prompt] ?? 0, row: prompt * size, rows: rows.length * size };
        step(task, group, part, { ...place, runRow: index * size }, random);
      }
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

function step(task: GenerationTask, group: GroupSearch, logits: Float32Array, first: RowPlace, random: Random): void {
  const vocabulary = logits.length / group.running.length;
  for (const [index, { ids, score }] of group.running.entries()) {
    const scores = logits.subarray(index * vocabulary, (index + 1) * vocabulary);
    logSoftmax(scores);
    const place = { ...first, row: first.row + index, runRow: first.runRow + index };
    for (const process of task.processors) process(ids, scores, place);
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

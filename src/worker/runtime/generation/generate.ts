import type { GenerateResult } from '../model.js';
import type { TokenRun } from '../decoderRun.js';
import { searchBeams } from './beamSearch.js';
import { searchContrastively } from './contrastiveSearch.js';
import type { GenerationOptions } from './generationOptions.js';
import type { GroupDiversity } from './groupDiversity.js';
import { searchHypotheses } from './hypothesisSearch.js';
import type { LogitsProcessor } from './logitsProcessors.js';
import { argmax, draw, logProbability, randomFrom, softmax, temperatureOf } from './sampling.js';

export interface GenerationTask {
  run: TokenRun;
  /** One row a prompt, not padded. */
  prompts: readonly (readonly number[])[];
  options: GenerationOptions;
  processors: readonly LogitsProcessor[];
  /** Where groups of beams are kept apart. */
  diversity: GroupDiversity | undefined;
  stopSequences: readonly (readonly number[])[];
  /** Whether the answer tells how probable each token was. */
  wantsLogProbabilities: boolean;
  signal: AbortSignal | undefined;
  onPrompt: ((promptTokens: number, durationMs: number) => void) | undefined;
  onToken: ((sequence: number, tokenId: number) => void) | undefined;
}

/** Generates from prompts. A cancelled generation resolves with what it has. */
export function generateTokens(task: GenerationTask): Promise<GenerateResult> {
  switch (task.options.mode) {
    case 'beams':
      return searchBeams(task);
    case 'hypotheses':
      return searchHypotheses(task);
    case 'contrastive':
      return searchContrastively(task);
    case 'tokens':
      return sampleOrFollow(task);
  }
}

/** Rows of equal length, padded on the left. */
export function padLeft(rows: readonly (readonly number[])[], padId: number): { rows: number[][]; padding: number[] } {
  const length = rows.reduce((longest, row) => Math.max(longest, row.length), 0);
  const padding = rows.map((row) => length - row.length);
  return { rows: rows.map((row, index) => [...Array<number>(padding[index] ?? 0).fill(padId), ...row]), padding };
}

/** Lets messages in, such as a cancel, between two tokens. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function readPrompt(task: GenerationTask, copies: number): Promise<Float32Array> {
  const startMs = performance.now();
  const logits = await task.run.prompt(task.prompts, copies);
  const promptTokens = task.prompts.reduce((sum, prompt) => sum + prompt.length, 0);
  task.onPrompt?.(promptTokens, performance.now() - startMs);
  return logits;
}

/** Greedy decoding and sampling, several sequences a prompt included. */
async function sampleOrFollow(task: GenerationTask): Promise<GenerateResult> {
  const { options, run, processors, signal } = task;
  const expanded = task.prompts.flatMap((prompt) => Array.from({ length: options.returnedSequences }, () => prompt));
  const { rows, padding } = padLeft(expanded, options.padId);
  const random = randomFrom(options.seed);
  const ends: (number | null)[] = rows.map(() => null);
  const logProbabilities: number[][] = rows.map(() => []);
  const deadlineMs = options.maxTimeMs === null ? Infinity : performance.now() + options.maxTimeMs;
  if (looksNoFurther(task)) return { sequences: task.prompts.map((prompt) => [...prompt]), finishReason: 'stop' };
  let finishReason: GenerateResult['finishReason'] = 'stop';
  let logits = await readPrompt(task, options.returnedSequences);
  for (;;) {
    if (signal?.aborted) {
      finishReason = 'cancelled';
      break;
    }
    const vocabulary = logits.length / rows.length;
    const tokens = rows.map((row, index) => {
      if (ends[index] !== null) return options.padId;
      const scores = logits.subarray(index * vocabulary, (index + 1) * vocabulary);
      for (const process of processors) {
        process(row, scores, { padding: padding[index] ?? 0, row: index, rows: rows.length, runRow: index });
      }
      const token = options.doSample ? draw(softmax(scores), random) : argmax(scores);
      if (task.wantsLogProbabilities) {
        logProbabilities[index]?.push(logProbability(scores, token, temperatureOf(options)));
      }
      return token;
    });
    for (const [index, token] of tokens.entries()) {
      const row = rows[index] as number[];
      row.push(token);
      if (ends[index] !== null) continue;
      task.onToken?.(index, token);
      if (isEnd(row, options, task.stopSequences)) ends[index] = row.length;
    }
    if (ends.every((end) => end !== null)) break;
    if ((rows[0]?.length ?? 0) >= options.maxLength || performance.now() > deadlineMs) {
      finishReason = 'length';
      break;
    }
    await breathe();
    if (!signal?.aborted) logits = await run.step(tokens);
  }
  const sequences = rows.map((row, index) => row.slice(padding[index] ?? 0, ends[index] ?? row.length));
  return { sequences, finishReason, ...(task.wantsLogProbabilities ? { logProbabilities } : {}) };
}

/** With `prompt_lookup_num_tokens`, transformers 4 takes an end token before the first new one for the end of the answer. */
function looksNoFurther({ options, prompts, stopSequences }: GenerationTask): boolean {
  const { json, transformersMajor } = options;
  if (transformersMajor !== 4 || (json['prompt_lookup_num_tokens'] ?? null) === null) return false;
  return prompts.every((prompt) => isEnd(prompt, options, stopSequences));
}

export function isEnd(
  row: readonly number[],
  options: GenerationOptions,
  stopSequences: readonly (readonly number[])[],
): boolean {
  if (options.eosIds.includes(row.at(-1) as number)) return true;
  return stopSequences.some(
    (stop) =>
      stop.length > 0 && stop.length <= row.length && stop.every((id, i) => row[row.length - stop.length + i] === id),
  );
}

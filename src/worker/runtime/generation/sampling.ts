import { MlflowError } from '../../../core/errors.js';
import { PyFloat } from '../../../core/serialization/pyValue.js';
import { pyStr } from '../../../core/signature/pythonText.js';
import { numberOf, type GenerationOptions } from './generationOptions.js';
import type { LogitsProcessor } from './logitsProcessors.js';

/** How many tokens `top_h` looks at. Source: TopHLogitsWarper. */
const topHCandidates = 100;

/** Numbers in [0, 1). */
export type Random = () => number;

/** A small seeded generator (mulberry32); without a seed, the platform's. */
export function randomFrom(seed: number | null): Random {
  if (seed === null) return Math.random;
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Temperature and the filters of sampling, in transformers' order.
 * @throws MlflowError INVALID_PARAMETER_VALUE with transformers' texts.
 */
export function samplingProcessors({ json, beams, eosIds }: GenerationOptions): LogitsProcessor[] {
  const processors: LogitsProcessor[] = [];
  const kept = beams > 1 ? (eosIds.length > 0 ? eosIds.length : 1) + 1 : 1;
  const temperature = numberOf(json, 'temperature', 1);
  const topH = json['top_h'];
  const topK = json['top_k'] === null ? 0 : numberOf(json, 'top_k', 50);
  const topP = numberOf(json, 'top_p', 1);
  const typicalP = numberOf(json, 'typical_p', 1);
  if (temperature !== 1) processors.push(temperatureProcessor(temperature));
  if (typeof topH === 'number') processors.push(topHProcessor(topH));
  if (topK !== 0) processors.push(topKProcessor(topK, kept));
  if (topP < 1) processors.push(topPProcessor(topP, kept));
  if (typeof json['min_p'] === 'number') processors.push(minPProcessor(json['min_p'], kept));
  if (typicalP < 1) processors.push(typicalProcessor(typicalP, kept));
  const epsilon = numberOf(json, 'epsilon_cutoff', 0);
  if (epsilon > 0 && epsilon < 1) processors.push(cutoffProcessor(() => epsilon, kept));
  const eta = numberOf(json, 'eta_cutoff', 0);
  if (eta > 0 && eta < 1) {
    processors.push(
      cutoffProcessor((probabilities) => Math.min(eta, Math.sqrt(eta) * Math.exp(-entropy(probabilities))), kept),
    );
  }
  return processors;
}

function temperatureProcessor(temperature: number): LogitsProcessor {
  if (!(temperature > 0)) {
    throw MlflowError.invalidParameter(
      `\`temperature\` (=${pyStr(new PyFloat(temperature))}) has to be a strictly positive float, otherwise your next token scores will be invalid.` +
        (temperature === 0 ? " If you're looking for greedy decoding strategies, set `do_sample=False`." : ''),
    );
  }
  return (_ids, scores) => {
    for (let id = 0; id < scores.length; id++) scores[id] = (scores[id] as number) / temperature;
  };
}

function topKProcessor(topK: number, kept: number): LogitsProcessor {
  if (!Number.isInteger(topK) || topK <= 0) {
    throw MlflowError.invalidParameter(`\`top_k\` has to be a strictly positive integer, but is ${topK}`);
  }
  return (_ids, scores) => {
    const count = Math.min(Math.max(topK, kept), scores.length);
    if (count === scores.length) return;
    const least = scores[largest(scores, count).at(-1) as number] as number;
    for (let id = 0; id < scores.length; id++) if ((scores[id] as number) < least) scores[id] = -Infinity;
  };
}

/** As many of the most probable tokens as keep a share of their entropy. */
function topHProcessor(topH: number): LogitsProcessor {
  if (!(topH > 0 && topH <= 1)) throw MlflowError.invalidParameter('`top_h` must be in the range (0, 1].');
  return (_ids, scores) => {
    const top = largest(scores, Math.min(topHCandidates, scores.length));
    const terms = softmax(Float32Array.from(top, (id) => scores[id] as number)).map((p) =>
      p > 0 ? -p * Math.log(p) : 0,
    );
    const limit = terms.reduce((sum, term) => sum + term, 0) * topH;
    let sum = 0;
    const kept = top.filter((_, rank) => (sum += terms[rank] as number) <= limit || rank === 0);
    const values = kept.map((id) => scores[id] as number);
    scores.fill(-Infinity);
    for (const [rank, id] of kept.entries()) scores[id] = values[rank] as number;
  };
}

function topPProcessor(topP: number, kept: number): LogitsProcessor {
  if (topP < 0 || topP > 1) {
    throw MlflowError.invalidParameter(`\`top_p\` has to be a float > 0 and < 1, but is ${pyStr(new PyFloat(topP))}`);
  }
  return (_ids, scores) => {
    const probabilities = softmax(scores);
    const ascending = finiteIds(scores).sort((a, b) => (scores[a] as number) - (scores[b] as number) || a - b);
    let sum = 0;
    for (const id of ascending.slice(0, Math.max(ascending.length - kept, 0))) {
      sum += probabilities[id] as number;
      if (sum > 1 - topP) break;
      scores[id] = -Infinity;
    }
  };
}

function minPProcessor(minP: number, kept: number): LogitsProcessor {
  if (minP < 0 || minP > 1) {
    throw MlflowError.invalidParameter(`\`min_p\` has to be a float in the [0, 1] interval, but is ${minP}`);
  }
  return cutoffProcessor((probabilities) => minP * probabilities.reduce((a, b) => Math.max(a, b), 0), kept);
}

function typicalProcessor(mass: number, kept: number): LogitsProcessor {
  if (!(mass > 0 && mass < 1)) {
    throw MlflowError.invalidParameter(
      `\`typical_p\` has to be a float > 0 and < 1, but is ${pyStr(new PyFloat(mass))}`,
    );
  }
  return (_ids, scores) => {
    const probabilities = softmax(scores);
    const expected = entropy(probabilities);
    const distance = (id: number): number => Math.abs(-Math.log(probabilities[id] as number) - expected);
    const byDistance = finiteIds(scores).sort((a, b) => distance(a) - distance(b));
    let sum = 0;
    let last = 0;
    while (last < byDistance.length && (sum += probabilities[byDistance[last] as number] as number) < mass) last++;
    const farthest = distance(byDistance[Math.min(last, byDistance.length - 1)] as number);
    for (const id of byDistance.slice(kept)) if (distance(id) > farthest) scores[id] = -Infinity;
  };
}

/** Removes what is less probable than a threshold, but never the most probable `kept`. */
function cutoffProcessor(threshold: (probabilities: Float64Array) => number, kept: number): LogitsProcessor {
  return (_ids, scores) => {
    const probabilities = softmax(scores);
    const least = threshold(probabilities);
    const safe = scores[largest(scores, kept).at(-1) as number] as number;
    for (let id = 0; id < scores.length; id++) {
      if ((probabilities[id] as number) < least && (scores[id] as number) < safe) scores[id] = -Infinity;
    }
  };
}

export function softmax(scores: Float32Array): Float64Array {
  let max = -Infinity;
  for (const score of scores) if (score > max) max = score;
  const result = new Float64Array(scores.length);
  let sum = 0;
  for (let id = 0; id < scores.length; id++) sum += result[id] = Math.exp((scores[id] as number) - max);
  for (let id = 0; id < scores.length; id++) result[id] = (result[id] as number) / sum;
  return result;
}

/** The logarithm of the softmax, in place. */
export function logSoftmax(scores: Float32Array): void {
  let max = -Infinity;
  for (const score of scores) if (score > max) max = score;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - max);
  const shift = max + Math.log(sum);
  for (let id = 0; id < scores.length; id++) scores[id] = (scores[id] as number) - shift;
}

/** The logarithm of a token's probability, the scores multiplied by `temperature` first. */
export function logProbability(scores: Float32Array, token: number, temperature: number): number {
  let max = -Infinity;
  for (const score of scores) if (score > max) max = score;
  let sum = 0;
  for (const score of scores) sum += Math.exp((score - max) * temperature);
  return ((scores[token] as number) - max) * temperature - Math.log(sum);
}

/** The temperature that the scores were divided by. */
export function temperatureOf({ json, doSample }: GenerationOptions): number {
  return doSample ? numberOf(json, 'temperature', 1) : 1;
}

function entropy(probabilities: Float64Array): number {
  return probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}

function finiteIds(scores: Float32Array): number[] {
  const ids: number[] = [];
  for (let id = 0; id < scores.length; id++) if (scores[id] !== -Infinity) ids.push(id);
  return ids;
}

/** Indices of the `count` largest values, largest first; of equal ones the first. */
export function largest(values: Float32Array | Float64Array, count: number): number[] {
  const heap: number[] = [];
  const isBefore = (a: number, b: number): boolean => {
    const [x, y] = [values[a] as number, values[b] as number];
    return x > y || (x === y && a < b);
  };
  for (let index = 0; index < values.length; index++) {
    if (heap.length === count && !isBefore(index, heap[count - 1] as number)) continue;
    let [low, high] = [0, heap.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(heap[middle] as number, index)) low = middle + 1;
      else high = middle;
    }
    heap.splice(low, 0, index);
    if (heap.length > count) heap.pop();
  }
  return heap;
}

/** The index of the largest value, the first of equal ones; NaN counts as larger than all, as in PyTorch. */
export function argmax(scores: Float32Array): number {
  let best = 0;
  for (let id = 0; id < scores.length; id++) {
    if (Number.isNaN(scores[id])) return id;
    if ((scores[id] as number) > (scores[best] as number)) best = id;
  }
  return best;
}

/** Draws one index with probability proportional to its weight. */
export function draw(weights: Float64Array, random: Random): number {
  let total = 0;
  for (const weight of weights) total += weight;
  let rest = random() * total;
  let last = 0;
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] as number;
    if (weight === 0) continue;
    last = index;
    rest -= weight;
    if (rest < 0) return index;
  }
  return last;
}

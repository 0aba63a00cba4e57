/** Tokens `start` to `end` (included) as the answer, with its probability. */
export interface Span {
  start: number;
  end: number;
  score: number;
}

/** What a masked token's logit becomes. */
const maskedLogit = -10_000;

/**
 * The likeliest spans whose ends are allowed, at most `maxLength` tokens long; and how likely there is no answer (both ends
 * at the first token). Source: transformers question_answering.py, select_starts_ends and decode_spans.
 */
export function bestSpans(
  startLogits: ArrayLike<number>,
  endLogits: ArrayLike<number>,
  allowed: readonly boolean[],
  topK: number,
  maxLength: number,
): { spans: Span[]; nullScore: number } {
  const starts = probabilities(startLogits, allowed);
  const ends = probabilities(endLogits, allowed);
  const nullScore = starts[0]! * ends[0]!;
  starts[0] = 0;
  ends[0] = 0;
  const spans: Span[] = [];
  for (let start = 0; start < starts.length; start++) {
    for (let end = start; end < Math.min(start + maxLength, ends.length); end++) {
      keepBest(spans, { start, end, score: Math.fround(starts[start]! * ends[end]!) }, topK);
    }
  }
  return { spans: spans.filter(({ start, end }) => allowed[start] && allowed[end]), nullScore };
}

function keepBest(spans: Span[], span: Span, count: number): void {
  if (spans.length === count && span.score <= spans.at(-1)!.score) return;
  let place = spans.length;
  while (place > 0 && spans[place - 1]!.score < span.score) place--;
  spans.splice(place, 0, span);
  if (spans.length > count) spans.pop();
}

function probabilities(logits: ArrayLike<number>, allowed: readonly boolean[]): number[] {
  const masked = allowed.map((isAllowed, i) => (isAllowed ? logits[i]! : maskedLogit));
  const largest = masked.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = masked.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => Math.fround(power / sum));
}

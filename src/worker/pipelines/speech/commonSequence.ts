/** When a token was heard, in seconds; without an end where nothing follows it. */
export type TimeRange = readonly [start: number, end: number | null];

export interface TimedTokens {
  ids: readonly number[];
  /** One a token, where they are known. */
  times: readonly TimeRange[];
}

/**
 * Tokens of overlapping windows as one text: each next window is slid over what was before it, and joined where most tokens
 * agree; the left one keeps the left half of the overlap, the right one the right half.
 * Source: tokenization_whisper.py, `_find_longest_common_sequence`.
 * @param respectsTimes two equal tokens agree only if they are in order of time (transformers 5).
 */
export function joinOverlapping(windows: readonly TimedTokens[], respectsTimes: boolean): TimedTokens {
  const ids: number[] = [];
  const times: TimeRange[] = [];
  let left: TimedTokens = windows[0] ?? { ids: [], times: [] };
  for (const right of windows.slice(1)) {
    const { leftMiddle, rightMiddle } = bestOverlap(left, right, respectsTimes && left.times.length > 0);
    ids.push(...left.ids.slice(0, leftMiddle));
    times.push(...left.times.slice(0, leftMiddle));
    left = { ids: right.ids.slice(rightMiddle), times: right.times.slice(rightMiddle) };
  }
  return { ids: [...ids, ...left.ids], times: [...times, ...left.times] };
}

function bestOverlap(left: TimedTokens, right: TimedTokens, respectsTimes: boolean) {
  const leftLength = left.ids.length;
  const rightLength = right.ids.length;
  let most = 0;
  let middles = { leftMiddle: leftLength, rightMiddle: 0 };
  for (let shift = 1; shift < leftLength + rightLength; shift++) {
    const leftStart = Math.max(0, leftLength - shift);
    const leftStop = Math.min(leftLength, leftLength + rightLength - shift);
    const rightStart = Math.max(0, shift - leftLength);
    const rightStop = Math.min(rightLength, shift);
    let matches = 0;
    for (let i = 0; i < leftStop - leftStart; i++) {
      if (left.ids[leftStart + i] !== right.ids[rightStart + i]) continue;
      if (!respectsTimes || isInOrder(left.times[leftStart + i], right.times[rightStart + i])) matches++;
    }
    // A little more for longer overlaps.
    const matching = matches / shift + shift / 10_000;
    if (matches <= 1 || matching <= most) continue;
    most = matching;
    middles = {
      leftMiddle: Math.floor((leftStop + leftStart) / 2),
      rightMiddle: Math.floor((rightStop + rightStart) / 2),
    };
  }
  return middles;
}

/** Tuples compare by their first unequal items. */
function isInOrder(left: TimeRange | undefined, right: TimeRange | undefined): boolean {
  if (!left || !right) return true;
  return left[0] < right[0] || (left[0] === right[0] && (left[1] ?? 0) <= (right[1] ?? 0));
}

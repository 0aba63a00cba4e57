/** Thrown by {@link withinSeconds}. */
export class TimeLimitError extends Error {
  constructor(readonly seconds: number) {
    super(`Operation timed out after ${seconds} seconds`);
  }
}

/**
 * Runs an action for at most so many seconds; an answer that comes later counts as none. Source: mlflow.utils.timeout.
 * @param seconds 0: no limit
 * @throws TimeLimitError; its signal tells the action to stop
 */
export async function withinSeconds<T>(seconds: number, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  if (seconds <= 0) return action(stop.signal);
  let timer: NodeJS.Timeout | undefined;
  const startedAt = performance.now();
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeLimitError(seconds)), seconds * 1000);
  });
  try {
    const result = await Promise.race([action(stop.signal), limit]);
    // An action that never waits leaves the timer no turn.
    if (performance.now() - startedAt > seconds * 1000) throw new TimeLimitError(seconds);
    return result;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

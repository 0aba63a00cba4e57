import { setTimeout as sleep } from 'node:timers/promises';

const firstPauseMs = 2;
const longestPauseMs = 50;

/** Growing pauses until a deadline. */
export class Patience {
  readonly #deadline: number;
  #pauseMs = firstPauseMs;

  constructor(timeoutMs: number) {
    this.#deadline = Date.now() + timeoutMs;
  }

  /** Waits a little. `false`, at once, when the time is up. */
  async pause(): Promise<boolean> {
    const leftMs = this.#deadline - Date.now();
    if (leftMs <= 0) return false;
    await sleep(Math.min(this.#pauseMs, leftMs));
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    return true;
  }
}

/** Runs asynchronous actions one after another, in the order in which they came. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(action, action);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

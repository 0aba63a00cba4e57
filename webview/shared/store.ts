/** A value that tells its listeners when it has been replaced. */
export interface Store<T> {
  get(): T;
  /** Replaces the value; listeners hear of it only when it is another one. */
  set(value: T): void;
  update(change: (value: T) => T): void;
  /** @returns a function that ends the subscription. */
  subscribe(listener: (value: T) => void): () => void;
}

/** A {@link Store} with a first value. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<(value: T) => void>();
  const set = (next: T): void => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of listeners) listener(value);
  };
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Runs `draw` once a frame at most, however often `request` is called: hundreds of tokens a second cost one drawing a frame.
 * `schedule` is `requestAnimationFrame` in a webview.
 */
export function oncePerFrame(
  draw: () => void,
  schedule: (run: () => void) => unknown = requestAnimationFrame,
): () => void {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    schedule(() => {
      isScheduled = false;
      draw();
    });
  };
}

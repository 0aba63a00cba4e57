/** What the core needs from whoever runs it. Everything here is given as a parameter; nothing is looked up. */

/** How far a long operation has come. `total` is absent while it is unknown. */
export interface Progress {
  /** A sentence fragment for people, such as `Copying model.safetensors`. */
  message: string;
  /** Bytes (or steps) done so far. */
  done?: number;
  total?: number;
  unit?: 'bytes' | 'steps' | 'files';
}

/** Options of every call that can take long. */
export interface LongRunningOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A value that JSON can carry, except that numbers may be NaN or infinite. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** `fetch` as the core uses it, so that tests and the host can put their own in its place. */
export type Fetch = typeof globalThis.fetch;

/** Environment variables, given by the composition root. */
export type Environment = Readonly<Record<string, string | undefined>>;

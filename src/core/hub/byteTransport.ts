import http from 'node:http';
import https from 'node:https';
import type { Fetch } from '../ports.js';

/** Bytes as they arrive. */
export interface ByteBody extends AsyncIterable<Uint8Array> {
  /** Ends the answer without reading the rest. */
  cancel(): Promise<void>;
}

/** What `Response` and an answer of `node:http` have in common. */
export interface ByteResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Headers;
  readonly body: ByteBody | null;
}

export interface ByteRequest {
  method: 'GET' | 'HEAD';
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** One request; redirects are answers. Rejects with the signal's reason, or with the network's error. */
export type ByteTransport<Answer extends ByteResponse = ByteResponse> = (
  url: string,
  request: ByteRequest,
) => Promise<Answer>;

/** Requests through `fetch`. */
export function fetchTransport(fetch: Fetch): ByteTransport<Response> {
  return (url, request) => fetch(url, { ...request, redirect: 'manual' });
}

const connectTimeoutMs = 5000;

/**
 * Requests through `node:http` and `node:https`: bytes come at less than half of the processor time that the web streams of
 * `fetch` take. A host that cannot be reached this way is asked through `fetch` from then on: only that may know of a proxy.
 */
export function nodeTransport(): ByteTransport {
  const unreachable = new Set<string>();
  const viaFetch = fetchTransport((input, init) => globalThis.fetch(input, init));
  return async (url, request) => {
    const { origin } = new URL(url);
    if (!unreachable.has(origin)) {
      try {
        return await requestDirectly(url, request);
      } catch (error) {
        if (request.signal.aborted) throw error;
        if (!(error instanceof LostConnectionError)) unreachable.add(origin);
      }
    }
    return viaFetch(url, request);
  };
}

/** A connection kept from an earlier request that the server had closed meanwhile. */
class LostConnectionError extends Error {}

function requestDirectly(url: string, { method, headers, signal }: ByteRequest): Promise<ByteResponse> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = (url.startsWith('https:') ? https : http).request(url, {
      method,
      headers: { accept: '*/*', 'user-agent': 'node', ...headers },
    });
    let message: http.IncomingMessage | undefined;
    const abort = (): void => void (message ?? request).destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    request.on('close', () => signal.removeEventListener('abort', abort));
    request.on('error', (error) => {
      reject(request.reusedSocket && !signal.aborted ? new LostConnectionError(error.message) : error);
    });
    request.on('socket', (socket) => {
      if (!socket.connecting) return;
      const giveUp = (): void =>
        void request.destroy(new Error(`no connection within ${connectTimeoutMs / 1000} seconds`));
      const timer = setTimeout(giveUp, connectTimeoutMs);
      for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
    });
    request.on('response', (answer) => {
      message = answer;
      resolve(responseOf(answer));
    });
    request.end();
  });
}

function responseOf(message: http.IncomingMessage): ByteResponse {
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  const status = message.statusCode ?? 0;
  return { status, ok: status >= 200 && status < 300, headers, body: new MessageBody(message) };
}

/** More than one chunk may wait while the reader is busy, so that none is copied to be joined with the next. */
const waitingLimitBytes = 512 * 1024;

class MessageBody implements ByteBody {
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private hasEnded = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(private readonly message: http.IncomingMessage) {
    message.on('error', (error) => this.end(error));
    message.on('end', () => this.end());
    message.on('close', () => this.end(message.complete ? undefined : new Error('the connection was closed')));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.message.on('data', (chunk: Uint8Array) => this.take(chunk));
    try {
      for (;;) {
        const chunks = this.waiting;
        this.waiting = [];
        this.waitingBytes = 0;
        this.message.resume();
        yield* chunks;
        if (this.waiting.length > 0) continue;
        if (this.failure) throw this.failure;
        if (this.hasEnded) return;
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      await this.cancel();
    }
  }

  async cancel(): Promise<void> {
    if (this.message.complete) this.message.resume();
    else this.message.destroy();
    return Promise.resolve();
  }

  private take(chunk: Uint8Array): void {
    this.waiting.push(chunk);
    this.waitingBytes += chunk.byteLength;
    if (this.waitingBytes >= waitingLimitBytes) this.message.pause();
    this.wake?.();
  }

  private end(failure?: Error): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.failure = failure;
    this.wake?.();
  }
}

import type { Fetch } from '../ports.js';

/**
 * Takes one chunk, which is lent for the time of the call: its memory is used again afterwards. No more chunks come until
 * a promise that it answers with is settled.
 */
export type TakeBytes = (chunk: Uint8Array) => Promise<void> | undefined;

/** The bytes of one answer. */
export interface ByteBody {
  /** Hands all bytes to `take`. Rejects when the connection breaks, the signal of the request is aborted, or `take` fails. */
  read(take: TakeBytes): Promise<void>;
  /** Ends the answer without reading the rest. */
  cancel(): Promise<void>;
}

/** One answer, whatever brought it. */
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
export type ByteTransport = (url: string, request: ByteRequest) => Promise<ByteResponse>;

/** Requests through `fetch`. */
export function fetchTransport(fetch: Fetch): ByteTransport {
  return async (url, request) => {
    const response = await fetch(url, { ...request, redirect: 'manual' });
    const { status, ok, headers, body } = response;
    return {
      status,
      ok,
      headers,
      body: body && { read: (take) => readStream(body, take), cancel: () => body.cancel() },
    };
  };
}

async function readStream(body: ReadableStream<Uint8Array>, take: TakeBytes): Promise<void> {
  for await (const chunk of body) await take(chunk);
}

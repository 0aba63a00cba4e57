import type { Fetch } from '../ports.js';

/** Takes the bytes of an answer into memory that it chooses, so that they need not be copied on their way. */
export interface ByteSink {
  /** Memory for the next bytes, at least one byte of it. It stays theirs until it is asked for again. */
  room(): Uint8Array;
  /** So many bytes now stand at the beginning of the room. No more come until a promise that it answers with is settled. */
  filled(count: number): Promise<void> | undefined;
}

/** The bytes of one answer. */
export interface ByteBody {
  /** Puts all bytes into `sink`. Rejects when the connection breaks, the signal of the request is aborted, or the sink fails. */
  readInto(sink: ByteSink): Promise<void>;
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

/** Copies a chunk into a sink. The answer, if any, settles when the sink takes more. */
export function pour(chunk: Uint8Array, sink: ByteSink): Promise<void> | undefined {
  for (let taken = 0; taken < chunk.byteLength;) {
    const room = sink.room();
    const piece = chunk.subarray(taken, taken + room.byteLength);
    room.set(piece);
    taken += piece.byteLength;
    const busy = sink.filled(piece.byteLength);
    if (busy) return taken < chunk.byteLength ? busy.then(() => pour(chunk.subarray(taken), sink)) : busy;
  }
  return undefined;
}

/** All bytes of an answer that is known to be short. */
export async function readBytes(body: ByteBody): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  const buffer = Buffer.allocUnsafe(16 * 1024);
  await body.readInto({
    room: () => buffer,
    filled: (count) => void chunks.push(Buffer.from(buffer.subarray(0, count))),
  });
  return new Uint8Array(Buffer.concat(chunks));
}

/** Requests through `fetch`. */
export function fetchTransport(fetch: Fetch): ByteTransport {
  return async (url, request) => {
    const response = await fetch(url, { ...request, redirect: 'manual' });
    const { status, ok, headers, body } = response;
    return {
      status,
      ok,
      headers,
      body: body && { readInto: (sink) => readStream(body, sink), cancel: () => body.cancel() },
    };
  };
}

async function readStream(body: ReadableStream<Uint8Array>, sink: ByteSink): Promise<void> {
  for await (const chunk of body) await pour(chunk, sink);
}

import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import {
  fetchTransport,
  type ByteBody,
  type ByteRequest,
  type ByteResponse,
  type ByteTransport,
} from './byteTransport.js';
import type { TakeBytes } from './byteTransport.js';

const connectTimeoutMs = 5000;

/** A connection kept from an earlier request that the server had closed meanwhile. */
class LostConnectionError extends Error {}

/**
 * Requests through `node:http` and `node:https`: they take a fraction of the processor time of the web streams of `fetch`.
 * A host that cannot be reached this way is asked through `fetch` from then on: only that may know of a proxy.
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
    request.on('socket', (socket) => limitConnecting(request, socket));
    request.on('response', (answer) => {
      message = answer;
      resolve(responseOf(answer));
    });
    request.end();
  });
}

function limitConnecting(request: http.ClientRequest, socket: Socket): void {
  if (!socket.connecting) return;
  const giveUp = (): void => void request.destroy(new Error(`no connection within ${connectTimeoutMs / 1000} seconds`));
  const timer = setTimeout(giveUp, connectTimeoutMs);
  for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
}

function responseOf(message: http.IncomingMessage): ByteResponse {
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  const status = message.statusCode ?? 0;
  return { status, ok: status >= 200 && status < 300, headers, body: new MessageBody(message) };
}

class MessageBody implements ByteBody {
  private failure: Error | undefined;

  constructor(private readonly message: http.IncomingMessage) {
    message.on('error', (error) => (this.failure ??= error));
  }

  read(take: TakeBytes): Promise<void> {
    const { message } = this;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(error as Error);
        message.destroy();
      };
      let busy: Promise<void> | undefined;
      const finish = (): void => {
        if (busy) return void busy.then(finish, fail);
        if (message.complete && !this.failure) resolve();
        else fail(this.failure ?? new Error('the connection was closed'));
      };
      if (message.closed) return finish();
      message.on('end', finish).on('close', finish);
      message.on('data', (chunk: Uint8Array) => {
        try {
          busy = take(chunk);
          if (!busy) return;
          message.pause();
          busy.then(() => {
            busy = undefined;
            message.resume();
          }, fail);
        } catch (error) {
          fail(error);
        }
      });
    });
  }

  cancel(): Promise<void> {
    if (this.message.complete) this.message.resume();
    else this.message.destroy();
    return Promise.resolve();
  }
}

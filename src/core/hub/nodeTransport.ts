import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { MlflowError } from '../errors.js';
import {
  fetchTransport,
  pour,
  type ByteBody,
  type ByteResponse,
  type ByteSink,
  type ByteTransport,
} from './byteTransport.js';
import { LostConnectionError } from './directConnection.js';
import { directTransport } from './directTransport.js';
import { proxyAddress, proxyAuthorization, proxyRefusal, TunnelAgent } from './proxy.js';

/** How hosts are reached. */
export interface NetworkSettings {
  /** `undefined` for a direct connection. */
  proxyFor(url: URL): URL | undefined;
  /** The authorities that certificates are checked against, in PEM; `undefined` for those of Node. */
  readCertificates(): Promise<string | undefined>;
}

const connectTimeoutMs = 5000;

/**
 * Requests by the cheapest way that a host answers on: ranges of files over connections of our own, other requests through
 * `node:http`, and those that fail through `fetch`, which an editor may have taught of its proxy. With a proxy in the
 * environment there is one way only.
 */
export function nodeTransport(network: NetworkSettings): ByteTransport {
  const direct = directTransport(() => network.readCertificates());
  const plain = httpTransport(network);
  const viaFetch = fetchTransport((input, init) => globalThis.fetch(input, init));
  const ways = [direct, plain].map((ask) => ({ ask, unfit: new Set<string>() }));
  return async (url, request) => {
    const parsed = new URL(url);
    if (network.proxyFor(parsed)) return plain(url, request);
    for (const { ask, unfit } of ways) {
      if (unfit.has(parsed.origin) || (ask === direct && request.headers['range'] === undefined)) continue;
      try {
        return await ask(url, request);
      } catch (error) {
        if (request.signal.aborted || MlflowError.is(error)) throw error;
        if (!(error instanceof LostConnectionError)) unfit.add(parsed.origin);
      }
    }
    return viaFetch(url, request);
  };
}

/** Requests through `node:http` and `node:https`, and the proxies that the environment names. */
export function httpTransport(network: NetworkSettings): ByteTransport {
  const agents = new Map<string, https.Agent>();
  const agentFor = async (proxy: URL | undefined): Promise<https.Agent> => {
    const key = proxy?.href ?? '';
    const known = agents.get(key);
    if (known) return known;
    const ca = await network.readCertificates();
    const options = { keepAlive: true, ...(ca === undefined ? {} : { ca }) };
    const agent = proxy
      ? new TunnelAgent(proxy, options)
      : ca === undefined
        ? https.globalAgent
        : new https.Agent(options);
    agents.set(key, agent);
    return agent;
  };
  return async (text, { method, headers, signal }) => {
    signal.throwIfAborted();
    const url = new URL(text);
    const proxy = network.proxyFor(url);
    const all = { accept: '*/*', 'user-agent': 'node', ...headers };
    if (url.protocol === 'https:')
      return answerOf(https.request(url, { method, headers: all, agent: await agentFor(proxy) }), signal);
    if (!proxy) return answerOf(http.request(url, { method, headers: all }), signal);
    const asked = { ...proxyAddress(proxy), path: url.href, method };
    const proxied = { ...all, host: url.host, ...proxyAuthorization(proxy) };
    const request = (proxy.protocol === 'https:' ? https : http).request({ ...asked, headers: proxied });
    const answer = await answerOf(request, signal);
    if (answer.status !== 407) return answer;
    await answer.body?.cancel();
    throw proxyRefusal(proxy, answer.status);
  };
}

function answerOf(request: http.ClientRequest, signal: AbortSignal): Promise<ByteResponse> {
  return new Promise((resolve, reject) => {
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
    if (signal.aborted) abort();
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

  readInto(sink: ByteSink): Promise<void> {
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
          busy = pour(chunk, sink);
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

import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { MlflowError } from '../errors.js';

/** Reaches hosts of TLS through the tunnels of a proxy, and keeps them open. */
export class TunnelAgent extends https.Agent {
  constructor(
    private readonly proxy: URL,
    options: https.AgentOptions,
  ) {
    super({ keepAlive: true, ...options });
  }

  override createConnection(
    options: https.RequestOptions & tls.ConnectionOptions,
    callback: (error: Error | null, stream: Duplex) => void = () => undefined,
  ): undefined {
    const authority = `${options.host}:${options.port}`;
    const fail = (error: unknown): void => callback(error as Error, undefined as never);
    const request = (this.proxy.protocol === 'https:' ? https : http).request({
      ...proxyAddress(this.proxy),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyAuthorization(this.proxy) },
      agent: false,
    });
    request.once('connect', (answer: http.IncomingMessage, socket: Duplex) => {
      if (answer.statusCode === 200) return callback(null, tls.connect({ ...options, socket }));
      socket.destroy();
      fail(proxyRefusal(this.proxy, answer.statusCode ?? 0));
    });
    request.once('error', fail);
    request.end();
    return undefined;
  }
}

/** Host and port, for requests that go to the proxy itself. */
export function proxyAddress(proxy: URL): { host: string; port: number } {
  const port = Number(proxy.port || (proxy.protocol === 'https:' ? 443 : 80));
  return { host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

/** The header with name and password that stand in the proxy's address. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** What a proxy's own answer means. Name and password of its address are never told. */
export function proxyRefusal(proxy: URL, status: number): Error {
  if (status !== 407) return new Error(`the proxy ${proxy.host} answered with ${status}`);
  return new MlflowError(
    `The proxy ${proxy.host} asks for a name and a password (407). Write them into HTTPS_PROXY, as 'http://name:password@${proxy.host}'.`,
    'UNAUTHENTICATED',
    { details: { proxy: proxy.host } },
  );
}

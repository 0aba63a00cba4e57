import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, mock, test } from 'node:test';
import { readBytes, type ByteResponse } from '../../../src/core/hub/byteTransport.js';
import { httpTransport, nodeTransport, type NetworkSettings } from '../../../src/core/hub/nodeTransport.js';
import { ProxyServer } from '../../helpers/proxyServer.js';
import { selfSigned } from '../../helpers/selfSigned.js';

const content = randomBytes(300_000);
const ranged = { range: 'bytes=0-9' };
const trusted = selfSigned();

/** Servers that answer the whole content in chunks, ranges of it with a length, and `/slow` never. */
function answer(message: http.IncomingMessage, response: http.ServerResponse): void {
  if (message.url === '/slow') return;
  if (message.url === '/broken') {
    response.writeHead(200, { 'content-length': '100' });
    return void response.write('abc', () => response.destroy());
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(message.headers.range ?? '');
  if (!range || message.url === '/chunked') return void response.writeHead(200, { 'x-a': ['1', '2'] }).end(content);
  const part = content.subarray(Number(range[1]), Number(range[2]) + 1);
  response.writeHead(206, { 'content-length': String(part.length) }).end(part);
}

describe('requests of the Hub client', () => {
  const plainServer = http.createServer(answer);
  const secureServer = https.createServer({ key: trusted.key, cert: trusted.certificate }, answer);
  let [plainUrl, secureUrl] = ['', ''];
  let proxy: ProxyServer;
  const connections = { plain: 0, secure: 0 };

  before(async () => {
    plainServer.on('connection', () => connections.plain++);
    secureServer.on('secureConnection', () => connections.secure++);
    for (const server of [plainServer, secureServer])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    plainUrl = `http://127.0.0.1:${(plainServer.address() as AddressInfo).port}/x`;
    secureUrl = `https://127.0.0.1:${(secureServer.address() as AddressInfo).port}/x`;
    proxy = await ProxyServer.start();
  });
  after(async () => {
    for (const server of [plainServer, secureServer]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await proxy.close();
  });
  afterEach(() => {
    mock.restoreAll();
    proxy.asked.length = 0;
    Object.assign(proxy, { credentials: undefined, refusal: undefined });
    Object.assign(connections, { plain: 0, secure: 0 });
  });

  const network = (proxyUrl?: string, certificates?: string): NetworkSettings => ({
    proxyFor: () => (proxyUrl === undefined ? undefined : new URL(proxyUrl)),
    readCertificates: () => Promise.resolve(certificates),
  });
  const ask = (headers: Record<string, string> = {}, signal = new AbortController().signal) => ({
    method: 'GET' as const,
    headers,
    signal,
  });
  const bytesOf = async (response: ByteResponse): Promise<Buffer> =>
    Buffer.from(response.body ? await readBytes(response.body) : []);

  test('ranges and whole answers come byte for byte, plain and by TLS', async () => {
    for (const url of [plainUrl, secureUrl]) {
      const send = nodeTransport(network(undefined, trusted.certificate));
      const whole = await send(url, ask());
      assert.equal(whole.headers.get('x-a'), '1, 2');
      assert.ok((await bytesOf(whole)).equals(content));
      const part = await send(url, ask({ range: 'bytes=100000-299999' }));
      assert.equal(part.status, 206);
      assert.ok((await bytesOf(part)).equals(content.subarray(100_000)));
    }
  });

  test('a host whose answers are unusual is asked through node:http from then on', async () => {
    const request = mock.method(http, 'request');
    const send = nodeTransport(network());
    const chunked = plainUrl.replace('/x', '/chunked');
    assert.ok((await bytesOf(await send(chunked, ask(ranged)))).equals(content));
    assert.equal(request.mock.callCount(), 1);
    const before = connections.plain;
    assert.ok((await bytesOf(await send(chunked, ask(ranged)))).equals(content));
    assert.equal(request.mock.callCount(), 2);
    assert.ok(connections.plain <= before + 1);
  });

  test('ranges do not pass through node:http', async () => {
    const request = mock.method(http, 'request');
    const send = nodeTransport(network());
    for (let i = 0; i < 3; i++) assert.equal((await bytesOf(await send(plainUrl, ask(ranged)))).length, 10);
    assert.equal(request.mock.callCount(), 0);
    assert.equal(connections.plain, 1);
  });

  test('a host that cannot be reached is asked through fetch, which an editor may have taught of its proxy', async () => {
    const viaFetch = mock.method(globalThis, 'fetch', () => Promise.resolve(new Response('from afar')));
    const send = nodeTransport(network());
    for (const headers of [{}, ranged])
      assert.equal((await bytesOf(await send('http://127.0.0.1:9/x', ask(headers)))).toString(), 'from afar');
    assert.equal(viaFetch.mock.callCount(), 2);
  });

  test('a certificate that is not trusted is an error', async () => {
    await assert.rejects(nodeTransport(network())(secureUrl, ask(ranged)), (error: Error) => {
      assert.match(String((error.cause as NodeJS.ErrnoException).code), /SELF_SIGNED_CERT/);
      return true;
    });
  });

  for (const headers of [{}, ranged]) {
    const kind = 'range' in headers ? 'a range' : 'a whole answer';
    test(`abort ends the wait for ${kind}, with the reason, and no other way is tried`, async () => {
      const viaFetch = mock.method(globalThis, 'fetch', () => Promise.resolve(new Response()));
      const stop = new AbortController();
      const answered = nodeTransport(network())(plainUrl.replace('/x', '/slow'), ask(headers, stop.signal));
      setTimeout(() => stop.abort(new Error('no longer')), 30);
      await assert.rejects(answered, /no longer/);
      assert.equal(viaFetch.mock.callCount(), 0);
    });

    test(`the end of a connection in the middle of ${kind} rejects`, async () => {
      const response = await nodeTransport(network())(plainUrl.replace('/x', '/broken'), ask(headers));
      await assert.rejects(bytesOf(response));
    });
  }

  test('an answer that is not read to its end leaves the next one whole', async () => {
    const send = httpTransport(network());
    await (await send(plainUrl, ask())).body?.cancel();
    assert.ok((await bytesOf(await send(plainUrl, ask()))).equals(content));
  });

  describe('through a proxy', () => {
    test('plain addresses are asked for in full, with name and password', async () => {
      proxy.credentials = 'us er:p@ss';
      const send = nodeTransport(network(`http://us%20er:p%40ss@${proxy.address}`));
      assert.equal((await bytesOf(await send(plainUrl, ask(ranged)))).length, 10);
      assert.deepEqual(proxy.asked, [`GET ${plainUrl}`]);
    });

    test('TLS goes through one tunnel that is kept, and the proxy sees nothing of it', async () => {
      proxy.credentials = 'a:b';
      const send = nodeTransport(network(`http://a:b@${proxy.address}`, trusted.certificate));
      for (let i = 0; i < 3; i++) assert.equal((await bytesOf(await send(secureUrl, ask(ranged)))).length, 10);
      assert.deepEqual(proxy.asked, [`CONNECT ${new URL(secureUrl).host}`]);
      assert.equal(connections.secure, 1);
    });

    test('the certificate behind a tunnel is checked', async () => {
      const send = nodeTransport(network(`http://${proxy.address}`, selfSigned().certificate));
      await assert.rejects(send(secureUrl, ask()), /self-signed certificate|unable to verify/);
    });

    for (const kind of ['plain', 'secure'] as const) {
      test(`a proxy that wants a password says so (${kind}); the one it was given is not told`, async () => {
        proxy.credentials = 'a:b';
        const send = nodeTransport(network(`http://a:wrongsecret@${proxy.address}`, trusted.certificate));
        await assert.rejects(send(kind === 'plain' ? plainUrl : secureUrl, ask()), (error: Error) => {
          assert.match(error.message, /asks for a name and a password \(407\)/);
          assert.doesNotMatch(error.message, /wrongsecret/);
          return true;
        });
      });
    }

    test('a tunnel that is refused is an error, and nothing goes around the proxy', async () => {
      proxy.refusal = 403;
      const send = nodeTransport(network(`http://${proxy.address}`, trusted.certificate));
      await assert.rejects(send(secureUrl, ask()), /the proxy 127\.0\.0\.1:\d+ answered with 403/);
      assert.equal(connections.secure, 0);
    });

    test('a proxy that does not answer is an error, and nothing goes around it', async () => {
      const send = nodeTransport(network('http://127.0.0.1:9', trusted.certificate));
      await assert.rejects(send(plainUrl, ask()));
      await assert.rejects(send(secureUrl, ask(ranged)));
      assert.deepEqual(connections, { plain: 0, secure: 0 });
    });
  });
});

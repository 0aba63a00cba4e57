import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { afterEach, describe, test } from 'node:test';
import type { ByteBody, ByteSink } from '../../../src/core/hub/byteTransport.js';
import { directTransport } from '../../../src/core/hub/directTransport.js';
import { UnusualAnswerError } from '../../../src/core/hub/httpHead.js';
import { selfSigned } from '../../helpers/selfSigned.js';

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  if (server?.listening) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
});

/** Serves what `answer` writes for each request; requests come without a body. */
async function serve(answer: (socket: Socket, head: string, count: number) => void): Promise<string> {
  let count = 0;
  server = createServer((socket) => accept(socket, (head) => answer(socket, head, ++count)));
  return listen(server, 'http');
}

function accept(socket: Socket, onHead: (head: string) => void): void {
  sockets.add(socket);
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
      onHead(text.slice(0, end));
      text = text.slice(end + 4);
    }
  });
}

async function listen(listening: Server, scheme: string): Promise<string> {
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `${scheme}://127.0.0.1:${(listening.address() as AddressInfo).port}/file?x=1`;
}

const transport = (certificates?: string) => directTransport(() => Promise.resolve(certificates));
const ask = (signal = new AbortController().signal, headers: Record<string, string> = {}) => ({
  method: 'GET' as const,
  headers,
  signal,
});

/** Takes bytes into rooms of a size, and waits as it is told. */
class Collector implements ByteSink {
  readonly chunks: Buffer[] = [];
  private memory = Buffer.alloc(0);

  constructor(
    private readonly roomBytes = 1 << 16,
    private readonly wait: () => Promise<void> | undefined = () => undefined,
  ) {}

  room(): Uint8Array {
    return (this.memory = Buffer.alloc(this.roomBytes));
  }

  filled(count: number): Promise<void> | undefined {
    assert.ok(count > 0 && count <= this.memory.length);
    this.chunks.push(this.memory.subarray(0, count));
    return this.wait();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

async function textOf(body: ByteBody | null): Promise<string> {
  const sink = new Collector();
  await body?.readInto(sink);
  return sink.bytes.toString();
}

const plain = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

describe('a connection of our own', () => {
  test('sends path, host and headers, and reads status, headers and body', async () => {
    let head = '';
    const url = await serve((socket, text) => {
      head = text;
      socket.write('HTTP/1.1 206 Partial Content\r\ncontent-length: 3\r\nETag: "a"\r\nX-Two: 1\r\nX-Two:2 \r\n\r\nabc');
    });
    const response = await transport()(url, ask(undefined, { range: 'bytes=0-2' }));
    assert.deepEqual(head.split('\r\n').slice(0, 2), ['GET /file?x=1 HTTP/1.1', `host: ${new URL(url).host}`]);
    assert.match(head, /\r\nrange: bytes=0-2(\r\n|$)/);
    assert.deepEqual([response.status, response.ok], [206, true]);
    assert.deepEqual([response.headers.get('etag'), response.headers.get('x-two')], ['"a"', '1, 2']);
    assert.equal(await textOf(response.body), 'abc');
  });

  test('a header that would begin a line of its own is refused before anything is sent', async () => {
    let heads = 0;
    const url = await serve(() => heads++);
    await assert.rejects(transport()(url, ask(undefined, { range: 'bytes=0-1\r\nx: y' })), /Invalid character/);
    assert.equal(heads, 0);
  });

  for (const roomBytes of [1, 7, 1000, 1 << 20]) {
    test(`brings every byte into rooms of ${roomBytes}, however the network cuts them`, async () => {
      const content = randomBytes(roomBytes === 1 ? 3000 : 700_001);
      const url = await serve((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-le`);
        setTimeout(() => {
          socket.write(`ngth: ${content.length}\r\n\r\n`);
          socket.write(content.subarray(0, 500));
          setTimeout(() => socket.write(content.subarray(500)), 5);
        }, 5);
      });
      const sink = new Collector(roomBytes);
      await (await transport()(url, ask())).body?.readInto(sink);
      assert.ok(sink.bytes.equals(content));
    });
  }

  test('a sink that is busy is given nothing until it is ready', async () => {
    const content = randomBytes(3_000_000);
    const url = await serve((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n`);
      socket.write(content);
    });
    let isBusy = false;
    const sink = new Collector(100_000, () => {
      assert.equal(isBusy, false);
      isBusy = true;
      return new Promise((resolve) => setImmediate(() => ((isBusy = false), resolve())));
    });
    await (await transport()(url, ask())).body?.readInto(sink);
    assert.ok(sink.bytes.equals(content));
  });

  test('is used again after a whole answer, and after one that was not wanted but had come', async () => {
    const url = await serve((socket, _, count) => socket.write(plain(`answer ${count}`)));
    const send = transport();
    assert.equal(await textOf((await send(url, ask())).body), 'answer 1');
    await (await send(url, ask())).body?.cancel();
    assert.equal(await textOf((await send(url, ask())).body), 'answer 3');
    assert.equal(sockets.size, 1);
  });

  test('is not used again where the server says so', async () => {
    const url = await serve((socket) => socket.write(plain('x').replace('\r\n', '\r\nConnection: close\r\n')));
    const send = transport();
    for (let i = 0; i < 2; i++) assert.equal(await textOf((await send(url, ask())).body), 'x');
    assert.equal(sockets.size, 2);
  });

  test('a kept connection that the server closed meanwhile costs no failure', async () => {
    const url = await serve((socket, _, count) => {
      if (count === 2) socket.destroy();
      else socket.write(plain(`answer ${count}`));
    });
    const send = transport();
    assert.equal(await textOf((await send(url, ask())).body), 'answer 1');
    assert.equal(await textOf((await send(url, ask())).body), 'answer 3');
  });

  test('a new connection that is closed without an answer is a failure', async () => {
    const url = await serve((socket) => socket.destroy());
    await assert.rejects(transport()(url, ask()));
  });

  test('a body that ends early rejects', async () => {
    const url = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'));
    const { body } = await transport()(url, ask());
    await assert.rejects(textOf(body), /the connection was closed/);
  });

  test('more than was announced is never handed on', async () => {
    const url = await serve((socket, _, count) => {
      socket.write(count === 1 ? `${plain('abc')}def` : plain('abc'));
      if (count > 1) setTimeout(() => socket.write('def'), 20);
    });
    await assert.rejects(transport()(url, ask()), /more than it announced/);
    const { body } = await transport()(url, ask());
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await textOf(body), 'abc');
  });

  test('an answer that nobody asked for ends the connection', async () => {
    const url = await serve((socket, _, count) => {
      socket.write(plain(`answer ${count}`));
      if (count === 1) setTimeout(() => socket.write(plain('forged')), 20);
    });
    const send = transport();
    assert.equal(await textOf((await send(url, ask())).body), 'answer 1');
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(await textOf((await send(url, ask())).body), 'answer 2');
    assert.equal(sockets.size, 2);
  });

  test('abort ends a request that waits, and a body on its way, with the reason', async () => {
    const url = await serve((socket, _, count) => {
      if (count > 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc');
    });
    const send = transport();
    const waiting = new AbortController();
    const answer = send(url, ask(waiting.signal));
    setTimeout(() => waiting.abort(new Error('no longer')), 20);
    await assert.rejects(answer, /no longer/);
    const reading = new AbortController();
    const { body } = await send(url, ask(reading.signal));
    const text = textOf(body);
    reading.abort(new Error('enough'));
    await assert.rejects(text, /enough/);
    await assert.rejects(send(url, ask(AbortSignal.abort(new Error('before')))), /before/);
  });

  test('a sink that fails ends the answer with its error', async () => {
    const url = await serve((socket) => socket.write(plain('abc')));
    const failing: ByteSink = {
      room: () => Buffer.alloc(10),
      filled: () => {
        throw new Error('the disk is full');
      },
    };
    await assert.rejects((await transport()(url, ask())).body!.readInto(failing), /the disk is full/);
    const later: ByteSink = { ...failing, filled: () => Promise.reject(new Error('full at last')) };
    await assert.rejects((await transport()(url, ask())).body!.readInto(later), /full at last/);
  });

  test('interim answers are passed over; a HEAD request and a 304 have no body', async () => {
    const url = await serve((socket, head, count) => {
      if (head.startsWith('HEAD')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n');
      else if (count === 1) socket.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${plain('abc')}`);
      else socket.write('HTTP/1.1 304 Not Modified\r\n\r\n');
    });
    const send = transport();
    assert.equal(await textOf((await send(url, ask())).body), 'abc');
    const head = await send(url, { ...ask(), method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), '99');
    assert.equal(await textOf(head.body), '');
    assert.equal(await textOf((await send(url, ask())).body), '');
    assert.equal(sockets.size, 1);
  });

  for (const [name, more] of Object.entries({
    'in chunks': 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'without a length': '\r\nabc',
    'with a length': 'content-length: 3\r\n\r\nabc',
  })) {
    test(`a redirect ${name} is an answer, whatever comes with it`, async () => {
      const url = await serve((socket) => socket.write(`HTTP/1.1 302 Found\r\nlocation: /y\r\n${more}`));
      const send = transport();
      for (let i = 0; i < 2; i++) {
        const { status, headers, body } = await send(url, ask());
        assert.deepEqual([status, headers.get('location')], [302, '/y']);
        await body?.cancel();
      }
      assert.equal(sockets.size, name === 'with a length' ? 1 : 2);
    });
  }

  const unusual = {
    'of another version': 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx',
    'in chunks': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    'without a length': 'HTTP/1.1 200 OK\r\n\r\nx',
    'with two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxy',
    'with chunks and a length': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nx',
    'with a negative length': 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'with a folded header': 'HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 1\r\n\r\nx',
    'with a space before a colon': 'HTTP/1.1 200 OK\r\ncontent-length : 1\r\n\r\nx',
    'that switches protocols': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'that is no HTTP': 'SSH-2.0-OpenSSH\r\n\r\n\r\n',
    'whose head does not end': `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`,
  };
  for (const [name, answer] of Object.entries(unusual)) {
    test(`an answer ${name} is left to others`, async () => {
      const url = await serve((socket) => socket.write(answer));
      await assert.rejects(transport()(url, ask()), UnusualAnswerError);
    });
  }

  test('TLS: bytes come whole from a server that is trusted, and not at all from another', async () => {
    const { key, certificate } = selfSigned();
    const content = randomBytes(2_000_000);
    server = createSecureServer({ key, cert: certificate }, (socket) =>
      accept(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n`);
        socket.write(content);
      }),
    );
    const url = await listen(server, 'https');
    const send = transport(certificate);
    for (let i = 0; i < 2; i++) {
      const sink = new Collector(100_000);
      await (await send(url, ask())).body?.readInto(sink);
      assert.equal(digest(sink.bytes), digest(content));
    }
    assert.equal(sockets.size, 1);
    await assert.rejects(transport()(url, ask()), /self-signed certificate/);
  });

  test('TLS: a sink that is busy again and again loses no byte', async () => {
    const { key, certificate } = selfSigned();
    const content = randomBytes(5_000_000);
    server = createSecureServer({ key, cert: certificate }, (socket) =>
      accept(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n`);
        socket.write(content);
      }),
    );
    const url = await listen(server, 'https');
    let isBusy = false;
    const sink = new Collector(50_000, () => {
      assert.equal(isBusy, false);
      isBusy = true;
      return new Promise((resolve) => setTimeout(() => ((isBusy = false), resolve()), 1));
    });
    const { body } = await transport(certificate)(url, ask());
    // What comes before anyone reads is kept as well.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await body?.readInto(sink);
    assert.equal(digest(sink.bytes), digest(content));
  });

  test('an answer that came whole is handed on to its end, also when the server closes at once', async () => {
    const url = await serve((socket) => socket.end(plain('x'.repeat(100_000))));
    const sink = new Collector(1000, () => new Promise((resolve) => setImmediate(resolve)));
    await (await transport()(url, ask())).body?.readInto(sink);
    assert.equal(sink.bytes.length, 100_000);
  });

  test('an idle connection keeps no process alive', async () => {
    const url = await serve((socket) => socket.write(plain('abc')));
    const program = `
      import { directTransport } from './src/core/hub/directTransport.ts';
      const signal = new AbortController().signal;
      const { body } = await directTransport(() => Promise.resolve(undefined))(${JSON.stringify(url)}, { method: 'GET', headers: {}, signal });
      const memory = Buffer.alloc(10);
      await body.readInto({ room: () => memory, filled: () => undefined });
      console.log(JSON.stringify(process.getActiveResourcesInfo()));`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let active = '';
    child.stdout.on('data', (text) => (active += String(text)));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 0);
    assert.ok(!(JSON.parse(active) as string[]).includes('TCPSocketWrap'), active);
  });
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

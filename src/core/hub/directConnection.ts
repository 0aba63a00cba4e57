import { validateHeaderValue } from 'node:http';
import { connect as connectPlain, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { pour, type ByteBody, type ByteRequest, type ByteResponse, type ByteSink } from './byteTransport.js';
import { HeadReader, type Head } from './httpHead.js';

/** A connection kept from an earlier request that the server had closed meanwhile: the same request may go to another one. */
export class LostConnectionError extends Error {}

const connectTimeoutMs = 5000;
/** Memory for heads, and for what comes while the sink takes nothing. */
const scratchBytes = 64 * 1024;

interface Exchange {
  isHead: boolean;
  reader: HeadReader;
  answer: (response: ByteResponse) => void;
  refuse: (error: Error) => void;
}

/**
 * One HTTP/1.1 connection that the operating system fills the reader's own memory from: no chunk is allocated and none is
 * copied. `node:http` takes several times the processor time for the same bytes.
 */
export class DirectConnection {
  private readonly socket: Socket;
  private readonly scratch = Buffer.allocUnsafeSlow(scratchBytes);
  private memory: Uint8Array = this.scratch;
  private exchange: Exchange | undefined;
  private body: DirectBody | undefined;
  private isUsed = false;
  private isReusable = true;

  constructor(
    url: URL,
    certificates: string | undefined,
    /** Called when the connection may serve another request. */
    private readonly onIdle: (connection: DirectConnection) => void,
  ) {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const isSecure = url.protocol === 'https:';
    const options: TcpNetConnectOpts = {
      host,
      port: Number(url.port || (isSecure ? 443 : 80)),
      noDelay: true,
      onread: { buffer: () => this.nextMemory(), callback: (count) => this.take(count) },
    };
    this.socket = isSecure
      ? connectSecurely({
          ...options,
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...(certificates === undefined ? {} : { ca: certificates }),
          ALPNProtocols: ['http/1.1'],
        })
      : connectPlain(options);
    const timer = setTimeout(
      () => this.destroy(new Error(`no connection within ${connectTimeoutMs / 1000} seconds`)),
      connectTimeoutMs,
    );
    for (const event of [isSecure ? 'secureConnect' : 'connect', 'close']) {
      this.socket.once(event, () => clearTimeout(timer));
    }
    this.socket.on('error', (error) => this.destroy(error));
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => this.destroy(new Error('the connection was closed')));
    }
  }

  get isAlive(): boolean {
    return this.isReusable && !this.socket.destroyed;
  }

  /**
   * Asks for one answer; the connection must be idle.
   * @throws UnusualAnswerError for an answer that this reader leaves to others; LostConnectionError; the network's errors.
   */
  request(url: URL, { method, headers, signal }: ByteRequest): Promise<ByteResponse> {
    signal.throwIfAborted();
    const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`];
    for (const [name, value] of Object.entries({ accept: '*/*', 'user-agent': 'node', ...headers })) {
      validateHeaderValue(name, value);
      lines.push(`${name}: ${value}`);
    }
    const abort = (): void => this.destroy(signal.reason as Error, false);
    signal.addEventListener('abort', abort, { once: true });
    this.onEnd = () => signal.removeEventListener('abort', abort);
    this.socket.ref();
    return new Promise((answer, refuse) => {
      this.exchange = { isHead: method === 'HEAD', reader: new HeadReader(), answer, refuse };
      this.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
      this.socket.resume();
    });
  }

  /** Ends the connection, and with it what is under way. */
  destroy(error: Error, mayBeLost = true): void {
    this.isReusable = false;
    const { exchange, body } = this;
    const isLost = mayBeLost && this.isUsed && exchange?.reader.hasBegun === false;
    this.endExchange();
    this.socket.destroy();
    exchange?.refuse(isLost ? new LostConnectionError(error.message) : error);
    body?.breakOff(error);
  }

  private onEnd: () => void = () => undefined;

  private endExchange(): void {
    this.exchange = undefined;
    this.body = undefined;
    this.onEnd();
  }

  private nextMemory(): Uint8Array {
    this.memory = this.scratch;
    try {
      this.memory = this.body?.room() ?? this.scratch;
    } catch (error) {
      this.giveUp(error);
    }
    return this.memory;
  }

  /** Whether more may come at once. TLS may bring more all the same. */
  private take(count: number): boolean {
    const received = this.scratch.subarray(0, count);
    try {
      if (this.exchange) return this.takeHead(received, this.exchange);
      if (!this.body) throw new Error('the server sent more than one answer');
      return this.memory === this.scratch ? this.body.take(received) : this.body.filled(count);
    } catch (error) {
      this.giveUp(error);
      return false;
    }
  }

  private giveUp(error: unknown): void {
    const { body } = this;
    this.destroy(error as Error);
    body?.fail(error as Error);
  }

  private takeHead(bytes: Buffer, exchange: Exchange): boolean {
    const head = exchange.reader.read(bytes);
    if (!head) return true;
    this.isReusable &&= head.isPersistent;
    const body = new DirectBody(exchange.isHead ? 0 : head.lengthBytes, head.rest, {
      resume: () => void this.socket.resume(),
      destroy: (error) => this.destroy(error),
      finish: () => this.finish(),
    });
    [this.exchange, this.body] = [undefined, body];
    exchange.answer(responseOf(head, body));
    return false;
  }

  private finish(): void {
    this.endExchange();
    this.isUsed = true;
    if (!this.isAlive) return void this.socket.destroy();
    // An idle connection keeps no process alive.
    this.socket.unref();
    this.socket.resume();
    this.onIdle(this);
  }
}

function responseOf({ status, headers }: Head, body: ByteBody): ByteResponse {
  return { status, ok: status >= 200 && status < 300, headers, body };
}

/** What a body asks of its connection. */
interface BodyOwner {
  resume(): void;
  destroy(error: Error): void;
  finish(): void;
}

/** The body of one answer, of a length that is known. */
class DirectBody implements ByteBody {
  private sink: ByteSink | undefined;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;
  private failure: Error | undefined;
  /** What came while the sink took nothing. */
  private readonly held: Buffer[] = [];
  private isBusy = true;
  private isOver = false;

  constructor(
    private expectedBytes: number,
    rest: Buffer,
    private readonly owner: BodyOwner,
  ) {
    if (rest.byteLength > 0) this.take(rest);
  }

  readInto(sink: ByteSink): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      [this.sink, this.resolve, this.reject] = [sink, resolve, reject];
      this.goOn();
    });
  }

  cancel(): Promise<void> {
    if (this.isOver) return Promise.resolve();
    if (this.expectedBytes === 0) this.end();
    else this.owner.destroy(new Error('the answer was not wanted'));
    return Promise.resolve();
  }

  /** The connection ended. Where all came before, the sink may still take it. */
  breakOff(error: Error): void {
    if (this.expectedBytes > 0 || !this.sink) this.fail(error);
  }

  fail(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.failure = error;
    this.reject(error);
  }

  /** The sink's memory for what comes next, while it takes something. */
  room(): Uint8Array | undefined {
    return this.isBusy || this.expectedBytes === 0 ? undefined : this.sink?.room().subarray(0, this.expectedBytes);
  }

  /** So much came into the sink's memory. */
  filled(count: number): boolean {
    this.expectedBytes -= count;
    return this.settle(this.sink?.filled(count));
  }

  /** These bytes came into memory that is used again. */
  take(bytes: Buffer): boolean {
    if (bytes.byteLength > this.expectedBytes) throw new Error('the server sent more than it announced');
    this.expectedBytes -= bytes.byteLength;
    this.held.push(Buffer.from(bytes));
    return this.isBusy ? false : this.handOn();
  }

  /** Hands on what is held. Whether more may come. */
  private handOn(): boolean {
    for (let chunk = this.held.shift(); chunk && this.sink; chunk = this.held.shift()) {
      const busy = pour(chunk, this.sink);
      if (busy) return this.settle(busy);
    }
    return this.settle(undefined);
  }

  private settle(busy: Promise<void> | undefined): boolean {
    this.isBusy = busy !== undefined;
    busy?.then(
      () => this.goOn(),
      (error: unknown) => this.giveUp(error),
    );
    if (!busy && this.expectedBytes === 0) this.end();
    return !busy;
  }

  private goOn(): void {
    try {
      if (this.handOn() && !this.isOver) this.owner.resume();
    } catch (error) {
      this.giveUp(error);
    }
  }

  private giveUp(error: unknown): void {
    this.fail(error as Error);
    this.owner.destroy(error as Error);
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.owner.finish();
    this.resolve();
  }
}

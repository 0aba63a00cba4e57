import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A forward proxy on this machine: plain requests by their full address, TLS through tunnels. */
export class ProxyServer {
  /** What was asked for: `GET http://...` and `CONNECT host:port`. */
  readonly asked: string[] = [];
  /** `name:password` that it insists on. */
  credentials: string | undefined;
  /** Answered to tunnels in place of opening them. */
  refusal: number | undefined;
  private readonly sockets = new Set<Socket | Duplex>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ProxyServer> {
    const server = createServer();
    const proxy = new ProxyServer(server);
    server.on('request', (message, response) => proxy.forward(message, response));
    server.on('connect', (message: IncomingMessage, socket: Duplex) => proxy.tunnel(message, socket));
    server.on('connection', (socket: Socket) => proxy.sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** `host:port` */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private forward(message: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${message.method} ${message.url}`);
    if (!this.isAllowed(message)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
    const headers = { ...message.headers };
    delete headers['proxy-authorization'];
    const onward = request(message.url ?? '', { method: message.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    message.pipe(onward);
  }

  private tunnel(message: IncomingMessage, socket: Duplex): void {
    this.asked.push(`CONNECT ${message.url}`);
    socket.on('error', () => undefined);
    const status = this.isAllowed(message) ? this.refusal : 407;
    if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const [host, port] = (message.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    this.sockets.add(onward);
    onward.on('error', () => socket.destroy());
  }

  private isAllowed(message: IncomingMessage): boolean {
    if (this.credentials === undefined) return true;
    return message.headers['proxy-authorization'] === `Basic ${Buffer.from(this.credentials).toString('base64')}`;
  }
}

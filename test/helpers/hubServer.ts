import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { SelfSigned } from './selfSigned.js';

export interface HubRepository {
  files: Record<string, Buffer>;
  /** 40 hex digits; made from the content when absent. */
  commit?: string;
  /** Files of other commits. */
  history?: Record<string, Record<string, Buffer>>;
  /** Commits by branch and tag, besides `main`. */
  refs?: Record<string, string>;
  /** Only with this token. */
  token?: string;
  /** What the repository is may be asked by all, its files only with the token. */
  isGated?: boolean;
  /** The repository has another name now. */
  movedTo?: string;
}

/** One request as the server saw it. */
export interface SeenRequest {
  host: 'hub' | 'cdn';
  method: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  /** Bytes of the body that were handed to the socket. */
  sentBytes: number;
}

/** How the next answers differ from those of an honest, healthy Hub. */
export interface HubFaults {
  /** Statuses that the next matching requests get instead of an answer. */
  refuse: { path: RegExp; status: number; headers?: Record<string, string>; times: number }[];
  /** Bodies of the next matching answers end after so many bytes, with a broken connection. */
  breakAfter: { path: RegExp; bytes: number; times: number }[];
  /** Replaces entries of the file listing. */
  listing: ((entries: ListingEntry[]) => ListingEntry[]) | undefined;
  /** The content that is really sent. */
  content: ((name: string, bytes: Buffer) => Buffer) | undefined;
  ignoresRanges: boolean;
  /** The address that large files are redirected to, instead of the other server's. */
  redirect: ((path: string) => string) | undefined;
  bytesPerSecond: number | undefined;
  /** Signed addresses work so many times each. */
  signedUses: number | undefined;
  commit: string | undefined;
}

export interface ListingEntry {
  type: 'file' | 'directory';
  path: string;
  size: number;
  oid: string;
  lfs?: { oid: string; size: number; pointerSize: number };
}

/** Files from here on are large ones, kept on another host, as Git LFS does. */
const largeBytes = 100_000;
const pageSize = 50;

/**
 * A Hub on this machine: model info, tree listing in pages, `resolve` with redirects to a second server for large files,
 * ranges, entity tags, access tokens, and faults to order. It speaks enough for Python's huggingface_hub.
 */
export class HubServer {
  readonly requests: SeenRequest[] = [];
  readonly faults: HubFaults = {
    refuse: [],
    breakAfter: [],
    listing: undefined,
    content: undefined,
    ignoresRanges: false,
    redirect: undefined,
    bytesPerSecond: undefined,
    signedUses: undefined,
    commit: undefined,
  };
  private signature = 0;
  private readonly uses = new Map<string, number>();

  private constructor(
    readonly repositories: Record<string, HubRepository>,
    private readonly hub: Server,
    private readonly cdn: Server,
  ) {}

  static async start(repositories: Record<string, HubRepository>, secure?: SelfSigned): Promise<HubServer> {
    const create = (): Server =>
      secure ? createSecureServer({ key: secure.key, cert: secure.certificate }) : createServer();
    const [hub, cdn] = [create(), create()];
    const server = new HubServer(repositories, hub, cdn);
    hub.on('request', (request, response) => void server.answerHub(request, response));
    cdn.on('request', (request, response) => void server.answerCdn(request, response));
    for (const each of [hub, cdn]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get endpoint(): string {
    return this.addressOf(this.hub);
  }

  get cdnEndpoint(): string {
    return this.addressOf(this.cdn);
  }

  private addressOf(server: Server): string {
    const scheme = server instanceof TlsServer ? 'https' : 'http';
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  commitOf(repositoryId: string): string {
    const repository = this.repositories[repositoryId];
    if (repository?.commit !== undefined) return repository.commit;
    const hash = createHash('sha1').update(repositoryId);
    for (const [name, bytes] of Object.entries(repository?.files ?? {})) hash.update(name).update(blobId(bytes));
    return hash.digest('hex');
  }

  /** Bytes that were sent of files whose path matches. */
  sentBytes(path: RegExp): number {
    return this.requests
      .filter((request) => path.test(request.path))
      .reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  }

  async close(): Promise<void> {
    for (const each of [this.hub, this.cdn]) {
      each.closeAllConnections();
      await new Promise((resolve) => each.close(resolve));
    }
  }

  private async answerHub(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = this.see('hub', request);
    const url = new URL(request.url ?? '/', this.endpoint);
    if (this.refuse(seen.path, response)) return;
    const api = /^\/api\/models\/(.+?)(?:\/(revision|tree)\/([^/]+)(?:\/(.+))?)?$/.exec(url.pathname);
    const resolve = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const repositoryId = api?.[1] ?? resolve?.[1] ?? '';
    const revision = decodeURIComponent(api?.[3] ?? resolve?.[2] ?? 'main');
    const repository = this.repositories[repositoryId];
    if (!repository) return refuseWith(response, 404, 'RepoNotFound', 'Repository not found');
    if (repository.movedTo !== undefined) {
      const location = (request.url ?? '').replace(repositoryId, repository.movedTo);
      return void response.writeHead(307, { location, 'content-length': '0' }).end();
    }
    const isAllowed = repository.token === undefined || seen.authorization === `Bearer ${repository.token}`;
    if (!isAllowed && repository.isGated && resolve) {
      const status = seen.authorization === undefined ? 401 : 403;
      return refuseWith(response, status, 'GatedRepo', `Access to model ${repositoryId} is restricted.`);
    }
    if (!isAllowed && !repository.isGated) return refuseWith(response, 401, 'RepoNotFound', 'Repository not found');
    const commit = this.commitAt(repositoryId, revision);
    if (commit === undefined) return refuseWith(response, 404, 'RevisionNotFound', 'Invalid rev id');
    const files = repository.history?.[commit] ?? repository.files;
    if (api?.[2] === 'tree') return this.answerTree(url, files, api[4] && decodeURIComponent(api[4]), response);
    if (api) return this.answerInfo(repositoryId, repository, commit, files, response);
    return this.answerResolve(seen, request, response, files, commit, decodeURIComponent(resolve?.[3] ?? ''));
  }

  /** The commit of a branch, a tag, a commit or the beginning of one. */
  private commitAt(repositoryId: string, revision: string): string | undefined {
    const { history = {}, refs = {} } = this.repositories[repositoryId] ?? {};
    const newest = this.commitOf(repositoryId);
    if (revision === 'main' || revision === 'HEAD') return newest;
    const isShort = /^[0-9a-f]{7,40}$/.test(revision);
    return refs[revision] ?? [newest, ...Object.keys(history)].find((commit) => isShort && commit.startsWith(revision));
  }

  private answerInfo(
    id: string,
    repository: HubRepository,
    commit: string,
    files: Record<string, Buffer>,
    response: ServerResponse,
  ): void {
    sendJson(response, {
      _id: '0123456789abcdef01234567',
      id,
      modelId: id,
      sha: this.faults.commit ?? commit,
      private: repository.token !== undefined,
      gated: repository.isGated ? 'auto' : false,
      disabled: false,
      downloads: 1,
      likes: 0,
      tags: [],
      lastModified: '2026-01-02T03:04:05.000Z',
      createdAt: '2026-01-02T03:04:05.000Z',
      siblings: Object.keys(files).map((rfilename) => ({ rfilename })),
    });
  }

  private answerTree(
    url: URL,
    files: Record<string, Buffer>,
    below: string | undefined,
    response: ServerResponse,
  ): void {
    const all = Object.entries(files).map(([path, bytes]): ListingEntry => {
      const entry = {
        type: 'file' as const,
        path,
        size: bytes.length,
        oid: bytes.length < largeBytes ? blobId(bytes) : '0'.repeat(40),
      };
      return bytes.length < largeBytes
        ? entry
        : { ...entry, lfs: { oid: blobId(bytes), size: bytes.length, pointerSize: 134 } };
    });
    const listed = this.faults.listing?.(all) ?? all;
    const entries = below === undefined ? listed : listed.filter((entry) => entry.path.startsWith(`${below}/`));
    if (below !== undefined && entries.length === 0)
      return refuseWith(response, 404, 'EntryNotFound', `${below} does not exist`);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    if (from + pageSize < entries.length) {
      url.searchParams.set('cursor', String(from + pageSize));
      response.setHeader('link', `<${url.href}>; rel="next"`);
    }
    sendJson(response, entries.slice(from, from + pageSize));
  }

  private async answerResolve(
    seen: SeenRequest,
    request: IncomingMessage,
    response: ServerResponse,
    files: Record<string, Buffer>,
    commit: string,
    name: string,
  ): Promise<void> {
    const bytes = files[name];
    response.setHeader('x-repo-commit', commit);
    if (!bytes) return refuseWith(response, 404, 'EntryNotFound', 'Entry not found');
    if (bytes.length < largeBytes) {
      response.setHeader('etag', `"${gitId(bytes)}"`);
      return this.send(seen, request, response, this.faults.content?.(name, bytes) ?? bytes);
    }
    response.setHeader('x-linked-etag', `"${blobId(bytes)}"`);
    response.setHeader('x-linked-size', String(bytes.length));
    const path = `/lfs/${blobId(bytes)}?signature=${++this.signature}`;
    response.writeHead(302, { location: this.faults.redirect?.(path) ?? `${this.cdnEndpoint}${path}` }).end();
  }

  private async answerCdn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = this.see('cdn', request);
    if (this.refuse(seen.path, response)) return;
    const uses = (this.uses.get(seen.path) ?? 0) + 1;
    this.uses.set(seen.path, uses);
    if (uses > (this.faults.signedUses ?? Infinity)) return void response.writeHead(403).end('expired');
    const id = /^\/lfs\/([0-9a-f]{64})/.exec(seen.path)?.[1];
    for (const { files, history = {} } of Object.values(this.repositories)) {
      for (const [name, bytes] of [files, ...Object.values(history)].flatMap(Object.entries<Buffer>)) {
        if (bytes.length < largeBytes || blobId(bytes) !== id) continue;
        response.setHeader('etag', `"${id}"`);
        return this.send(seen, request, response, this.faults.content?.(name, bytes) ?? bytes);
      }
    }
    response.writeHead(404).end();
  }

  private async send(
    seen: SeenRequest,
    request: IncomingMessage,
    response: ServerResponse,
    bytes: Buffer,
  ): Promise<void> {
    const match = this.faults.ignoresRanges ? null : /^bytes=(\d+)-(\d*)$/.exec(seen.range ?? '');
    let [begin, end] = [0, bytes.length];
    response.setHeader('accept-ranges', 'bytes');
    if (match) {
      begin = Number(match[1]);
      end = Math.min(bytes.length, match[2] === '' ? bytes.length : Number(match[2]) + 1);
      if (begin >= bytes.length)
        return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${begin}-${end - 1}/${bytes.length}`);
    }
    response.setHeader('content-length', String(end - begin));
    if (request.method === 'HEAD') return void response.end();
    const fault = this.faults.breakAfter.find(({ path, times }) => times > 0 && path.test(seen.path));
    if (fault) fault.times--;
    const limit = fault ? Math.min(end, begin + fault.bytes) : end;
    await this.stream(seen, response, bytes.subarray(begin, limit));
    if (limit < end) response.destroy();
    else response.end();
  }

  private async stream(seen: SeenRequest, response: ServerResponse, bytes: Buffer): Promise<void> {
    const rate = this.faults.bytesPerSecond;
    const step = rate === undefined ? 1024 * 1024 : Math.max(1, Math.floor(rate / 50));
    for (let at = 0; at < bytes.length && !response.destroyed; at += step) {
      const chunk = bytes.subarray(at, at + step);
      response.write(chunk);
      seen.sentBytes += chunk.length;
      if (rate !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
      if (response.writableNeedDrain && !response.destroyed) {
        await new Promise<void>((resolve) => {
          const go = (): void => {
            response.off('drain', go).off('close', go);
            resolve();
          };
          response.on('drain', go).on('close', go);
        });
      }
    }
  }

  private see(host: 'hub' | 'cdn', request: IncomingMessage): SeenRequest {
    const seen: SeenRequest = {
      host,
      method: request.method ?? '',
      path: decodeURIComponent(request.url ?? ''),
      range: request.headers.range,
      authorization: request.headers.authorization,
      sentBytes: 0,
    };
    this.requests.push(seen);
    return seen;
  }

  private refuse(path: string, response: ServerResponse): boolean {
    const fault = this.faults.refuse.find((each) => each.times > 0 && each.path.test(path));
    if (!fault) return false;
    fault.times--;
    response.writeHead(fault.status, fault.headers).end();
    return true;
  }
}

/** The name of a content in the cache: SHA-256 of a large file, git's blob id of a small one. */
export function blobId(bytes: Buffer): string {
  const known = blobIds.get(bytes);
  if (known !== undefined) return known;
  const id = bytes.length < largeBytes ? gitId(bytes) : createHash('sha256').update(bytes).digest('hex');
  blobIds.set(bytes, id);
  return id;
}

const blobIds = new WeakMap<Buffer, string>();

function gitId(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function refuseWith(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'x-error-code': code, 'x-error-message': message, 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: message }));
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

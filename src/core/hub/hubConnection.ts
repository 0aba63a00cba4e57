import { MlflowError, throwIfCancelled, type ErrorCode } from '../errors.js';
import type { Fetch } from '../ports.js';
import { fetchTransport, readBytes, type ByteResponse, type ByteTransport } from './byteTransport.js';
import type { HubSettings } from './hubSettings.js';

export interface HubRequest {
  method?: 'GET' | 'HEAD' | undefined;
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
  /** Statuses besides 2xx that the caller takes as answers. */
  accepts?: readonly number[] | undefined;
}

export interface HubAnswer {
  response: ByteResponse;
  /** Where the redirects ended. */
  url: string;
  /** Headers of the Hub's own answer, from before it redirected to where the bytes are. */
  hubHeaders: Headers;
}

const maximumRedirects = 10;
const maximumAttempts = 6;
/** Of a server that cannot be reached at all. */
const maximumNetworkAttempts = 3;
const longestWaitMs = 120_000;
const answerTimeoutMs = 15_000;
const redirects = new Set([301, 302, 303, 307, 308]);
const transient = new Set([408, 429, 500, 502, 503, 504]);

class SilentServerError extends Error {}

/** The network of Node, imported at the first request: who stays with local files loads nothing of it. */
function networkTransport(settings: HubSettings): ByteTransport {
  let transport: Promise<ByteTransport> | undefined;
  return async (url, request) => {
    transport ??= import('./nodeTransport.js').then(({ nodeTransport }) => nodeTransport(settings));
    return (await transport)(url, request);
  };
}

/**
 * Requests to one Hub: redirects followed by hand so that the token goes to no other host, transient failures repeated with
 * the waiting time that the Hub asks for.
 */
export class HubConnection {
  private readonly transport: ByteTransport;

  /** A `fetch` that the caller gives makes all requests. */
  constructor(
    readonly settings: HubSettings,
    fetchPort?: Fetch,
    private readonly wait: (durationMs: number, signal?: AbortSignal) => Promise<void> = sleep,
  ) {
    this.transport = fetchPort ? fetchTransport(fetchPort) : networkTransport(settings);
  }

  /** `fetch` for clients of the Hub's API: throws where the answer is an error. */
  readonly fetch: Fetch = async (input, init) => {
    const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    const request = { headers: { accept: 'application/json' }, signal: init?.signal ?? undefined };
    const { response } = await this.request(url, request);
    const bytes = response.body ? await readBytes(response.body) : new Uint8Array();
    return new Response(bytes, { status: response.status, headers: response.headers });
  };

  /**
   * @throws MlflowError with the reason: `hubOffline`, `hubRateLimited`, TEMPORARILY_UNAVAILABLE, UNAUTHENTICATED,
   *   PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST; CANCELLED.
   */
  async request(url: string, request: HubRequest = {}): Promise<HubAnswer> {
    if (this.settings.isOffline) {
      throw new MlflowError(
        `${url} was not asked for: HF_HUB_OFFLINE is set. Unset it to use the network.`,
        'TEMPORARILY_UNAVAILABLE',
        { reason: 'hubOffline', details: { url } },
      );
    }
    for (let attempt = 1; ; attempt++) {
      throwIfCancelled(request.signal);
      const outcome = await this.attempt(url, request);
      if ('answer' in outcome) return outcome.answer;
      const waitMs = outcome.retryAfterMs ?? Math.min(8000, 500 * 2 ** (attempt - 1));
      const limit = outcome.isNetwork ? maximumNetworkAttempts : maximumAttempts;
      if (!outcome.isTransient || attempt === limit || waitMs > longestWaitMs) throw outcome.error;
      await this.wait(waitMs, request.signal);
    }
  }

  private async attempt(url: string, request: HubRequest): Promise<Outcome> {
    let answer: HubAnswer;
    try {
      answer = await this.follow(url, request);
    } catch (error) {
      if (request.signal?.aborted) throw MlflowError.cancelled();
      if (MlflowError.is(error)) throw error;
      return { isTransient: !isUnresolvable(error), isNetwork: true, error: unreachable(url, error) };
    }
    const { response } = answer;
    if (response.ok || request.accepts?.includes(response.status)) return { answer };
    const error = await refusal(answer);
    return { isTransient: transient.has(response.status), error, retryAfterMs: retryAfterMs(response.headers) };
  }

  private async follow(url: string, request: HubRequest): Promise<HubAnswer> {
    let current = new URL(url);
    let hubHeaders: Headers | undefined;
    for (let hop = 0; hop <= maximumRedirects; hop++) {
      const response = await this.requestOnce(current, request);
      if (current.origin === this.origin) hubHeaders = merged(hubHeaders, response.headers);
      const location = response.headers.get('location');
      if (!redirects.has(response.status) || location === null)
        return { response, url: current.href, hubHeaders: hubHeaders ?? response.headers };
      await response.body?.cancel();
      const next = new URL(location, current);
      const isDowngrade = current.protocol === 'https:' && next.protocol !== 'https:';
      if (isDowngrade || !/^https?:$/.test(next.protocol)) {
        throw new MlflowError(
          `The Hub redirects ${url} to ${next.href}, which is not a secure address. Nothing was downloaded; check HF_ENDPOINT.`,
          'DATA_LOSS',
          { details: { url } },
        );
      }
      current = next;
    }
    throw new MlflowError(`${url} redirects in a circle. Check HF_ENDPOINT and proxies.`, 'INTERNAL_ERROR', {
      details: { url },
    });
  }

  private async requestOnce(url: URL, request: HubRequest): Promise<ByteResponse> {
    const token = url.origin === this.origin ? await this.settings.readToken() : null;
    const headers = { ...request.headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const timeout = new AbortController();
    const timer = setTimeout(
      () => timeout.abort(new SilentServerError(`no answer within ${answerTimeoutMs / 1000} seconds`)),
      answerTimeoutMs,
    );
    try {
      return await this.transport(url.href, {
        method: request.method ?? 'GET',
        headers,
        signal: request.signal ? AbortSignal.any([request.signal, timeout.signal]) : timeout.signal,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private get origin(): string {
    return new URL(this.settings.endpoint).origin;
  }
}

type Outcome =
  | { answer: HubAnswer }
  | { isTransient: boolean; isNetwork?: boolean; error: MlflowError; retryAfterMs?: number | undefined };

function merged(earlier: Headers | undefined, later: Headers): Headers {
  const result = new Headers(later);
  earlier?.forEach((value, name) => {
    if (name.startsWith('x-')) result.set(name, value);
  });
  return result;
}

/** `Retry-After` in seconds or as a date, or the `t` of the Hub's `RateLimit` header. */
export function retryAfterMs(headers: Headers, now: number = Date.now()): number | undefined {
  const text = headers.get('retry-after');
  if (text !== null) {
    const seconds = Number(text);
    if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
    const date = Date.parse(text);
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  const reset = /(?:^|;)\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  return reset === undefined ? undefined : Number(reset) * 1000;
}

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  410: 'RESOURCE_DOES_NOT_EXIST',
  429: 'REQUEST_LIMIT_EXCEEDED',
};

async function refusal({ response, url }: HubAnswer): Promise<MlflowError> {
  const { status } = response;
  const errorCode = statusCodes[status] ?? (status >= 500 ? 'TEMPORARILY_UNAVAILABLE' : 'INTERNAL_ERROR');
  const told = response.headers.get('x-error-message');
  await response.body?.cancel();
  const said = told === null ? `answered ${url} with ${status}` : `refused ${url}: ${told.slice(0, 300)} (${status})`;
  return new MlflowError(`The Hub ${said}. ${remedy(status, response.headers.get('x-error-code'), url)}`, errorCode, {
    ...(status === 429 ? { reason: 'hubRateLimited' as const } : {}),
    details: { url, status },
  });
}

function remedy(status: number, hubCode: string | null, url: string): string {
  if (hubCode === 'GatedRepo')
    return `Accept the terms of the repository on its page (${pageOf(url)}), then set HF_TOKEN to your access token.`;
  if (hubCode === 'RevisionNotFound') return 'The repository has no such revision; check its name.';
  switch (status) {
    case 401:
    case 403:
      return 'Check the name of the repository, and set HF_TOKEN to an access token that may read it.';
    case 404:
      return 'Check the names of repository, revision and file; a private repository needs HF_TOKEN.';
    case 429:
      return 'It limits how often it is asked: wait a few minutes, or set HF_TOKEN for a higher limit.';
    default:
      return 'Try again later.';
  }
}

/** The page of the repository that an address belongs to. */
function pageOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/^\/api\/models/, '').replace(/\/(resolve|tree|revision)\/.*$/, '');
}

/** No name, no network, no trust, no answer at all: asking again at once changes nothing. */
function isUnresolvable(error: unknown): boolean {
  if (error instanceof SilentServerError) return true;
  return ['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH'].includes(codeOf(error)) || isDistrust(error);
}

/** The server's certificate was not accepted. */
function isDistrust(error: unknown): boolean {
  return /CERT|UNABLE_TO_(GET|VERIFY)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return String((causeOf(error) as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** `fetch` wraps the network's error. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

function unreachable(url: string, error: unknown): MlflowError {
  const cause = causeOf(error);
  const remedy = isDistrust(error)
    ? 'Where a proxy signs with a certificate of its own, name the file with that certificate in REQUESTS_CA_BUNDLE.'
    : 'Check the network, proxies and HF_ENDPOINT.';
  return new MlflowError(
    `${url} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}. ${remedy}`,
    'TEMPORARILY_UNAVAILABLE',
    { details: { url }, cause: error },
  );
}

/** @throws MlflowError CANCELLED when the signal is aborted meanwhile. */
async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal?.addEventListener('abort', done);
  });
  throwIfCancelled(signal);
}

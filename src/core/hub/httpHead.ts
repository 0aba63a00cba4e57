/** The head of one answer of HTTP/1.1. */
export interface Head {
  status: number;
  headers: Headers;
  lengthBytes: number;
  /** Whether the connection may be used again. */
  isPersistent: boolean;
  /** What came behind the head. */
  rest: Buffer;
}

/** An answer that is left to `node:http`: of another version, without a length, or not well formed. */
export class UnusualAnswerError extends Error {}

const maximumHeadBytes = 64 * 1024;
const endOfHead = '\r\n\r\n';

/** Collects the head of an answer. It is strict: whatever is not plain is an {@link UnusualAnswerError}. */
export class HeadReader {
  private text = '';

  /** Whether anything of the answer came. */
  get hasBegun(): boolean {
    return this.text !== '';
  }

  /** The head, when `bytes` completes it. */
  read(bytes: Buffer): Head | undefined {
    const before = this.text.length;
    // Latin-1: one character a byte, so that positions in the text are positions in the bytes.
    this.text += bytes.toString('latin1');
    const end = this.text.indexOf(endOfHead, Math.max(0, before - endOfHead.length));
    if (end === -1) {
      if (this.text.length > maximumHeadBytes) throw new UnusualAnswerError('the head of the answer does not end');
      return undefined;
    }
    const rest = bytes.subarray(end + endOfHead.length - before);
    const head = parseHead(this.text.slice(0, end));
    if (isRedirect(head)) return { ...head, rest: rest.subarray(0, head.lengthBytes) };
    if (head.status >= 200) return { ...head, rest };
    this.text = '';
    return this.read(rest);
  }
}

function parseHead(text: string): Omit<Head, 'rest'> {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d)(?: |$)/.exec(statusLine)?.[1]);
  if (!(status > 0) || status === 101)
    throw new UnusualAnswerError(`the answer begins with ${JSON.stringify(statusLine.slice(0, 40))}`);
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([^\r\n\0]*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new UnusualAnswerError('a header line is not well formed');
    headers.append(name, value);
  }
  // Nobody reads what comes with a redirect: where it has no length, the connection ends with its head.
  const isCut = isRedirect({ status, headers }) && !hasLength(headers);
  const isPersistent = !isCut && !/\bclose\b/i.test(headers.get('connection') ?? '');
  return { status, headers, lengthBytes: isCut ? 0 : lengthOf(status, headers), isPersistent };
}

function isRedirect({ status, headers }: Pick<Head, 'status' | 'headers'>): boolean {
  return status >= 300 && status < 400 && headers.has('location');
}

function lengthOf(status: number, headers: Headers): number {
  if (status < 200 || status === 204 || status === 304) return 0;
  if (!hasLength(headers)) throw new UnusualAnswerError('the answer does not say how long it is');
  return Number(headers.get('content-length'));
}

function hasLength(headers: Headers): boolean {
  return !headers.has('transfer-encoding') && /^\d{1,15}$/.test(headers.get('content-length') ?? '');
}

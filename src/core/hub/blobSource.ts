import { MlflowError } from '../errors.js';
import type { ByteBody, ByteResponse } from './byteTransport.js';
import type { HubConnection } from './hubConnection.js';
import type { HubFile } from './hubNames.js';

/** The Hub's answer is not about the file that its listing described. */
export class ChangedFileError extends Error {}

/** The server sends whole files only. */
export class RangesRefusedError extends Error {}

/** The bytes of one file of the Hub by ranges; where the Hub redirects to is asked directly after the first time. */
export class BlobSource {
  private direct: string | undefined;

  constructor(
    private readonly connection: HubConnection,
    private readonly url: string,
    private readonly file: HubFile,
    /** The entity tag of an earlier answer about the same content. */
    private tag: string | null = null,
  ) {}

  /**
   * The answer with the bytes from `start` up to `end` (not included).
   * @throws ChangedFileError, RangesRefusedError; MlflowError as {@link HubConnection.request}.
   */
  async open(start: number, end: number, signal: AbortSignal): Promise<{ body: ByteBody; tag: string | null }> {
    const response = await this.ask({ range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' }, signal);
    try {
      if (response.status === 416) throw this.changed(`it has no byte ${start}`);
      if (response.status === 206) this.checkRange(response.headers.get('content-range'), start, end);
      else if (start !== 0 || end !== this.file.sizeBytes) throw new RangesRefusedError();
      else this.checkLength(response.headers.get('content-length'));
      if (!response.body) throw this.changed('it has no content');
      return { body: response.body, tag: this.checkTag(response.headers.get('etag')) };
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
  }

  /** The whole file in one stream. */
  async openWhole(signal: AbortSignal): Promise<ByteBody> {
    const response = await this.ask({ 'accept-encoding': 'identity' }, signal);
    this.checkLength(response.headers.get('content-length'));
    if (!response.body) throw this.changed('it has no content');
    return response.body;
  }

  private async ask(headers: Record<string, string>, signal: AbortSignal): Promise<ByteResponse> {
    if (this.direct !== undefined) {
      const { response } = await this.connection.request(this.direct, {
        headers,
        signal,
        accepts: [400, 401, 403, 404, 410, 416],
      });
      if (response.ok || response.status === 416) return response;
      // A signed address has run out: the Hub gives a new one.
      await response.body?.cancel();
      this.direct = undefined;
    }
    const { response, url, hubHeaders } = await this.connection.request(this.url, { headers, signal, accepts: [416] });
    this.checkLinked(hubHeaders);
    if (url !== this.url) this.direct = url;
    return response;
  }

  private checkLinked(headers: Headers): void {
    const linked = plainTag(headers.get('x-linked-etag'));
    if (linked !== null && linked !== this.file.blobId) throw this.changed(`its content is ${linked} now`);
    const size = headers.get('x-linked-size');
    if (size !== null && Number(size) !== this.file.sizeBytes) throw this.changed(`it has ${size} bytes`);
  }

  private checkRange(range: string | null, start: number, end: number): void {
    const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range ?? '');
    const isRight =
      Number(match?.[1]) === start &&
      Number(match?.[2]) === end - 1 &&
      (match?.[3] === '*' || Number(match?.[3]) === this.file.sizeBytes);
    if (!isRight) throw this.changed(`the server answers with the range ${range ?? '(none)'}`);
  }

  private checkLength(length: string | null): void {
    if (length !== null && Number(length) !== this.file.sizeBytes) throw this.changed(`it has ${length} bytes`);
  }

  private checkTag(header: string | null): string | null {
    const tag = plainTag(header);
    if (this.tag !== null && tag !== null && tag !== this.tag) throw this.changed('its content changed meanwhile');
    return (this.tag ??= tag);
  }

  private changed(how: string): ChangedFileError {
    return new ChangedFileError(how);
  }
}

/** An entity tag without the mark of weak tags and without quotes. */
function plainTag(header: string | null): string | null {
  return header === null ? null : header.replace(/^W\//, '').replaceAll('"', '');
}

/** What is wrong with a file whose bytes are not what the listing said. */
export function lyingFile(url: string, file: HubFile, fault: string): MlflowError {
  return new MlflowError(
    `${url} is not the file of ${file.sizeBytes} bytes and hash ${file.blobId} that the Hub lists: ${fault}. ` +
      'Nothing of it was kept; try again later, or check HF_ENDPOINT and proxies.',
    'DATA_LOSS',
    { details: { url } },
  );
}

import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError, throwIfCancelled, type ErrorCode } from '../errors.js';
import type { Fetch, LongRunningOptions } from '../ports.js';
import type { FileInfo } from '../tracking/entities.js';
import type { ArtifactRepository } from './artifactRepository.js';
import { validatePathIsSafe, validateWithin } from './artifactPath.js';
import { preparedDestination } from './destination.js';
import { appendToUriPath, parseUri } from './uri.js';

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  410: 'RESOURCE_DOES_NOT_EXIST',
  429: 'REQUEST_LIMIT_EXCEEDED',
  503: 'TEMPORARILY_UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/**
 * Files behind plain `http(s):` URLs, read only: a web server has no listing, so single files are read and downloaded by
 * name. Source: mlflow.store.artifact.http_artifact_repo (its reading half)
 */
export class HttpArtifactRepository implements ArtifactRepository {
  readonly localPath = undefined;

  constructor(
    readonly artifactUri: string,
    private readonly fetch: Fetch,
  ) {}

  async list(): Promise<FileInfo[]> {
    return [];
  }

  async read(artifactPath: string, range?: { offset: number; length: number }): Promise<Uint8Array> {
    if (range?.length === 0) return new Uint8Array();
    const headers: Record<string, string> =
      range === undefined ? {} : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
    const response = await this.get(artifactPath, headers, undefined);
    if (response.status === 416) return new Uint8Array();
    if (range === undefined || response.status === 206) return new Uint8Array(await response.arrayBuffer());
    return firstBytes(response, range.offset, range.length);
  }

  async download(
    artifactPath: string,
    options: { dstPath?: string | undefined } & LongRunningOptions = {},
  ): Promise<string> {
    const destination = await preparedDestination(options.dstPath);
    const name =
      artifactPath === '' ? path.posix.basename(parseUri(this.artifactUri).path) || 'artifact' : artifactPath;
    const target = validateWithin(destination, path.join(destination, validatePathIsSafe(name)));
    await mkdir(path.dirname(target), { recursive: true });
    const temporary = `${target}.${randomUUID()}.part`;
    try {
      await this.stream(artifactPath, temporary, options);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw options.signal?.aborted ? MlflowError.cancelled() : error;
    }
    return target;
  }

  async uploadFile(): Promise<void> {
    throw this.readOnly();
  }

  async uploadFolder(): Promise<void> {
    throw this.readOnly();
  }

  async delete(): Promise<void> {
    throw this.readOnly();
  }

  private async stream(artifactPath: string, target: string, options: LongRunningOptions): Promise<void> {
    const response = await this.get(artifactPath, { 'accept-encoding': 'identity' }, options.signal);
    const total = Number(response.headers.get('content-length') ?? NaN);
    const message = `Downloading ${path.posix.basename(artifactPath) || this.artifactUri}`;
    const file = await open(target, 'wx');
    let done = 0;
    try {
      for await (const chunk of response.body ?? []) {
        throwIfCancelled(options.signal);
        await file.writeFile(chunk);
        done += chunk.byteLength;
        options.onProgress?.({ message, done, unit: 'bytes', ...(Number.isNaN(total) ? {} : { total }) });
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (!Number.isNaN(total) && done !== total) {
      throw new MlflowError(`${this.artifactUri} ended after ${done} of ${total} bytes. Download it again.`);
    }
  }

  private async get(artifactPath: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const url =
      artifactPath === ''
        ? this.artifactUri
        : appendToUriPath(this.artifactUri, encodePath(validatePathIsSafe(artifactPath)));
    let response: Response;
    try {
      response = await this.fetch(url, { headers, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (signal?.aborted) throw MlflowError.cancelled();
      const cause = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : '';
      throw new MlflowError(
        `${url} cannot be reached: ${cause}. Check the address and the network.`,
        'TEMPORARILY_UNAVAILABLE',
        {
          cause: error,
        },
      );
    }
    if (response.ok || response.status === 416) return response;
    const code = statusCodes[response.status] ?? 'INTERNAL_ERROR';
    throw new MlflowError(
      `${url} was answered with ${response.status} ${response.statusText}.`.replace(' .', '.'),
      code,
      {
        details: { status: response.status },
      },
    );
  }

  private readOnly(): MlflowError {
    return new MlflowError(
      `Nothing can be written to ${this.artifactUri}: a plain web address is read only. Use a local artifact location.`,
      'NOT_IMPLEMENTED',
      { reason: 'artifactSchemeUnsupported' },
    );
  }
}

function encodePath(artifactPath: string): string {
  return artifactPath.split('/').map(encodeURIComponent).join('/');
}

/** The wanted part of an answer from a server that does not know ranges, without reading what lies behind it. */
async function firstBytes(response: Response, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let position = 0;
  let done = 0;
  for await (const chunk of response.body ?? []) {
    const from = Math.max(0, offset - position);
    const part = chunk.subarray(from, from + length - done);
    bytes.set(part, done);
    done += part.byteLength;
    position += chunk.byteLength;
    if (done === length) break;
  }
  return bytes.subarray(0, done);
}

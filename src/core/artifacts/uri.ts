import { existsSync } from 'node:fs';
import path from 'node:path';
import { MlflowError } from '../errors.js';

/** The parts of a URI as Python's `urllib.parse.urlparse` finds them: nothing is decoded or normalised. */
export interface UriParts {
  /** Lower case, empty for a plain path. */
  scheme: string;
  authority: string;
  path: string;
  /** With its `?`; empty when there is none. */
  query: string;
  /** With its `#`; empty when there is none. */
  fragment: string;
}

/** Splits a URI without changing any character of it. */
export function parseUri(uri: string): UriParts {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(uri);
  const [, scheme = '', authority = '', pathPart = '', query = '', fragment = ''] = match ?? [];
  return { scheme: scheme.toLowerCase(), authority, path: pathPart, query, fragment };
}

/** The scheme in lower case; empty for paths, Windows drives (`C:\...`) among them. */
export function uriScheme(uri: string): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1] ?? '';
  return scheme.length === 1 ? '' : scheme.toLowerCase();
}

/** True for plain paths and `file:` URIs of this machine. */
export function isLocalUri(uri: string): boolean {
  const scheme = uriScheme(uri);
  return scheme === '' || scheme === 'file';
}

/** `decodeURIComponent` that leaves what is no valid escape as it is, as Python's `unquote` does. */
export function unquote(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

/**
 * The local path of a plain path or a `file:` URI. MLflow writes `file:` URIs both percent-escaped and with blanks and
 * non-ASCII as they are; where both readings are possible the one that exists is taken.
 * @throws MlflowError for a `file:` URI of another host (outside Windows) and for every other scheme
 * Source: mlflow.utils.file_utils.local_file_uri_to_path, mlflow.utils.uri.is_local_uri
 */
export function localPathOf(uri: string, platform: NodeJS.Platform = process.platform): string {
  const scheme = uriScheme(uri);
  if (scheme === '') return firstExisting([uri, unquote(uri)]);
  if (scheme !== 'file') {
    throw MlflowError.invalidParameter(`'${uri}' is not a path on this machine and not a file: URI.`);
  }
  const parts = parseUri(uri);
  const host = parts.authority.toLowerCase();
  const isRemote = host !== '' && host !== '.' && !host.startsWith('localhost') && !host.startsWith('127.0.0.1');
  const wholePath = parts.path + parts.query + parts.fragment;
  const readings = [parts.path, wholePath, wholePath].map((text, index) => (index === 2 ? text : unquote(text)));
  if (platform === 'win32') {
    const server = isRemote ? `\\\\${parts.authority}` : '';
    return firstExisting(readings.map((text) => server + windowsPath(text)));
  }
  if (isRemote) {
    throw new MlflowError(
      `${uri} is not a valid remote uri. For remote access on windows, please consider using a different scheme ` +
        'such as SMB (e.g. smb://<hostname>/<path>).',
    );
  }
  return firstExisting(readings);
}

function firstExisting(candidates: readonly string[]): string {
  const [first = '', ...others] = candidates;
  if (others.every((other) => other === first) || existsSync(first)) return first;
  return others.find((candidate) => existsSync(candidate)) ?? first;
}

/** `/C:/models` as `C:\models`. */
function windowsPath(text: string): string {
  return text.replace(/^\/+(?=[A-Za-z]:)/, '').replaceAll('/', '\\');
}

/** Characters that `pathlib.Path.as_uri` leaves unescaped. */
const unescaped = /[^A-Za-z0-9_.~/!$&'()*+,;=:@-]/gu;

/** The `file:` URI of a path, escaped as Python's `pathlib.Path.as_uri` escapes it. */
export function pathToFileUri(localPath: string, platform: NodeJS.Platform = process.platform): string {
  const isWindows = platform === 'win32';
  const absolute = (isWindows ? path.win32 : path.posix).resolve(localPath);
  const text = isWindows ? absolute.replaceAll('\\', '/') : absolute;
  const escaped = text.replace(unescaped, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
  if (!isWindows) return `file://${escaped}`;
  return escaped.startsWith('//') ? `file:${escaped}` : `file:///${escaped}`;
}

/**
 * Appends POSIX paths to the path of a URI; a query stays behind it, no slash is doubled.
 * Source: mlflow.utils.uri.append_to_uri_path
 */
export function appendToUriPath(uri: string, ...paths: readonly string[]): string {
  const suffix = paths.reduce(joinPosix, '');
  if (uriScheme(uri) === '') return joinPosix(uri, suffix);
  const parts = parseUri(uri);
  if (unquote(parts.query).includes('..')) throw MlflowError.invalidParameter('Invalid query string');
  const tail = parts.query + parts.fragment;
  const head = uri.slice(0, uri.length - tail.length);
  const prefix = head.slice(0, head.length - parts.path.length);
  const joined = joinPosix(parts.path, suffix);
  const separator = parts.authority !== '' && !joined.startsWith('/') ? '/' : '';
  return prefix + separator + joined + tail;
}

function joinPosix(prefix: string, suffix: string): string {
  if (prefix === '') return suffix;
  const relative = suffix.replace(/^\/+/, '');
  return prefix.endsWith('/') ? prefix + relative : `${prefix}/${relative}`;
}

/**
 * A relative path made absolute below `cwd`; everything else as it is.
 * Source: mlflow.utils.uri.resolve_uri_if_local
 */
export function resolveUriIfLocal(uri: string, cwd: string = process.cwd()): string {
  const scheme = uriScheme(uri);
  if (scheme === '') {
    if (path.isAbsolute(uri)) return uri;
    const absolute = path.join(cwd, uri);
    return process.platform === 'win32' ? `file:///${absolute.replaceAll('\\', '/')}` : absolute;
  }
  if (scheme !== 'file') return uri;
  const parts = parseUri(uri);
  if (parts.authority !== '' || parts.path.startsWith('/')) return uri;
  return `file://${path.posix.join(cwd, parts.path)}${parts.query}${parts.fragment}`;
}

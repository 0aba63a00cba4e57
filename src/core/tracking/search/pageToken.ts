import { MlflowError } from '../../errors.js';
import { parsePythonJson } from '../../serialization/pythonJson.js';
import { pythonRepr } from '../../serialization/pythonRepr.js';
import type { PyValue } from '../../serialization/pyValue.js';

/** The text that asks for the page from `offset` on. Source: SearchUtils.create_page_token */
export function createPageToken(offset: number): string {
  return Buffer.from(`{"offset": ${offset}}`).toString('base64');
}

/** The offset a page token names; 0 without one. @throws INVALID_PARAMETER_VALUE for a text that is no token. */
export function parsePageToken(pageToken: string | null | undefined): number {
  if (pageToken == null || pageToken === '') return 0;
  const decoded = decodedToken(pageToken);
  let parsed: unknown;
  try {
    parsed = parsePythonJson(decoded);
  } catch {
    throw MlflowError.invalidParameter(`Invalid page token, decoded value=b'${decoded}'`);
  }
  const offset =
    parsed instanceof Map ? (parsed.get('offset') as unknown) : (parsed as { offset?: unknown } | null)?.offset;
  if (!offset) throw MlflowError.invalidParameter(`Invalid page token, parsed value=${pythonRepr(parsed as PyValue)}`);
  const number = Number(offset);
  if (!Number.isFinite(number))
    throw MlflowError.invalidParameter(`Invalid page token, not stringable ${String(offset)}`);
  return Math.trunc(number);
}

function decodedToken(pageToken: string): string {
  try {
    return decodeBase64(pageToken).toString('utf8');
  } catch (error) {
    throw MlflowError.invalidParameter('Invalid page token, could not base64-decode', { cause: error });
  }
}

/**
 * Base64 as Python's decoder takes it: foreign characters are skipped, the padding must be right.
 * @throws MlflowError INVALID_PARAMETER_VALUE with the decoder's own text. Source: binascii.a2b_base64
 */
export function decodeBase64(text: string): Buffer {
  const clean = text.replace(/[^A-Za-z0-9+/=]/g, '');
  const data = clean.replace(/=.*$/s, '');
  const padding = clean.length - data.length;
  if (data.length % 4 === 1) {
    throw MlflowError.invalidParameter(
      `Invalid base64-encoded string: number of data characters (${data.length}) cannot be 1 more than a multiple of 4`,
    );
  }
  if ((data.length + padding) % 4 !== 0) throw MlflowError.invalidParameter('Incorrect padding');
  return Buffer.from(data, 'base64');
}

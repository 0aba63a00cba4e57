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
  const bytes = decodeBase64(pageToken);
  if (bytes === null) throw MlflowError.invalidParameter('Invalid page token, could not base64-decode');
  const decoded = bytes.toString('utf8');
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

/** Base64 as Python's decoder takes it: foreign characters are skipped, the padding must be right. */
export function decodeBase64(text: string): Buffer | null {
  const clean = text.replace(/[^A-Za-z0-9+/=]/g, '');
  const data = clean.replace(/=.*$/s, '');
  const padding = clean.length - data.length;
  if (data.length % 4 === 1 || (data.length + padding) % 4 !== 0) return null;
  return Buffer.from(data, 'base64');
}

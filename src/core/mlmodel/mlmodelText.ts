import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { parsePyYaml } from '../serialization/pyYaml.js';
import type { PyValue } from '../serialization/pyValue.js';

export const mlmodelFileName = 'MLmodel';
/** Larger files are refused: real ones have a few kilobytes, and one this size is another file or an attack. */
export const maximumMlmodelBytes = 8 * 1024 * 1024;

/** An MLmodel text as Python's `yaml.safe_load` reads it, types kept. */
export interface ParsedMlmodel {
  readonly document: Readonly<Record<string, PyValue>>;
  readonly lineBreak: '\n' | '\r\n';
}

/**
 * Parses the text of an MLmodel file.
 * @param source path or URI, for messages
 * @throws MlflowError INVALID_PARAMETER_VALUE, reason `mlmodelInvalid`: too large, not YAML, no mapping
 */
export function parseMlmodelText(text: string, source: string): ParsedMlmodel {
  refuseLargeText(text.length, source);
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  const document = parseDocument(text.replace(/\r\n?/g, '\n'), source);
  if (typeof document !== 'object' || document === null || Array.isArray(document) || !isRecord(document)) {
    throw mlmodelInvalid(source, `it holds ${describeShape(document)} where a mapping with a key \`flavors\` belongs`);
  }
  return { document: document as Record<string, PyValue>, lineBreak };
}

function parseDocument(text: string, source: string): PyValue {
  try {
    return parsePyYaml(text, { keepTypes: true });
  } catch (error) {
    const cause = MlflowError.from(error);
    throw mlmodelInvalid(source, `it is not valid YAML: ${cause.message}`, cause);
  }
}

/**
 * Reads the MLmodel file of a model folder, or the file itself.
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST (Python's text) when there is none, `mlmodelInvalid` when it is no text
 */
export async function readMlmodelFile(folderOrFile: string): Promise<{ text: string; file: string }> {
  const trimmed = folderOrFile.replace(/(?<=.)[/\\]+$/, '');
  const file = path.basename(trimmed) === mlmodelFileName ? trimmed : path.join(trimmed, mlmodelFileName);
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined || !stats.isFile()) {
    throw MlflowError.doesNotExist(`Could not find an "${mlmodelFileName}" configuration file at "${trimmed}"`, {
      reason: 'fileMissing',
      details: { path: file },
    });
  }
  refuseLargeText(stats.size, file);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new MlflowError(`${file} could not be read: ${MlflowError.from(cause).message}`, 'PERMISSION_DENIED', {
      reason: 'fileUnreadable',
      details: { path: file },
      cause,
    });
  });
  return { text: decodeMlmodel(bytes, file), file };
}

/** @throws MlflowError `mlmodelInvalid` when the bytes are not UTF-8 */
export function decodeMlmodel(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw mlmodelInvalid(source, 'it is not UTF-8 text');
  }
}

function refuseLargeText(sizeBytes: number, source: string): void {
  if (sizeBytes <= maximumMlmodelBytes) return;
  const megabytes = (sizeBytes / 1024 / 1024).toFixed(1);
  throw mlmodelInvalid(
    source,
    `it has ${megabytes} MiB, more than the ${maximumMlmodelBytes / 1024 / 1024} MiB allowed`,
  );
}

export function mlmodelInvalid(source: string, problem: string, cause?: MlflowError): MlflowError {
  return MlflowError.invalidParameter(
    `${source} is not a valid MLmodel file: ${problem}. Open the file and correct it, or save the model again.`,
    { reason: 'mlmodelInvalid', details: { ...cause?.details, path: source }, cause },
  );
}

export function isRecord(value: unknown): value is Record<string, PyValue> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describeShape(value: PyValue): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Map) return 'a mapping whose keys are not texts';
  return typeof value === 'string' ? 'a text' : 'a single value';
}

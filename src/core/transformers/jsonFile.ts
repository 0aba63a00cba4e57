import { readFile } from 'node:fs/promises';
import { MlflowError } from '../errors.js';
import { parsePythonJson } from '../serialization/pythonJson.js';
import { toPlain } from '../serialization/plainValue.js';
import type { JsonObject } from '../ports.js';

/**
 * The JSON object in a file of a checkpoint; `null` when there is no such file.
 * @throws MlflowError INVALID_PARAMETER_VALUE, reason `fileUnreadable`, when the file is not a JSON object.
 */
export async function readJsonFile(file: string): Promise<JsonObject | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  let value: unknown;
  try {
    value = toPlain(parsePythonJson(text));
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : String(error), error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable(file, 'it holds no object');
  return value as JsonObject;
}

function unreadable(file: string, problem: string, cause?: unknown): MlflowError {
  return MlflowError.invalidParameter(
    `${file} is not valid JSON: ${problem}. Restore the file, or download the checkpoint again.`,
    {
      reason: 'fileUnreadable',
      details: { file },
      cause,
    },
  );
}

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dumpPythonJson, parsePythonJson } from '../serialization/pythonJson.js';
import type { PyRecord, PyValue } from '../serialization/pyValue.js';

/** The object in a JSON file with Python's types; `undefined` where there is none. */
export async function readPythonJson(file: string): Promise<PyRecord | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const value = text === undefined ? undefined : parsePythonJson(text, { keepTypes: true });
  return isRecord(value) ? value : undefined;
}

/** Rewrites a JSON file when `edit` returns something. */
export async function editJson(file: string, edit: (value: PyRecord) => PyRecord | undefined): Promise<void> {
  const value = await readPythonJson(file);
  const edited = value === undefined ? undefined : edit(value);
  if (edited !== undefined) await writeJson(file, edited);
}

/** Writes a JSON file as transformers does: indented, keys as they are, ASCII but for tokenizers. */
export async function writeJson(file: string, value: PyRecord): Promise<void> {
  const ensureAscii = path.basename(file) !== 'tokenizer_config.json';
  await writeFile(file, `${dumpPythonJson(value, { indent: 2, ensureAscii })}\n`);
}

export function isRecord(value: PyValue | undefined): value is PyRecord {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

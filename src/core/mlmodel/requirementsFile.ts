import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlflowError } from '../errors.js';
import { pythonTypeName } from '../serialization/pythonRepr.js';

/** A list of requirement lines, or the path of a requirements file. */
export type PipRequirementsInput = string | readonly string[];

export interface ParsedPipRequirements {
  /** In the order given, `-r` files in place. */
  readonly requirements: string[];
  /** From `-c` files. */
  readonly constraints: string[];
}

interface Line {
  readonly text: string;
  readonly isConstraint: boolean;
}

const lineBreak = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

/** Python's `str.splitlines`. */
export function splitPythonLines(text: string): string[] {
  const lines = text.split(lineBreak);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * Reads requirement lines as MLflow does: comments and empty lines dropped, lines ending in a backslash joined, `-r` files
 * expanded, `-c` files collected. Source: mlflow/utils/requirements_utils.py (_parse_requirements).
 * @param workingDirectory what relative paths in a list, and the path itself, start from
 * @throws MlflowError INVALID_PARAMETER_VALUE with Python's text for another type; RESOURCE_DOES_NOT_EXIST for a missing file
 */
export async function parsePipRequirements(
  input: PipRequirementsInput,
  workingDirectory: string,
): Promise<ParsedPipRequirements> {
  const lines = typeof input === 'string' ? splitPythonLines(await readText(input, workingDirectory)) : input;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string')) {
    throw MlflowError.invalidParameter(
      '`pip_requirements` must be either a string path to a pip requirements file on the local filesystem or an ' +
        `iterable of pip requirement strings, but got \`<class '${pythonTypeName(input)}'>\``,
    );
  }
  const parsed = await expandLines(lines as string[], false, workingDirectory, []);
  return {
    requirements: parsed.filter((line) => !line.isConstraint).map((line) => line.text),
    constraints: parsed.filter((line) => line.isConstraint).map((line) => line.text),
  };
}

async function expandLines(
  lines: readonly string[],
  isConstraint: boolean,
  baseDirectory: string,
  open: readonly string[],
): Promise<Line[]> {
  const result: Line[] = [];
  for (const line of cleanLines(lines)) {
    const reference = /^(-r|--requirement|-c|--constraint) +(.*)$/s.exec(line);
    if (reference === null) {
      result.push({ text: line, isConstraint });
      continue;
    }
    const [, option = '', name = ''] = reference;
    const file = path.resolve(baseDirectory, name.trim());
    if (open.includes(file)) {
      throw MlflowError.invalidParameter(`The requirements file '${file}' includes itself. Remove that line from it.`);
    }
    const nested = splitPythonLines(await readText(file, baseDirectory));
    const nestedIsConstraint = option === '-c' || option === '--constraint';
    result.push(...(await expandLines(nested, nestedIsConstraint, path.dirname(file), [...open, file])));
  }
  return result;
}

function cleanLines(lines: readonly string[]): string[] {
  const joined: string[] = [];
  let pending: string | undefined;
  for (const line of lines.map((text) => stripInlineComment(text.trim()))) {
    if (line.endsWith('\\')) {
      pending = (pending ?? '') + line.replace(/\\+$/, '');
    } else {
      joined.push((pending ?? '') + line);
      pending = undefined;
    }
  }
  if (pending !== undefined) joined.push(pending);
  return joined.filter((line) => line !== '' && !line.startsWith('#'));
}

function stripInlineComment(line: string): string {
  const index = line.indexOf(' #');
  return index < 0 ? line : line.slice(0, index).trimEnd();
}

async function readText(file: string, baseDirectory: string): Promise<string> {
  const absolute = path.resolve(baseDirectory, file);
  try {
    return await readFile(absolute, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw MlflowError.doesNotExist(`[Errno 2] No such file or directory: '${file}'`, {
      reason: 'fileMissing',
      details: { path: absolute },
      cause,
    });
  }
}

import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { withFileReader } from '../safetensors/rangeReader.js';
import { readSafetensorsHeader } from '../safetensors/header.js';
import { constraintsFileName, requirementsFileName } from './environment.js';

/** What a validation needs to know of the files around an MLmodel; read once, so that the validation itself is pure. */
export interface ModelFolderFacts {
  readonly folder: string;
  /** Paths of files and folders below the model folder, with `/`; at most {@link maximumEntries}. */
  readonly entries: ReadonlySet<string>;
  /** Text of requirements.txt; null when it is absent. */
  readonly requirements: string | null;
  /** Tensor names of the weights stored in the flavor's model folder, first file only; empty when none can be read. */
  readonly tensorNames: readonly string[];
  /** The checkpoint's config.json names Python code of its own (`auto_map`). */
  readonly hasRemoteCode: boolean;
}

const maximumEntries = 5000;
const maximumDepth = 4;

/**
 * Looks around a model folder. Weights are not read, only the header of one safetensors file.
 * @param weightsFolder the flavor's folder with the weights, below `folder`
 */
export async function readModelFolderFacts(folder: string, weightsFolder = 'model'): Promise<ModelFolderFacts> {
  const entries = new Set<string>();
  await collectEntries(folder, '', 1, entries);
  const weights = [...entries]
    .filter((entry) => isIn(entry, weightsFolder) && entry.endsWith('.safetensors'))
    .sort()[0];
  return {
    folder,
    entries,
    requirements: await readText(path.join(folder, requirementsFileName)),
    tensorNames: weights === undefined ? [] : await tensorNamesOf(path.join(folder, weights)),
    hasRemoteCode: mentionsAutoMap(await readText(path.join(folder, weightsFolder, 'config.json'))),
  };
}

/** Names of the files that hold a model's environment. */
export const environmentFileNames: readonly string[] = [
  'conda.yaml',
  'python_env.yaml',
  requirementsFileName,
  constraintsFileName,
];

export function isIn(entry: string, folder: string): boolean {
  return entry.startsWith(`${folder}/`);
}

async function collectEntries(folder: string, prefix: string, depth: number, entries: Set<string>): Promise<void> {
  const children = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const child of children) {
    if (entries.size >= maximumEntries) return;
    const name = prefix + child.name;
    entries.add(name);
    const isFolder = child.isDirectory();
    if (isFolder && depth < maximumDepth)
      await collectEntries(path.join(folder, child.name), `${name}/`, depth + 1, entries);
  }
}

const maximumTextBytes = 4 * 1024 * 1024;

async function readText(file: string): Promise<string | null> {
  try {
    const stats = await stat(file);
    return stats.isFile() && stats.size <= maximumTextBytes ? await readFile(file, 'utf8') : null;
  } catch {
    return null;
  }
}

async function tensorNamesOf(file: string): Promise<string[]> {
  try {
    const header = await withFileReader(file, readSafetensorsHeader);
    return header.tensors.map((tensor) => tensor.name);
  } catch {
    return [];
  }
}

function mentionsAutoMap(config: string | null): boolean {
  if (config === null) return false;
  try {
    const value: unknown = JSON.parse(config);
    return typeof value === 'object' && value !== null && 'auto_map' in value;
  } catch {
    return false;
  }
}

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PythonGeneration } from '../helpers/environment.js';
import { masked, type Checkpoint, type PythonVersions } from '../helpers/saveHarness.js';
import { tinySafetensors } from '../helpers/tinyCheckpoint.js';
import type { SaveCase } from '../interop/saveCases.js';

/** What real MLflow wrote, for tests without Python. Made by test/interop/saveTransformers.test.ts with UPDATE_GOLDEN=1. */
export interface TransformersGolden {
  versions: PythonVersions;
  checkpoints: (Pick<Checkpoint, 'name' | 'task' | 'parts'> & { files: Record<string, string> })[];
  cases: { test: SaveCase; files: Record<string, string> }[];
}

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'transformers');

export function goldenFile(generation: PythonGeneration): string {
  return path.join(folder, `${generation}.json`);
}

export async function readGolden(generation: PythonGeneration): Promise<TransformersGolden> {
  return JSON.parse(await readFile(goldenFile(generation), 'utf8')) as TransformersGolden;
}

export async function writeGolden(made: {
  generation: PythonGeneration;
  root: string;
  versions: PythonVersions;
  checkpoints: readonly Checkpoint[];
  cases: readonly SaveCase[];
  saves: readonly { files?: Record<string, string> }[];
}): Promise<void> {
  const golden: TransformersGolden = { versions: made.versions, checkpoints: [], cases: [] };
  for (const { name, task, parts, folder: source } of made.checkpoints) {
    const files: Record<string, string> = {};
    for (const file of await readdir(source)) files[file] = await smallContent(path.join(source, file));
    golden.checkpoints.push({ name, task, parts, files });
  }
  for (const [index, test] of made.cases.entries()) {
    const files = Object.entries(made.saves[index]!.files ?? {});
    golden.cases.push({ test, files: Object.fromEntries(files.map(([file, text]) => [file, masked(text, made.root)])) });
  }
  await mkdir(folder, { recursive: true });
  await writeFile(goldenFile(made.generation), `${JSON.stringify(golden, null, 1)}\n`);
}

/** Settings as they are; of vocabularies only what tells their class. */
async function smallContent(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  if (/config\.json$/.test(file)) return text;
  return text.includes('"ByteLevel"') ? '{"type": "ByteLevel"}' : '';
}

/** Writes a checkpoint of the golden file, with weights and vocabularies of no meaning. */
export async function writeGoldenCheckpoint(
  target: string,
  { files }: TransformersGolden['checkpoints'][number],
): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const [name, text] of Object.entries(files))
    await writeFile(path.join(target, name), name === 'model.safetensors' ? tinySafetensors() : text);
}

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PythonGeneration } from '../helpers/environment.js';
import { comparable, masked, type Checkpoint, type PythonVersions } from '../helpers/saveHarness.js';
import { tinySafetensors } from '../helpers/tinyCheckpoint.js';
import type { SaveCase } from '../interop/saveCases.js';

/** What real MLflow wrote, for tests without Python. Made by test/interop/saveTransformers.test.ts with UPDATE_GOLDEN=1. */
export interface TransformersGolden {
  versions: PythonVersions;
  checkpoints: (Pick<Checkpoint, 'name' | 'task' | 'parts'> & {
    files: Record<string, string>;
    adapterFiles?: Record<string, string>;
  })[];
  cases: { test: SaveCase; files: Record<string, string>; tree: string[] }[];
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
  saves: readonly { files?: Record<string, string>; tree?: string[] }[];
}): Promise<void> {
  const golden: TransformersGolden = { versions: made.versions, checkpoints: [], cases: [] };
  for (const { name, task, parts, folder: source, adapter } of made.checkpoints) {
    const files = await smallContents(source, made.root);
    const adapterFiles = adapter ? { adapterFiles: await smallContents(adapter, made.root) } : {};
    golden.checkpoints.push({ name, task, parts, files, ...adapterFiles });
  }
  for (const [index, test] of made.cases.entries()) {
    const { files = {}, tree = [] } = made.saves[index]!;
    golden.cases.push({ test, files: comparable(files, made.root), tree });
  }
  await mkdir(folder, { recursive: true });
  await writeFile(goldenFile(made.generation), `${JSON.stringify(golden, null, 1)}\n`);
}

async function smallContents(source: string, root: string): Promise<Record<string, string>> {
  const names = await readdir(source);
  const entries = names.map(async (name) => [name, masked(await smallContent(path.join(source, name)), root)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Settings as they are; of vocabularies only what tells their class. */
async function smallContent(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  if (file.endsWith('tokenizer_config.json')) return withoutTokens(text);
  if (/config\.json$/.test(file)) return text;
  if (text.includes('"ByteLevel"')) return '{"type": "ByteLevel"}';
  return file.endsWith('.json') ? '{}' : '';
}

function withoutTokens(text: string): string {
  const settings = Object.entries(JSON.parse(text) as Record<string, unknown>);
  return JSON.stringify(Object.fromEntries(settings.filter(([name]) => name !== 'added_tokens_decoder')), null, 2);
}

/** Writes a checkpoint of the golden file below a folder, with weights and vocabularies of no meaning. */
export async function writeGoldenCheckpoint(
  root: string,
  generation: PythonGeneration,
  { files, adapterFiles, ...about }: TransformersGolden['checkpoints'][number],
): Promise<Checkpoint> {
  const checkpoint = path.join(root, generation, 'checkpoints', about.name);
  const adapter = path.join(root, generation, 'adapters', about.name);
  await writeFiles(checkpoint, files, root);
  if (adapterFiles) await writeFiles(adapter, adapterFiles, root);
  return { ...about, folder: checkpoint, adapter: adapterFiles ? adapter : null, input: null, params: null };
}

async function writeFiles(target: string, files: Readonly<Record<string, string>>, root: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const content = name.endsWith('.safetensors') ? tinySafetensors() : text.replaceAll('$ROOT', root);
    await writeFile(path.join(target, name), content);
  }
}

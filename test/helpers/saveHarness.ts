import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exampleWithParams, tensorExample, type InputExample } from '../../src/core/mlmodel/exampleTypes.js';
import type { HubAccess } from '../../src/core/transformers/hubAccess.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import type { SaveModelOptions } from '../../src/core/transformers/saveOptions.js';
import type { SaveCase } from '../interop/saveCases.js';
import type { PythonGeneration } from './environment.js';

/** A checkpoint of test/fixtures/flavor/checkpoints.py or mediaCheckpoints.py. */
export interface Checkpoint {
  name: string;
  task: string;
  folder: string;
  parts: string[];
  input: unknown;
  params: Record<string, unknown> | null;
  /** Folder of the adapter that goes on it. */
  adapter?: string | null;
}
/** What session.py answers to `versions`. */
export type PythonVersions = Record<string, string & string[]>;

/** The commit that every repository of these tests has. */
export const commit = '0123456789abcdef0123456789abcdef01234567';

/** Files that arguments of the cases name below `$FOLDER`. */
export async function writeArgumentFiles(root: string): Promise<void> {
  await mkdir(path.join(root, 'code', 'pkg', '__pycache__'), { recursive: true });
  await writeFile(path.join(root, 'code', 'a.py'), 'raise SystemExit("never run")\n');
  await writeFile(path.join(root, 'code', 'pkg', 'b.py'), '\n');
  await writeFile(path.join(root, 'code', 'pkg', '__pycache__', 'b.pyc'), '\n');
  await writeFile(path.join(root, 'constraints.txt'), '# why\na<2\nb==1  # because\n');
  await writeFile(
    path.join(root, 'reqs.txt'),
    `# comment\nx==1 \\\n  ; python_version > "3"\n\n-r ${root}/more.txt\nz  # end\n`,
  );
  await writeFile(path.join(root, 'more.txt'), 'y>=2\n');
  await writeFile(
    path.join(root, 'env.yaml'),
    'name: from-file\nchannels: [conda-forge]\ndependencies:\n- python=3.11\n- pip:\n  - x\n  - -c ' +
      `${root}/constraints.txt\n`,
  );
}

/** The options of a case with the files of `root` and of the checkpoint in place. */
export function inPlace(value: unknown, root: string, checkpoint: Checkpoint): Record<string, unknown> {
  const text = JSON.stringify(value ?? {})
    .replaceAll('$FOLDER', root)
    .replaceAll('$CHECKPOINT', checkpoint.folder);
  return JSON.parse(text) as Record<string, unknown>;
}

/** A Hub that has one repository, without card and licence. */
function hubWith(folder: string): HubAccess {
  return {
    latestCommit: () => Promise.resolve(commit),
    modelCard: () => Promise.resolve(null),
    listFiles: () => Promise.resolve([]),
    downloadFile: () => Promise.reject(new Error('nothing to download')),
    downloadSnapshot: () => Promise.resolve({ folder, commit }),
  };
}

function exampleOf(value: unknown): InputExample {
  const record = value as Record<string, unknown>;
  if (typeof value !== 'object' || value === null) return value as InputExample;
  if ('$frame' in record) return record['$frame'] as InputExample;
  if ('$pair' in record) {
    const [data, params] = record['$pair'] as [unknown, unknown];
    return exampleWithParams(exampleOf(data), params as never);
  }
  if ('$set' in record) return new Set() as unknown as InputExample;
  if ('$array' in record) return tensorExample(record['$array'] as number[], { dtype: 'float32' });
  if ('$bytes' in record) return Buffer.from(record['$bytes'] as string, 'base64');
  return value as InputExample;
}

function ourOptions(
  options: Record<string, unknown>,
  generation: PythonGeneration,
  found: PythonVersions,
): SaveModelOptions {
  const named = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
  if ('inputExample' in named) named['inputExample'] = exampleOf(named['inputExample']);
  const build = (name: string): string | null => {
    const line = found['build']!.find((entry) => entry.startsWith(name));
    return line?.split('==')[1] ?? null;
  };
  return {
    ...named,
    compatibility: generation === 'new' ? '3' : '2',
    environment: {
      pythonVersion: found['python']!,
      pipVersion: build('pip'),
      setuptoolsVersion: build('setuptools'),
      wheelVersion: build('wheel'),
      mlflowVersion: found['mlflow']!,
      transformersVersion: found['transformers']!,
      torchVersion: found['torch']!,
      torchvisionVersion: '0.28.0',
      accelerateVersion: found['accelerate']!,
      peftVersion: found['peft']!,
    },
  };
}

export interface SaveSetting {
  root: string;
  generation: PythonGeneration;
  versions: PythonVersions;
}

/** Saves a case as Python saved it. */
export async function ourSave(test: SaveCase, checkpoint: Checkpoint, target: string, setting: SaveSetting) {
  const options = ourOptions(inPlace(test.options, setting.root, checkpoint), setting.generation, setting.versions);
  const services = test.nameOrPath ? { hub: hubWith(checkpoint.folder) } : {};
  const model = await modelOf(test, checkpoint, `${target}-adapter`);
  return saveModel(model, target, withTask(test, checkpoint, options), services);
}

/** The same model as Python has it: a loaded pipeline, a dictionary, the path of the checkpoint, or an adapter on it. */
async function modelOf(test: SaveCase, checkpoint: Checkpoint, copy: string): Promise<TransformersModel> {
  const nameOrPath = test.nameOrPath ?? checkpoint.folder;
  const { folder, task, parts, adapter } = checkpoint;
  if (test.how === 'path') return folder;
  const model = adapter ? await adapterOn(nameOrPath, adapter, folder, copy) : nameOrPath;
  if (test.how === 'dict') return { model, ...Object.fromEntries(parts.map((part) => [part, nameOrPath])) };
  return adapter ? model : { task, model: { config: { _name_or_path: nameOrPath } } };
}

/** The adapter, or a copy that names another base. */
async function adapterOn(nameOrPath: string, adapter: string, base: string, copy: string): Promise<string> {
  if (nameOrPath === base) return adapter;
  await cp(adapter, copy, { recursive: true });
  const file = path.join(copy, 'adapter_config.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace(JSON.stringify(base), JSON.stringify(nameOrPath)));
  return copy;
}

function withTask(test: SaveCase, checkpoint: Checkpoint, options: SaveModelOptions): SaveModelOptions {
  return test.how === undefined && !checkpoint.adapter
    ? options
    : { ...options, task: options.task ?? checkpoint.task };
}

/** A file's text without ids, times, sizes and the folder that everything lies in. */
export function masked(text: string, root: string): string {
  return text
    .replaceAll(root, '$ROOT')
    .replace(/model_uuid: [0-9a-f]{32}/, 'model_uuid: UUID')
    .replace(/utc_time_created: '.*'/, 'utc_time_created: TIME')
    .replace(/model_size_bytes: \d+/, 'model_size_bytes: SIZE');
}

/** The text files at the top of a saved model and the settings of its components, by path; and the paths of all files. */
export async function savedFiles(folder: string): Promise<{ files: Record<string, string>; tree: string[] }> {
  const files: Record<string, string> = {};
  const tree: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const name = path.relative(folder, file).split(path.sep).join('/');
    tree.push(name);
    if (!name.includes('/') || isSettings(name)) files[name] = await readFile(file, 'utf8');
  }
  return { files, tree: tree.sort() };
}

function isSettings(name: string): boolean {
  return /^components\/.*\/(preprocessor_config|processor_config|chat_template)\.json$/.test(name);
}

/** Masked texts of a save, comparable to another's. */
export function comparable(files: Readonly<Record<string, string>>, root: string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, masked(text, root)]));
}

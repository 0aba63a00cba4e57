import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exampleWithParams, tensorExample, type InputExample } from '../../src/core/mlmodel/exampleTypes.js';
import type { HubAccess } from '../../src/core/transformers/hubAccess.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import type { SaveModelOptions } from '../../src/core/transformers/saveOptions.js';
import type { SaveCase } from '../interop/saveCases.js';
import type { PythonGeneration } from './environment.js';

/** A checkpoint of test/fixtures/flavor/checkpoints.py. */
export interface Checkpoint {
  name: string;
  task: string;
  folder: string;
  parts: string[];
  input: unknown;
  params: Record<string, unknown> | null;
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

/** The options of a case with the files of `root` in place. */
export function inPlace(value: unknown, root: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value ?? {}).replaceAll('$FOLDER', root)) as Record<string, unknown>;
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
  const options = ourOptions(inPlace(test.options, setting.root), setting.generation, setting.versions);
  const services = test.nameOrPath ? { hub: hubWith(checkpoint.folder) } : {};
  return saveModel(modelOf(test, checkpoint), target, withTask(test, checkpoint, options), services);
}

/** The same model as Python has it: a loaded pipeline, a dictionary, or the path of the checkpoint. */
function modelOf(test: SaveCase, checkpoint: Checkpoint): TransformersModel {
  const nameOrPath = test.nameOrPath ?? checkpoint.folder;
  if (test.how === 'path') return checkpoint.folder;
  if (test.how !== 'dict') return { task: checkpoint.task, model: { config: { _name_or_path: nameOrPath } } };
  return { model: nameOrPath, ...Object.fromEntries(checkpoint.parts.map((part) => [part, nameOrPath])) };
}

function withTask(test: SaveCase, checkpoint: Checkpoint, options: SaveModelOptions): SaveModelOptions {
  return test.how === undefined ? options : { ...options, task: options.task ?? checkpoint.task };
}

/** A file's text without ids, times, sizes and the folder that everything lies in. */
export function masked(text: string, root: string): string {
  return text
    .replaceAll(root, '$ROOT')
    .replace(/model_uuid: [0-9a-f]{32}/, 'model_uuid: UUID')
    .replace(/utc_time_created: '.*'/, 'utc_time_created: TIME')
    .replace(/model_size_bytes: \d+/, 'model_size_bytes: SIZE');
}

/** The text files at the top of a saved model, by name. */
export async function textFiles(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile()) found[entry.name] = await readFile(path.join(folder, entry.name), 'utf8');
  }
  return found;
}

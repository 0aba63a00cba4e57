import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { exampleWithParams, tensorExample, type InputExample } from '../../src/core/mlmodel/exampleTypes.js';
import type { HubAccess } from '../../src/core/transformers/hubAccess.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import type { SaveModelOptions } from '../../src/core/transformers/saveOptions.js';
import type { PythonGeneration } from '../helpers/environment.js';
import { PythonSession } from '../helpers/pythonSession.js';
import { refusedCases, saveCases, type SaveCase } from './saveCases.js';

interface Checkpoint {
  name: string;
  task: string;
  folder: string;
  parts: string[];
  input: unknown;
  params: Record<string, unknown> | null;
}
interface PythonError {
  type: string;
  code: string | null;
  message: string;
}
interface PythonSave {
  files?: Record<string, string>;
  tree?: string[];
  error?: PythonError;
}

const root = await mkdtemp(path.join(tmpdir(), 'save-'));
const commit = '0123456789abcdef0123456789abcdef01234567';
const sessions = { new: new PythonSession('new'), old: new PythonSession('old') };

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

const [checkpoints, versions] = await Promise.all([
  inBoth((generation) => sessions[generation].ask<Checkpoint[]>('make', { root: path.join(root, generation) })),
  inBoth((generation) => sessions[generation].ask<Record<string, string & string[]>>('versions')),
]);
after(async () => {
  for (const session of Object.values(sessions)) session.close();
  await rm(root, { recursive: true, force: true });
});

async function inBoth<T>(ask: (generation: PythonGeneration) => Promise<T>): Promise<Record<PythonGeneration, T>> {
  const [newer, older] = await Promise.all([ask('new'), ask('old')]);
  return { new: newer, old: older };
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

function inPlace(value: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value ?? {}).replaceAll('$FOLDER', root)) as Record<string, unknown>;
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

function ourOptions(options: Record<string, unknown>, generation: PythonGeneration): SaveModelOptions {
  const named = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
  if ('inputExample' in named) named['inputExample'] = exampleOf(named['inputExample']);
  const found = versions[generation];
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

async function ourSave(test: SaveCase, checkpoint: Checkpoint, target: string, generation: PythonGeneration) {
  const options = ourOptions(inPlace(test.options), generation);
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

function pythonQuestion(test: SaveCase, checkpoint: Checkpoint, target: string): object {
  const { folder, task, parts } = checkpoint;
  const options = inPlace(test.options);
  return { folder, task, parts, target, how: test.how ?? 'pipeline', nameOrPath: test.nameOrPath, commit, options };
}

function masked(text: string): string {
  return text
    .replace(/model_uuid: [0-9a-f]{32}/, 'model_uuid: UUID')
    .replace(/utc_time_created: '.*'/, 'utc_time_created: TIME')
    .replace(/model_size_bytes: \d+/, 'model_size_bytes: SIZE');
}

async function textFiles(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile()) found[entry.name] = await readFile(path.join(folder, entry.name), 'utf8');
  }
  return found;
}

/** Everything is asked before the first test is declared: hooks of the file run when the declared tests are done. */
async function answersOf(generation: PythonGeneration) {
  const name = generation === 'new' ? 'MLflow 3.17 (compatibility 3)' : 'MLflow 2.16 (compatibility 2)';
  const made = new Map(checkpoints[generation].map((checkpoint) => [checkpoint.name, checkpoint]));
  const plain: SaveCase[] = [...made.keys()].map((checkpoint) => ({
    name: `default save of ${checkpoint}`,
    checkpoint,
    options: { pip_requirements: ['x'] },
  }));
  const chosen = [...plain, ...saveCases].filter(
    ({ checkpoint, only }) => made.has(checkpoint) && (only ?? generation) === generation,
  );
  const target = (side: string, index: number): string => path.join(root, generation, side, String(index));
  const theirs = await sessions[generation].ask<PythonSave[]>('saveAll', {
    questions: chosen.map((test, index) => pythonQuestion(test, made.get(test.checkpoint)!, target('python', index))),
  });
  const refusals = await sessions[generation].ask<PythonSave[]>('saveAll', {
    questions: refusedCases.map((test, index) =>
      pythonQuestion(test, made.get(test.checkpoint)!, target('refused', index)),
    ),
  });
  return { generation, name, made, chosen, theirs, refusals, target };
}

for (const answers of [await answersOf('new'), await answersOf('old')]) {
  const { generation, name, made, chosen, theirs, refusals, target } = answers;
  describe(`files are those of ${name}`, () => {
    for (const [index, test] of chosen.entries()) {
      it(test.name, async () => {
        const wanted = theirs[index]!;
        assert.equal(wanted.error, undefined);
        await ourSave(test, made.get(test.checkpoint)!, target('ours', index), generation);
        const files = await textFiles(target('ours', index));
        const mask = (all: Record<string, string>): Record<string, string> =>
          Object.fromEntries(Object.entries(all).map(([file, text]) => [file, masked(text)]));
        assert.deepEqual(mask(files), mask(wanted.files!));
      });
    }
  });

  describe(`B29 refused as by ${name}`, () => {
    for (const [index, test] of refusedCases.entries()) {
      it(test.name, async () => {
        const wanted = refusals[index]!.error;
        assert.ok(wanted, 'Python saves it');
        const folder = target('refused-ours', index);
        await assert.rejects(ourSave(test, made.get(test.checkpoint)!, folder, generation), (error: unknown) => {
          assert.ok(MlflowError.is(error), String(error));
          assert.equal(withoutSets(error.message), withoutSets(wanted.message));
          if (wanted.code !== null) assert.equal(error.errorCode, wanted.code);
          return true;
        });
        assert.ok(!(await readdir(path.dirname(folder)).catch(() => [] as string[])).includes(path.basename(folder)));
      });
    }
  });
}

/** Members of Python's sets come in any order. */
function withoutSets(text: string): string {
  return text.replace(/\{[^{}]*\}/g, (set) => [...set].sort().join(''));
}

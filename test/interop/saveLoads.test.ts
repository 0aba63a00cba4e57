import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { tensorExample } from '../../src/core/mlmodel/exampleTypes.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import type { SaveModelOptions } from '../../src/core/transformers/saveOptions.js';
import { generationHasTask } from '../../src/core/transformers/tasks.js';
import { pythonExecutable, realCheckpoints, type PythonGeneration } from '../helpers/environment.js';
import { pythonEnvironment } from '../helpers/python.js';
import { PythonSession } from '../helpers/pythonSession.js';

interface Checkpoint {
  name: string;
  task: string;
  folder: string;
  input: unknown;
  params: Record<string, string> | null;
}
interface Loaded {
  pyfunc?: unknown;
  pyfuncError?: { message: string };
  pipeline?: string;
  pipelineError?: { message: string };
  components?: Record<string, string>;
  componentsError?: { message: string };
  dtype?: string;
  ids?: unknown;
  serving?: unknown;
  servingError?: { message: string };
}
interface Case {
  name: string;
  task: string;
  input: unknown;
  /** Python that wrote the checkpoint. */
  source: PythonGeneration;
  ours: string;
  ours2: string;
  python: string;
}

const root = await mkdtemp(path.join(tmpdir(), 'save-loads-'));
const sessions = { new: new PythonSession('new'), old: new PythonSession('old') };
after(async () => {
  for (const session of Object.values(sessions)) session.close();
  await rm(root, { recursive: true, force: true });
});
/** Float arrays need a signature of their own: by default these tasks take bytes. */
const sounds = tensorExample(
  Array.from({ length: 400 }, (_, index) => (index % 8) / 8),
  { dtype: 'float32' },
);
const soundSignature = {
  inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]',
  outputs: null,
  params: null,
};

async function casesOf(source: PythonGeneration): Promise<Case[]> {
  const made = await sessions[source].ask<Checkpoint[]>('make', { root: path.join(root, source) });
  const usable = made.filter(({ input }) => input !== null);
  const cases = usable.map(({ name, task, input }): Case => ({
    name,
    task,
    input,
    source,
    ours: path.join(root, source, 'ours', name),
    ours2: path.join(root, source, 'ours2', name),
    python: path.join(root, source, 'python', name),
  }));
  for (const [index, { folder, task, params, input }] of usable.entries()) {
    const model: TransformersModel = { task, model: { config: { _name_or_path: folder } } };
    const isSound = typeof input === 'object' && input !== null && 'samples' in input;
    const options: SaveModelOptions = {
      pipRequirements: ['x'],
      modelConfig: params ?? undefined,
      ...(isSound ? { signature: soundSignature, inputExample: sounds } : { inputExample: input as string }),
    };
    await saveModel(model, cases[index]!.ours, options);
    await saveModel(model, cases[index]!.ours2, { ...options, compatibility: '2' });
  }
  const saved = await sessions[source].ask<{ error?: { message: string } }[]>('saveAll', {
    questions: usable.map(({ folder, task, params, input }, index) => ({
      folder,
      task,
      target: cases[index]!.python,
      options: {
        pip_requirements: ['x'],
        ...(params ? { model_config: params } : {}),
        ...(JSON.stringify(input).includes('"samples"') ? { signature: soundSignature } : {}),
      },
    })),
  });
  for (const { error } of saved) assert.equal(error, undefined);
  return cases;
}

function loadAll(session: PythonGeneration, cases: readonly Case[], which: 'ours' | 'ours2' | 'python') {
  return sessions[session].ask<Loaded[]>('loadAll', {
    questions: cases.map((one) => ({ path: one[which], input: one.input, serving: which === 'ours' })),
  });
}

/** Known differences of the generations for the same files: the space before the first new word, rebuilt vocabularies. */
const differsByGeneration = new Set(['text-generation-llama-generic', 'asr-whisper']);

/** Everything is asked before the first test is declared: hooks of the file run when the declared tests are done. */
async function answersOf(source: PythonGeneration) {
  const cases = await casesOf(source);
  const wanted = await loadAll(source, cases, 'python');
  const [inNew, inOld, secondInOld] = await Promise.all([
    loadAll('new', cases, 'ours'),
    loadAll('old', cases, 'ours'),
    loadAll('old', cases, 'ours2'),
  ]);
  return { source, cases, wanted, inNew, inOld, secondInOld };
}

for (const { source, cases, wanted, inNew, inOld, secondInOld } of [await answersOf('new'), await answersOf('old')]) {
  describe(`checkpoints of the ${source} transformers, saved by us`, () => {
    for (const [index, one] of cases.entries()) {
      const want = wanted[index]!;
      it(`${one.name} loads in MLflow 3.17 and predicts the same`, () => {
        if (!generationHasTask(one.task, 5)) {
          // F9: transformers 5 has no such pipeline; the parts are there.
          assert.match(inNew[index]!.pipelineError!.message, /has been removed from transformers/);
          assert.ok(inNew[index]!.components?.['tokenizer']);
          return;
        }
        check(inNew[index]!, want, source === 'new' || !differsByGeneration.has(one.name));
        if (one.task !== 'automatic-speech-recognition' && one.task !== 'audio-classification')
          assert.equal(inNew[index]!.servingError, undefined);
      });
      it(`${one.name} loads in MLflow 2.16 and predicts the same`, () => {
        check(inOld[index]!, want, source === 'old' || !differsByGeneration.has(one.name));
      });
      it(`${one.name} loads in MLflow 2.16 and predicts the same, compatibility 2`, () => {
        check(secondInOld[index]!, want, source === 'old' || !differsByGeneration.has(one.name));
      });
    }
  });
}

function check(found: Loaded, wanted: Loaded, isSame: boolean): void {
  assert.equal(found.pyfuncError?.message, wanted.pyfuncError?.message);
  assert.equal(found.pipelineError, undefined);
  assert.equal(found.pipeline, wanted.pipeline);
  if (!isSame) return;
  assert.deepEqual(found.ids, wanted.ids);
  assert.deepEqual(found.pyfunc, wanted.pyfunc);
}

describe('real checkpoints, saved by us', () => {
  const real = [
    { name: 'minilm', folder: realCheckpoints.miniLm, task: 'feature-extraction', input: 'The quick brown fox' },
    {
      name: 'smollm2',
      folder: realCheckpoints.smolLm2BFloat16,
      task: 'text-generation',
      input: 'The capital of France is',
      modelConfig: { max_new_tokens: 4, do_sample: false },
    },
  ];
  for (const { name, folder, task, input, modelConfig } of real) {
    it(`${name} answers the same in both Pythons, with and without compatibility 2`, async () => {
      const target = path.join(root, name);
      await saveModel(folder, target, { task, inputExample: input, modelConfig, allowHardLinks: true });
      await saveModel(folder, `${target}2`, { task, modelConfig, allowHardLinks: true, compatibility: '2' });
      const [first, second] = await Promise.all([
        sessions.new.ask<Loaded>('load', { path: target, input, serving: true }),
        sessions.old.ask<Loaded>('load', { path: target, input }),
      ]);
      const third = await sessions.old.ask<Loaded>('load', { path: `${target}2`, input });
      assert.equal(first.pyfuncError, undefined);
      assert.equal(first.servingError, undefined);
      assert.deepEqual(second.ids, first.ids);
      assert.deepEqual(rounded(second.pyfunc), rounded(first.pyfunc));
      assert.deepEqual(rounded(third.pyfunc), rounded(first.pyfunc));
    });
  }

  it('mlflow models predict answers for a model of ours', async () => {
    const input = path.join(root, 'input.json');
    const target = path.join(root, 'minilm');
    const output = path.join(root, 'output.json');
    await writeFile(input, JSON.stringify({ inputs: ['hello'] }));
    await promisify(execFile)(
      pythonExecutable('new'),
      [
        '-m',
        'mlflow',
        'models',
        'predict',
        '-m',
        target,
        '-i',
        input,
        '-o',
        output,
        '-t',
        'json',
        '--env-manager',
        'local',
      ],
      { env: { ...process.env, ...pythonEnvironment } },
    );
    const { predictions } = JSON.parse(await readFile(output, 'utf8')) as { predictions: number[][] };
    assert.equal(predictions[0]!.length, 384);
  });
});

/** Numbers to three digits. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Math.round(value * 1e3) / 1e3 + 0;
  return Array.isArray(value) ? value.map(rounded) : value;
}

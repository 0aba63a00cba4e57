import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import type { DeclaredEnvironment } from '../../src/core/transformers/declaredVersions.js';
import { logModel, type LogModelOptions } from '../../src/core/transformers/logModel.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import type { PythonGeneration } from '../helpers/environment.js';
import { PythonSession } from '../helpers/pythonSession.js';

interface Answer<T> {
  result?: T;
  error?: { message: string };
  trace?: string;
}
interface StoreSummary {
  runs: unknown[];
  models: { name: string; status: string }[];
  versions: unknown[];
}

const root = await mkdtemp(path.join(tmpdir(), 'log-model-'));
const sessions = { new: new PythonSession('new'), old: new PythonSession('old') };
after(async () => {
  for (const session of Object.values(sessions)) session.close();
  await rm(root, { recursive: true, force: true });
});
const helpers = await readFile(new URL('../fixtures/flavor/loggedModels.py', import.meta.url), 'utf8');

async function python<T>(generation: PythonGeneration, code: string): Promise<T> {
  const answer = await sessions[generation].ask<Answer<T>>('python', { code: `${helpers}\n${code}` });
  assert.equal(answer.error, undefined, answer.trace);
  return answer.result as T;
}

const stores = [
  { name: 'SQLite store of MLflow 3.17', generation: 'new', kind: 'sqlite' },
  { name: 'file store of MLflow 3.17', generation: 'new', kind: 'file' },
  { name: 'file store of MLflow 2.16', generation: 'old', kind: 'file' },
] as const;
type Store = (typeof stores)[number];

/** The calls of `log_all` in loggedModels.py. */
async function logAll(fluent: Fluent, folder: string, generation: PythonGeneration, environment: DeclaredEnvironment) {
  const model: TransformersModel = { task: 'text-classification', model: { config: { _name_or_path: folder } } };
  const common: LogModelOptions = {
    pipRequirements: ['x'],
    modelConfig: { top_k: 2, ...(generation === 'new' ? { nested: { a: 1 } } : {}) },
    metadata: { m: 1 },
    awaitRegistrationFor: 0,
    compatibility: generation === 'new' ? '3' : '2',
    environment,
  };
  const log = (options: LogModelOptions) => logModel(model, { ...common, ...options }, fluent);
  await fluent.setExperiment('models');
  const registeredModelName = 'registered';
  await fluent.startRun({ runName: 'first' }, async () => {
    await fluent.logParams({ lr: 0.1 });
    await fluent.logMetric('loss', 0.5, { step: 0 });
    await fluent.logMetric('loss', 0.25, { step: 3 });
    if (generation === 'new') {
      await log({
        name: 'model',
        params: { lr: 'given', z: 1 },
        tags: { t: 'v' },
        modelType: 'classifier',
        step: 3,
        registeredModelName,
      });
      await log({ name: 'model' });
    } else {
      await log({ artifactPath: 'model', registeredModelName });
      await log({ artifactPath: 'model2' });
    }
  });
  if (generation === 'old') return;
  await log({ name: 'alone' });
  await assert.rejects(log({ name: 'broken', promptTemplate: '{prompt}' }));
}

async function compared({ generation, kind }: Store) {
  const folder = path.join(root, `${generation}-${kind}`);
  const [{ folder: checkpoint } = { folder: '' }] = await sessions[generation].ask<{ folder: string }[]>('make', {
    root: path.join(folder, 'made'),
    only: ['text-classification-bert'],
  });
  const uri = (side: string): string =>
    kind === 'sqlite' ? `sqlite:///${folder}/${side}/mlflow.db` : `file://${folder}/${side}/mlruns`;
  await mkdir(path.join(folder, 'python'), { recursive: true });
  await mkdir(path.join(folder, 'ours'), { recursive: true });
  const chdir = (side: string): string => `import os\nos.chdir(${JSON.stringify(path.join(folder, side))})\n`;
  const theirs = await python<StoreSummary>(
    generation,
    `${chdir('python')}log_all(${JSON.stringify(uri('python'))}, ${JSON.stringify(checkpoint)}, ${generation === 'new' ? 'True' : 'False'})\n` +
      `result = summary(${JSON.stringify(uri('python'))}, "model")`,
  );
  const found = await sessions[generation].ask<Record<string, string & string[]>>('versions');
  const build = (name: string): string | null =>
    found['build']!.find((entry) => entry.startsWith(name))?.split('==')[1] ?? null;
  const environment: DeclaredEnvironment = {
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
  };
  const fluent = new Fluent({ cwd: () => path.join(folder, 'ours'), environment: {} });
  fluent.setTrackingUri(uri('ours'));
  await logAll(fluent, checkpoint, generation, environment);
  const ours = await python<StoreSummary>(
    generation,
    `${chdir('ours')}result = summary(${JSON.stringify(uri('ours'))}, "model")`,
  );
  const answers = await python<unknown[]>(
    generation,
    `${chdir('ours')}mlflow.set_tracking_uri(${JSON.stringify(uri('ours'))})\nmlflow.set_registry_uri(${JSON.stringify(uri('ours'))})\n` +
      `c = MlflowClient()\nrun = c.search_runs([e.experiment_id for e in c.search_experiments()])[0].info.run_id\n` +
      `uris = ["models:/registered/1", f"runs:/{run}/model"]\n` +
      `result = [mlflow.pyfunc.load_model(u).predict(["the dog"]).to_dict() for u in uris] + [type(mlflow.transformers.load_model(u)).__name__ for u in uris]`,
  );
  return { theirs, ours, answers };
}

const results = [];
for (const store of stores) results.push({ store, ...(await compared(store)) });

for (const { store, theirs, ours, answers } of results) {
  describe(`a model logged by us into the ${store.name}`, () => {
    it('runs: tags, params, metrics, outputs and artifacts are those of log_model (G2, G13)', () => {
      assert.deepEqual(ours.runs, theirs.runs);
    });
    it('logged models: status, params, tags, metrics of the step, files and MLmodel (G1, G9, G11, G12)', () => {
      assert.deepEqual(ours.models, theirs.models);
      if (store.generation === 'new') {
        assert.deepEqual(
          theirs.models.map(({ name, status }) => [name, status]),
          [
            ['alone', 'READY'],
            ['broken', 'FAILED'],
            ['model', 'READY'],
            ['model', 'READY'],
          ],
        );
      }
    });
    it('registered versions: source, run and tags (G14)', () => {
      assert.deepEqual(ours.versions, theirs.versions);
      assert.equal(ours.versions.length, 1);
    });
    it('Python loads and predicts with it through every URI', () => {
      assert.deepEqual(answers.slice(2), ['TextClassificationPipeline', 'TextClassificationPipeline']);
      assert.deepEqual(answers[0], answers[1]);
    });
  });
}

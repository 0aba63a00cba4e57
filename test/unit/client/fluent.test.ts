import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Fluent } from '../../../src/core/client/fluent.js';
import { MlflowError } from '../../../src/core/errors.js';
import type { Environment } from '../../../src/core/ports.js';

function newMlflow(environment: Environment = { USER: 'me' }): { mlflow: Fluent; cwd: string } {
  const cwd = mkdtempSync(path.join(tmpdir(), 'fluent-'));
  const mlflow = new Fluent({ cwd: () => cwd, environment }, path.join(cwd, 'train.ts'));
  mlflow.setTrackingUri('mlruns');
  return { mlflow, cwd };
}

test('a run ends FINISHED with its callback, FAILED when that throws, and carries where it comes from', async () => {
  const { mlflow, cwd } = newMlflow();
  const done = await mlflow.startRun({ runName: 'r', tags: { n: 1 }, description: 'd' }, async (run) => {
    assert.equal(mlflow.activeRun()?.info.runId, run.info.runId);
    await mlflow.logParam('lr', 0.1);
    await mlflow.logParams({ a: true, b: null });
    await mlflow.logMetric('m', 0.5, { step: 3 });
    await mlflow.setTags({ t: 'v' });
    await mlflow.logText('x', 'a/b.txt');
    return run.info.runId;
  });
  assert.equal(mlflow.activeRun(), null);
  const run = await mlflow.client().getRun({ runId: done });
  assert.equal(run.info.status, 'FINISHED');
  assert.ok(run.info.endTime !== null && run.info.userId === 'me');
  assert.deepEqual(run.data.params, { a: 'True', b: 'None', lr: '0.1' });
  assert.deepEqual(
    run.data.metricObjects.map(({ key, value, step }) => [key, value, step]),
    [['m', 0.5, 3]],
  );
  assert.deepEqual(run.data.tags, {
    'mlflow.note.content': 'd',
    'mlflow.runName': 'r',
    'mlflow.source.name': path.join(cwd, 'train.ts'),
    'mlflow.source.type': 'LOCAL',
    'mlflow.user': 'me',
    n: '1',
    t: 'v',
  });
  assert.equal(await mlflow.artifacts.loadText(`runs:/${done}/a/b.txt`), 'x');
  let failed = '';
  await assert.rejects(
    mlflow.startRun({}, (active) => {
      failed = active.info.runId;
      throw new Error('broken');
    }),
    /broken/,
  );
  assert.equal((await mlflow.client().getRun({ runId: failed })).info.status, 'FAILED');
});

test('runs nest only when asked to, and callbacks side by side keep to their own run', async () => {
  const { mlflow } = newMlflow();
  await mlflow.startRun({}, async (outer) => {
    await assert.rejects(
      mlflow.startRun({}, async () => undefined),
      /is already active/,
    );
    const child = await mlflow.startRun({ nested: true }, async (inner) => {
      assert.equal(mlflow.activeRun()?.info.runId, inner.info.runId);
      return inner;
    });
    assert.equal(child.data.tags['mlflow.parentRunId'], outer.info.runId);
    assert.equal((await mlflow.client().getParentRun({ runId: child.info.runId }))?.info.runId, outer.info.runId);
    assert.equal(mlflow.activeRun()?.info.runId, outer.info.runId);
  });
  const log = (name: string) =>
    mlflow.startRun({ runName: name }, async (run) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await mlflow.setTag('own', name);
      return run.info.runId;
    });
  for (const [index, runId] of (await Promise.all(['a', 'b', 'c'].map(log))).entries()) {
    assert.equal((await mlflow.client().getRun({ runId })).data.tags['own'], ['a', 'b', 'c'][index]);
  }
});

test('a run can be taken up again', async () => {
  const { mlflow } = newMlflow();
  const runId = await mlflow.startRun({}, (run) => run.info.runId);
  await mlflow.startRun({ runId, tags: { again: 'yes' } }, async (run) => {
    assert.equal(run.info.status, 'RUNNING');
    assert.equal(run.data.tags['again'], 'yes');
  });
  await mlflow.client().deleteRun({ runId });
  await assert.rejects(mlflow.startRun({ runId }), /because it is in the deleted state/);
});

test('without a callback a run stays active until it is ended; logging without a run starts one', async () => {
  const { mlflow } = newMlflow();
  await mlflow.logMetrics({ a: 1, b: 2 });
  const run = mlflow.activeRun();
  assert.ok(run);
  await mlflow.endRun('KILLED');
  assert.equal(mlflow.activeRun(), null);
  const stored = await mlflow.client().getRun({ runId: run.info.runId });
  assert.deepEqual([stored.info.status, stored.data.metrics], ['KILLED', { a: 1, b: 2 }]);
});

test('the experiment is chosen by name or id, or by the environment; a deleted one is refused', async () => {
  const { mlflow } = newMlflow({ USER: 'me', MLFLOW_EXPERIMENT_NAME: 'from environment' });
  const first = await mlflow.startRun({}, (run) => run.info.experimentId);
  assert.equal((await mlflow.client().getExperiment({ experimentId: first })).name, 'from environment');
  const made = await mlflow.setExperiment('mine');
  assert.equal((await mlflow.setExperiment('mine')).experimentId, made.experimentId);
  assert.equal((await mlflow.setExperiment(made.experimentId)).name, 'mine');
  await mlflow.startRun({}, async (run) => assert.equal(run.info.experimentId, made.experimentId));
  assert.equal((await mlflow.searchRuns()).length, 1);
  assert.equal((await mlflow.searchRuns({ searchAllExperiments: true })).length, 2);
  assert.equal((await mlflow.searchRuns({ experimentNames: ['from environment', 'nope'] })).length, 1);
  await mlflow.client().deleteExperiment({ experimentId: made.experimentId });
  await assert.rejects(
    mlflow.setExperiment({ experimentId: made.experimentId }),
    /Cannot set a deleted experiment 'mine'/,
  );
  await assert.rejects(mlflow.setExperiment({}), /Must specify exactly one of/);
});

test('metrics of the step at which a model was logged become the model’s metrics', async () => {
  const { mlflow } = newMlflow();
  await mlflow.startRun({}, async (run) => {
    const model = await mlflow.initializeLoggedModel({ name: 'm', params: { p: 1 } });
    assert.equal(model.sourceRunId, run.info.runId);
    assert.equal(model.tags['mlflow.user'], 'me');
    await mlflow.client().logOutputs({ runId: run.info.runId, models: [{ modelId: model.modelId, step: 2 }] });
    await mlflow.logMetric('other', 1, { step: 1 });
    await mlflow.logMetric('f1', 0.5, { step: 2 });
    const { metrics, params } = await mlflow.client().getLoggedModel({ modelId: model.modelId });
    assert.deepEqual(
      [params, metrics.map(({ key, value, runId }) => [key, value, runId])],
      [{ p: '1' }, [['f1', 0.5, run.info.runId]]],
    );
  });
});

test('reading never makes a store; the first write does', async () => {
  const { mlflow, cwd } = newMlflow();
  await assert.rejects(
    mlflow.client().searchExperiments(),
    (error) => MlflowError.is(error) && error.reason === 'storeMissing',
  );
  assert.equal(existsSync(path.join(cwd, 'mlruns')), false);
  await mlflow.client().createExperiment({ name: 'x' });
  assert.equal((await mlflow.client().searchExperiments()).items.length, 2);
});

test('the git commit of the program is a tag, without credentials in the address', async () => {
  const { mlflow, cwd } = newMlflow();
  const git = (...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' });
  git('init', '-q', '-b', 'work');
  git('remote', 'add', 'origin', 'https://me:secret@example.com/r.git');
  writeFileSync(path.join(cwd, 'train.ts'), '');
  git('add', 'train.ts');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'x');
  const head = git('rev-parse', 'HEAD').trim();
  for (const pack of [false, true]) {
    if (pack) git('pack-refs', '--all');
    const tags = await mlflow.startRun({}, (run) => run.data.tags);
    assert.equal(tags['mlflow.source.git.commit'], head);
    assert.equal(tags['mlflow.source.git.branch'], 'work');
    assert.equal(tags['mlflow.source.git.repoURL'], 'https://example.com/r.git');
  }
});

test('registering what is no model leaves the error of MLflow, and the empty registered model', async () => {
  const { mlflow, cwd } = newMlflow();
  const runId = await mlflow.startRun({}, (run) => run.info.runId);
  await assert.rejects(
    mlflow.registerModel(`runs:/${runId}/nope`, 'Reg'),
    (error) =>
      MlflowError.is(error, 'INTERNAL_ERROR') &&
      error.message === `Unable to find a logged_model with artifact_path nope under run ${runId}`,
  );
  assert.equal((await mlflow.client().getRegisteredModel({ name: 'Reg' })).latestVersions.length, 0);
  assert.match(readFileSync(path.join(cwd, 'mlruns/models/Reg/meta.yaml'), 'utf8'), /^name: Reg$/m);
});

test('an experiment that is chosen without waiting is the one of the next run', async () => {
  const { mlflow } = newMlflow();
  const choosing = mlflow.setExperiment('chosen');
  const experimentId = await mlflow.startRun({}, (run) => run.info.experimentId);
  assert.equal(experimentId, (await choosing).experimentId);
  assert.equal((await mlflow.searchRuns()).length, 1);
});

test('missing local files and folders read as text are refused in the words of Python', async () => {
  const { mlflow, cwd } = newMlflow();
  await mlflow.startRun({}, async ({ info }) => {
    const missing = path.join(cwd, 'nope');
    for (const refused of [mlflow.logArtifact(missing), mlflow.logArtifacts(missing)]) {
      await assert.rejects(refused, (error) => {
        assert.ok(MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'));
        assert.equal(error.message, `[Errno 2] No such file or directory: '${missing}'`);
        return true;
      });
    }
    await mlflow.logText('x', 'a/b.txt');
    await assert.rejects(
      mlflow.artifacts.loadText(`runs:/${info.runId}/a`),
      (error) =>
        MlflowError.is(error, 'INVALID_PARAMETER_VALUE') && error.message.startsWith('[Errno 21] Is a directory'),
    );
  });
});

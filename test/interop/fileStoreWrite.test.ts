import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { MlflowClient } from '../../src/core/client/mlflowClient.js';
import type { Run } from '../../src/core/tracking/entities.js';
import { describeStoreInPython, openStoreInPython } from '../helpers/pythonStores.js';
import { runPython } from '../helpers/python.js';

/** Makes a store of every kind of entry, as the Python helper does. MLflow 2 cannot read a run with a metric on a dataset. */
async function makeStore(uri: string, withDatasetMetric: boolean): Promise<MlflowClient> {
  const client = new MlflowClient({ trackingUri: uri });
  const first = await client.createExperiment({ name: 'exp/ü 1: #', tags: { team: 'ä b', 'n/x': 'multi\nline' } });
  const gone = await client.createExperiment({ name: 'gone' });
  const other = await client.createExperiment({ name: 'other', artifactLocation: 's3://bucket/path/' });
  await client.renameExperiment({ experimentId: other, newName: 'yes' });
  const run = await client.createRun({
    experimentId: first,
    tags: { main: 'yes', 'mlflow.user': 'me' },
    runName: '1234',
  });
  const { runId } = run.info;
  for (const [step, value] of [0.5, 1e-7, NaN, Infinity, -1.25].entries()) {
    await client.logMetric({ runId, key: 'loss/train', value, timestamp: 1000 + step, step });
  }
  await client.logMetric({ runId, key: 'loss/train', value: 3, timestamp: 900, step: 4 });
  const params = Array.from({ length: 101 }, (_, index) => ({ key: `p${index}`, value: index / 2 }));
  await client.logBatch({
    runId,
    metrics: [{ key: 'acc', value: 1e22, timestamp: 5, step: -3 }],
    params: [
      ...params,
      { key: 'opt/beta 1', value: 'x\r\ny' },
      { key: 'empty', value: '' },
      { key: 'flag', value: true },
    ],
    tags: { 't.a-b_c': ['a', 1.5, null] },
  });
  const dataset = {
    name: 'iris',
    digest: 'dig1',
    sourceType: 'local',
    source: '{"uri":"x"}',
    schema: 'S',
    profile: null,
  };
  const input = { dataset, tags: { 'mlflow.data.context': 'train' } };
  await client.logInputs({ runId, datasets: [input] });
  await client.logInputs({ runId, datasets: [{ ...input, tags: { more: 'x' } }] });
  await client.logText({ runId, text: 'héllo', artifactFile: 'dir/a b.txt' });
  await client.logDict({ runId, dictionary: { ü: [1, 'é'] }, artifactFile: 'd.json' });
  await client.logDict({ runId, dictionary: { ü: [1, 'é'] }, artifactFile: 'd.yaml' });
  await client.setTerminated({ runId, status: 'FAILED', endTime: 2000 });
  const deleted = await client.createRun({ experimentId: first });
  await client.deleteRun({ runId: deleted.info.runId });
  const restored = await client.createRun({ experimentId: first, runName: 'restored' });
  await client.deleteRun({ runId: restored.info.runId });
  await client.restoreRun({ runId: restored.info.runId });
  await client.updateRun({ runId: restored.info.runId, name: 'renamed ü' });
  await client.createRun({ experimentId: gone });
  await client.deleteExperiment({ experimentId: gone });
  const model = await client.createLoggedModel({
    experimentId: first,
    name: 'mod',
    sourceRunId: runId,
    tags: { a: 'b' },
    params: { p: 1 },
    modelType: 'agent',
  });
  const { modelId } = model;
  await client.logOutputs({ runId: restored.info.runId, models: [{ modelId, step: 3 }] });
  await client.logMetric({ runId: restored.info.runId, key: 'f1', value: 0.5, timestamp: 7, modelId });
  const point = { runId: restored.info.runId, key: 'f1', value: 0.75, step: 2, timestamp: 8, modelId };
  await client.logMetric(withDatasetMetric ? { ...point, datasetName: 'iris', datasetDigest: 'd2' } : point);
  await client.finalizeLoggedModel({ modelId, status: 'READY' });
  await client.createLoggedModel({ experimentId: first });
  await client.createRegisteredModel({ name: 'reg ü', tags: { k: 'v' }, description: 'd' });
  await client.createModelVersion({ name: 'reg ü', source: 'file:///somewhere/model', runId, tags: { vk: 'vv' } });
  await client.createModelVersion({ name: 'reg ü', source: 'models:/reg ü/1' });
  await client.createModelVersion({ name: 'reg ü', source: 's3://bucket/m' });
  await client.createModelVersion({ name: 'reg ü', source: `models:/${modelId}`, modelId });
  await client.setRegisteredModelAlias({ name: 'reg ü', alias: 'champion', version: '2' });
  await client.transitionModelVersionStage({ name: 'reg ü', version: '1', stage: 'production' });
  await client.transitionModelVersionStage({
    name: 'reg ü',
    version: '2',
    stage: 'Production',
    archiveExistingVersions: true,
  });
  await client.deleteModelVersion({ name: 'reg ü', version: '3' });
  await client.updateModelVersion({ name: 'reg ü', version: '4', description: 'four' });
  return client;
}

function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
    ),
  );
}

const byId = <T extends { info: { runId: string } }>(items: T[]) =>
  [...items].sort((a, b) => (a.info.runId < b.info.runId ? -1 : 1));

for (const generation of ['new', 'old'] as const) {
  test(`a file store that we wrote reads the same with MLflow ${generation === 'new' ? 3 : 2}`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'written ü-'));
    const uri = `file://${path.join(folder, 'mlruns')}`;
    const client = await makeStore(uri, generation === 'new');
    const found = await runPython<{
      experiments: { experimentId: string }[];
      runs: Run[];
      history: unknown[];
      models: { modelId: string }[];
      registered: { name: string }[];
      versions: { version: string; modelId: string | null }[];
      artifacts: Record<string, string>;
    }>(generation, openStoreInPython + describeStoreInPython, { uri });
    const experiments = (await client.searchExperiments({ viewType: 'ALL' })).items;
    assert.deepEqual(
      [...found.experiments].sort((a, b) => (a.experimentId < b.experimentId ? -1 : 1)),
      [...experiments].sort((a, b) => (a.experimentId < b.experimentId ? -1 : 1)),
    );
    const runs = await client.searchRuns({
      experimentIds: experiments.map((experiment) => experiment.experimentId),
      runViewType: 'ALL',
    });
    const known = runs.items.map((run) => (generation === 'new' ? run : { ...run, outputs: { modelOutputs: [] } }));
    assert.deepEqual(byId(found.runs), comparable(byId(known)));
    if (generation === 'new') {
      const models = await client.searchLoggedModels({ experimentIds: experiments.map((e) => e.experimentId) });
      assert.deepEqual(found.models, comparable(models.items.sort((a, b) => (a.modelId < b.modelId ? -1 : 1))));
    }
    const registered = (await client.searchRegisteredModels()).items;
    assert.deepEqual(
      found.registered,
      registered.map(({ latestVersions, ...model }) => ({
        ...model,
        latest: latestVersions.map((v) => v.version).sort(),
      })),
    );
    const versions = (await client.searchModelVersions()).items;
    assert.deepEqual(
      found.versions.map((version) => ({ ...version, modelId: null })),
      versions.sort((a, b) => Number(a.version) - Number(b.version)).map((version) => ({ ...version, modelId: null })),
    );
    assert.deepEqual(found.artifacts, {
      'd.json': '{\n  "\\u00fc": [\n    1,\n    "\\u00e9"\n  ]\n}',
      'd.yaml': '"\\xFC":\n- 1\n- "\\xE9"\n',
      'dir/a b.txt': 'héllo',
    });
  });
}

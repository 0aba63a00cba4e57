import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { datasetIdOf, inputIdOf } from '../../../src/core/tracking/file/fileRunLogging.js';
import type { FileTrackingStore } from '../../../src/core/tracking/file/fileTrackingStore.js';
import { openStores } from '../../../src/core/tracking/openStores.js';

async function newStore(): Promise<{ root: string; tracking: FileTrackingStore }> {
  const root = path.join(mkdtempSync(path.join(tmpdir(), 'fs-')), 'mlruns');
  const { tracking } = await openStores({ trackingUri: root, cwd: root, environment: {}, create: true });
  return { root, tracking: tracking as FileTrackingStore };
}

function runMeta(runId: string, experimentId: string, more = ''): string {
  return `artifact_uri: /x/${runId}/artifacts\nend_time: null\nexperiment_id: '${experimentId}'\nrun_id: ${runId}\nstart_time: 5\nuser_id: ''\n${more}`;
}

test('W1 a new store holds the Default experiment and a trash, nothing else', async () => {
  const { root } = await newStore();
  assert.deepEqual(readdirSync(root).sort(), ['.trash', '0']);
  assert.match(
    readFileSync(path.join(root, '0/meta.yaml'), 'utf8'),
    /^artifact_location: .*\/mlruns\/0\ncreation_time: \d+\neffective_trace_archival_retention: null\nexperiment_id: '0'\nlast_update_time: \d+\nlifecycle_stage: active\nname: Default\ntrace_location: null\nworkspace: default\n$/,
  );
});

test('W2 new ids are 18 digits; whole numbers in old files read as text', async () => {
  const { root, tracking } = await newStore();
  assert.match(await tracking.createExperiment({ name: 'a' }), /^[1-9]\d{17}$/);
  mkdirSync(path.join(root, '7/r1'), { recursive: true });
  writeFileSync(
    path.join(root, '7/meta.yaml'),
    'artifact_location: /x\nexperiment_id: 7\nlifecycle_stage: active\nname: old\n',
  );
  writeFileSync(
    path.join(root, '7/r1/meta.yaml'),
    runMeta('r1', '7').replace("'7'", '7').replace('run_id', 'run_uuid'),
  );
  assert.equal((await tracking.getExperiment({ experimentId: '7' })).experimentId, '7');
  const { info } = await tracking.getRun({ runId: 'r1' });
  assert.deepEqual([info.runId, info.experimentId, info.status, info.lifecycleStage], ['r1', '7', 'RUNNING', 'active']);
});

test('W6 broken experiments and runs are skipped with a warning', async () => {
  const { root, tracking } = await newStore();
  mkdirSync(path.join(root, '1'));
  mkdirSync(path.join(root, '2'));
  writeFileSync(path.join(root, '2/meta.yaml'), '');
  mkdirSync(path.join(root, '3'));
  writeFileSync(path.join(root, '3/meta.yaml'), 'name: [\n');
  mkdirSync(path.join(root, '4'));
  writeFileSync(path.join(root, '4/meta.yaml'), "artifact_location: /x\nexperiment_id: '5'\nname: other\n");
  for (const [name, text] of [
    ['empty', ''],
    ['bad', 'x: ['],
    ['elsewhere', runMeta('elsewhere', '99')],
    ['copied', runMeta('original', '0')],
    ['lacking', 'run_id: lacking\n'],
    ['strange', runMeta('strange', '0', 'status: 9\n')],
    ['good', runMeta('good', '0', 'status: 3\n')],
  ]) {
    mkdirSync(path.join(root, '0', name ?? ''));
    writeFileSync(path.join(root, '0', name ?? '', 'meta.yaml'), text ?? '');
  }
  assert.deepEqual(
    (await tracking.searchExperiments()).items.map((item) => item.experimentId),
    ['0'],
  );
  const runs = await tracking.searchRuns({ experimentIds: ['0', 'missing'] });
  assert.deepEqual(
    runs.items.map((run) => run.info.runId),
    ['good'],
  );
  for (const word of ['2', '3', '5', 'bad', '99', 'copied', 'lacking', 'status 9']) {
    assert.ok(
      tracking.warnings.some((warning) => warning.includes(word)),
      word,
    );
  }
});

test('a run whose empty folders were not copied along is found', async () => {
  const { root, tracking } = await newStore();
  const { info } = await tracking.createRun({ experimentId: '0' });
  for (const part of ['metrics', 'params', 'artifacts', 'tags']) {
    rmSync(path.join(root, '0', info.runId, part), { recursive: true });
  }
  assert.equal((await tracking.getRun({ runId: info.runId })).info.runName, info.runName);
});

test('W9 W10 the latest metric is by step, time and value; a malformed line is an error', async () => {
  const { root, tracking } = await newStore();
  const { runId } = (await tracking.createRun({ experimentId: '0' })).info;
  const file = path.join(root, '0', runId, 'metrics/m');
  writeFileSync(file, '5 1.0 1\n5 nan 1\n6 -2 0\n4 9.5\n5 3 1\n7 8 9 ds dig\n');
  const { data } = await tracking.getRun({ runId });
  assert.equal(data.metrics['m'], 3);
  const history = await tracking.getMetricHistory({ runId, key: 'm', maxResults: 4 });
  assert.deepEqual(
    history.items.map((metric) => metric.step),
    [1, 1, 0, 0],
  );
  const rest = await tracking.getMetricHistory({ runId, key: 'm', maxResults: 4, pageToken: history.token ?? '' });
  assert.deepEqual(
    rest.items.map((metric) => [metric.step, metric.datasetName]),
    [
      [1, null],
      [0, 'ds'],
    ],
  );
  assert.deepEqual((await tracking.getMetricHistory({ runId, key: 'unknown' })).items, []);
  writeFileSync(file, '5 1.0 1 x\n');
  await assert.rejects(
    tracking.getRun({ runId }),
    /persisted metric data contained 4 fields. Expected 2, 3, or 5 fields/,
  );
  const found = await tracking.searchRuns({ experimentIds: ['0'] });
  assert.deepEqual(found.items[0]?.data.metrics, {});
  assert.match(tracking.warnings.join(), /contained 4 fields/);
});

test('W13 a batch with a param twice writes nothing', async () => {
  const { tracking } = await newStore();
  const { runId } = (await tracking.createRun({ experimentId: '0' })).info;
  const params = [
    { key: 'a', value: '1' },
    { key: 'a', value: '1' },
  ];
  await assert.rejects(
    tracking.logBatch({ runId, params }),
    (error) =>
      MlflowError.is(error, 'INVALID_PARAMETER_VALUE') &&
      error.message.startsWith("Duplicate parameter keys have been submitted: ['a']"),
  );
  assert.deepEqual((await tracking.getRun({ runId })).data.params, {});
});

test('W16 ids of datasets and inputs', () => {
  assert.equal(datasetIdOf('name', 'digest'), 'efa4363cd8179759e8c7f113aebdd340');
  assert.equal(datasetIdOf('iris', 'dig1'), '3a1974be5f84c252492d54b33018d81f');
  assert.equal(inputIdOf('abc', 'def'), 'e80b5017098950fc58aad83c8c14978e');
});

test('W18 a meta.yaml planted among artifacts is not taken for a run', async () => {
  const { root, tracking } = await newStore();
  mkdirSync(path.join(root, 'artifacts/planted'), { recursive: true });
  writeFileSync(path.join(root, 'artifacts/planted/meta.yaml'), runMeta('planted', 'artifacts'));
  const { runId } = (await tracking.createRun({ experimentId: '0' })).info;
  const nested = path.join(root, '0', runId, 'artifacts/evil');
  mkdirSync(nested, { recursive: true });
  writeFileSync(path.join(nested, 'meta.yaml'), runMeta('evil', runId));
  for (const id of ['planted', 'evil', 'artifacts']) {
    await assert.rejects(tracking.getRun({ runId: id }), (error) => MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'));
  }
  for (const id of ['../0', '..', 'a/b', '']) {
    await assert.rejects(tracking.getRun({ runId: id }), (error) => MlflowError.is(error, 'INVALID_PARAMETER_VALUE'));
    await assert.rejects(tracking.getLoggedModel({ modelId: id }), (error) =>
      MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'),
    );
  }
});

test('W20 X1 what is written has the keys of both generations and the folders that MLflow 3 asks for', async () => {
  const { root, tracking } = await newStore();
  const { info } = await tracking.createRun({ experimentId: '0', runName: 'r', startTime: 7, userId: 'me' });
  const folder = path.join(root, '0', info.runId);
  assert.deepEqual(readdirSync(folder).sort(), ['artifacts', 'meta.yaml', 'metrics', 'params', 'tags']);
  assert.equal(
    readFileSync(path.join(folder, 'meta.yaml'), 'utf8').replaceAll(info.runId, 'ID').replaceAll(root, 'ROOT'),
    "artifact_uri: ROOT/0/ID/artifacts\nend_time: null\nentry_point_name: ''\nexperiment_id: '0'\nlifecycle_stage: active\n" +
      "run_id: ID\nrun_name: r\nrun_uuid: ID\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: 7\nstatus: 1\n" +
      'tags: []\nuser_id: me\n',
  );
  assert.equal(readFileSync(path.join(folder, 'tags/mlflow.runName'), 'utf8'), 'r');
  await tracking.deleteRun({ runId: info.runId });
  assert.match(readFileSync(path.join(folder, 'meta.yaml'), 'utf8'), /^deleted_time: \d+$/m);
  await tracking.restoreRun({ runId: info.runId });
  assert.doesNotMatch(readFileSync(path.join(folder, 'meta.yaml'), 'utf8'), /deleted_time/);
  const model = await tracking.createLoggedModel({ experimentId: '0', params: { p: '1' } });
  const modelFolder = path.join(root, '0/models', model.modelId);
  assert.deepEqual(readdirSync(modelFolder).sort(), ['meta.yaml', 'metrics', 'params']);
  assert.match(readFileSync(path.join(modelFolder, 'meta.yaml'), 'utf8'), /^lifecycle_stage: active$/m);
  await tracking.finalizeLoggedModel({ modelId: model.modelId, status: 'READY' });
  assert.doesNotMatch(readFileSync(path.join(modelFolder, 'meta.yaml'), 'utf8'), /lifecycle_stage/);
  await tracking.deleteLoggedModel({ modelId: model.modelId });
  await assert.rejects(tracking.getLoggedModel({ modelId: model.modelId }), /Model 'm-[0-9a-f]{32}' not found/);
});

test('W4 deleting an experiment moves it with its runs; restoring revives all of them', async () => {
  const { root, tracking } = await newStore();
  const experimentId = await tracking.createExperiment({ name: 'e' });
  const kept = (await tracking.createRun({ experimentId })).info.runId;
  const deleted = (await tracking.createRun({ experimentId })).info.runId;
  await tracking.deleteRun({ runId: deleted });
  await tracking.deleteExperiment({ experimentId });
  assert.ok(existsSync(path.join(root, '.trash', experimentId)));
  assert.equal((await tracking.getRun({ runId: kept })).info.lifecycleStage, 'deleted');
  await tracking.restoreExperiment({ experimentId });
  for (const runId of [kept, deleted]) {
    assert.equal((await tracking.getRun({ runId })).info.lifecycleStage, 'active');
  }
});

test('the change token moves with every kind of write', async () => {
  const { tracking } = await newStore();
  const { runId } = (await tracking.createRun({ experimentId: '0' })).info;
  const tokens = [await tracking.changeToken()];
  assert.equal(await tracking.changeToken(), tokens[0]);
  const writes = [
    () => tracking.logParam({ runId, key: 'a', value: '1' }),
    () => tracking.logMetric({ runId, metric: { key: 'm', value: 1, timestamp: 1, step: 0 } }),
    () => tracking.updateRun({ runId, status: 'FINISHED' }),
    () => tracking.createRun({ experimentId: '0' }),
    () => tracking.createExperiment({ name: 'x' }),
    () => tracking.createLoggedModel({ experimentId: '0' }),
  ];
  for (const write of writes) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await write();
    tokens.push(await tracking.changeToken());
  }
  assert.equal(new Set(tokens).size, tokens.length);
});

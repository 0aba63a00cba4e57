import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MlflowError, type ErrorCode } from '../../../src/core/errors.js';
import type { TrackingStore } from '../../../src/core/tracking/trackingStore.js';
import { openFreshStores, type FreshStores } from './freshStores.js';

describe('SQLite tracking store', () => {
  let stores: FreshStores;
  let tracking: TrackingStore;
  before(async () => {
    stores = await openFreshStores();
    ({ tracking } = stores);
  });
  after(() => stores.remove());

  it('begins with the experiment Default, its artifacts below mlruns of the working directory', async () => {
    const experiment = await tracking.getExperiment({ experimentId: '0' });
    assert.equal(experiment.name, 'Default');
    assert.equal(experiment.artifactLocation, `${stores.folder}/mlruns/0`);
    assert.equal(tracking.trackingUri, `sqlite:///${stores.file}`);
  });

  it('reads back what was written, with NaN as NaN and infinities as the largest floats', async () => {
    const experimentId = await tracking.createExperiment({ name: 'metrics' });
    const { info } = await tracking.createRun({ experimentId, runName: 'r', tags: { 'a key/ü': 'v' } });
    const metrics = [Number.NaN, Infinity, -Infinity, 1e-320, 0.1 + 0.2].map((value, index) => ({
      ...{ key: `m${index}`, value, timestamp: 1_795_505_919_351, step: 2 ** 40 },
    }));
    await tracking.logBatch({ runId: info.runId, metrics, params: [{ key: 'p', value: 'line\nbreak "ü" 😀' }] });
    const run = await tracking.getRun({ runId: info.runId });
    assert.deepEqual(run.data.metrics, {
      m0: Number.NaN,
      m1: Number.MAX_VALUE,
      m2: -Number.MAX_VALUE,
      m3: 1e-320,
      m4: 0.1 + 0.2,
    });
    assert.equal(run.data.metricObjects[0]?.step, 2 ** 40);
    assert.equal(run.data.params['p'], 'line\nbreak "ü" 😀');
    assert.deepEqual(run.data.tags, { 'a key/ü': 'v', 'mlflow.runName': 'r' });
  });

  it('keeps the latest of a metric by step, then time, then value', async () => {
    const { info } = await tracking.createRun({ experimentId: '0' });
    const points: [number, number, number][] = [
      [1, 10, 1],
      [9, 9, 1],
      [0.5, 10, 1],
      [7, 99, 0],
      [Number.NaN, 10, 1],
    ];
    for (const [value, timestamp, step] of points) {
      await tracking.logMetric({ runId: info.runId, metric: { key: 'm', value, timestamp, step } });
    }
    assert.equal((await tracking.getRun({ runId: info.runId })).data.metrics['m'], 1);
    const history = await tracking.getMetricHistory({ runId: info.runId, key: 'm' });
    assert.deepEqual(
      history.items.map(({ value }) => value),
      [9, Number.NaN, 0.5, 1, 7],
    );
    assert.equal(history.token, null);
  });

  it('AB4 a NaN metric matches only !=', async () => {
    const experimentId = await tracking.createExperiment({ name: 'nan' });
    const { info } = await tracking.createRun({ experimentId });
    await tracking.logMetric({ runId: info.runId, metric: { key: 'm', value: Number.NaN, timestamp: 1, step: 0 } });
    const matching = async (filterString: string): Promise<number> =>
      (await tracking.searchRuns({ experimentIds: [experimentId], filterString })).items.length;
    assert.equal(await matching('metrics.m != 5'), 1);
    assert.equal(await matching('metrics.m != 0'), 1);
    for (const comparator of ['=', '<', '<=', '>', '>=']) assert.equal(await matching(`metrics.m ${comparator} 0`), 0);
  });

  it('AB5 LIKE tells upper from lower case, ILIKE does not', async () => {
    const experimentId = await tracking.createExperiment({ name: 'like', tags: { k: 'Upper' } });
    const found = async (filterString: string): Promise<string[]> =>
      (await tracking.searchExperiments({ filterString })).items.map((item) => item.experimentId);
    assert.deepEqual(await found("tags.k LIKE 'upp%'"), []);
    assert.deepEqual(await found("tags.k LIKE 'Upp__'"), [experimentId]);
    assert.deepEqual(await found("tags.k ILIKE 'uPPER'"), [experimentId]);
  });

  it('AB4b AB7 a logged model: NaN is 0, the status is searched by its number', async () => {
    const experimentId = await tracking.createExperiment({ name: 'models' });
    const { info } = await tracking.createRun({ experimentId });
    const model = await tracking.createLoggedModel({ experimentId, name: 'm', params: { p: '1' } });
    await tracking.finalizeLoggedModel({ modelId: model.modelId, status: 'READY' });
    const metric = { key: 's', value: Number.NaN, timestamp: 1, step: 0, modelId: model.modelId };
    await tracking.logMetric({ runId: info.runId, metric });
    const found = async (filterString: string): Promise<number> =>
      (await tracking.searchLoggedModels({ experimentIds: [experimentId], filterString })).items.length;
    assert.equal(await found("status = '2'"), 1);
    assert.equal(await found("status = 'READY'"), 0);
    assert.equal(await found('metrics.s = 0'), 1);
    assert.equal((await tracking.getLoggedModel({ modelId: model.modelId })).metrics[0]?.value, 0);
  });

  it('AB9 pages by token, and a token of logged models belongs to its request', async () => {
    const experimentId = await tracking.createExperiment({ name: 'paging' });
    for (let index = 0; index < 5; index++) {
      await tracking.createRun({ experimentId, startTime: index, runName: `r${index}` });
      await tracking.createLoggedModel({ experimentId, name: `m${index}` });
    }
    const names: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await tracking.searchRuns({ experimentIds: [experimentId], maxResults: 2, pageToken });
      names.push(...page.items.map(({ info }) => info.runName));
      pageToken = page.token ?? undefined;
    } while (pageToken !== undefined);
    assert.deepEqual(names, ['r4', 'r3', 'r2', 'r1', 'r0']);
    const options = {
      experimentIds: [experimentId],
      maxResults: 2,
      orderBy: [{ fieldName: 'name', ascending: false }],
    };
    const first = await tracking.searchLoggedModels(options);
    const second = await tracking.searchLoggedModels({ ...options, pageToken: first.token ?? '' });
    assert.deepEqual(
      [...first.items, ...second.items].map(({ name }) => name),
      ['m4', 'm3', 'm2', 'm1'],
    );
    await refused(
      tracking.searchLoggedModels({ ...options, filterString: "name = 'x'", pageToken: first.token ?? '' }),
      'INVALID_PARAMETER_VALUE',
      /^Filter string in the page token does not match the requested filter string\. Expected: None\. Found: name = 'x'|^Filter string in the page token does not match/,
    );
    await refused(
      tracking.searchRuns({ experimentIds: ['0'], pageToken: 'x' }),
      'INVALID_PARAMETER_VALUE',
      /could not base64-decode/,
    );
    const badly = (pageToken: string) => tracking.searchLoggedModels({ ...options, pageToken });
    await refused(badly('abc'), 'INVALID_PARAMETER_VALUE', /^Incorrect padding$/);
    await refused(
      badly('a'),
      'INVALID_PARAMETER_VALUE',
      /^Invalid base64-encoded string: number of data characters \(1\)/,
    );
  });

  it('names the fields of an order that come twice as Python shows a list', async () => {
    await refused(
      tracking.searchRuns({ experimentIds: ['0'], orderBy: ["metric.'k'", 'metrics.`k`'] }),
      'INTERNAL_ERROR',
      /duplicate fields: \["metric\.'k'", 'metrics\.`k`'\]$/,
    );
  });

  it('AB8 refuses pages that are too large or empty', async () => {
    for (const maxResults of [0, -1, 50_001]) {
      await refused(
        tracking.searchRuns({ experimentIds: ['0'], maxResults }),
        'INVALID_PARAMETER_VALUE',
        /max_results/,
      );
      await refused(tracking.searchExperiments({ maxResults }), 'INVALID_PARAMETER_VALUE', /max_results/);
    }
    assert.equal((await tracking.searchLoggedModels({ experimentIds: ['0'], maxResults: 0 })).token, null);
  });

  it('stores nothing of a batch that is refused', async () => {
    const { info } = await tracking.createRun({ experimentId: '0' });
    await tracking.logParam({ runId: info.runId, key: 'p', value: '1' });
    const params = [
      { key: 'new', value: '1' },
      { key: 'p', value: '2' },
    ];
    await refused(
      tracking.logBatch({ runId: info.runId, params, tags: [{ key: 't', value: 'v' }] }),
      'INVALID_PARAMETER_VALUE',
      /Params were already logged='\[\{'key': 'p', 'old_value': '1', 'new_value': '2'\}\]'/,
    );
    const { data } = await tracking.getRun({ runId: info.runId });
    assert.deepEqual(data.params, { p: '1' });
    assert.equal(data.tags['t'], undefined);
  });

  it('goes on after a refusal by the database', async () => {
    await tracking.createExperiment({ name: 'twice' });
    await refused(
      tracking.createExperiment({ name: 'twice' }),
      'RESOURCE_ALREADY_EXISTS',
      /^Experiment\(name=twice\) already exists\./,
    );
    await tracking.createExperiment({ name: 'thrice' });
    await refused(
      tracking.renameExperiment({ experimentId: '1', newName: 'thrice' }),
      'BAD_REQUEST',
      /UNIQUE constraint failed/,
    );
    await tracking.renameExperiment({ experimentId: '1', newName: 'renamed' });
  });

  it('runs many calls at once', async () => {
    const { info } = await tracking.createRun({ experimentId: '0' });
    const steps = Array.from({ length: 30 }, (_, step) => step);
    await Promise.all(
      steps.flatMap((step) => [
        tracking.logMetric({ runId: info.runId, metric: { key: 'm', value: step, timestamp: step, step } }),
        tracking.getRun({ runId: info.runId }),
      ]),
    );
    assert.equal((await tracking.getMetricHistory({ runId: info.runId, key: 'm' })).items.length, 30);
  });
});

async function refused(action: Promise<unknown>, errorCode: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(action, (error) => MlflowError.is(error, errorCode) && message.test(error.message));
}

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { MlflowClient } from '../../../src/core/client/mlflowClient.js';
import { MlflowError } from '../../../src/core/errors.js';

const folder = mkdtempSync(path.join(tmpdir(), 'null-options-'));
after(() => rmSync(folder, { recursive: true, force: true }));
/** What a JavaScript caller passes where the types say `undefined`. */
const none = null as unknown as undefined;

for (const trackingUri of [path.join(folder, 'mlruns'), `sqlite:///${path.join(folder, 'x.db')}`]) {
  describe(`null as Python's None, in ${trackingUri.startsWith('sqlite') ? 'a SQLite' : 'a file'} store`, () => {
    const client = new MlflowClient(
      { trackingUri, registryUri: none },
      { cwd: () => folder, environment: {}, fetch: undefined },
    );

    it('null options count as left out', async () => {
      const experimentId = await client.createExperiment({ name: 'a', artifactLocation: none, tags: none });
      const made = await client.createRun({ experimentId, startTime: none, tags: none, runName: none });
      const { runId } = made.info;
      assert.notEqual(made.info.runName, '');
      await client.logMetric({ runId, key: 'k', value: 1, timestamp: none, step: none, modelId: none });
      await client.logBatch({ runId, metrics: none, params: none, tags: none });
      await client.updateRun({ runId, status: 'RUNNING', name: none });
      await client.setTerminated({ runId, status: none, endTime: none });
      await client.logInputs({ runId, datasets: none, models: none });
      writeFileSync(path.join(folder, 'a.txt'), 'x');
      await client.logArtifact({ runId, localPath: path.join(folder, 'a.txt'), artifactPath: none });
      assert.deepEqual(await client.listArtifacts({ runId, path: none }), [
        { path: 'a.txt', isDir: false, fileSize: 1 },
      ]);
      await client.downloadArtifacts({ runId, path: 'a.txt', dstPath: none });
      await client.createLoggedModel({ experimentId, name: none, sourceRunId: none, tags: none, modelType: none });
      await client.createRegisteredModel({ name: 'r', tags: none, description: none });
      await client.createModelVersion({ name: 'r', source: '/tmp/x', runId: none, tags: none, modelId: none });
      assert.equal((await client.getLatestVersions({ name: 'r', stages: none })).length, 1);
      const nothing = { filterString: none, orderBy: none, maxResults: none, pageToken: none };
      assert.equal((await client.searchRuns({ experimentIds: [experimentId], ...nothing })).items.length, 1);
      assert.equal((await client.searchExperiments(nothing)).items.length, 2);
      assert.equal((await client.searchLoggedModels({ experimentIds: [experimentId], ...nothing })).items.length, 1);
      assert.equal((await client.searchRegisteredModels(nothing)).items.length, 1);
      assert.equal((await client.searchModelVersions(nothing)).items.length, 1);
    });

    it('a metric says all its fields, null where nothing is known', async () => {
      const { info } = await client.createRun({ experimentId: '0' });
      await client.logMetric({ runId: info.runId, key: 'k', value: 1 });
      const [point] = await client.getMetricHistory({ runId: info.runId, key: 'k' });
      const { data } = await client.getRun({ runId: info.runId });
      for (const metric of [point, data.metricObjects[0]]) {
        assert.ok(metric);
        assert.deepEqual([metric.datasetName, metric.datasetDigest, metric.modelId], [null, null, null]);
      }
    });

    it('a dataset without schema and profile is logged', async () => {
      const { info } = await client.createRun({ experimentId: '0' });
      const dataset = { name: 'd', digest: '1', sourceType: 'local', source: '{}', schema: none, profile: none };
      await client.logInputs({ runId: info.runId, datasets: [{ dataset, tags: none }] } as never);
      const { inputs } = await client.getRun({ runId: info.runId });
      assert.deepEqual(inputs.datasetInputs, [{ dataset: { ...dataset, schema: null, profile: null }, tags: {} }]);
    });

    it('a text as orderBy is taken letter by letter, as in Python', async () => {
      const search = client.searchRuns({ experimentIds: ['0'], orderBy: 'metrics.k' as never });
      await assert.rejects(search, (error) => MlflowError.is(error, 'INVALID_PARAMETER_VALUE'));
    });
  });
}

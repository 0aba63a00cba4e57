import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import mlflow, * as named from '../../../src/node.js';

const folder = mkdtempSync(path.join(tmpdir(), 'library-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the library', () => {
  it('gives every name on the default export and by itself', () => {
    for (const name of Object.keys(mlflow)) assert.ok(name in named, name);
    const names = {
      transformers:
        'saveModel logModel loadModel persistPretrainedModel generateSignatureOutput getDefaultPipRequirements getDefaultCondaEnv autolog',
      pyfunc: 'loadModel',
      models: 'Model ModelSignature getModelInfo inferSignature setSignature',
      artifacts: 'downloadArtifacts listArtifacts loadText loadDict',
    };
    for (const [group, members] of Object.entries(names)) {
      const found = Object.keys(mlflow[group as keyof typeof names]);
      assert.deepEqual(
        members.split(' ').filter((name) => !found.includes(name)),
        [],
        group,
      );
    }
  });

  it('a client without URIs works where setTrackingUri points', async () => {
    const trackingUri = path.join(folder, 'mlruns');
    const other = path.join(folder, 'other');
    mlflow.setTrackingUri(trackingUri);
    const client = new mlflow.MlflowClient();
    assert.deepEqual([client.trackingUri, client.registryUri], [trackingUri, trackingUri]);
    mlflow.setRegistryUri(other);
    assert.equal(new mlflow.MlflowClient().registryUri, other);
    assert.equal(new mlflow.MlflowClient({ trackingUri: other }).trackingUri, other);
    const runId = await mlflow.startRun({}, (run) => run.info.runId);
    assert.equal((await client.getRun({ runId })).info.status, 'FINISHED');
  });
});

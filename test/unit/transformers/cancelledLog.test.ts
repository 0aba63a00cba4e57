import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { Fluent } from '../../../src/core/client/fluent.js';
import { logModel } from '../../../src/core/transformers/logModel.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const root = await mkdtemp(path.join(tmpdir(), 'log-cancel-'));
after(() => rm(root, { recursive: true, force: true }));
const source = await writeTinyCheckpoint(path.join(root, 'checkpoint'));

describe('logModel that is cancelled', () => {
  for (const [kind, trackingUri] of [
    ['a SQLite store', `sqlite:///${path.join(root, 'mlflow.db')}`],
    ['a file store', path.join(root, 'mlruns')],
  ] as const) {
    it(`leaves neither a logged model nor files in ${kind}`, async () => {
      const fluent = new Fluent();
      fluent.setTrackingUri(trackingUri);
      const client = fluent.client();
      const experimentId = await client.createExperiment({
        name: 'cancelled',
        artifactLocation: path.join(root, `artifacts-${path.basename(trackingUri)}`),
      });
      const { runId } = (await client.createRun({ experimentId })).info;
      const controller = new AbortController();
      const onProgress = (): void => controller.abort();
      await assert.rejects(
        logModel(
          source,
          { name: 'm', runId, task: 'text-classification', signal: controller.signal, onProgress },
          fluent,
        ),
        { errorCode: 'CANCELLED' },
      );
      const { items } = await client.searchLoggedModels({ experimentIds: [experimentId] });
      assert.deepEqual(items, []);
      const folders = await readdir(path.join(root, `artifacts-${path.basename(trackingUri)}`, 'models')).catch(
        () => [],
      );
      const files = await Promise.all(
        folders.map((name) =>
          readdir(path.join(root, `artifacts-${path.basename(trackingUri)}`, 'models', name, 'artifacts')).catch(
            () => [],
          ),
        ),
      );
      assert.deepEqual(files.flat(), []);
    });
  }
});

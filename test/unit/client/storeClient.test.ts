import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { MlflowClient } from '../../../src/core/client/mlflowClient.js';
import { MlflowError } from '../../../src/core/errors.js';
import { registryMethods, StoreClient, trackingMethods, type StoreThreadData } from '../../../src/protocol/store.js';
import { workerTransport } from '../../../src/protocol/threadTransport.js';

/** The store thread from its source: the loader is registered inside the thread. */
function startThread(): Worker {
  const entry = new URL('../../../src/storeThread/main.ts', import.meta.url).href;
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(entry)}); });`;
  const workerData: StoreThreadData = { texts: {} };
  return new Worker(code, { eval: true, execArgv: [], workerData });
}

const worker = startThread();
const client = new StoreClient(workerTransport(worker));
after(() => worker.terminate());

const folder = mkdtempSync(path.join(tmpdir(), 'thread-'));
const trackingUri = path.join(folder, 'mlruns');

test('stores in a thread answer as the interfaces say: values, NaN, errors with reasons', async () => {
  await assert.rejects(client.open(trackingUri), (error) => MlflowError.is(error) && error.reason === 'storeMissing');
  const local = new MlflowClient({ trackingUri });
  const experimentId = await local.createExperiment({ name: 'e' });
  const run = await local.createRun({ experimentId });
  const { runId } = run.info;
  const session = await client.open(trackingUri);
  assert.equal(session.tracking.trackingUri, trackingUri);
  await session.tracking.logMetric({ runId, metric: { key: 'm', value: NaN, timestamp: 1, step: 0 } });
  assert.deepEqual(await session.tracking.getRun({ runId }), await local.getRun({ runId }));
  assert.deepEqual((await session.tracking.searchExperiments()).items.length, 2);
  assert.deepEqual(await session.countRuns({ experimentId }), { count: 1, isExact: true });
  assert.deepEqual((await session.registry.searchRegisteredModels()).items, []);
  await assert.rejects(session.tracking.getRun({ runId: 'x'.repeat(32) }), (error) =>
    MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'),
  );
  await local.logText({ runId, text: 'hello', artifactFile: 'model/MLmodel' });
  const resolved = await session.resolveModelUri(`runs:/${runId}/model`);
  assert.equal(readFileSync(path.join(resolved.path ?? '', 'MLmodel'), 'utf8'), 'hello');
  assert.deepEqual(await session.listArtifacts({ runId }), [{ path: 'model', isDir: true, fileSize: null }]);
  const artifacts = await session.artifacts(`runs:/${runId}/model`);
  assert.equal(artifacts.localPath, resolved.path);
  const part = await artifacts.read('MLmodel', { offset: 1, length: 3 });
  assert.equal(Buffer.from(part).toString(), 'ell');
  const messages: string[] = [];
  const copy = await artifacts.download('', {
    dstPath: mkdtempSync(path.join(tmpdir(), 'copy-')),
    onProgress: ({ message }) => messages.push(message),
  });
  assert.equal(readFileSync(path.join(copy, 'MLmodel'), 'utf8'), 'hello');
  assert.deepEqual(messages, ['Copying MLmodel', 'Copied MLmodel']);
  const runFiles = await session.artifacts(`runs:/${runId}`);
  assert.equal((await runFiles.list('model'))[0]?.path, 'model/MLmodel');
  assert.deepEqual(
    (await client.discoverStores({ folder })).stores.map((store) => store.kind),
    ['file'],
  );
  await session.close();
  assert.equal((await session.tracking.getRun({ runId })).info.runId, runId);
});

test('a cancelled request fails as cancelled', async () => {
  const session = await client.open(trackingUri);
  const controller = new AbortController();
  const search = session.withSignal(controller.signal).tracking.searchExperiments();
  controller.abort();
  await assert.rejects(search, (error) => MlflowError.is(error, 'CANCELLED'));
});

test('only the methods of the interfaces can be called', async () => {
  const session = await client.open(trackingUri);
  const raw = session as unknown as { channel: { request(name: string, params: unknown): Promise<unknown> } };
  for (const method of ['constructor', 'close', 'experiments', '__proto__']) {
    await assert.rejects(
      raw.channel.request('tracking', { store: { trackingUri }, method, options: {} }),
      (error) => MlflowError.is(error, 'ENDPOINT_NOT_FOUND'),
      method,
    );
  }
  assert.equal(new Set([...trackingMethods, ...registryMethods]).size, trackingMethods.length + registryMethods.length);
});

test('when the thread dies, what was asked fails with the reason', async () => {
  const dying = startThread();
  const other = new StoreClient(workerTransport(dying));
  await assert.rejects(other.open('/nowhere/mlruns'));
  await dying.terminate();
  await assert.rejects(
    other.open('/nowhere/mlruns'),
    (error) => MlflowError.is(error, 'ABORTED') && error.reason === 'workerDied',
  );
});

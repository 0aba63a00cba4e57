import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { discoverStores } from '../../../src/core/tracking/discoverStores.js';
import { defaultTrackingUri, openStores, resolveStoreUris } from '../../../src/core/tracking/openStores.js';

const folder = () => mkdtempSync(path.join(tmpdir(), 'open stores-'));

test('without a URI the environment decides, then experiments in ./mlruns, then ./mlflow.db', () => {
  const cwd = folder();
  assert.equal(defaultTrackingUri({ cwd, environment: { MLFLOW_TRACKING_URI: 'x' } }), 'x');
  assert.equal(defaultTrackingUri({ cwd, environment: {} }), `sqlite:///${cwd}/mlflow.db`);
  mkdirSync(path.join(cwd, 'mlruns/1/run'), { recursive: true });
  assert.equal(defaultTrackingUri({ cwd, environment: {} }), `sqlite:///${cwd}/mlflow.db`);
  writeFileSync(path.join(cwd, 'mlruns/1/meta.yaml'), '');
  assert.equal(defaultTrackingUri({ cwd, environment: {} }), `file://${cwd.replaceAll(' ', '%20')}/mlruns`);
  const uris = { trackingUri: 'a', cwd, environment: { MLFLOW_REGISTRY_URI: 'r' } };
  assert.deepEqual(resolveStoreUris(uris), { trackingUri: 'a', registryUri: 'r' });
});

test('a store that is missing is an error with a reason, and nothing is created', async () => {
  const cwd = folder();
  for (const trackingUri of ['mlruns', `file://${cwd}/mlruns`, './a/b']) {
    await assert.rejects(
      openStores({ trackingUri, cwd, environment: {} }),
      (error) => MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST') && error.reason === 'storeMissing',
    );
  }
  assert.deepEqual(readdirSync(cwd), []);
});

test('servers, Databricks and strange schemes say that they cannot be opened', async () => {
  const cwd = folder();
  for (const trackingUri of ['http://localhost:5000', 'https://x/y', 'databricks://p', 'postgresql://h/d']) {
    await assert.rejects(openStores({ trackingUri, cwd, environment: {} }), (error) =>
      MlflowError.is(error, 'NOT_IMPLEMENTED'),
    );
  }
});

test('reading a store creates nothing in it', async () => {
  const cwd = folder();
  mkdirSync(path.join(cwd, 'mlruns/0'), { recursive: true });
  writeFileSync(path.join(cwd, 'mlruns/0/meta.yaml'), "artifact_location: /x\nexperiment_id: '0'\nname: Default\n");
  const { tracking, registry } = await openStores({ trackingUri: 'mlruns', cwd, environment: {} });
  assert.equal(tracking.trackingUri, path.join(cwd, 'mlruns'));
  assert.equal((await tracking.searchExperiments({ viewType: 'ALL' })).items.length, 1);
  assert.deepEqual((await registry.searchRegisteredModels()).items, []);
  await tracking.changeToken();
  assert.deepEqual(readdirSync(path.join(cwd, 'mlruns')), ['0']);
});

test('a registry of its own is opened beside the tracking store', async () => {
  const cwd = folder();
  const options = { trackingUri: 'a', registryUri: 'b', cwd, environment: {}, create: true };
  const { tracking, registry } = await openStores(options);
  const model = await tracking.createLoggedModel({ experimentId: '0', name: 'm' });
  await registry.createRegisteredModel({ name: 'n' });
  const version = await registry.createModelVersion({ name: 'n', source: `models:/${model.modelId}` });
  assert.equal(
    await registry.getModelVersionDownloadUri({ name: 'n', version: version.version }),
    model.artifactLocation,
  );
  assert.ok(existsSync(path.join(cwd, 'b/models/n/version-1/meta.yaml')));
  assert.equal(existsSync(path.join(cwd, 'a/models')), false);
});

test('databases, mlruns folders and saved models below a folder are found, within limits', async () => {
  const root = folder();
  const make = (file: string, text = '') => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  make('a/mlflow.db', 'SQLite format 3\0...');
  make('a/mlruns/1/r/artifacts/model/MLmodel');
  make('b/mlruns/0/meta.yaml');
  make('b/mlruns/0/models/m-1/artifacts/MLmodel');
  make('c/saved model/MLmodel');
  make('c/mlflow.db', 'no database');
  make('node_modules/x/MLmodel');
  make('.hidden/MLmodel');
  make('d/1/2/3/4/5/6/MLmodel');
  const found = await discoverStores(root);
  assert.deepEqual(
    found.stores.map(({ kind, path: at }) => [kind, path.relative(root, at)]),
    [
      ['sqlite', 'a/mlflow.db'],
      ['file', 'b/mlruns'],
    ],
  );
  assert.deepEqual(
    found.models.map((at) => path.relative(root, at)),
    ['c/saved model'],
  );
  assert.equal(found.isTruncated, true);
  assert.equal((await discoverStores(root, { maxFolders: 1 })).isTruncated, true);
  assert.equal((await discoverStores(path.join(root, 'c'))).isTruncated, false);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreCollection } from '../../../src/host/stores/storeCollection.js';
import { listStores } from '../../../src/host/stores/listStores.js';
import { StoreConnection } from '../../../src/host/stores/storeConnection.js';
import { describeStore, normalizeTrackingUri } from '../../../src/host/stores/storeLocation.js';
import { MlflowError } from '../../../src/core/errors.js';
import { FakeStore } from './fakeStore.js';

describe('tracking URIs as people write them', () => {
  const cases: [string, string | undefined][] = [
    ['sqlite:///mlflow.db', 'sqlite:////w/mlflow.db'],
    ['sqlite:////abs/x.db', 'sqlite:////abs/x.db'],
    ['runs/mlflow.db', 'sqlite:////w/runs/mlflow.db'],
    ['./mlruns', 'file:///w/mlruns'],
    ['file:///abs/mlruns', 'file:///abs/mlruns'],
    ['http://127.0.0.1:5000/', 'http://127.0.0.1:5000'],
    ['  ', undefined],
    ['databricks://profile', undefined],
    ['postgresql://u@h/db', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text)} is ${expected ?? 'no store'}`, () =>
      assert.equal(normalizeTrackingUri(text, '/w'), expected));
  }
});

describe('the stores of a workspace', () => {
  it('are each listed once: those found in it first, then that of the environment, then those of the setting', () => {
    const stores = listStores({
      folders: ['/w'],
      found: ['sqlite:////w/mlflow.db', 'file:///w/old/mlruns'],
      configured: ['http://other:5000', 'mlflow.db'],
      environmentUri: 'http://tracking:5000',
    });
    assert.deepEqual(
      stores.map(({ uri, origin, description }) => [uri, origin, description]),
      [
        ['sqlite:////w/mlflow.db', 'workspace', 'sqlite'],
        ['file:///w/old/mlruns', 'workspace', 'file store · old'],
        ['http://tracking:5000', 'environment', 'tracking server'],
        ['http://other:5000', 'setting', 'tracking server'],
      ],
    );
  });
  it('outside the workspace are named by their whole folder', () => {
    assert.equal(describeStore('sqlite:////else/mlflow.db', 'setting', ['/w']).description, 'sqlite · /else');
  });
});

describe('the collection of stores', () => {
  const at = (name: string) => describeStore(`sqlite:////w/${name}.db`, 'workspace', ['/w']);

  it('keeps the connections of stores that are still there, and tells of another order', async () => {
    const stores = new StoreCollection(new FakeStore());
    assert.equal(await stores.replace([at('a'), at('b')]), true);
    const [first] = stores.all;
    assert.equal(await stores.replace([at('a'), at('b')]), false);
    assert.equal(await stores.replace([at('b'), at('a')]), true);
    assert.equal(stores.all[1], first);
  });
});

describe('a connection', () => {
  const location = describeStore('sqlite:////w/mlflow.db', 'workspace', ['/w']);

  it('tells a change once, and none before the store was opened', async () => {
    const store = new FakeStore();
    const connection = new StoreConnection(location, store);
    assert.equal(await connection.hasChanged(), false);
    await connection.open();
    assert.equal(await connection.hasChanged(), false);
    store.token = 1;
    assert.equal(await connection.hasChanged(), true);
    assert.equal(await connection.hasChanged(), false);
  });
  it('fails at once after a failure until it is tried again', async () => {
    const store = new FakeStore();
    store.failure = new MlflowError('locked', 'TEMPORARILY_UNAVAILABLE', { reason: 'storeLocked' });
    const connection = new StoreConnection(location, store);
    await assert.rejects(connection.open(), { reason: 'storeLocked' });
    store.failure = undefined;
    await assert.rejects(connection.open(), { reason: 'storeLocked' });
    await connection.retry();
    await connection.open();
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { StoreCollection } from '../../../src/host/stores/storeCollection.js';
import type { StoreOpener } from '../../../src/host/stores/storeSession.js';
import { ModelLoader } from '../../../src/host/tree/modelLoader.js';
import { NodeLoader, pageSize } from '../../../src/host/tree/nodeLoader.js';
import { initialRunView } from '../../../src/host/tree/runView.js';
import { TreeModel } from '../../../src/host/tree/treeModel.js';
import type { TreeNode } from '../../../src/host/tree/treeNode.js';
import { FakeStore, fakeExperiment, fakeRun } from './fakeStore.js';

const uri = 'sqlite:////w/mlflow.db';

async function treeOf(stores: Record<string, FakeStore>): Promise<TreeModel> {
  const opener: StoreOpener = { open: (trackingUri) => (stores[trackingUri] as FakeStore).open() };
  const collection = new StoreCollection(opener);
  await collection.replace(
    Object.keys(stores).map((storeUri) => ({
      uri: storeUri,
      label: storeUri,
      description: '',
      origin: 'workspace' as const,
    })),
  );
  const models = new ModelLoader(
    () => Promise.resolve(undefined),
    () => Promise.resolve(0),
  );
  return new TreeModel(new NodeLoader({ stores: collection, models, view: () => initialRunView }));
}

async function walk(tree: TreeModel, ...path: number[]): Promise<TreeNode[]> {
  let nodes = await tree.children();
  for (const index of path) nodes = await tree.children(nodes[index] as TreeNode);
  return nodes;
}

describe('the tree', () => {
  it('hides the level of stores while there is one', async () => {
    const tree = await treeOf({ [uri]: new FakeStore() });
    assert.deepEqual(
      (await tree.children()).map(({ kind }) => kind),
      ['group', 'group', 'group'],
    );
  });

  it('keeps other stores usable beside a broken one', async () => {
    const broken = new FakeStore();
    broken.failure = new MlflowError('/w/broken.db is no MLflow database.', 'INVALID_STATE', {
      reason: 'storeForeign',
    });
    const tree = await treeOf({ [uri]: new FakeStore(), 'sqlite:////w/broken.db': broken });
    const [good, bad] = await tree.children();
    assert.equal((await tree.children(good)).length, 3);
    const [error] = await tree.children(bad);
    assert.equal(error?.kind, 'error');
    assert.equal(error.kind === 'error' && error.error.message, '/w/broken.db is no MLflow database.');
  });

  it('pages runs and tells how many are left', async () => {
    const store = new FakeStore();
    store.runs = Array.from({ length: 450 }, (_, index) => fakeRun(`r${index}`));
    const tree = await treeOf({ [uri]: store });
    const [experiment] = await walk(tree, 0);
    let nodes = await tree.children(experiment);
    assert.equal(nodes.length, pageSize + 1);
    const more = nodes.at(-1) as TreeNode;
    assert.equal(more.kind === 'loadMore' && more.remaining, 250);
    assert.equal(tree.showMore(more), experiment);
    nodes = await tree.children(experiment);
    assert.equal(nodes.length, 2 * pageSize + 1);
  });

  it('gives the same object for the same id after a refresh', async () => {
    const store = new FakeStore();
    store.runs = [fakeRun('a')];
    const tree = await treeOf({ [uri]: store });
    const [before] = await walk(tree, 0, 0);
    await tree.refresh(uri);
    const [after] = await walk(tree, 0, 0);
    assert.equal(after, before);
  });

  it('redraws one run when only its status changed', async () => {
    const store = new FakeStore();
    store.runs = [fakeRun('a'), fakeRun('b')];
    const tree = await treeOf({ [uri]: store });
    await walk(tree, 0, 0);
    (store.runs[1] as ReturnType<typeof fakeRun>).info.status = 'FAILED';
    const redrawn = await tree.refresh(uri);
    assert.deepEqual(redrawn === 'root' ? redrawn : redrawn.map(({ id }) => id), [`${uri}|experiments|1|b`]);
  });

  it('redraws the experiment when a run is added, and shows it without asking again', async () => {
    const store = new FakeStore();
    store.runs = [fakeRun('a')];
    const tree = await treeOf({ [uri]: store });
    await walk(tree, 0, 0);
    store.runs.unshift(fakeRun('new'));
    const redrawn = await tree.refresh(uri);
    assert.deepEqual(redrawn === 'root' ? redrawn : redrawn.map(({ kind }) => kind), ['experiment']);
    store.calls.length = 0;
    const nodes = await tree.children((redrawn as TreeNode[])[0]);
    assert.deepEqual(
      nodes.map((node) => node.kind === 'run' && node.run.info.runId),
      ['new', 'a'],
    );
    assert.deepEqual(store.calls, []);
  });

  it('asks nothing for a list that is closed', async () => {
    const store = new FakeStore();
    store.experiments = [fakeExperiment('1'), fakeExperiment('2')];
    store.runs = [fakeRun('a')];
    const tree = await treeOf({ [uri]: store });
    const [experiment] = await walk(tree, 0);
    await tree.children(experiment);
    tree.setCollapsed(experiment as TreeNode, true);
    store.calls.length = 0;
    await tree.refresh(uri);
    assert.ok(!store.calls.includes('searchRuns'));
  });

  it('keeps what it shows while the store is locked for a moment', async () => {
    const store = new FakeStore();
    store.runs = [fakeRun('a')];
    const tree = await treeOf({ [uri]: store });
    await walk(tree, 0, 0);
    store.lock = new MlflowError('locked', 'TEMPORARILY_UNAVAILABLE', { reason: 'storeLocked' });
    assert.deepEqual(await tree.refresh(uri), []);
    store.lock = undefined;
    assert.equal((await walk(tree, 0, 0))[0]?.kind, 'run');
  });

  it('finds nothing to redraw when nothing changed', async () => {
    const store = new FakeStore();
    store.runs = [fakeRun('a')];
    const tree = await treeOf({ [uri]: store });
    await walk(tree, 0, 0, 0);
    assert.deepEqual(await tree.refresh(uri), []);
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { Fluent } from '../../../src/core/client/fluent.js';
import { loadModel, type LoadedComponents } from '../../../src/core/transformers/loadModel.js';
import { logModel, type LogModelOptions } from '../../../src/core/transformers/logModel.js';
import { pip, TinySaves } from '../../helpers/tinySaves.js';

const saves = await TinySaves.open();
let fluent: Fluent;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(saves.root, 'store-'));
  fluent = new Fluent({ cwd: () => folder, environment: {} });
  fluent.setTrackingUri(`sqlite:///${folder}/mlflow.db`);
});
const log = (options: LogModelOptions = {}) => logModel(saves.pipeline(), { name: 'm', ...pip, ...options }, fluent);
const download = async (artifactUri: string): Promise<string> =>
  fluent.artifacts.downloadArtifacts({ artifactUri, dstPath: await mkdtemp(path.join(folder, 'download-')) });

describe('logModel', () => {
  it('works with and without an active run; without one none is started (G1)', async () => {
    const alone = await log();
    assert.equal(alone.runId, null);
    assert.deepEqual(await fluent.searchRuns({ searchAllExperiments: true }), []);
    await fluent.startRun({}, async (run) => {
      const info = await log();
      assert.equal(info.runId, run.info.runId);
      const model = await fluent.client().getLoggedModel({ modelId: info.modelId ?? '' });
      assert.equal(model.sourceRunId, run.info.runId);
    });
    assert.equal((await fluent.searchRuns({ searchAllExperiments: true })).length, 1);
  });
  it('a registered_model_name registers, its absence does not (G2)', async () => {
    assert.equal((await log()).registeredModelVersion, null);
    assert.deepEqual((await fluent.client().searchRegisteredModels()).items, []);
    const { registeredModelVersion, modelId } = await log({ registeredModelName: 'R' });
    assert.equal(registeredModelVersion, 1);
    const version = await fluent.client().getModelVersion({ name: 'R', version: '1' });
    assert.equal(version.source, `models:/${modelId ?? ''}`);
  });
  it('a logged model downloads with nulls in registered_model_meta, a version with its name and number as text (G15)', async () => {
    const { modelId } = await log({ registeredModelName: 'R' });
    const meta = async (uri: string): Promise<string> =>
      readFile(path.join(await download(uri), 'registered_model_meta'), 'utf8');
    assert.equal(await meta(`models:/${modelId ?? ''}`), 'model_name: null\nmodel_version: null\n');
    assert.equal(await meta('models:/R/1'), "model_name: R\nmodel_version: '1'\n");
  });
  it('the model loads from its runs:/ URI, in place and downloaded (F4)', async () => {
    const uri = await fluent.startRun({}, async (run) => {
      await log();
      return `runs:/${run.info.runId}/m`;
    });
    const services = { stores: () => fluent.client().artifactStores() };
    const dstPath = await mkdtemp(path.join(folder, 'copy-'));
    for (const options of [{}, { dstPath }]) {
      const parts = (await loadModel(uri, { ...options, returnType: 'components' }, services)) as LoadedComponents;
      assert.equal(parts.model.className, 'BertForSequenceClassification');
      assert.ok((await readdir(parts.model.folder)).includes('model.safetensors'));
      assert.equal(parts.model.folder.startsWith(dstPath), 'dstPath' in options);
    }
  });
});

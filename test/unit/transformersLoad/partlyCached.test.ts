import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Fluent } from '../../../src/core/client/fluent.js';
import { HubClient } from '../../../src/core/hub/hubClient.js';
import type { LoadedComponents } from '../../../src/core/transformers/loadModel.js';
import { createTransformers } from '../../../src/library/transformers.js';
import { HubServer } from '../../helpers/hubServer.js';
import { tinySafetensors, writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const tokenizerFiles = ['chat_template.jinja', 'tokenizer.json', 'tokenizer_config.json'];
const weightsOnly = (name: string): boolean => ['config.json', 'model.safetensors'].includes(name);

describe('a reference of which the cache has a part', () => {
  let root: string;
  let server: HubServer;
  let reference: string;
  let cache: string;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'partly-'));
    const checkpoint = await writeTinyCheckpoint(path.join(root, 'checkpoint'), {
      files: { 'chat_template.jinja': '{{ messages }}', 'README.md': '# Tiny', 'pytorch_model.bin': 'pickled' },
    });
    const files: Record<string, Buffer> = {};
    for (const name of await readdir(checkpoint)) files[name] = await readFile(path.join(checkpoint, name));
    files['model.safetensors'] = tinySafetensors({ tensorLength: 200_000 });
    server = await HubServer.start({ 'acme/tiny': { files } });
    reference = path.join(root, 'reference');
    const { saveModel } = library({ HF_HUB_CACHE: path.join(root, 'first-cache') });
    const model = { task: 'text-classification', model: 'acme/tiny', tokenizer: 'acme/tiny' };
    await saveModel(model, reference, { savePretrained: false, pipRequirements: ['transformers'] });
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    cache = await mkdtemp(path.join(root, 'cache-'));
    server.requests.length = 0;
  });
  afterEach(() => rm(path.join(root, 'copy'), { recursive: true, force: true }));

  const library = (environment: Record<string, string>) =>
    createTransformers(new Fluent(), { environment: { HF_ENDPOINT: server.endpoint, ...environment } });
  const here = (more: Record<string, string> = {}) => library({ HF_HUB_CACHE: cache, ...more });
  const fetchBefore = async (filter: (name: string) => boolean): Promise<void> => {
    const client = new HubClient({ environment: { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cache } });
    await client.downloadSnapshot('acme/tiny', { revision: server.commitOf('acme/tiny'), filter });
    server.requests.length = 0;
  };
  const fetched = (): string[] =>
    server.requests
      .filter(({ host, path: asked }) => host === 'hub' && asked.includes('/resolve/'))
      .map(({ path: asked }) => asked.replace(/.*\/resolve\/[^/]+\//, ''))
      .sort();
  const copyOfReference = async (): Promise<string> => {
    await cp(reference, path.join(root, 'copy'), { recursive: true });
    return path.join(root, 'copy');
  };

  test('weights without the tokenizer: loading fetches the tokenizer and nothing else', async () => {
    await fetchBefore(weightsOnly);
    const { loadModel } = here();
    const loaded = await loadModel(reference, { returnType: 'components', allowDownload: true });
    assert.deepEqual(fetched(), tokenizerFiles);
    assert.ok((await readdir(loaded.tokenizer!.folder)).includes('tokenizer.json'));
    server.requests.length = 0;
    await loadModel(reference, { returnType: 'components', allowDownload: true });
    assert.equal(server.requests.length, 0);
  });

  test('weights without the tokenizer: where nothing may be fetched, the tokenizer is named', async () => {
    await fetchBefore(weightsOnly);
    for (const environment of [{}, { HF_HUB_OFFLINE: '1' }]) {
      const { loadModel } = here(environment);
      await assert.rejects(loadModel(reference, { returnType: 'components' }), {
        reason: 'referenceOnly',
        message: /The tokenizer of '.*reference' is not stored with the model: it refers to 'acme\/tiny'/,
      });
    }
    assert.deepEqual(fetched(), []);
  });

  test('persisting fetches single files of the tokenizer that are missing', async () => {
    await fetchBefore((name) => weightsOnly(name) || name === 'tokenizer.json');
    const folder = await copyOfReference();
    await here().persistPretrainedModel(folder);
    assert.deepEqual(fetched(), ['chat_template.jinja', 'tokenizer_config.json']);
    assert.deepEqual((await readdir(path.join(folder, 'components/tokenizer'))).sort(), tokenizerFiles);
    assert.deepEqual((await readdir(path.join(folder, 'model'))).sort(), ['config.json', 'model.safetensors']);
  });

  test('persisting offline takes all from the cache, and refuses when it has only the weights', async () => {
    await fetchBefore(weightsOnly);
    const folder = await copyOfReference();
    const before = (await readdir(folder, { recursive: true })).sort();
    const offline = here({ HF_HUB_OFFLINE: '1' });
    await assert.rejects(offline.persistPretrainedModel(folder), { reason: 'referenceOnly', message: /tokenizer/ });
    assert.deepEqual((await readdir(folder, { recursive: true })).sort(), before);
    await fetchBefore(() => true);
    assert.equal((await offline.persistPretrainedModel(folder)).isChanged, true);
    assert.equal(server.requests.length, 0);
    const { loadModel } = library({ HF_HUB_CACHE: path.join(root, 'nothing'), HF_HUB_OFFLINE: '1' });
    const loaded: LoadedComponents = await loadModel(folder, { returnType: 'components' });
    assert.equal(loaded.tokenizer?.folder, path.join(folder, 'components/tokenizer'));
  });

  test('the tokenizer without the weights: only the weights are fetched', async () => {
    await fetchBefore((name) => !weightsOnly(name));
    await here().loadModel(reference, { returnType: 'components', allowDownload: true });
    assert.deepEqual(fetched(), ['config.json', 'model.safetensors']);
  });

  test('nothing that can run code is fetched', async () => {
    await here().persistPretrainedModel(await copyOfReference());
    assert.ok(!fetched().some((name) => name.endsWith('.bin')), fetched().join());
  });
});

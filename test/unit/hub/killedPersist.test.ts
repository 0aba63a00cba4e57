import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Fluent } from '../../../src/core/client/fluent.js';
import { PartMap } from '../../../src/core/hub/partMap.js';
import { createTransformers } from '../../../src/library/transformers.js';
import { blobId, HubServer } from '../../helpers/hubServer.js';
import { tinySafetensors, writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';
import type { KilledCall } from './killedProcess.js';

const megabyte = 1024 * 1024;
const weights = tinySafetensors({ tensorLength: 5 * megabyte });

describe('a process that is killed', () => {
  let root: string;
  let server: HubServer;
  let checkpoint: string;
  let reference: string;
  let work: string;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'killed-'));
    checkpoint = await writeTinyCheckpoint(path.join(root, 'checkpoint'));
    await writeFile(path.join(checkpoint, 'model.safetensors'), weights);
    const files: Record<string, Buffer> = {};
    for (const name of await readdir(checkpoint)) files[name] = await readFile(path.join(checkpoint, name));
    server = await HubServer.start({ 'acme/tiny': { files } });
    reference = path.join(root, 'reference');
    const model = { task: 'text-classification', model: 'acme/tiny', tokenizer: 'acme/tiny' };
    const { saveModel } = library(path.join(root, 'full-cache'));
    await saveModel(model, reference, { savePretrained: false, pipRequirements: ['torch'] });
    await library(path.join(root, 'full-cache')).loadModel(reference, {
      allowDownload: true,
      returnType: 'components',
    });
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    work = await mkdtemp(path.join(root, 'work-'));
    server.requests.length = 0;
  });
  afterEach(() => {
    server.faults.bytesPerSecond = undefined;
  });

  const environment = (cache: string) => ({ HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cache });
  const library = (cache: string) => createTransformers(new Fluent(), { environment: environment(cache) });
  const killDuring = async (call: KilledCall): Promise<void> => {
    const program = path.join(import.meta.dirname, 'killedProcess.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(call)], { stdio: 'inherit' });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL');
  };
  const isTemporary = (name: string): boolean => name.startsWith('.mlflow-part-');
  const visible = async (folder: string): Promise<string[]> =>
    (await readdir(folder, { recursive: true })).filter((name) => !isTemporary(name)).sort();
  const temporary = async (folder: string): Promise<string[]> => (await readdir(folder)).filter(isTemporary);
  const isAsBefore = async (folder: string): Promise<void> => {
    assert.deepEqual(await visible(folder), await visible(reference));
    for (const name of await readdir(reference))
      assert.deepEqual(await readFile(path.join(folder, name)), await readFile(path.join(reference, name)), name);
  };
  const isPersisted = async (folder: string): Promise<void> => {
    assert.ok((await readFile(path.join(folder, 'model/model.safetensors'))).equals(weights));
    assert.deepEqual(await readdir(path.join(folder, 'components/tokenizer')), [
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    assert.match(await readFile(path.join(folder, 'MLmodel'), 'utf8'), /model_binary: model/);
    assert.deepEqual(await temporary(folder), []);
  };

  test('while a reference is downloaded: the model is as before, and no stored byte is asked for again', async () => {
    const folder = path.join(work, 'model');
    const cache = path.join(work, 'cache');
    await cp(reference, folder, { recursive: true });
    server.faults.bytesPerSecond = 8 * megabyte;
    await killDuring({
      name: 'persistPretrainedModel',
      args: [folder, {}],
      environment: environment(cache),
      killAt: 'Downloading model.safetensors',
      killAfterBytes: 5 * megabyte,
    });
    await isAsBefore(folder);
    const blobs = path.join(cache, 'models--acme--tiny', 'blobs');
    const map = await PartMap.open(path.join(blobs, `${blobId(weights)}.parts.map.incomplete`), {
      blobId: blobId(weights),
      sizeBytes: weights.length,
    });
    const storedBytes = map.totalDoneBytes;
    await map.close();
    assert.ok(storedBytes >= 4 * megabyte && storedBytes < weights.length, `${storedBytes}`);
    assert.ok(!(await readdir(blobs)).includes(blobId(weights)));

    server.faults.bytesPerSecond = undefined;
    server.requests.length = 0;
    assert.equal((await library(cache).persistPretrainedModel(folder)).isChanged, true);
    assert.equal(server.sentBytes(/^\/lfs/), weights.length - storedBytes);
    await isPersisted(folder);
    assert.ok(!(await readdir(blobs)).some((name) => name.endsWith('.parts.incomplete')));
  });

  test('while weights are copied into the model: it is as before, and the next call cleans up and completes it', async () => {
    const folder = path.join(work, 'model');
    await cp(reference, folder, { recursive: true });
    await killDuring({
      name: 'persistPretrainedModel',
      args: [folder, {}],
      environment: environment(path.join(root, 'full-cache')),
      killAt: 'Copying config.json',
      killAfterBytes: 0,
    });
    assert.equal((await temporary(folder)).length, 1);
    await isAsBefore(folder);
    assert.equal((await library(path.join(root, 'full-cache')).persistPretrainedModel(folder)).isChanged, true);
    await isPersisted(folder);
  });

  test('while a model is saved: nothing appears under its name, and the next save removes what was left', async () => {
    const target = path.join(work, 'saved');
    const options = { task: 'text-classification', pipRequirements: ['torch'] };
    await killDuring({
      name: 'saveModel',
      args: [checkpoint, target, options],
      environment: {},
      killAt: 'Copying',
      killAfterBytes: 0,
    });
    assert.deepEqual(await visible(work), []);
    assert.equal((await temporary(work)).length, 1);
    await library(root).saveModel(checkpoint, target, options);
    assert.deepEqual(await readdir(work), ['saved']);
    assert.ok((await readFile(path.join(target, 'model/model.safetensors'))).equals(weights));
  });

  test('while weights are written in another precision: the same', async () => {
    const target = path.join(work, 'saved');
    const options = { task: 'text-classification', pipRequirements: ['torch'], torchDtype: 'float16' };
    await killDuring({
      name: 'saveModel',
      args: [checkpoint, target, options],
      environment: {},
      killAt: 'Writing',
      killAfterBytes: 1,
    });
    assert.deepEqual(await visible(work), []);
    await library(root).saveModel(checkpoint, target, options);
    assert.deepEqual(await readdir(work), ['saved']);
    assert.ok((await readFile(path.join(target, 'model/model.safetensors'))).length < weights.length);
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Fluent } from '../../../src/core/client/fluent.js';
import { MlflowError } from '../../../src/core/errors.js';
import { HubClient } from '../../../src/core/hub/hubClient.js';
import { PartMap } from '../../../src/core/hub/partMap.js';
import { createTransformers } from '../../../src/library/transformers.js';
import { blobId, HubServer } from '../../helpers/hubServer.js';
import { SmallDisk } from '../../helpers/smallDisk.js';
import { tinySafetensors, writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const megabyte = 1024 * 1024;
const weights = tinySafetensors({ tensorLength: 5 * megabyte });

describe('a disk without room', { skip: SmallDisk.unavailable }, () => {
  let root: string;
  let server: HubServer;
  let checkpoint: string;
  let disk: SmallDisk;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'full-'));
    checkpoint = await writeTinyCheckpoint(path.join(root, 'checkpoint'));
    await writeFile(path.join(checkpoint, 'model.safetensors'), weights);
    const files: Record<string, Buffer> = {};
    for (const name of await readdir(checkpoint)) files[name] = await readFile(path.join(checkpoint, name));
    server = await HubServer.start({ 'acme/tiny': { files } });
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    disk = await SmallDisk.mount(64 * megabyte);
    server.requests.length = 0;
  });
  afterEach(async () => {
    server.faults.bytesPerSecond = undefined;
    await disk.unmount();
  });

  const isFull = (error: unknown): boolean => {
    assert.ok(MlflowError.is(error, 'RESOURCE_EXHAUSTED'), String(error));
    assert.equal(error.reason, 'diskFull');
    assert.match(error.message, /Free some space, or choose (another folder|a folder on another disk)\.$/);
    return true;
  };
  const library = (cache: string) =>
    createTransformers(new Fluent(), { environment: { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cache } });
  const client = () => new HubClient({ environment: { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: disk.folder } });
  const sent = (): number => server.sentBytes(/^\/lfs/);
  const visible = async (folder: string): Promise<string[]> =>
    (await readdir(folder, { recursive: true })).filter((name) => name !== 'filler').sort();

  test('a download that cannot fit is refused before a byte of it is asked for', async () => {
    await disk.fill(10 * megabyte);
    await assert.rejects(client().downloadSnapshot('acme/tiny'), isFull);
    assert.ok(!server.requests.some(({ path: asked }) => asked.includes('/resolve/')));
  });

  test('a disk that fills up during a download: nothing is shown, and the rest is fetched when there is room', async () => {
    server.faults.bytesPerSecond = 8 * megabyte;
    const downloading = client().downloadSnapshot('acme/tiny');
    downloading.catch(() => undefined);
    while (sent() < 4 * megabyte) await new Promise((resolve) => setTimeout(resolve, 10));
    await disk.fill(2 * megabyte);
    await assert.rejects(downloading, isFull);
    const blobs = path.join(disk.folder, 'models--acme--tiny', 'blobs');
    assert.ok(!(await readdir(blobs)).includes(blobId(weights)));
    const map = await PartMap.open(path.join(blobs, `${blobId(weights)}.parts.map.incomplete`), {
      blobId: blobId(weights),
      sizeBytes: weights.length,
    });
    const storedBytes = map.totalDoneBytes;
    await map.close();
    assert.ok(storedBytes > 0);

    await disk.free();
    server.faults.bytesPerSecond = undefined;
    server.requests.length = 0;
    const { folder } = await client().downloadSnapshot('acme/tiny');
    assert.ok((await readFile(path.join(folder, 'model.safetensors'))).equals(weights));
    assert.equal(sent(), weights.length - storedBytes);
  });

  test('a save that cannot fit is refused before anything is copied', async () => {
    await disk.fill(10 * megabyte);
    const { saveModel } = library(root);
    const target = path.join(disk.folder, 'saved');
    await assert.rejects(saveModel(checkpoint, target, { task: 'text-classification' }), isFull);
    assert.deepEqual(await visible(disk.folder), []);
  });

  // Where links are allowed, the room is not known beforehand; another disk then takes a copy.
  for (const [how, options] of [
    ['copied', {}],
    ['converted', { torchDtype: 'bfloat16' }],
    ['split into shards', { maxShardSize: '10MB' }],
  ] as const) {
    test(`a disk that fills up while weights are ${how}: nothing is left, and the next save succeeds`, async () => {
      await disk.fill(8 * megabyte);
      const { saveModel } = library(root);
      const target = path.join(disk.folder, 'saved');
      const all = { ...options, task: 'text-classification', allowHardLinks: true, pipRequirements: ['torch'] };
      await assert.rejects(saveModel(checkpoint, target, all), isFull);
      assert.deepEqual(await visible(disk.folder), []);
      await disk.free();
      await saveModel(checkpoint, target, all);
      assert.ok((await visible(target)).includes('MLmodel'));
    });
  }

  test('a disk that fills up while weights are persisted: the reference stays as it was, and the next call succeeds', async () => {
    const { saveModel, persistPretrainedModel } = library(path.join(root, 'cache'));
    const reference = path.join(root, 'reference');
    const model = { task: 'text-classification', model: 'acme/tiny', tokenizer: 'acme/tiny' };
    await saveModel(model, reference, { savePretrained: false, pipRequirements: ['torch'] });
    const folder = path.join(disk.folder, 'model');
    await mkdir(folder);
    await cp(reference, folder, { recursive: true });
    await disk.fill(8 * megabyte);
    for (const allowHardLinks of [false, true])
      await assert.rejects(persistPretrainedModel(folder, { allowHardLinks }), isFull);
    assert.deepEqual(await visible(folder), await visible(reference));
    assert.deepEqual(await readFile(path.join(folder, 'MLmodel')), await readFile(path.join(reference, 'MLmodel')));
    await disk.free();
    server.requests.length = 0;
    assert.equal((await persistPretrainedModel(folder)).isChanged, true);
    assert.equal(sent(), 0);
    assert.ok((await readFile(path.join(folder, 'model/model.safetensors'))).equals(weights));
  });
});

test(
  'a file that the file system does not take: the download says so, and goes on elsewhere',
  { skip: process.platform === 'win32' && 'limits of file sizes are of Unix' },
  async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'limit-'));
    const server = await HubServer.start({
      'acme/tiny': { files: { 'config.json': Buffer.from('{}'), 'model.safetensors': weights } },
    });
    try {
      const download = path.join(import.meta.dirname, 'downloadProcess.ts');
      const limited = `ulimit -f 16384; exec "$0" --import tsx "$@"`;
      const child = spawn('bash', ['-c', limited, process.execPath, download, server.endpoint, root, 'acme/tiny'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (text) => (said += String(text)));
      const [code] = (await once(child, 'close')) as [number];
      assert.notEqual(code, 0);
      assert.match(said, /a file of it is larger than the file system takes, or than the limit of this user/);
      server.requests.length = 0;
      const client = new HubClient({ environment: { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: root } });
      const { folder } = await client.downloadSnapshot('acme/tiny');
      assert.ok((await readFile(path.join(folder, 'model.safetensors'))).equals(weights));
      assert.ok(server.sentBytes(/^\/lfs/) < weights.length);
    } finally {
      await server.close();
      await rm(root, { recursive: true, force: true });
    }
  },
);

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openArtifactRepository } from '../../../src/core/artifacts/openArtifactRepository.js';
import { Fluent } from '../../../src/core/client/fluent.js';
import { MlflowError } from '../../../src/core/errors.js';
import { HubClient } from '../../../src/core/hub/hubClient.js';
import { HubServer } from '../../helpers/hubServer.js';

const weights = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
const files: Record<string, Buffer> = {
  MLmodel: Buffer.from('flavors: {}\n'),
  'model/config.json': Buffer.from('{"a": 1}'),
  'model/model.safetensors': weights,
};

describe('artifacts of a Hub repository', () => {
  let root: string;
  let server: HubServer;
  const environment = (home = 'home') => ({ HF_HOME: path.join(root, home), HF_ENDPOINT: server.endpoint });
  const open = (uri = 'hf:/acme/tiny', home?: string) =>
    openArtifactRepository(uri, { hub: () => new HubClient({ environment: environment(home) }) });

  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'hub-artifacts-'));
    server = await HubServer.start({ 'acme/tiny': { files } });
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  test('are listed level by level, with sizes (G8)', async () => {
    assert.deepEqual(await open().list(), [
      { path: 'MLmodel', isDir: false, fileSize: 12 },
      { path: 'model', isDir: true, fileSize: null },
    ]);
    assert.deepEqual(await open(`hf:acme/tiny@${server.commitOf('acme/tiny')}`).list('model'), [
      { path: 'model/config.json', isDir: false, fileSize: 8 },
      { path: 'model/model.safetensors', isDir: false, fileSize: 200_000 },
    ]);
    assert.deepEqual(await open().list('nothing'), []);
  });

  test('are read whole and by range; a range of weights is no download (G8)', async () => {
    const repository = open('hf:/acme/tiny', 'ranges');
    assert.equal(Buffer.from(await repository.read('MLmodel')).toString(), 'flavors: {}\n');
    const range = { offset: 100_000, length: 8 };
    const bytes = Buffer.from(await repository.read('model/model.safetensors', range));
    assert.deepEqual(bytes, weights.subarray(100_000, 100_008));
    assert.equal((await repository.read('model/model.safetensors', { offset: 199_999, length: 8 })).length, 1);
    assert.ok(
      !(await readdir(path.join(root, 'ranges'), { recursive: true })).some((name) => name.endsWith('safetensors')),
    );
    await open('hf:/acme/tiny', 'ranges').download('model');
    const before = server.sentBytes(/lfs/);
    assert.deepEqual(Buffer.from(await repository.read('model/model.safetensors', range)), bytes);
    assert.equal(server.sentBytes(/lfs/), before);
    await assert.rejects(repository.read('nothing', range), { errorCode: 'RESOURCE_DOES_NOT_EXIST' });
  });

  test('come as a whole, a folder or a file alone; without a destination they stay in the cache (G8)', async () => {
    const dstPath = await mkdtemp(path.join(root, 'downloads-'));
    assert.equal(await open().download('model', { dstPath }), path.join(dstPath, 'model'));
    assert.deepEqual((await readdir(dstPath, { recursive: true })).sort(), [
      ...['model', path.join('model', 'config.json'), path.join('model', 'model.safetensors')],
    ]);
    const file = await open().download('model/config.json', { dstPath: await mkdtemp(path.join(root, 'downloads-')) });
    assert.equal(await readFile(file, 'utf8'), '{"a": 1}');
    const cached = await open().download('');
    assert.ok(cached.startsWith(path.join(root, 'home')));
    assert.deepEqual(await readFile(path.join(cached, 'model', 'model.safetensors')), weights);
  });

  test('cannot be written, left or had without a Hub; a failed download says what was asked for (G8)', async () => {
    for (const write of [open().uploadFile('x'), open().uploadFolder('x'), open().delete('x')])
      await assert.rejects(write, { errorCode: 'NOT_IMPLEMENTED', reason: 'artifactSchemeUnsupported' });
    assert.throws(() => openArtifactRepository('hf:/acme/tiny'), { reason: 'artifactSchemeUnsupported' });
    for (const artifactPath of ['../x', 'nothing']) {
      await assert.rejects(open().download(artifactPath), (error) => {
        assert.ok(MlflowError.is(error, 'INVALID_PARAMETER_VALUE'));
        assert.match(
          error.message,
          /^Failed to download snapshot from Hugging Face Hub with artifact_uri: hf:\/acme\/tiny\. Error: /,
        );
        return true;
      });
    }
    const stopped = AbortSignal.abort();
    await assert.rejects(open('hf:/acme/tiny', 'stopped').download('', { signal: stopped }), {
      errorCode: 'CANCELLED',
    });
  });

  test('need no store: the functions of `mlflow.artifacts` answer for them (G8)', async () => {
    const { artifacts } = new Fluent({ cwd: () => root, environment: environment() });
    assert.deepEqual(
      (await artifacts.listArtifacts({ artifactUri: 'hf:/acme/tiny' })).map(({ path }) => path),
      ['MLmodel', 'model'],
    );
    const folder = await artifacts.downloadArtifacts({ artifactUri: 'hf:/acme/tiny' });
    assert.equal(await readFile(path.join(folder, 'MLmodel'), 'utf8'), 'flavors: {}\n');
    assert.ok(!(await readdir(root)).some((name) => name.startsWith('mlruns') || name.endsWith('.db')));
  });
});

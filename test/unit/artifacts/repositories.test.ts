import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { LocalArtifactRepository } from '../../../src/core/artifacts/localArtifactRepository.js';
import { openArtifactRepository } from '../../../src/core/artifacts/openArtifactRepository.js';
import { relocatedPath } from '../../../src/core/artifacts/relocation.js';
import { MlflowError } from '../../../src/core/errors.js';

const folder = () => mkdtempSync(path.join(tmpdir(), 'artifacts-'));

test('local artifacts are listed sorted, read by range, copied and uploaded', async () => {
  const root = folder();
  mkdirSync(path.join(root, 'model/sub'), { recursive: true });
  writeFileSync(path.join(root, 'model/MLmodel'), '0123456789');
  writeFileSync(path.join(root, 'model/sub/ü b'), 'x');
  writeFileSync(path.join(root, '.artifact.uploading.1'), 'half');
  const repository = new LocalArtifactRepository(`file://${root}`);
  assert.deepEqual(await repository.list(), [{ path: 'model', isDir: true, fileSize: null }]);
  assert.deepEqual(await repository.list('model'), [
    { path: 'model/MLmodel', isDir: false, fileSize: 10 },
    { path: 'model/sub', isDir: true, fileSize: null },
  ]);
  assert.deepEqual(await repository.list('nothing'), []);
  assert.deepEqual(await repository.list('model/MLmodel'), []);
  assert.equal(Buffer.from(await repository.read('model/MLmodel', { offset: 8, length: 10 })).toString(), '89');
  assert.equal((await repository.read('model/MLmodel', { offset: 20, length: 1 })).length, 0);
  assert.equal(await repository.download('model'), path.join(root, 'model'));
  const dstPath = folder();
  assert.equal(await repository.download('model', { dstPath }), path.join(dstPath, 'model'));
  assert.equal(readFileSync(path.join(dstPath, 'model/sub/ü b'), 'utf8'), 'x');
  await repository.uploadFolder(path.join(dstPath, 'model'), 'again');
  await repository.uploadFile(path.join(dstPath, 'model/MLmodel'), 'again/deeper');
  assert.deepEqual(readdirSync(path.join(root, 'again')).sort(), ['MLmodel', 'deeper', 'sub']);
  await repository.delete('again');
  assert.equal(readdirSync(root).includes('again'), false);
});

test('what leaves the artifact folder is refused: .., absolute paths, encoded forms, links', async () => {
  const root = folder();
  const outside = folder();
  writeFileSync(path.join(outside, 'secret'), 's');
  symlinkSync(outside, path.join(root, 'link'));
  symlinkSync(path.join(outside, 'later'), path.join(root, 'dangling'));
  const repository = new LocalArtifactRepository(root);
  for (const bad of ['../x', 'a/../../x', '/etc/passwd', '%2e%2e/x', '%252e%252e/x', 'a#b', 'C:\\x']) {
    await assert.rejects(repository.read(bad), (error) => MlflowError.is(error, 'INVALID_PARAMETER_VALUE'), bad);
  }
  await assert.rejects(repository.read('link/secret'), /outside the artifact directory/);
  await assert.rejects(repository.list('link'), /outside the artifact directory/);
  await assert.rejects(repository.list('..'), /outside the artifact directory/);
  await assert.rejects(repository.uploadFile(path.join(outside, 'secret'), 'link'), /outside the artifact directory/);
  await assert.rejects(repository.uploadFile(path.join(outside, 'secret'), 'dangling'), /Invalid path/);
  await assert.rejects(
    repository.uploadFile(path.join(outside, 'secret'), 'a/../b'),
    /Invalid artifact path: 'a\/..\/b'/,
  );
  await assert.rejects(repository.delete('../'), /outside the artifact directory/);
  await assert.rejects(repository.read('nope'), (error) => MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'));
});

test('a cancelled copy leaves nothing behind', async () => {
  const root = folder();
  writeFileSync(path.join(root, 'a'), 'x');
  const dstPath = folder();
  const controller = new AbortController();
  const copy = new LocalArtifactRepository(root).download('a', {
    dstPath,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await assert.rejects(copy, (error) => MlflowError.is(error, 'CANCELLED'));
  assert.deepEqual(readdirSync(dstPath), []);
});

test('schemes that cannot be read yet say so with a reason', () => {
  for (const uri of [
    'mlflow-artifacts:/1/a',
    's3://b/a',
    'gs://b/a',
    'abfss://c@d/a',
    'dbfs:/a',
    'hdfs://a',
    'ftp://h/a',
  ]) {
    assert.throws(
      () => openArtifactRepository(uri),
      (error) => MlflowError.is(error, 'NOT_IMPLEMENTED') && error.reason === 'artifactSchemeUnsupported',
      uri,
    );
  }
});

async function withServer(ranges: boolean, use: (url: string) => Promise<void>): Promise<void> {
  const body = Buffer.from('0123456789'.repeat(1000));
  const server = createServer((request, response) => {
    if (request.url !== '/dir/a%20b.bin?sig=1') return void response.writeHead(404).end();
    const range = ranges ? /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') : null;
    if (range === null) return void response.writeHead(200, { 'content-length': body.length }).end(body);
    const from = Number(range[1]);
    if (from >= body.length) return void response.writeHead(416).end();
    response.writeHead(206).end(body.subarray(from, Number(range[2]) + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/dir?sig=1`);
  } finally {
    server.close();
  }
}

for (const ranges of [true, false]) {
  test(`files on a web server that ${ranges ? 'knows' : 'ignores'} ranges are read by range and downloaded`, async () => {
    await withServer(ranges, async (url) => {
      const repository = openArtifactRepository(url);
      assert.equal(Buffer.from(await repository.read('a b.bin', { offset: 12, length: 3 })).toString(), '234');
      assert.equal((await repository.read('a b.bin', { offset: 20_000, length: 3 })).length, 0);
      assert.equal((await repository.read('a b.bin')).length, 10_000);
      const dstPath = folder();
      const seen: number[] = [];
      const file = await repository.download('a b.bin', { dstPath, onProgress: ({ total }) => seen.push(total ?? 0) });
      assert.equal(readFileSync(file).length, 10_000);
      assert.equal(seen.at(-1), 10_000);
      assert.deepEqual(readdirSync(dstPath), ['a b.bin']);
      await assert.rejects(repository.download('nope', { dstPath }), (error) =>
        MlflowError.is(error, 'RESOURCE_DOES_NOT_EXIST'),
      );
      assert.deepEqual(readdirSync(dstPath), ['a b.bin']);
    });
  });
}

test('files of a store that was copied from elsewhere are found beside it', () => {
  const store = folder();
  const id = 'm-0123456789abcdef0123456789abcdef';
  mkdirSync(path.join(store, `mlruns/1/models/${id}/artifacts`), { recursive: true });
  const stored = `/somewhere/else/mlruns/1/models/${id}/artifacts`;
  assert.equal(relocatedPath(stored, { folder: store }), path.join(store, `mlruns/1/models/${id}/artifacts`));
  assert.equal(
    relocatedPath(`C:\\work\\mlruns\\1\\models\\${id}\\artifacts`, { folder: store })?.endsWith('artifacts'),
    true,
  );
  assert.equal(relocatedPath('/somewhere/else/mlruns', { folder: store }), undefined);
  assert.equal(relocatedPath(store, { folder: store }), undefined);
});

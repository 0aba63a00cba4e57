import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { buildFolder } from '../../../src/core/files/atomicFolder.js';
import { placeFile } from '../../../src/core/files/placeFile.js';
import { placeTree } from '../../../src/core/files/placeTree.js';

let root: string;
beforeEach(async () => (root = await mkdtemp(path.join(tmpdir(), 'files-'))));
afterEach(() => rm(root, { recursive: true, force: true }));

describe('buildFolder', () => {
  it('shows the folder only when it is complete', async () => {
    const target = path.join(root, 'model');
    await buildFolder(target, async (folder) => {
      await writeFile(path.join(folder, 'MLmodel'), 'a');
      assert.equal(await stat(target).catch(() => undefined), undefined);
    });
    assert.deepEqual(await readdir(root), ['model']);
    assert.equal(await readFile(path.join(target, 'MLmodel'), 'utf8'), 'a');
  });

  it('leaves nothing behind when building fails', async () => {
    await assert.rejects(
      buildFolder(path.join(root, 'model'), () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    assert.deepEqual(await readdir(root), []);
  });

  it("takes an empty target and refuses a filled one with Python's text", async () => {
    const target = path.join(root, 'model');
    await mkdir(target);
    await buildFolder(target, (folder) => writeFile(path.join(folder, 'x'), ''));
    await assert.rejects(
      buildFolder(target, async () => {}),
      (error) =>
        MlflowError.is(error, 'RESOURCE_ALREADY_EXISTS') &&
        error.message === `Path '${target}' already exists and is not empty`,
    );
  });

  it('removes what a killed process left, and not what a living one builds', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.on('close', resolve));
    await mkdir(path.join(root, `.mlflow-part-${child.pid}-abc`));
    await mkdir(path.join(root, `.mlflow-part-${process.pid}-abc`));
    await buildFolder(path.join(root, 'model'), async () => {});
    assert.deepEqual((await readdir(root)).sort(), [`.mlflow-part-${process.pid}-abc`, 'model']);
  });
});

describe('placeFile', () => {
  it('copies more than one buffer byte for byte and reports every byte', async () => {
    const content = Buffer.alloc(20_000_001, 7);
    content.writeUInt32LE(123456789, 16_777_216);
    await writeFile(path.join(root, 'a'), content);
    let bytes = 0;
    await placeFile(path.join(root, 'a'), path.join(root, 'b'), { onBytes: (count) => (bytes += count) });
    assert.ok(content.equals(await readFile(path.join(root, 'b'))));
    assert.equal(bytes, content.length);
  });

  it('links only where links are allowed', async () => {
    await writeFile(path.join(root, 'a'), 'weights');
    await placeFile(path.join(root, 'a'), path.join(root, 'copy'));
    await placeFile(path.join(root, 'a'), path.join(root, 'link'), { allowHardLinks: true });
    const source = await stat(path.join(root, 'a'));
    assert.notEqual((await stat(path.join(root, 'copy'))).ino, source.ino);
    assert.ok(source.nlink >= 1);
  });

  it('stops when it is cancelled', async () => {
    await writeFile(path.join(root, 'a'), Buffer.alloc(30_000_000));
    const controller = new AbortController();
    await assert.rejects(
      placeFile(path.join(root, 'a'), path.join(root, 'b'), {
        signal: controller.signal,
        onBytes: () => controller.abort(),
      }),
      (error) => MlflowError.is(error, 'CANCELLED'),
    );
  });
});

describe('placeTree', () => {
  it('turns the links of a Hub cache into files', async () => {
    await mkdir(path.join(root, 'blobs'));
    await mkdir(path.join(root, 'snapshot/onnx'), { recursive: true });
    await writeFile(path.join(root, 'blobs/1'), 'config');
    await symlink('../blobs/1', path.join(root, 'snapshot/config.json'));
    const placed = await placeTree(path.join(root, 'snapshot'), path.join(root, 'model'));
    assert.equal(await readFile(path.join(root, 'model/config.json'), 'utf8'), 'config');
    assert.equal(placed.sizeBytes, 6);
  });

  it('refuses a target inside the source', async () => {
    await mkdir(path.join(root, 'checkpoint'));
    await assert.rejects(
      placeTree(path.join(root, 'checkpoint'), path.join(root, 'checkpoint/saved/model')),
      (error) => MlflowError.is(error, 'INVALID_PARAMETER_VALUE') && /inside the folder/.test(error.message),
    );
  });

  it('refuses links in a circle', async () => {
    await mkdir(path.join(root, 'checkpoint'));
    await symlink('..', path.join(root, 'checkpoint/up'));
    await symlink('../checkpoint', path.join(root, 'checkpoint/self'));
    await assert.rejects(placeTree(path.join(root, 'checkpoint'), path.join(root, 'model')), /leads back/);
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { downloadWithLibrary, hubOfLargeFile } from '../../helpers/builtLibrary.js';

test('the built library hashes a large download in a thread, and refuses a wrong one', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'built-'));
  const server = await hubOfLargeFile(path.join(root, 'checkpoint'));
  try {
    const library = path.resolve('dist/mlflow.mjs');
    const { threads, folder } = await downloadWithLibrary(library, path.join(root, 'cache'), server);
    assert.equal(threads, 1);
    const weights = server.repositories['acme/tiny']!.files['model.safetensors']!;
    assert.ok((await readFile(path.join(folder, 'model.safetensors'))).equals(weights));
    server.faults.content = (_, bytes) => Buffer.alloc(bytes.length);
    await assert.rejects(downloadWithLibrary(library, path.join(root, 'other'), server), /ended with 1: [^]*DATA_LOSS/);
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
});

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import { hubOfLargeFile } from '../../helpers/builtLibrary.js';
import { activated } from './workspace.js';

interface Library {
  transformers: { loadModel(uri: string, options: object): Promise<{ model: { folder: string } }> };
}

describe('a download in the extension host', () => {
  before(activated);

  it('is hashed in a thread and lands in the cache', async () => {
    const extension = vscode.extensions.all.find(
      ({ packageJSON }) => (packageJSON as { name: string }).name === 'mlflow-transformers',
    );
    const library = pathToFileURL(path.join(extension?.extensionPath ?? '', 'dist/mlflow.mjs')).href;
    const root = await mkdtemp(path.join(tmpdir(), 'host-download-'));
    const server = await hubOfLargeFile(path.join(root, 'checkpoint'));
    const before = { ...process.env };
    Object.assign(process.env, { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: path.join(root, 'cache') });
    delete process.env['HF_HUB_OFFLINE'];
    let threads = 0;
    const count = (): void => void threads++;
    process.on('worker', count);
    try {
      const { default: mlflow } = (await import(library)) as { default: Library };
      const { model } = await mlflow.transformers.loadModel('hf:acme/tiny', { returnType: 'components' });
      assert.equal(threads, 1);
      assert.ok((await readdir(model.folder)).includes('model.safetensors'));
    } finally {
      process.off('worker', count);
      process.env = before;
      await server.close();
      await rm(root, { recursive: true, force: true });
    }
  });
});

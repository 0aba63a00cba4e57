import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { downloadWithLibrary, hubOfLargeFile } from '../helpers/builtLibrary.js';

interface Scripts {
  packageExtension(): Promise<string>;
  installVsCode(): Promise<{ node: string }>;
  startServer(options: { vsix: string }): Promise<{ stateFolder: string; stop(): Promise<void> }>;
}

const script = async (name: string): Promise<Scripts> => (await import(path.resolve('scripts', name))) as Scripts;

test('the library in the packed extension hashes a large download in a thread, on the Node of VS Code', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'packed-'));
  const hub = await hubOfLargeFile(path.join(root, 'checkpoint'));
  const vsix = await (await script('package.mjs')).packageExtension();
  const vsCode = await (await script('vscode.mjs')).startServer({ vsix });
  try {
    const extensions = path.join(vsCode.stateFolder, 'extensions');
    const name = (await readdir(extensions)).find((each) => each.startsWith('mlflow-transformers.'));
    assert.ok(name, 'The packed extension was not installed.');
    const library = path.join(extensions, name, 'dist/mlflow.mjs');
    const { node } = await (await script('testEnvironment.mjs')).installVsCode();
    const { threads, folder } = await downloadWithLibrary(library, path.join(root, 'cache'), hub, node);
    assert.equal(threads, 1);
    const weights = hub.repositories['acme/tiny']!.files['model.safetensors']!;
    assert.ok((await readFile(path.join(folder, 'model.safetensors'))).equals(weights));
  } finally {
    await vsCode.stop();
    await hub.close();
    await rm(root, { recursive: true, force: true });
  }
});

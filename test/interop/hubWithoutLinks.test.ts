import assert from 'node:assert/strict';
import fs from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, mock, test } from 'node:test';
import { HubClient } from '../../src/core/hub/hubClient.js';
import { blobId, HubServer } from '../helpers/hubServer.js';
import { runPython } from '../helpers/python.js';

const older = '00112233445566778899aabbccddeeff00112233';
const files: Record<string, Buffer> = {
  'config.json': Buffer.from('{"model_type": "bert"}'),
  'sub/notes.txt': Buffer.from('x'),
  'model.safetensors': Buffer.alloc(3_000_000, 'weights'),
};
const olderFiles = { ...files, 'config.json': Buffer.from('{"older": true}') };

/** Python on a file system that refuses symbolic links. */
const usePython = `
import json, os, sys
asked = json.load(sys.stdin)
os.environ.update(HF_HUB_CACHE=asked["cache"], HF_ENDPOINT=asked["endpoint"], HF_HUB_OFFLINE="1" if asked["offline"] else "0",
                  HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_SYMLINKS_WARNING="1")
def refuse(*args, **kwargs):
    raise OSError(1, "Operation not permitted")
os.symlink = refuse
from huggingface_hub import scan_cache_dir, snapshot_download
folders = [snapshot_download("acme/plain", revision=revision) for revision in asked["revisions"]]
scan = scan_cache_dir()
print(json.dumps(dict(folders=folders, warnings=[str(warning) for warning in scan.warnings],
                      files=sum(len(revision.files) for repo in scan.repos for revision in repo.revisions))))
`;

interface PythonAnswer {
  folders: string[];
  warnings: string[];
  files: number;
}

function giveLinksBack(): void {
  mock.restoreAll();
  syncBuiltinESMExports();
}

describe('a file system without symbolic links', () => {
  let root: string;
  let cache: string;
  let server: HubServer;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'hub-links-'));
    server = await HubServer.start({
      'acme/plain': { files, history: { [older]: olderFiles }, refs: { 'v1.0': older } },
    });
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    cache = await mkdtemp(path.join(root, 'cache-'));
    mock.method(fs.promises, 'symlink', () =>
      Promise.reject(Object.assign(new Error('EPERM: operation not permitted, symlink'), { code: 'EPERM' })),
    );
    syncBuiltinESMExports();
  });
  afterEach(giveLinksBack);

  const python = (generation: 'new' | 'old', offline: boolean, revisions = ['main', 'v1.0']): Promise<PythonAnswer> =>
    runPython<PythonAnswer>(generation, usePython, { cache, endpoint: server.endpoint, offline, revisions });
  const ours = (more: Record<string, string> = {}) =>
    new HubClient({ environment: { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cache, ...more } });
  const hasRealFiles = async (folder: string, expected: Record<string, Buffer>): Promise<void> => {
    for (const [name, bytes] of Object.entries(expected)) {
      assert.ok((await lstat(path.join(folder, name))).isFile(), name);
      assert.ok((await readFile(path.join(folder, name))).equals(bytes), name);
    }
  };

  for (const generation of ['new', 'old'] as const) {
    test(`what is downloaded here is used by Python (${generation}) offline, and its scan warns of nothing`, async () => {
      const [main, v1] = [
        await ours().downloadSnapshot('acme/plain'),
        await ours().downloadSnapshot('acme/plain', { revision: 'v1.0' }),
      ];
      await hasRealFiles(main.folder, files);
      await hasRealFiles(v1.folder, olderFiles);
      const blobs = () => readdir(path.join(cache, 'models--acme--plain', 'blobs'));
      // Until all is on the disk.
      while ((await blobs()).some((name) => name.endsWith('.parts.map.incomplete')))
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual(await blobs(), []);
      const answer = await python(generation, true);
      assert.deepEqual(answer, { folders: [main.folder, v1.folder], warnings: [], files: 6 });
    });

    test(`what Python (${generation}) downloads is used here offline`, async () => {
      const { folders } = await python(generation, false);
      const offline = ours({ HF_HUB_OFFLINE: '1' });
      for (const [index, revision] of ['main', 'v1.0'].entries()) {
        const { folder } = await offline.downloadSnapshot('acme/plain', { revision });
        assert.equal(folder, folders[index]);
        await hasRealFiles(folder, revision === 'main' ? files : olderFiles);
      }
    });

    test(`a cache with links goes on without them (${generation})`, async () => {
      giveLinksBack();
      const { folder } = await ours().downloadSnapshot('acme/plain');
      assert.ok((await lstat(path.join(folder, 'model.safetensors'))).isSymbolicLink());
      const v1 = await ours({ HF_HUB_DISABLE_SYMLINKS: '1' }).downloadSnapshot('acme/plain', { revision: 'v1.0' });
      await hasRealFiles(v1.folder, olderFiles);
      // The blob stays: the first snapshot's link needs it.
      assert.ok((await readFile(path.join(folder, 'model.safetensors'))).equals(files['model.safetensors']!));
      const blobs = await readdir(path.join(cache, 'models--acme--plain', 'blobs'));
      assert.ok(blobs.includes(blobId(files['model.safetensors']!)));
      const answer = await python(generation, true);
      assert.deepEqual([answer.folders, answer.warnings], [[folder, v1.folder], []]);
    });
  }
});

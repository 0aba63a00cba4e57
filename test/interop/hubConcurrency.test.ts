import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { HubClient } from '../../src/core/hub/hubClient.js';
import { pythonExecutable, type PythonGeneration } from '../helpers/environment.js';
import { blobId, HubServer } from '../helpers/hubServer.js';
import { runPython } from '../helpers/python.js';

const megabyte = 1024 * 1024;
const weights = randomBytes(40 * megabyte);
const files: Record<string, Buffer> = {
  'README.md': Buffer.from('---\nlicense: mit\n---\n# Large ✓\n'),
  'config.json': Buffer.from('{"model_type": "bert"}'),
  'sub/notes.txt': Buffer.from('x'),
  'empty.txt': Buffer.alloc(0),
  'model.safetensors': weights,
};

const download = `
import os, sys
os.environ.update(HF_HUB_CACHE=sys.argv[1], HF_ENDPOINT=sys.argv[2], HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_PROGRESS_BARS="1")
from huggingface_hub import snapshot_download
print(snapshot_download("acme/large", revision=sys.argv[3]), flush=True)
`;

/** What Python sees in a cache, and gives without the network. */
const look = `
import json, os, sys, warnings
asked = json.load(sys.stdin)
os.environ.update(HF_HUB_CACHE=asked["cache"], HF_HUB_OFFLINE="1")
from huggingface_hub import scan_cache_dir, snapshot_download
scan = scan_cache_dir()
repos = sorted(scan.repos, key=lambda repo: repo.repo_id)
answer = dict(
    warnings=[str(warning) for warning in scan.warnings],
    incomplete=[os.path.basename(file.file_path) for file in getattr(scan, "incomplete_files", [])],
    repos=[dict(id=repo.repo_id, files=repo.nb_files, size=repo.size_on_disk,
                revisions=[dict(commit=revision.commit_hash, refs=sorted(revision.refs),
                                files=sorted(os.path.relpath(file.file_path, revision.snapshot_path) for file in revision.files))
                           for revision in repo.revisions]) for repo in repos],
    folder=snapshot_download("acme/large") if asked["whole"] else None,
)
print(json.dumps(answer))
`;

interface Seen {
  warnings: string[];
  incomplete: string[];
  repos: {
    id: string;
    files: number;
    size: number;
    revisions: { commit: string; refs: string[]; files: string[] }[];
  }[];
  folder: string | null;
}

describe('one cache, two clients', () => {
  let root: string;
  let cache: string;
  let server: HubServer;
  const children: ChildProcess[] = [];
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'hub-both-'));
    server = await HubServer.start({ 'acme/large': { files } });
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    cache = await mkdtemp(path.join(root, 'cache-'));
    server.requests.length = 0;
  });
  afterEach(() => {
    server.faults.bytesPerSecond = undefined;
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const python = (generation: PythonGeneration, revision = 'main'): ChildProcess => {
    const child = spawn(pythonExecutable(generation), ['-c', download, cache, server.endpoint, revision], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  };
  /** @returns the folder that Python names */
  const ended = async (child: ChildProcess): Promise<string> => {
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (text) => (stdout += String(text)));
    child.stderr?.on('data', (text) => (stderr += String(text)));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const ours = () => new HubClient({ environment: { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cache } });
  const sentWeights = (): number => server.sentBytes(/^\/lfs/);
  const until = async (sentBytes: number): Promise<void> => {
    while (sentWeights() < sentBytes) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const blobs = (): Promise<string[]> => readdir(path.join(cache, 'models--acme--large', 'blobs'));
  const isWhole = async (folder: string): Promise<void> => {
    for (const [name, bytes] of Object.entries(files))
      assert.ok((await readFile(path.join(folder, name))).equals(bytes), name);
  };
  const seenBy = (generation: PythonGeneration, whole = true): Promise<Seen> =>
    runPython<Seen>(generation, look, { cache, whole });
  const isClean = async (folder: string, refs: string[] = ['main']): Promise<void> => {
    await isWhole(folder);
    // Until all is on the disk.
    while ((await blobs()).some((name) => name.endsWith('.parts.map.incomplete')))
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(
      (await blobs()).filter((name) => name.includes('.')),
      [],
    );
    for (const generation of ['new', 'old'] as const) {
      const { warnings, incomplete, repos, folder: given } = await seenBy(generation);
      // The old client warns of a file that the new one puts into every cache.
      const ofOurs = warnings.filter((warning) => !warning.endsWith('CACHEDIR.TAG'));
      assert.deepEqual([ofOurs, incomplete], [[], []]);
      assert.equal(given, folder);
      const sizeBytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
      assert.deepEqual(repos, [
        {
          id: 'acme/large',
          files: Object.keys(files).length,
          size: sizeBytes,
          revisions: [{ commit: server.commitOf('acme/large'), refs, files: Object.keys(files).sort() }],
        },
      ]);
    }
  };

  for (const generation of ['new', 'old'] as const) {
    test(`Python (${generation}) waits while we download, and fetches no weights of its own`, async () => {
      server.faults.bytesPerSecond = 4 * megabyte;
      const downloading = ours().downloadSnapshot('acme/large');
      await until(megabyte);
      const theirs = ended(python(generation));
      const seen = await seenBy(generation, false);
      assert.deepEqual(seen.warnings, []);
      const { folder } = await downloading;
      server.faults.bytesPerSecond = undefined;
      assert.equal(await theirs, folder);
      assert.equal(sentWeights(), weights.length);
      await isClean(folder);
    });

    test(`we wait while Python (${generation}) downloads, and fetch no weights of our own`, async () => {
      server.faults.bytesPerSecond = 8 * megabyte;
      const theirs = ended(python(generation));
      await until(megabyte);
      const { folder } = await ours().downloadSnapshot('acme/large');
      server.faults.bytesPerSecond = undefined;
      assert.equal(await theirs, folder);
      assert.equal(sentWeights(), weights.length);
      await isClean(folder);
    });

    test(`both begin at once (${generation}), with other revisions of the same commit`, async () => {
      const commit = server.commitOf('acme/large');
      server.repositories['acme/large']!.refs = { 'v1.0': commit, 'feature/x': commit };
      const theirs = ended(python(generation, 'v1.0'));
      const [{ folder }] = await Promise.all([
        ours().downloadSnapshot('acme/large'),
        ours().downloadSnapshot('acme/large', { revision: 'feature/x' }),
      ]);
      assert.equal(await theirs, folder);
      assert.equal(sentWeights(), weights.length);
      await isClean(folder, ['feature/x', 'main', 'v1.0']);
    });

    test(`what a killed Python (${generation}) left is completed here`, async () => {
      server.faults.bytesPerSecond = 8 * megabyte;
      const child = python(generation);
      await until(12 * megabyte);
      child.kill('SIGKILL');
      await once(child, 'close');
      server.faults.bytesPerSecond = undefined;
      const left = (await blobs()).filter((name) => name.endsWith('.incomplete'));
      assert.equal(left.length, 1);
      // Left long ago.
      const leftFile = path.join(cache, 'models--acme--large', 'blobs', left[0]!);
      await utimes(leftFile, new Date(0), new Date(0));
      const prefixBytes = (await readFile(leftFile)).length;
      server.requests.length = 0;
      const { folder } = await ours().downloadSnapshot('acme/large');
      // Newer clients give the file a name of its own that nobody goes on with.
      const isUsable = left[0] === `${blobId(weights)}.incomplete`;
      assert.equal(sentWeights(), weights.length - (isUsable ? prefixBytes : 0));
      await isWhole(folder);
      const seen = await seenBy(generation);
      assert.deepEqual(seen.warnings, []);
      assert.equal(seen.folder, folder);
    });

    test(`what a kill of ours left does not disturb Python (${generation}), and goes at our next run`, async () => {
      server.faults.bytesPerSecond = 8 * megabyte;
      const program = path.join(import.meta.dirname, '../unit/hub/downloadProcess.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', program, server.endpoint, cache, 'acme/large']);
      await until(6 * megabyte);
      child.kill('SIGKILL');
      await once(child, 'close');
      server.faults.bytesPerSecond = undefined;
      const seen = await seenBy(generation, false);
      assert.deepEqual(seen.warnings, []);
      if (generation === 'new') assert.equal(seen.incomplete.length, 2);
      const folder = await ended(python(generation));
      await isWhole(folder);
      assert.equal((await ours().downloadSnapshot('acme/large')).folder, folder);
      await isClean(folder);
    });
  }
});

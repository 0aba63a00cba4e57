import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { HubClient } from '../../../src/core/hub/hubClient.js';
import { PartMap, partBytes } from '../../../src/core/hub/partMap.js';
import { blobId, HubServer } from '../../helpers/hubServer.js';
import { ProxyServer } from '../../helpers/proxyServer.js';
import { safetensorsBytes } from '../../helpers/safetensorsBytes.js';
import { selfSigned } from '../../helpers/selfSigned.js';

const repository = 'acme/tiny';
const weights = safetensorsBytes({
  'a.weight': { dtype: 'F32', shape: [5000, 1000] },
  'b.weight': { dtype: 'F16', shape: [7] },
});
const files: Record<string, Buffer> = {
  'README.md': Buffer.from('---\npipeline_tag: text-classification\n---\n# Tiny ✓\n'),
  'config.json': Buffer.from('{"architectures": ["BertForSequenceClassification"]}'),
  'sub/folder/notes ü.txt': Buffer.from('x'),
  'empty.txt': Buffer.alloc(0),
  'model.safetensors': weights,
};

describe('HubClient', () => {
  let server: HubServer;
  let folder: string;
  const waits: number[] = [];
  const environment = () => ({ HF_ENDPOINT: server.endpoint, HF_HOME: folder });
  const client = (more: Record<string, string> = {}) =>
    new HubClient({
      environment: { ...environment(), ...more },
      wait: async (durationMs) => void waits.push(durationMs),
    });
  const repositoryFolder = () => path.join(folder, 'hub', 'models--acme--tiny');
  const blob = (name: string) => path.join(repositoryFolder(), 'blobs', blobId(files[name]!));
  /** Ends when what was downloaded is on the disk: nobody waits for it. */
  const settled = async (): Promise<void> => {
    const names = () => readdir(path.join(repositoryFolder(), 'blobs'));
    while ((await names()).some((name) => name.includes('.parts'))) await new Promise((go) => setTimeout(go, 10));
  };
  const rejects = async (promise: Promise<unknown>, code: string, text: RegExp): Promise<void> => {
    await assert.rejects(promise, (error: unknown) => {
      assert.ok(MlflowError.is(error), String(error));
      assert.equal(error.errorCode, code);
      assert.match(error.message, text);
      return true;
    });
  };

  before(async () => {
    server = await HubServer.start({ [repository]: { files } });
  });
  after(() => server.close());
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hub-test-'));
  });
  afterEach(async () => {
    Object.assign(server.faults, {
      refuse: [],
      breakAfter: [],
      listing: undefined,
      content: undefined,
      ignoresRanges: false,
      redirect: undefined,
      bytesPerSecond: undefined,
      signedUses: undefined,
      commit: undefined,
    });
    server.repositories[repository] = { files };
    server.requests.length = 0;
    waits.length = 0;
    await rm(folder, { recursive: true, force: true });
  });

  test('a snapshot is laid out as Python lays it out: blobs, links by name, the branch', async () => {
    const { folder: snapshot, commit } = await client().downloadSnapshot(repository);
    assert.equal(snapshot, path.join(repositoryFolder(), 'snapshots', server.commitOf(repository)));
    assert.equal(await readFile(path.join(repositoryFolder(), 'refs', 'main'), 'utf8'), commit);
    for (const [name, bytes] of Object.entries(files)) {
      assert.deepEqual(await readFile(path.join(snapshot, name)), bytes, name);
      assert.ok((await lstat(path.join(snapshot, name))).isSymbolicLink());
    }
    await settled();
    const blobs = (await readdir(path.join(repositoryFolder(), 'blobs'))).sort();
    assert.deepEqual(blobs, [...new Set(Object.values(files).map(blobId))].sort());
    // As Python leaves it: the lock files stay where they are.
    assert.deepEqual(await readdir(path.join(folder, 'hub', '.locks', 'models--acme--tiny')), [
      `${blobId(weights)}.lock`,
    ]);
  });

  test('a large file comes in parallel ranges that cover it once', async () => {
    await client().downloadSnapshot(repository);
    const ranges = server.requests.filter((request) => request.host === 'cdn').map((request) => request.range ?? '');
    assert.equal(ranges.length, Math.ceil(weights.length / partBytes));
    assert.equal(server.sentBytes(/^\/lfs\//), weights.length);
  });

  test('what is in the cache is not asked for again', async () => {
    await client().downloadSnapshot(repository);
    server.requests.length = 0;
    await client().downloadSnapshot(repository);
    assert.ok(server.requests.every((request) => request.path.startsWith('/api/')));
  });

  test('offline, the cache answers; without it one sentence says what to do', async () => {
    await client().downloadSnapshot(repository);
    server.requests.length = 0;
    const offline = client({ HF_HUB_OFFLINE: '1' });
    assert.equal((await offline.downloadSnapshot(repository)).commit, server.commitOf(repository));
    assert.ok(existsSync(await offline.downloadFile(repository, 'config.json')));
    await rejects(
      offline.downloadSnapshot('acme/other'),
      'TEMPORARILY_UNAVAILABLE',
      /not in the cache, and HF_HUB_OFFLINE/,
    );
    await rejects(offline.latestCommit(repository), 'TEMPORARILY_UNAVAILABLE', /HF_HUB_OFFLINE/);
    assert.equal(server.requests.length, 0);
  });

  test('a server that cannot be reached leaves the cache in use', async () => {
    await client().downloadSnapshot(repository);
    const lost = client({ HF_ENDPOINT: 'http://127.0.0.1:9' });
    assert.equal((await lost.downloadSnapshot(repository)).commit, server.commitOf(repository));
    await rejects(lost.downloadSnapshot('acme/other'), 'TEMPORARILY_UNAVAILABLE', /cannot be reached/);
  });

  test('the token goes to the Hub and to no other host', async () => {
    server.repositories[repository] = { files, token: 'hf_secret' };
    await rejects(client().latestCommit(repository), 'UNAUTHENTICATED', /HF_TOKEN/);
    server.requests.length = 0;
    await client({ HF_TOKEN: 'hf_secret' }).downloadSnapshot(repository);
    for (const { host, authorization } of server.requests)
      assert.equal(authorization, host === 'hub' ? 'Bearer hf_secret' : undefined);
    assert.ok(server.requests.some(({ host }) => host === 'cdn'));
  });

  test('the token is read from HF_TOKEN_PATH, and from HF_HOME/token', async () => {
    server.repositories[repository] = { files, token: 'from-file' };
    await writeFile(path.join(folder, 'token'), 'from-file\n');
    assert.match(await client().latestCommit(repository), /^[0-9a-f]{40}$/);
    const other = path.join(folder, 'elsewhere');
    await writeFile(other, 'wrong');
    await rejects(client({ HF_TOKEN_PATH: other }).latestCommit(repository), 'UNAUTHENTICATED', /401/);
  });

  for (const [token, status] of [
    [{}, 401],
    [{ HF_TOKEN: 'hf_other' }, 403],
  ] as const) {
    test(`the files of a gated repository are refused with where to accept its terms (${status})`, async () => {
      server.repositories[repository] = { files, token: 'x', isGated: true };
      const page = new RegExp(
        `Access to model acme/tiny is restricted.*\\(${status}\\).*Accept the terms.*\\(${server.endpoint}/acme/tiny\\), then set HF_TOKEN`,
      );
      await rejects(
        client(token).downloadSnapshot(repository),
        status === 401 ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED',
        page,
      );
      await settled();
      await client({ HF_TOKEN: 'x' }).downloadSnapshot(repository);
    });
  }

  test('a repository that was renamed is followed, and cached under the name that was asked for', async () => {
    server.repositories['acme/old'] = { files: {}, movedTo: repository };
    const { folder: snapshot, commit } = await client().downloadSnapshot('acme/old');
    assert.equal(commit, server.commitOf(repository));
    assert.equal(snapshot, path.join(folder, 'hub', 'models--acme--old', 'snapshots', commit));
    assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
    assert.deepEqual(await readFile(path.join(snapshot, 'config.json')), files['config.json']);
    delete server.repositories['acme/old'];
  });

  describe('revisions', () => {
    const older = { ...files, 'config.json': Buffer.from('{"older": true}') };
    const olderCommit = '00112233445566778899aabbccddeeff00112233';
    beforeEach(() => {
      server.repositories[repository] = {
        files,
        history: { [olderCommit]: older },
        refs: { 'v1.0': olderCommit, 'refs/pr/7': olderCommit, 'feature/x': olderCommit },
      };
    });

    for (const revision of ['v1.0', 'refs/pr/7', 'feature/x', olderCommit.slice(0, 8), olderCommit]) {
      test(`${revision} is resolved, noted as Python notes it, and found again offline`, async () => {
        const { folder: snapshot, commit } = await client().downloadSnapshot(repository, { revision });
        assert.equal(commit, olderCommit);
        assert.deepEqual(await readFile(path.join(snapshot, 'config.json')), older['config.json']);
        const ref = path.join(repositoryFolder(), 'refs', ...revision.split('/'));
        if (revision === olderCommit) assert.ok(!existsSync(path.join(repositoryFolder(), 'refs')));
        else assert.equal(await readFile(ref, 'utf8'), olderCommit);
        const offline = client({ HF_HUB_OFFLINE: '1' });
        assert.deepEqual(await offline.downloadSnapshot(repository, { revision }), { folder: snapshot, commit });
        await rejects(
          offline.downloadSnapshot(repository),
          'TEMPORARILY_UNAVAILABLE',
          /'acme\/tiny' at main is not in the cache, and HF_HUB_OFFLINE is set\. Unset it/,
        );
      });
    }

    test('two commits share the contents that did not change', async () => {
      await client().downloadSnapshot(repository);
      server.requests.length = 0;
      await client().downloadSnapshot(repository, { revision: 'v1.0' });
      const fetched = server.requests
        .filter(({ path: asked }) => asked.includes('/resolve/'))
        .map(({ path: it }) => it);
      assert.deepEqual(fetched, [`/acme/tiny/resolve/${olderCommit}/config.json`]);
    });

    test('a branch that moved is noted anew', async () => {
      await client().downloadSnapshot(repository, { revision: 'v1.0' });
      server.repositories[repository]!.refs = { 'v1.0': server.commitOf(repository) };
      const { commit } = await client().downloadSnapshot(repository, { revision: 'v1.0' });
      assert.equal(commit, server.commitOf(repository));
      assert.equal(await readFile(path.join(repositoryFolder(), 'refs', 'v1.0'), 'utf8'), commit);
    });
  });

  test('offline, what is missing is named: a file, a revision', async () => {
    await client().downloadFile(repository, 'config.json');
    const offline = client({ HF_HUB_OFFLINE: '1' });
    await offline.downloadFile(repository, 'config.json');
    const missing = /'README\.md' of 'acme\/tiny' at main is not in the cache, and HF_HUB_OFFLINE is set/;
    await rejects(offline.downloadFile(repository, 'README.md'), 'TEMPORARILY_UNAVAILABLE', missing);
    await assert.rejects(offline.modelCard(repository), { reason: 'hubOffline' });
    await client().modelCard(repository);
    assert.match((await offline.modelCard(repository)) ?? '', /# Tiny ✓/);
  });

  test('over TLS: a certificate file is trusted as Python trusts it; without one the remedy is said', async () => {
    const trusted = selfSigned();
    const secure = await HubServer.start({ [repository]: { files } }, trusted);
    const certificates = path.join(folder, 'bundle.pem');
    await writeFile(certificates, trusted.certificate);
    try {
      const at = { HF_ENDPOINT: secure.endpoint };
      await rejects(client(at).latestCommit(repository), 'TEMPORARILY_UNAVAILABLE', /REQUESTS_CA_BUNDLE/);
      assert.deepEqual(waits, []);
      const absent = { ...at, SSL_CERT_FILE: path.join(folder, 'none.pem') };
      await rejects(client(absent).latestCommit(repository), 'INVALID_PARAMETER_VALUE', /SSL_CERT_FILE names '.*none/);
      for (const variable of ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE']) {
        await rm(path.join(folder, 'hub'), { recursive: true, force: true });
        const { folder: snapshot } = await client({ ...at, [variable]: certificates }).downloadSnapshot(repository);
        assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
      }
    } finally {
      await secure.close();
    }
  });

  test('every request goes through the proxy of the environment, but for the hosts of NO_PROXY', async () => {
    const proxy = await ProxyServer.start();
    try {
      const through = { HTTP_PROXY: `http://${proxy.address}` };
      await client(through).downloadSnapshot(repository);
      assert.equal(proxy.asked.length, server.requests.length);
      assert.ok(proxy.asked.some((asked) => asked.startsWith(`GET ${server.cdnEndpoint}/lfs/`)));
      proxy.asked.length = 0;
      await rm(path.join(folder, 'hub'), { recursive: true });
      await client({ ...through, NO_PROXY: '127.0.0.1' }).downloadSnapshot(repository);
      assert.deepEqual(proxy.asked, []);
    } finally {
      await proxy.close();
    }
  });

  test('rate limits are waited out as long as the Hub says, and end with a reason', async () => {
    server.faults.refuse = [{ path: /^\/api/, status: 429, headers: { 'retry-after': '7' }, times: 2 }];
    await client().latestCommit(repository);
    assert.deepEqual(waits, [7000, 7000]);
    server.faults.refuse = [{ path: /^\/api/, status: 429, headers: { 'retry-after': '7200' }, times: 1 }];
    await assert.rejects(client().latestCommit(repository), {
      reason: 'hubRateLimited',
      errorCode: 'REQUEST_LIMIT_EXCEEDED',
    });
  });

  test('server errors are asked again with growing pauses', async () => {
    server.faults.refuse = [{ path: /./, status: 503, times: 3 }];
    await client().downloadSnapshot(repository);
    assert.deepEqual(waits, [500, 1000, 2000]);
  });

  test('a broken connection goes on where it was', async () => {
    server.faults.breakAfter = [{ path: /^\/lfs/, bytes: 3_000_000, times: 3 }];
    const { folder: snapshot } = await client().downloadSnapshot(repository);
    assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
  });

  test('signed addresses that run out are asked for again', async () => {
    server.faults.signedUses = 1;
    const { folder: snapshot } = await client().downloadSnapshot(repository);
    assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
  });

  test('a server without ranges is read from the beginning, and again when it breaks off', async () => {
    server.faults.ignoresRanges = true;
    server.faults.breakAfter = [{ path: /^\/lfs/, bytes: 3_000_000, times: 3 }];
    let done = 0;
    const { folder: snapshot } = await client().downloadSnapshot(repository, {
      onProgress: ({ done: bytes = 0 }) => (done = bytes),
    });
    assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
    assert.equal(
      done,
      Object.values(files).reduce((sum, { length }) => sum + length, 0),
    );
  });

  test('parts that an earlier process stored are not asked for again', async () => {
    await mkdir(path.dirname(blob('model.safetensors')), { recursive: true });
    await writeFile(`${blob('model.safetensors')}.parts.incomplete`, weights);
    const map = await PartMap.open(`${blob('model.safetensors')}.parts.map.incomplete`, {
      blobId: blobId(weights),
      sizeBytes: weights.length,
    });
    map.record(0, 1234);
    await map.close();
    const { folder: snapshot } = await client().downloadSnapshot(repository);
    assert.equal(server.sentBytes(/^\/lfs\//), weights.length - 1234);
    assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
  });

  test('stored parts that turn out wrong are fetched once more', async () => {
    await mkdir(path.dirname(blob('model.safetensors')), { recursive: true });
    await writeFile(`${blob('model.safetensors')}.parts.incomplete`, Buffer.alloc(5000, 1));
    const map = await PartMap.open(`${blob('model.safetensors')}.parts.map.incomplete`, {
      blobId: blobId(weights),
      sizeBytes: weights.length,
    });
    map.record(0, 5000);
    await map.close();
    const { folder: snapshot } = await client().downloadSnapshot(repository);
    assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
  });

  test('parts that the map tells of and the file does not have are fetched', async () => {
    await mkdir(path.dirname(blob('model.safetensors')), { recursive: true });
    await writeFile(`${blob('model.safetensors')}.parts.incomplete`, weights.subarray(0, 3000));
    const map = await PartMap.open(`${blob('model.safetensors')}.parts.map.incomplete`, {
      blobId: blobId(weights),
      sizeBytes: weights.length,
    });
    map.record(0, partBytes);
    map.record(1, 1000);
    await map.close();
    const { folder: snapshot } = await client().downloadSnapshot(repository);
    assert.equal(server.sentBytes(/^\/lfs\//), weights.length - 3000);
    assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
  });

  describe('contents that were shown and perhaps never reached the disk', () => {
    const fail = async (change: (bytes: Buffer) => Buffer): Promise<void> => {
      await client().downloadSnapshot(repository);
      await settled();
      for (const name of ['model.safetensors', 'config.json']) {
        await writeFile(blob(name), change(await readFile(blob(name))));
        await writeFile(`${blob(name)}.parts.map.incomplete`, '');
      }
      server.requests.length = 0;
    };
    const asked = (): string[] => {
      const names = server.requests.filter(({ path: name }) => name.includes('/resolve/'));
      return [...new Set(names.map(({ path: name }) => path.basename(name)))].sort();
    };

    test('are taken when their hash is right, and looked at once', async () => {
      await fail((bytes) => bytes);
      await client().downloadSnapshot(repository);
      assert.deepEqual(asked(), []);
      await settled();
    });

    for (const [how, change] of [
      ['empty', () => Buffer.alloc(0)],
      ['zeros', (bytes: Buffer) => Buffer.alloc(bytes.length)],
    ] as const) {
      test(`are fetched again when they are ${how}`, async () => {
        await fail(change);
        const { folder: snapshot } = await client().downloadSnapshot(repository);
        assert.deepEqual(asked(), ['config.json', 'model.safetensors']);
        assert.deepEqual(await readFile(path.join(snapshot, 'model.safetensors')), weights);
        await settled();
      });

      test(`are missing offline when they are ${how}`, async () => {
        await fail(change);
        const offline = client({ HF_HUB_OFFLINE: '1' });
        assert.equal(await offline.cachedSnapshot(repository), undefined);
        await assert.rejects(offline.downloadFile(repository, 'config.json'), { reason: 'hubOffline' });
        assert.deepEqual(await readFile(await offline.downloadFile(repository, 'README.md')), files['README.md']);
      });
    }
  });

  test('the beginning that an older Python client left is taken over', async () => {
    const incomplete = `${blob('model.safetensors')}.incomplete`;
    await mkdir(path.dirname(incomplete), { recursive: true });
    await writeFile(incomplete, weights.subarray(0, 2_000_000));
    await utimes(incomplete, new Date(0), new Date(0));
    await client().downloadSnapshot(repository);
    assert.equal(server.sentBytes(/^\/lfs\//), weights.length - 2_000_000);
    assert.ok(!existsSync(incomplete));
  });

  test('two downloads of one file at a time fetch it once', async () => {
    await Promise.all([client().downloadSnapshot(repository), client().downloadSnapshot(repository)]);
    assert.equal(server.sentBytes(/^\/lfs\//), weights.length);
  });

  test('a cancelled download ends at once and is completed by the next', async () => {
    server.faults.bytesPerSecond = 2_000_000;
    const stop = new AbortController();
    const downloading = client().downloadSnapshot(repository, {
      signal: stop.signal,
      onProgress: ({ done = 0 }) => {
        if (done > 100_000) stop.abort();
      },
    });
    await rejects(downloading, 'CANCELLED', /cancelled/);
    assert.ok(!existsSync(blob('model.safetensors')));
    server.faults.bytesPerSecond = undefined;
    await client().downloadSnapshot(repository);
    assert.ok(existsSync(blob('model.safetensors')));
  });

  test('progress ends at the whole', async () => {
    let last = { done: 0, total: 0 };
    await client().downloadSnapshot(repository, { onProgress: ({ done = 0, total = 0 }) => (last = { done, total }) });
    assert.deepEqual(last, {
      done: last.total,
      total: Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0),
    });
  });

  test('copies stand in for links where links are off', async () => {
    const { folder: snapshot } = await client({ HF_HUB_DISABLE_SYMLINKS: '1' }).downloadSnapshot(repository);
    const info = await lstat(path.join(snapshot, 'model.safetensors'));
    assert.ok(info.isFile() && info.size === weights.length);
  });

  test('the card is the text of README.md, or null', async () => {
    assert.match((await client().modelCard(repository)) ?? '', /# Tiny ✓/);
    server.repositories[repository] = { files: { 'config.json': files['config.json']! } };
    assert.equal(await client().modelCard(repository), null);
  });

  test('long listings come in pages', async () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`f${i}.txt`, Buffer.from(`${i}`)]));
    server.repositories[repository] = { files: many };
    assert.equal((await client().listFiles(repository)).length, 120);
  });

  test('the size is told to the byte before anything is downloaded', async () => {
    const size = await client().sizeBeforeDownload(repository);
    const { 'config.json': config } = files;
    assert.equal(size.sizeBytes, weights.length + config!.length);
    assert.equal(size.remainingBytes, size.sizeBytes);
    assert.deepEqual(
      [size.shardCount, size.dtype, size.parameterCount, size.parametersByDtype],
      [1, 'F32', 5_000_007, { F32: 5_000_000, F16: 7 }],
    );
    assert.ok(server.sentBytes(/^\/lfs\//) <= 1024 * 1024);
    await client().downloadSnapshot(repository);
    assert.equal((await client().sizeBeforeDownload(repository)).remainingBytes, 0);
  });

  test('shards are counted from the index', async () => {
    const shard = (name: string) => safetensorsBytes({ [name]: { dtype: 'BF16', shape: [300, 300] } });
    server.repositories[repository] = {
      files: {
        'config.json': files['config.json']!,
        'model-00001-of-00002.safetensors': shard('a'),
        'model-00002-of-00002.safetensors': shard('b'),
        'model.safetensors.index.json': Buffer.from(
          JSON.stringify({
            weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
          }),
        ),
      },
    };
    const size = await client().sizeBeforeDownload(repository);
    assert.deepEqual([size.shardCount, size.dtype, size.parameterCount], [2, 'BF16', 180_000]);
  });

  test('only pickled weights are refused with the remedy', async () => {
    server.repositories[repository] = {
      files: { 'config.json': Buffer.from('{}'), 'pytorch_model.bin': Buffer.from('x') },
    };
    await assert.rejects(client().sizeBeforeDownload(repository), { reason: 'pickledWeights' });
  });

  describe('a hostile Hub', () => {
    const nothingVisible = async (): Promise<void> => {
      const all = await readdir(folder, { recursive: true });
      assert.deepEqual(
        all.filter((name) => name.includes('model.safetensors') || name.endsWith(blobId(weights))),
        [],
      );
    };

    test('a content with another hash is refused and leaves nothing', async () => {
      server.faults.content = (name, bytes) => {
        if (name !== 'model.safetensors') return bytes;
        const changed = Buffer.from(bytes);
        changed[changed.length - 1]! ^= 1;
        return changed;
      };
      await rejects(client().downloadSnapshot(repository), 'DATA_LOSS', /its bytes have the hash/);
      await nothingVisible();
    });

    test('a small content with another hash is refused', async () => {
      server.faults.content = (name, bytes) =>
        name === 'config.json' ? Buffer.from('{"x": 1}'.padEnd(bytes.length)) : bytes;
      await rejects(client().downloadSnapshot(repository), 'DATA_LOSS', /config\.json is not the file of/);
    });

    test('a wrong size is refused', async () => {
      server.faults.listing = (entries) =>
        entries.map((entry) => (entry.lfs ? { ...entry, lfs: { ...entry.lfs, size: entry.lfs.size + 5 } } : entry));
      await rejects(client().downloadSnapshot(repository), 'DATA_LOSS', /bytes/);
      await nothingVisible();
    });

    test('an impossible size is a full disk or a lie, never an allocation', async () => {
      server.faults.listing = (entries) =>
        entries.map((entry) => (entry.lfs ? { ...entry, lfs: { ...entry.lfs, size: 2 ** 52 } } : entry));
      await assert.rejects(client().downloadSnapshot(repository), { reason: 'diskFull' });
      server.faults.listing = (entries) => entries.map((entry) => ({ ...entry, size: -1, lfs: undefined as never }));
      await rejects(client().downloadSnapshot(repository), 'DATA_LOSS', /claims/);
    });

    for (const name of ['../../x', '/etc/passwd', 'a/../../b', 'a\\..\\b', 'C:x', 'a//b', '.', 'a\u0000b']) {
      test(`a file named ${JSON.stringify(name)} is refused before anything is written`, async () => {
        server.faults.listing = (entries) => [...entries, { type: 'file', path: name, size: 1, oid: 'a'.repeat(40) }];
        await rejects(client().downloadSnapshot(repository), 'DATA_LOSS', /leads out of its folder/);
        assert.ok(!existsSync(path.join(folder, 'hub')));
      });
    }

    test('hashes and commits that are paths are refused', async () => {
      server.faults.listing = (entries) => entries.map((entry) => ({ ...entry, oid: '../../x' }));
      await rejects(client().downloadSnapshot(repository), 'DATA_LOSS', /as the hash of/);
      server.faults.listing = undefined;
      server.faults.commit = '../../../x';
      await rejects(client().latestCommit(repository), 'DATA_LOSS', /as its commit/);
    });

    for (const id of ['../x', 'a/../b', 'a/b/c', '/abs', 'a\\b', '', 'a--b', '..', 'https://x/y', 'a/b.git']) {
      test(`the repository id ${JSON.stringify(id)} is refused without a request`, async () => {
        await rejects(client().downloadSnapshot(id), 'INVALID_PARAMETER_VALUE', /is not the id of a Hub repository/);
        assert.equal(server.requests.length, 0);
      });
    }

    for (const revision of ['../x', 'a/../../b', '/x', '', 'a\\b']) {
      test(`the revision ${JSON.stringify(revision)} is refused`, async () => {
        await rejects(
          client().downloadSnapshot(repository, { revision }),
          'INVALID_PARAMETER_VALUE',
          /is not a revision/,
        );
      });
    }

    test('a redirect to something that is no web address is refused', async () => {
      server.faults.redirect = () => 'file:///etc/passwd';
      await rejects(client().downloadSnapshot(repository), 'DATA_LOSS', /not a secure address/);
    });

    test('redirects in a circle end', async () => {
      server.faults.redirect = () => `${server.endpoint}/${repository}/resolve/main/model.safetensors`;
      await rejects(client().downloadSnapshot(repository), 'INTERNAL_ERROR', /in a circle/);
    });

    test('an index that names files elsewhere is refused', async () => {
      server.repositories[repository] = {
        files: {
          'config.json': files['config.json']!,
          'model.safetensors.index.json': Buffer.from('{"weight_map": {"a": "../../x.safetensors"}}'),
        },
      };
      await assert.rejects(client().sizeBeforeDownload(repository), { reason: 'safetensorsInvalid' });
    });
  });

  test('a server that says nothing is given up after one try', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let asked = 0;
    const silent = new HubClient({
      environment: environment(),
      fetch: (_, init) => {
        asked++;
        return new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
          queueMicrotask(() => context.mock.timers.tick(60_000));
        });
      },
    });
    await rejects(silent.latestCommit(repository), 'TEMPORARILY_UNAVAILABLE', /no answer within 15 seconds/);
    assert.equal(asked, 1);
  });

  test('names that do not exist are said', async () => {
    await rejects(client().latestCommit('acme/none'), 'RESOURCE_DOES_NOT_EXIST', /404/);
    await rejects(
      client().downloadSnapshot(repository, { revision: 'nope' }),
      'RESOURCE_DOES_NOT_EXIST',
      /no such revision/,
    );
    await rejects(client().downloadFile(repository, 'nope.txt'), 'RESOURCE_DOES_NOT_EXIST', /has no file/);
    assert.ok((await stat(folder)).isDirectory());
  });
});

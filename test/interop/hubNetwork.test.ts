import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { HubClient } from '../../src/core/hub/hubClient.js';
import { HubServer } from '../helpers/hubServer.js';
import { ProxyServer } from '../helpers/proxyServer.js';
import { runPython } from '../helpers/python.js';
import { selfSigned } from '../helpers/selfSigned.js';

const files: Record<string, Buffer> = {
  'config.json': Buffer.from('{"model_type": "bert"}'),
  'model.safetensors': Buffer.alloc(2_000_000, 'weights'),
};

/** Downloads a repository as Python does with these variables, and says where it is or what went wrong. */
const usePython = `
import json, os, re, sys
asked = json.load(sys.stdin)
for name in list(os.environ):
    if re.search("(?i)proxy|_ca_bundle|ssl_cert", name):
        del os.environ[name]
os.environ.update({"HF_HUB_OFFLINE": "0", **asked["environment"]}, HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_PROGRESS_BARS="1")
from huggingface_hub import snapshot_download
try:
    answer = dict(folder=snapshot_download(asked["repository"]))
except Exception as error:
    answer = dict(error=type(error).__name__, said=str(error)[:500])
print(json.dumps(answer))
`;

describe('the Hub is reached as Python reaches it', () => {
  const trusted = selfSigned();
  let root: string;
  let bundle: string;
  let caches: { ours: string; theirs: string };
  let server: HubServer;
  let secure: HubServer;
  let proxy: ProxyServer;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'hub-network-'));
    bundle = path.join(root, 'bundle.pem');
    await writeFile(bundle, trusted.certificate);
    const repositories = {
      'acme/plain': { files },
      'acme/old': { files: {}, movedTo: 'acme/plain' },
      'acme/gated': { files, token: 'hf_right', isGated: true },
      'acme/private': { files, token: 'hf_right' },
    };
    server = await HubServer.start(repositories);
    secure = await HubServer.start(repositories, trusted);
    proxy = await ProxyServer.start();
  });
  after(async () => {
    await Promise.all([server.close(), secure.close(), proxy.close()]);
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    const folder = await mkdtemp(path.join(root, 'cache-'));
    caches = { ours: path.join(folder, 'ours'), theirs: path.join(folder, 'theirs') };
  });
  afterEach(() => {
    proxy.asked.length = 0;
  });

  const python = (
    generation: 'new' | 'old',
    environment: Record<string, string>,
    repository = 'acme/plain',
    cache = caches.theirs,
  ): Promise<{ folder?: string; error?: string; said?: string }> =>
    runPython(generation, usePython, { repository, environment: { HF_HUB_CACHE: cache, ...environment } });
  const ours = (environment: Record<string, string>, repository = 'acme/plain') =>
    new HubClient({ environment: { HF_HUB_CACHE: caches.ours, ...environment } }).downloadSnapshot(repository);
  const isWhole = async (folder = '', said = ''): Promise<void> => {
    assert.notEqual(folder, '', said);
    for (const [name, bytes] of Object.entries(files))
      assert.ok((await readFile(path.join(folder, name))).equals(bytes), name);
  };
  const found = ({ folder, said }: { folder?: string; said?: string }) => [folder, said] as const;
  /** The hosts that the proxy was asked for. */
  const proxied = (): string[] => [
    ...new Set(proxy.asked.map((asked) => asked.replace(/^CONNECT |^\w+ http:\/\/([^/]+)\/.*/, '$1'))),
  ];

  for (const [generation, variable] of [
    ['new', 'SSL_CERT_FILE'],
    ['old', 'REQUESTS_CA_BUNDLE'],
    ['old', 'CURL_CA_BUNDLE'],
  ] as const) {
    test(`TLS with the certificates that ${variable} names (${generation})`, async () => {
      const environment = { HF_ENDPOINT: secure.endpoint, [variable]: bundle };
      await isWhole(...found(await python(generation, environment)));
      await isWhole((await ours(environment)).folder);
    });
  }

  for (const generation of ['new', 'old'] as const) {
    test(`a proxy, plain and for TLS, with and without its exceptions (${generation})`, async () => {
      const certificates = { SSL_CERT_FILE: bundle, REQUESTS_CA_BUNDLE: bundle };
      const plain = { HF_ENDPOINT: server.endpoint, HTTP_PROXY: `http://${proxy.address}` };
      const tls = { HF_ENDPOINT: secure.endpoint, HTTPS_PROXY: proxy.address, ...certificates };
      const cases: [environment: Record<string, string>, isProxied: boolean][] = [
        [plain, true],
        [tls, true],
        [{ ...tls, HTTPS_PROXY: '', ALL_PROXY: `http://${proxy.address}` }, true],
        [{ ...tls, NO_PROXY: '127.0.0.0/8' }, false],
        [{ ...plain, HTTPS_PROXY: plain.HTTP_PROXY, HTTP_PROXY: '' }, false],
      ];
      for (const [environment, isProxied] of cases) {
        await isWhole(...found(await python(generation, environment)));
        const theirs = proxied();
        proxy.asked.length = 0;
        await isWhole((await ours(environment)).folder);
        assert.equal(theirs.length > 0, isProxied, JSON.stringify(environment));
        assert.deepEqual(proxied().sort(), theirs.sort());
        proxy.asked.length = 0;
        await rm(path.dirname(caches.ours), { recursive: true });
      }
    });

    test(`a renamed repository lies where Python (${generation}) finds it, under its old name`, async () => {
      const environment = { HF_ENDPOINT: server.endpoint };
      const { folder } = await ours(environment, 'acme/old');
      const offline = { HF_ENDPOINT: 'http://127.0.0.1:9', HF_HUB_OFFLINE: '1' };
      assert.deepEqual(await python(generation, offline, 'acme/old', caches.ours), { folder });
      const theirs = await python(generation, environment, 'acme/old');
      assert.equal(path.relative(caches.theirs, theirs.folder ?? ''), path.relative(caches.ours, folder));
    });

    test(`gated and private repositories are refused where Python (${generation}) is refused`, async () => {
      const at = { HF_ENDPOINT: server.endpoint };
      for (const [environment, repository, error, code] of [
        [at, 'acme/gated', 'GatedRepoError', 'UNAUTHENTICATED'],
        [{ ...at, HF_TOKEN: 'hf_wrong' }, 'acme/gated', 'GatedRepoError', 'PERMISSION_DENIED'],
        [at, 'acme/private', 'RepositoryNotFoundError', 'UNAUTHENTICATED'],
        [at, 'acme/none', 'RepositoryNotFoundError', 'RESOURCE_DOES_NOT_EXIST'],
      ] as const) {
        assert.equal((await python(generation, environment, repository)).error, error, repository);
        await assert.rejects(ours(environment, repository), (refusal) => MlflowError.is(refusal, code));
      }
      for (const repository of ['acme/gated', 'acme/private']) {
        const environment = { ...at, HF_TOKEN: 'hf_right' };
        await isWhole(...found(await python(generation, environment, repository)));
        await isWhole((await ours(environment, repository)).folder);
      }
    });
  }
});

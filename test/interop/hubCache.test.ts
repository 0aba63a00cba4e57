import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HubClient } from '../../src/core/hub/hubClient.js';
import { HubServer } from '../helpers/hubServer.js';
import { runPython } from '../helpers/python.js';

const makeModel = `
import json, sys, os
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast
folder = json.load(sys.stdin)["folder"]
os.makedirs(folder)
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + "good bad fine a b c d e".split()
open(os.path.join(folder, "vocab.txt"), "w").write("\\n".join(words))
tokenizer = BertTokenizerFast.from_pretrained(folder)
config = BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=512)
BertForSequenceClassification(config).save_pretrained(folder)
tokenizer.save_pretrained(folder)
print("null")
`;

/** Python: uses the Hub at `endpoint` (or none) with a cache, and says what it gets. */
const usePython = `
import json, sys, os
asked = json.load(sys.stdin)
os.environ.update(HF_HUB_CACHE=asked["cache"], HF_ENDPOINT=asked["endpoint"], HF_HUB_OFFLINE="1" if asked["offline"] else "0",
                  HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_PROGRESS_BARS="1")
from huggingface_hub import snapshot_download, hf_hub_download, HfApi
from transformers import AutoTokenizer, AutoModelForSequenceClassification
answer = {}
if not asked["offline"]:
    answer["sha"] = HfApi().model_info("acme/tiny").sha
    answer["files"] = sorted(HfApi().list_repo_files("acme/tiny"))
folder = snapshot_download("acme/tiny", local_files_only=asked["offline"])
answer["folder"] = folder
answer["card"] = open(hf_hub_download("acme/tiny", "README.md"), encoding="utf-8").read()
answer["ids"] = AutoTokenizer.from_pretrained("acme/tiny")("good a b")["input_ids"]
answer["parameters"] = sum(p.numel() for p in AutoModelForSequenceClassification.from_pretrained("acme/tiny").parameters())
print(json.dumps(answer))
`;

interface PythonAnswer {
  sha?: string;
  files?: string[];
  folder: string;
  card: string;
  ids: number[];
  parameters: number;
}

describe('the cache is shared with Python', () => {
  let root: string;
  let server: HubServer;

  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'hub-interop-'));
    const folder = path.join(root, 'model');
    await runPython('new', makeModel, { folder });
    const files: Record<string, Buffer> = { 'README.md': Buffer.from('---\nlicense: mit\n---\n# Tiny ✓\n') };
    for (const name of await readdir(folder)) files[name] = await readFile(path.join(folder, name));
    server = await HubServer.start({ 'acme/tiny': { files } });
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  const python = (generation: 'new' | 'old', cache: string, offline: boolean): Promise<PythonAnswer> =>
    runPython<PythonAnswer>(generation, usePython, {
      cache,
      offline,
      endpoint: offline ? 'http://127.0.0.1:9' : server.endpoint,
    });
  const client = (cache: string, offline: boolean): HubClient =>
    new HubClient({
      environment: offline
        ? { HF_HUB_CACHE: cache, HF_HUB_OFFLINE: '1', HF_ENDPOINT: 'http://127.0.0.1:9' }
        : { HF_HUB_CACHE: cache, HF_ENDPOINT: server.endpoint },
    });

  for (const generation of ['new', 'old'] as const) {
    test(`what the real client (${generation}) downloads is used here offline`, async () => {
      const cache = path.join(root, `python-${generation}`);
      const answer = await python(generation, cache, false);
      assert.equal(answer.sha, server.commitOf('acme/tiny'));
      assert.deepEqual(answer.files, Object.keys(server.repositories['acme/tiny']!.files).sort());
      const ours = client(cache, true);
      assert.deepEqual(await ours.cachedSnapshot('acme/tiny', 'main'), { folder: answer.folder, commit: answer.sha });
      assert.equal((await ours.downloadSnapshot('acme/tiny')).folder, answer.folder);
      assert.equal(await readFile(await ours.downloadFile('acme/tiny', 'README.md'), 'utf8'), answer.card);
    });

    test(`what is downloaded here is used by the real client (${generation}) offline`, async () => {
      const cache = path.join(root, `ours-${generation}`);
      const { folder } = await client(cache, false).downloadSnapshot('acme/tiny');
      const answer = await python(generation, cache, true);
      assert.equal(answer.folder, folder);
      assert.match(answer.card, /# Tiny ✓/);
      assert.equal(answer.ids.length, 5);
      assert.ok(answer.parameters > 10_000);
    });
  }

  test('both clients download into one cache without fetching anything twice', async () => {
    const cache = path.join(root, 'both');
    await client(cache, false).downloadSnapshot('acme/tiny', { filter: (name) => name !== 'config.json' });
    server.requests.length = 0;
    await python('new', cache, false);
    const fetched = server.requests.filter(({ method, path: file }) => method === 'GET' && file.includes('/resolve/'));
    assert.deepEqual(
      [...new Set(fetched.map(({ path: file }) => file.replace(/.*\/resolve\/[^/]+\//, '')))].filter(
        (name) => name in server.repositories['acme/tiny']!.files,
      ),
      ['config.json'],
    );
  });
});

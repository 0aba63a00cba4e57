import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { createTransformers, type LoadModel } from '../../src/library/transformers.js';
import { HubServer } from '../helpers/hubServer.js';
import { runPython } from '../helpers/python.js';

const makeModel = `
import json, sys, os, torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast
folder = json.load(sys.stdin)["folder"]
os.makedirs(folder)
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + "good bad fine a b c d e".split()
open(os.path.join(folder, "vocab.txt"), "w").write("\\n".join(words))
tokenizer = BertTokenizerFast.from_pretrained(folder)
torch.manual_seed(1)
config = BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=512)
BertForSequenceClassification(config).save_pretrained(folder)
tokenizer.save_pretrained(folder)
print("null")
`;

/** Python: saves references to the Hub, persists a copy of one, and logs and registers others in a store. */
const saveReferences = `
import json, sys, os, shutil
asked = json.load(sys.stdin)
os.environ.update(HF_HUB_CACHE=asked["cache"], HF_ENDPOINT=asked["endpoint"], HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1")
import mlflow, transformers
pipe = transformers.pipeline("text-classification", "acme/tiny", device="cpu")
root = asked["root"]
requirements = ["transformers", "torch"]
reference, persisted = os.path.join(root, "reference"), os.path.join(root, "persisted")
mlflow.transformers.save_model(pipe, reference, save_pretrained=False, pip_requirements=requirements, task="text-classification")
shutil.copytree(reference, persisted)
mlflow.transformers.persist_pretrained_model(persisted)
answer = dict(scores=[x["score"] for x in pipe(["good a", "bad"])])
if asked["store"]:
    mlflow.set_tracking_uri("sqlite:///" + os.path.join(root, "mlflow.db"))
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("e", artifact_location=os.path.join(root, "artifacts")))
    with mlflow.start_run() as run:
        for name in ["one", "two", "three"]:
            info = mlflow.transformers.log_model(pipe, name=name, save_pretrained=False, pip_requirements=requirements, registered_model_name=None if name == "one" else "registered" if name == "two" else "theirs")
            answer[name] = info.model_id
    answer["runId"] = run.info.run_id
    mlflow.transformers.persist_pretrained_model(f"runs:/{run.info.run_id}/three")
    reference = "models:/" + answer["three"]
    def weights():
        return mlflow.models.Model.load(reference).flavors["transformers"].get("model_binary")
    answer["python"] = dict(below=sorted(os.listdir(os.path.join(root, "artifacts", run.info.run_id, "artifacts", "three"))), byRun=weights())
    try:
        mlflow.transformers.persist_pretrained_model("models:/theirs/1")
    except mlflow.MlflowException as error:
        answer["python"]["byVersion"] = str(error)
    mlflow.transformers.persist_pretrained_model(reference)
    answer["python"]["byId"] = weights()
    answer["python"]["again"] = mlflow.transformers.persist_pretrained_model("models:/theirs/1")
print(json.dumps(answer))
`;

/** Python: loads models without the Hub. */
const loadOffline = `
import json, sys, os
asked = json.load(sys.stdin)
os.environ.update(HF_HUB_CACHE=asked["cache"], HF_HUB_OFFLINE="1")
import mlflow
answer = []
for folder in asked["folders"]:
    pipe = mlflow.transformers.load_model(folder, device=-1)
    answer.append(dict(scores=[x["score"] for x in pipe(["good a", "bad"])],
                       pyfunc=[float(x) for x in mlflow.pyfunc.load_model(folder).predict(["good a", "bad"])["score"]],
                       again=mlflow.transformers.persist_pretrained_model(folder)))
print(json.dumps(answer))
`;

interface Saved {
  scores: number[];
  one: string;
  two: string;
  three: string;
  runId: string;
  python: { below: string[]; byRun: string | null; byVersion: string; byId: string | null; again: null };
}

describe('persistPretrainedModel', () => {
  let root: string;
  let server: HubServer;
  /** What Python 3.17 logged and answered. */
  let inStore: Saved;

  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'persist-interop-'));
    const folder = path.join(root, 'checkpoint');
    await runPython('new', makeModel, { folder });
    const files: Record<string, Buffer> = { 'README.md': Buffer.from('---\nlicense: mit\n---\n# Tiny ✓\n') };
    for (const name of await readdir(folder)) files[name] = await readFile(path.join(folder, name));
    server = await HubServer.start({ 'acme/tiny': { files } });
  });
  after(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  const library = (environment: Record<string, string>, trackingUri?: string) => {
    const fluent = new Fluent();
    if (trackingUri !== undefined) fluent.setTrackingUri(trackingUri);
    return createTransformers(fluent, { environment });
  };
  const scoresOf = async (loadModel: LoadModel, uri: string, more = {}): Promise<number[]> => {
    const pipeline = await loadModel(uri, { device: 'cpu', ...more });
    try {
      return ((await pipeline(['good a', 'bad'])) as { score: number }[]).map(({ score }) => score);
    } finally {
      await pipeline.dispose();
    }
  };
  const close = (actual: number[], expected: number[]): void => {
    assert.equal(actual.length, expected.length);
    for (const [i, value] of actual.entries())
      assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${value} ${expected[i]}`);
  };

  for (const generation of ['new', 'old'] as const) {
    test(`a reference of MLflow (${generation}) is completed as Python completes it, and loads in Python (E1, E2, E3, E4)`, async () => {
      const folder = path.join(root, generation);
      await mkdir(folder);
      const cache = path.join(folder, 'python-cache');
      const saved = await runPython<Saved>(generation, saveReferences, {
        root: folder,
        cache,
        endpoint: server.endpoint,
        store: generation === 'new',
      });
      const reference = path.join(folder, 'reference');
      const ours = path.join(folder, 'ours');
      await cp(reference, ours, { recursive: true });

      const offline = library({ HF_HUB_CACHE: cache, HF_HUB_OFFLINE: '1' });
      close(await scoresOf(offline.loadModel, reference), saved.scores);
      await assert.rejects(library({ HF_HUB_CACHE: folder, HF_HUB_OFFLINE: '1' }).loadModel(reference), {
        reason: 'referenceOnly',
      });
      await assert.rejects(offline.assertRegistrable(ours), { reason: 'referenceOnly', errorCode: 'INVALID_STATE' });

      const online = library({ HF_HUB_CACHE: path.join(folder, 'our-cache'), HF_ENDPOINT: server.endpoint });
      const plan = await online.planPersist(ours);
      assert.equal(plan.download?.commit, server.commitOf('acme/tiny'));
      assert.equal(plan.download.remainingBytes, plan.download.sizeBytes);
      let doneBytes = 0;
      const first = await online.persistPretrainedModel(ours, {
        onProgress: ({ message, done = 0 }) => {
          if (message.startsWith('Downloading')) doneBytes = done;
        },
      });
      assert.equal(first.isChanged, true);
      assert.equal(doneBytes, plan.download.sizeBytes);
      assert.equal(
        await readFile(path.join(ours, 'MLmodel'), 'utf8'),
        await readFile(path.join(folder, 'persisted', 'MLmodel'), 'utf8'),
      );
      assert.equal((await online.persistPretrainedModel(ours)).isChanged, false);
      assert.equal((await online.planPersist(ours)).isNeeded, false);
      await online.assertRegistrable(ours);
      close(await scoresOf(online.loadModel, ours), saved.scores);

      const [answer] = await runPython<{ scores: number[]; pyfunc: number[] }[]>(generation, loadOffline, {
        cache: path.join(folder, 'empty-cache'),
        folders: [ours],
      });
      close(answer!.scores, saved.scores);
      close(answer!.pyfunc, saved.scores);
      if (generation === 'new') inStore = saved;
    });
  }

  const withStore = () =>
    library(
      { HF_HUB_CACHE: path.join(root, 'new', 'our-cache'), HF_ENDPOINT: server.endpoint },
      `sqlite:///${path.join(root, 'new', 'mlflow.db')}`,
    );
  const loadsInPython = async (folders: (string | undefined)[]): Promise<void> => {
    const cache = path.join(root, 'new', 'empty-cache');
    const answers = await runPython<{ scores: number[] }[]>('new', loadOffline, { cache, folders });
    for (const { scores } of answers) close(scores, inStore.scores);
  };

  test("a run's path to a logged model completes that model, as its id does; Python writes beside it (E5)", async () => {
    const { persistPretrainedModel } = withStore();
    const byRun = await persistPretrainedModel(`runs:/${inStore.runId}/one`);
    assert.equal(byRun.isChanged, true);
    assert.match(byRun.notes.join(), new RegExp(`models:/${inStore.one}`));
    assert.match(byRun.folder ?? '', new RegExp(inStore.one));
    assert.equal((await persistPretrainedModel(`models:/${inStore.one}`)).isChanged, false);
    await loadsInPython([byRun.folder]);
    const { below, byRun: theirs, byId } = inStore.python;
    assert.ok(below.includes('MLmodel') && below.includes('model'));
    assert.deepEqual([theirs, byId], [null, 'model']);
  });

  test('a version of a logged model is completed where the model lies, which Python refuses; a complete one needs nothing (E6)', async () => {
    const { persistPretrainedModel, loadModel } = withStore();
    const byVersion = await persistPretrainedModel('models:/registered/1');
    assert.equal(byVersion.isChanged, true);
    assert.match(byVersion.folder ?? '', new RegExp(inStore.two));
    close(await scoresOf(loadModel, 'models:/registered/1'), inStore.scores);
    await loadsInPython([byVersion.folder]);
    assert.equal((await persistPretrainedModel('models:/registered/1')).isChanged, false);
    assert.equal((await persistPretrainedModel('models:/theirs/1')).isChanged, false);
    assert.match(inStore.python.byVersion, /log_artifacts is not supported for models:\/<name>\/<version> URIs/);
    assert.equal(inStore.python.again, null);
  });

  test("a version that no logged model stands behind is refused in Python's words (E6)", async () => {
    const fluent = new Fluent();
    fluent.setTrackingUri(`sqlite:///${path.join(root, 'bare.db')}`);
    const folder = path.join(root, 'bare');
    await cp(path.join(root, 'new', 'reference'), folder, { recursive: true });
    const client = fluent.client();
    await client.createRegisteredModel({ name: 'bare' });
    await client.createModelVersion({ name: 'bare', source: folder });
    const { persistPretrainedModel } = createTransformers(fluent, {
      environment: { HF_HUB_CACHE: path.join(root, 'new', 'our-cache'), HF_ENDPOINT: server.endpoint },
    });
    const masked = (text: string): string => text.replace(/^Failed to upload \S+ /, 'Failed to upload model ');
    await assert.rejects(persistPretrainedModel('models:/bare/1'), (error: Error) => {
      assert.equal(masked(error.message), masked(inStore.python.byVersion));
      return true;
    });
  });

  test('what a killed call left is made anew', async () => {
    const folder = path.join(root, 'killed');
    await cp(path.join(root, 'new', 'reference'), folder, { recursive: true });
    const before = await readFile(path.join(folder, 'MLmodel'), 'utf8');
    await mkdir(path.join(folder, 'model'));
    await writeFile(path.join(folder, 'model', 'config.json'), '{"half": true}');
    await mkdir(path.join(folder, '.mlflow-part-999999-abcdef'));
    assert.equal(await readFile(path.join(folder, 'MLmodel'), 'utf8'), before);
    const { persistPretrainedModel } = library({
      HF_HUB_CACHE: path.join(root, 'new', 'our-cache'),
      HF_ENDPOINT: server.endpoint,
    });
    assert.equal((await persistPretrainedModel(folder)).isChanged, true);
    assert.deepEqual((await readdir(path.join(folder, 'model'))).sort(), ['config.json', 'model.safetensors']);
    assert.ok(!(await readdir(folder)).some((name) => name.startsWith('.mlflow-part')));
  });

  test('a Hub that fails leaves the reference as it was', async () => {
    const folder = path.join(root, 'failed');
    await cp(path.join(root, 'new', 'reference'), folder, { recursive: true });
    const before = await readdir(folder, { recursive: true });
    server.faults.content = (name, bytes) => (name === 'model.safetensors' ? Buffer.alloc(bytes.length) : bytes);
    const { persistPretrainedModel } = library({ HF_HUB_CACHE: path.join(root, 'c'), HF_ENDPOINT: server.endpoint });
    await assert.rejects(persistPretrainedModel(folder), { errorCode: 'DATA_LOSS' });
    server.faults.content = undefined;
    assert.deepEqual(await readdir(folder, { recursive: true }), before);
  });

  test('a repository is loaded by its name', async () => {
    const { loadModel } = library({ HF_HUB_CACHE: path.join(root, 'named'), HF_ENDPOINT: server.endpoint });
    const components = await loadModel('hf:acme/tiny', { returnType: 'components' });
    assert.equal(components.task, 'text-classification');
    assert.equal(components.model.className, 'BertForSequenceClassification');
    assert.equal(components.model.nameOrPath, 'acme/tiny');
    assert.equal((await scoresOf(loadModel, 'acme/tiny')).length, 2);
  });
});

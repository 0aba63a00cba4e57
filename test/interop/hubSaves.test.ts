import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { HubClient } from '../../src/core/hub/hubClient.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import { createModels } from '../../src/library/models.js';
import { loadPyfuncModel } from '../../src/library/pyfunc.js';
import { createTransformers } from '../../src/library/transformers.js';
import { silentLog } from '../../src/core/ports.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { HubServer } from '../helpers/hubServer.js';
import { runPython } from '../helpers/python.js';

const fixtures = path.resolve('test/fixtures/flavor');
const requirements = { pipRequirements: ['x'] };

/** Python: checkpoints of several tasks, and one with code of its own whose modules lie in a repository. */
const makeCheckpoints = `
import json, os, sys
asked = json.load(sys.stdin)
sys.path.insert(0, asked["fixtures"])
import checkpoints, customCheckpoints
made = checkpoints.make_checkpoints(asked["root"], ["text-classification-bert", "fill-mask-roberta", "image-classification-vit", "zero-shot-image-clip", "text2text-t5"])
customCheckpoints.custom_code(asked["root"] + "/code")
customCheckpoints.custom_code(asked["root"] + "/code-elsewhere", "acme/code")
print(json.dumps(made))
`;

/** Python: what references answer whose weights come from the Hub. */
const loadFromHub = `
import json, os, sys
asked = json.load(sys.stdin)
os.environ.update(HF_HOME=asked["home"], HF_ENDPOINT=asked["endpoint"], HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1")
import mlflow, transformers
answers = []
for folder, local, data in asked["models"]:
    pipe = mlflow.transformers.load_model(folder)
    def answer(pipe):
        return pipe(data, candidate_labels=["fox", "dog"]) if pipe.task == "zero-shot-image-classification" else pipe(data)
    again = transformers.pipeline(pipe.task, local, trust_remote_code=True, **({"tokenizer": transformers.AutoTokenizer.from_pretrained(local, trust_remote_code=True)} if "code" in local else {}))
    answers.append([type(pipe).__name__, type(pipe.model).__name__, answer(pipe), answer(again)])
print(json.dumps(answers))
`;

/** Python: a pyfunc model with an artifact of the Hub, and the error for a bad name. */
const pyfuncArtifacts = `
import json, os, sys
asked = json.load(sys.stdin)
os.environ.update(HF_HOME=asked["home"], HF_ENDPOINT=asked["endpoint"], HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1")
import mlflow
class Nothing(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input
def save(uri, name):
    mlflow.pyfunc.save_model(asked["root"] + "/" + name, python_model=Nothing(), artifacts={"weights": uri}, pip_requirements=["x"])
save("hf:/acme/text", "good")
found = asked["root"] + "/good/artifacts/weights"
errors = []
for index, uri in enumerate(asked["bad"]):
    try:
        save(uri, "bad" + str(index))
    except mlflow.MlflowException as error:
        errors.append([error.error_code, error.message])
files = {os.path.relpath(d + "/" + f, found): open(d + "/" + f, "rb").read().hex() for d, _, fs in os.walk(found) for f in fs if ".cache" not in d}
print(json.dumps({"files": files, "errors": errors}))
`;

interface Made {
  name: string;
  task: string;
  folder: string;
  input: unknown;
}

async function filesBelow(folder: string): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path.relative(folder, file)] = await readFile(file);
  }
  return files;
}

for (const generation of ['new', 'old'] as const) {
  describe(`models of a Hub, with the ${generation} Python`, () => {
    let root = '';
    let server: HubServer;
    let made: Made[] = [];
    const repositoryOf = (name: string): string =>
      name === 'text-classification-bert' ? 'acme/text' : `acme/${name.replace('zero-shot-image-', '')}`;
    const environment = () => ({ HF_HOME: path.join(root, 'our-home'), HF_ENDPOINT: server.endpoint });

    before(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'hub-saves-'));
      made = await runPython<Made[]>(generation, makeCheckpoints, { root, fixtures });
      const repositories: Record<string, { files: Record<string, Buffer> }> = {
        'acme/code': { files: await filesBelow(path.join(root, 'code')) },
      };
      for (const { name, folder } of made) repositories[repositoryOf(name)] = { files: await filesBelow(folder) };
      repositories['acme/text']!.files['sub/notes ü.txt'] = Buffer.from('note');
      server = await HubServer.start(repositories);
    });
    after(async () => {
      await server.close();
      await rm(root, { recursive: true, force: true });
    });

    it('what we saved as references loads in Python from the Hub and answers as the checkpoints (D3)', async () => {
      const hub = new HubClient({ environment: environment() });
      const models: unknown[] = [];
      for (const { name, task, folder, input } of made) {
        const target = path.join(root, 'references', name);
        const options = { savePretrained: false, task, ...requirements };
        await saveModel(repositoryOf(name), target, options, { hub });
        assert.ok(!(await readdir(target)).some((entry) => entry === 'model' || entry === 'components'));
        models.push([target, folder, input ?? path.join(root, 'image.png')]);
      }
      const question = { models, home: path.join(root, 'python-home'), endpoint: server.endpoint };
      const answers = await runPython<unknown[][]>(generation, loadFromHub, question);
      assert.equal(answers.length, generation === 'new' ? 4 : 5);
      for (const [, , answer, expected] of answers) assert.deepEqual(answer, expected);
      assert.ok(
        server.requests.some((request) => request.path.includes('/resolve/') && /acme\/text/.test(request.path)),
      );
    });

    it('code of its own is found in the folder for a model of the Hub, and on the Hub where the files say so (B24)', async () => {
      const hub = new HubClient({ environment: environment() });
      const folder = path.join(root, 'code-elsewhere');
      const fromHub = path.join(root, 'saved-from-hub');
      const elsewhere = path.join(root, 'saved-elsewhere');
      const options = { task: 'text-classification', ...requirements };
      await saveModel('acme/code', fromHub, options, { hub });
      await saveModel({ model: folder, tokenizer: folder }, elsewhere, options, { hub });
      const modules = (names: string[]): string[] => names.filter((name) => name.endsWith('.py'));
      assert.deepEqual(modules(await readdir(path.join(fromHub, 'model'))).sort(), [
        ...['configuration_my.py', 'modeling_my.py', 'parts_my.py'],
      ]);
      assert.deepEqual(modules(await readdir(elsewhere, { recursive: true })), []);
      const local = path.join(root, 'code');
      const question = {
        models: [fromHub, elsewhere].map((target) => [target, local, ['a b', 'the fox']]),
        home: path.join(root, 'python-home'),
        endpoint: server.endpoint,
      };
      for (const [, modelClass, answer, expected] of await runPython<unknown[][]>(generation, loadFromHub, question)) {
        assert.equal(modelClass, 'MyForSequenceClassification');
        assert.deepEqual(answer, expected);
      }
    });

    it("a repository's snapshot is an artifact like Python's, of real files; a bad name gets MLflow's error (G8)", async () => {
      const fluent = new Fluent({ cwd: () => root, environment: environment() });
      const bad = ['hf:/acme/nowhere', 'hf:/a/b/c', 'hf:/'];
      const question = { root, bad, home: path.join(root, 'snapshots'), endpoint: server.endpoint };
      const theirs = await runPython<{ files: Record<string, string>; errors: string[][] }>(
        generation,
        pyfuncArtifacts,
        question,
      );
      const dstPath = path.join(root, 'downloaded');
      await mkdir(dstPath);
      assert.equal(await fluent.artifacts.downloadArtifacts({ artifactUri: 'hf:/acme/text', dstPath }), dstPath);
      const ours = Object.entries(await filesBelow(dstPath)).map(([name, bytes]) => [name, bytes.toString('hex')]);
      assert.deepEqual(Object.fromEntries(ours), theirs.files);
      assert.equal((await lstat(path.join(dstPath, 'config.json'))).isSymbolicLink(), false);
      for (const [index, artifactUri] of bad.entries()) {
        const prefix = `Failed to download snapshot from Hugging Face Hub with artifact_uri: ${artifactUri}. Error: `;
        const [errorCode = '', message = ''] = theirs.errors[index]!;
        assert.ok(message.startsWith(prefix), message);
        await assert.rejects(fluent.artifacts.downloadArtifacts({ artifactUri, dstPath }), (error: Error) => {
          assert.ok(error.message.startsWith(prefix), error.message);
          assert.equal((error as Error & { errorCode: string }).errorCode, errorCode);
          return true;
        });
      }
    });

    if (generation === 'old') return;
    it('a model in a repository loads from there, through its artifacts, as from a run (F4)', async () => {
      const fluent = new Fluent({ cwd: () => root, environment: environment() });
      fluent.setTrackingUri(`sqlite:///${root}/mlflow.db`);
      const { logModel, loadModel } = createTransformers(fluent, { environment: environment() });
      const { folder, task } = made.find(({ name }) => name === 'text-classification-bert')!;
      const answers: unknown[] = [];
      let modelUri = '';
      await fluent.startRun({}, async (run) => {
        await logModel(folder, { name: 'logged', task, ...requirements });
        modelUri = `runs:/${run.info.runId}/logged`;
      });
      const local = await fluent.artifacts.downloadArtifacts({ artifactUri: modelUri });
      server.repositories['acme/logged'] = { files: await filesBelow(local) };
      const engine = new InferenceEngine(silentLog);
      for (const uri of [modelUri, 'hf:/acme/logged', 'hf:acme/logged@main']) {
        const pipeline = await loadModel(uri, { device: 'cpu' });
        answers.push(await pipeline('the quick brown fox'));
        await pipeline.dispose();
        const model = await loadPyfuncModel(uri, { device: 'cpu' }, fluent, engine);
        answers.push(await model.predict('the quick brown fox'));
        await model.unload();
        const info = await createModels(fluent).getModelInfo(uri);
        assert.equal(info.flavors['transformers']!['task'], task);
      }
      for (const answer of answers.slice(1)) assert.deepEqual(answer, answers[0]);
    });
  });
}

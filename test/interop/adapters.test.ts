import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { HubClient } from '../../src/core/hub/hubClient.js';
import { Model } from '../../src/core/mlmodel/model.js';
import { logModel } from '../../src/core/transformers/logModel.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import type { SaveModelOptions } from '../../src/core/transformers/saveOptions.js';
import { HubServer } from '../helpers/hubServer.js';
import { runPython } from '../helpers/python.js';

const fixtures = path.resolve('test/fixtures/flavor');

/** Python: the base model that lies on the Hub. */
const makeBase = `
import json, sys
asked = json.load(sys.stdin)
sys.path.insert(0, asked["fixtures"])
import checkpoints
print(json.dumps(checkpoints.make_checkpoints(asked["root"], ["text-classification-bert"])[0]["folder"]))
`;

const hubInPython = `
import json, os, sys
asked = json.load(sys.stdin)
os.environ.update(HF_HOME=asked["home"], HF_ENDPOINT=asked["endpoint"], HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1")
import mlflow, peft, torch, transformers
texts = ["the quick brown fox", "hello world"]
`;

/** Python: adapters of several kinds, what they answer, and MLflow's saves of them. */
const makeAdapters = `${hubInPython}
configs = {
    "lora": peft.LoraConfig(task_type="SEQ_CLS", r=4, target_modules=["query", "value"]),
    "ia3": peft.IA3Config(task_type="SEQ_CLS", target_modules=["query", "value"], feedforward_modules=[]),
    "prompts": peft.PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3),
}
tokenizer = transformers.AutoTokenizer.from_pretrained("acme/base")
answers = {}
for name, config in configs.items():
    torch.manual_seed(3)
    model = peft.get_peft_model(transformers.AutoModelForSequenceClassification.from_pretrained("acme/base"), config)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn_like(parameter) * 0.6)
    model.eval()
    model.save_pretrained(asked["root"] + "/" + name)
    pipe = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer)
    saved = asked["root"] + "/python-" + name
    mlflow.transformers.save_model(pipe, saved, pip_requirements=["x"], input_example="hello world")
    document = mlflow.models.Model.load(saved).to_dict()
    answers[name] = {"answer": pipe(texts), "flavor": document["flavors"]["transformers"], "signature": document["signature"], "files": sorted(os.listdir(saved))}
print(json.dumps({"version": transformers.__version__, "answers": answers}))
`;

/** Python: what MLflow answers with our saves. */
const load = `${hubInPython}
answers = []
for folder in asked["folders"]:
    pipe = mlflow.transformers.load_model(folder)
    pyfunc = mlflow.pyfunc.load_model(folder)
    answers.append([isinstance(pipe.model, peft.PeftModel), pipe(texts), pyfunc.predict(texts).to_dict(orient="records")])
print(json.dumps(answers))
`;

interface Adapter {
  answer: { label: string; score: number }[];
  flavor: Record<string, unknown>;
  signature: unknown;
  files: string[];
}

for (const generation of ['new', 'old'] as const) {
  describe(`adapters on a base of the Hub, with the ${generation} Python`, () => {
    const kinds = ['lora', 'ia3', 'prompts'] as const;
    let root = '';
    let server: HubServer;
    let hub: HubClient;
    let made: { version: string; answers: Record<(typeof kinds)[number], Adapter> };
    const place = () => ({ root, home: path.join(root, 'python-home'), endpoint: server.endpoint });
    const options = (): SaveModelOptions => ({
      task: 'text-classification',
      pipRequirements: ['x'],
      inputExample: 'hello world',
      compatibility: generation === 'new' ? '3' : '2',
      environment: { transformersVersion: made.version },
    });
    const saved = (how: string, kind: string): string => path.join(root, `ours-${how}`, kind);

    before(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'adapters-'));
      const folder = await runPython<string>(generation, makeBase, { root, fixtures });
      const files: Record<string, Buffer> = {};
      for (const name of await readdir(folder)) files[name] = await readFile(path.join(folder, name));
      server = await HubServer.start({ 'acme/base': { files } });
      hub = new HubClient({ environment: { HF_HOME: path.join(root, 'our-home'), HF_ENDPOINT: server.endpoint } });
      made = await runPython(generation, makeAdapters, place());
    });
    after(async () => {
      await server.close();
      await rm(root, { recursive: true, force: true });
    });

    const same = (actual: { score: number }[], { answer }: Adapter): void => {
      for (const [index, { score }] of answer.entries()) assert.ok(Math.abs(actual[index]!.score - score) < 1e-5);
    };
    const loadsInPython = async (folders: string[]): Promise<void> => {
      type Answer = [isPeft: boolean, pipeline: { score: number }[], pyfunc: { score: number }[]];
      const answers = await runPython<Answer[]>(generation, load, { ...place(), folders });
      for (const [index, [isPeft, pipeline, pyfunc]] of answers.entries()) {
        const adapter = made.answers[path.basename(folders[index]!) as 'lora'];
        assert.equal(isPeft, true);
        same(pipeline, adapter);
        same(pyfunc, adapter);
      }
    };

    it('every kind is known as one, its base found: wrapped layers and learned prompts (L1)', async () => {
      for (const kind of kinds) {
        await saveModel(path.join(root, kind), saved('path', kind), options(), { hub });
        const { flavors } = await Model.load(saved('path', kind));
        assert.deepEqual(flavors['transformers'], made.answers[kind].flavor);
        assert.equal(flavors['transformers']!['pipeline_model_type'], 'BertForSequenceClassification');
      }
    });
    it('only the adapter is stored, with the revision of its base, and loads as an adapter (L2)', async () => {
      for (const kind of kinds) {
        const names = await readdir(saved('path', kind));
        assert.deepEqual(names.sort(), made.answers[kind].files);
        assert.ok(names.includes('peft') && !names.includes('model') && !names.includes('components'));
        const flavor = (await Model.load(saved('path', kind))).flavors['transformers']!;
        assert.equal(flavor['peft_adaptor'], 'peft');
        assert.equal(flavor['source_model_revision'], server.commitOf('acme/base'));
      }
      await loadsInPython(kinds.map((kind) => saved('path', kind)));
    });
    it('a dictionary of components is saved alike, without a word of warning about the adapter (L3)', async () => {
      for (const kind of kinds) {
        const model = { model: path.join(root, kind), tokenizer: 'acme/base' };
        const { warnings } = await saveModel(model, saved('dictionary', kind), options(), { hub });
        assert.deepEqual(warnings, []);
        const { flavors } = await Model.load(saved('dictionary', kind));
        assert.deepEqual(flavors['transformers'], made.answers[kind].flavor);
      }
      await loadsInPython(kinds.map((kind) => saved('dictionary', kind)));
    });
    it('it is logged with an example, whose signature is the one that Python infers (L4)', async () => {
      const fluent = new Fluent({ cwd: () => root, environment: {} });
      fluent.setTrackingUri(`sqlite:///${root}/mlflow.db`);
      for (const kind of kinds) {
        const info = await logModel(path.join(root, kind), { name: kind, ...options() }, fluent, { hub });
        await fluent.endRun();
        assert.deepEqual(info.signature, made.answers[kind].signature);
        assert.deepEqual(info.warnings, []);
        const dstPath = saved('logged', kind);
        await fluent.artifacts.downloadArtifacts({ artifactUri: info.modelUri, dstPath });
      }
      const inRun = generation === 'new' ? [] : kinds;
      await loadsInPython(
        kinds.map((kind) => path.join(saved('logged', kind), ...inRun.filter((name) => name === kind))),
      );
    });
  });
}

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MlflowError } from '../../src/core/errors.js';
import { Model } from '../../src/core/mlmodel/model.js';
import { silentLog } from '../../src/core/ports.js';
import { signatureOfExample } from '../../src/core/transformers/exampleSignature.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import type { SaveModelOptions } from '../../src/core/transformers/saveOptions.js';
import { ShapePipeline } from '../../src/core/transformers/shapePipeline.js';
import { runPython } from '../helpers/python.js';

const fixtures = path.resolve('test/fixtures/flavor');

/** Python: what save_model says to unusual models and arguments; its answers are errors and documents. */
const script = `
import json, logging, os, sys, time
asked = json.load(sys.stdin)
sys.path.insert(0, asked["fixtures"])
os.environ["MLFLOW_INPUT_EXAMPLE_INFERENCE_TIMEOUT"] = "1"
import mlflow, transformers, checkpoints
from mlflow.models import Model
folder = checkpoints.make_checkpoints(asked["root"], ["text-classification-bert"])[0]["folder"]
heard = []
class Heard(logging.Handler):
    def emit(self, record):
        heard.append(record.getMessage())
logging.getLogger("mlflow.transformers").addHandler(Heard())

def save(name, model, **options):
    target = asked["root"] + "/python-" + name
    try:
        mlflow.transformers.save_model(model, target, **options)
    except Exception as error:
        return {"error": str(error), "code": getattr(error, "error_code", None)}
    document = Model.load(target).to_dict()
    text = open(target + "/LICENSE.txt").read()
    return {"flavor": document["flavors"]["transformers"], "signature": document.get("signature"), "license": text}

def pipeline(**parts):
    return transformers.pipeline("text-classification", model=folder, **parts)

def from_config():
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.BertForSequenceClassification(transformers.AutoConfig.from_pretrained(folder))
    model.config._name_or_path = ""
    model.name_or_path = ""
    return transformers.pipeline("text-classification", model=model, tokenizer=tokenizer)

def spread(devices):
    pipe = pipeline()
    pipe.model.hf_device_map = devices
    return pipe

def slow():
    pipe = pipeline()
    class Slow(type(pipe)):
        def __call__(self, *args, **kwargs):
            time.sleep(5)
            return super().__call__(*args, **kwargs)
    Slow.__name__ = type(pipe).__name__
    pipe.__class__ = Slow
    return pipe

requirements = {"pip_requirements": ["x"]}
answer = {
    "unnamed": save("unnamed", from_config(), **requirements),
    "noName": save("noName", {"model": {}}, task="fill-mask", **requirements),
    "number": save("number", {"model": 3}, task="fill-mask", **requirements),
    "component": save("component", {"model": transformers.AutoTokenizer.from_pretrained(folder)}, task="fill-mask", **requirements),
    "withoutTask": save("withoutTask", folder, **requirements),
    "twoDevices": save("twoDevices", spread({"bert": 0, "classifier": "cpu"}), **requirements),
    "oneDevice": save("oneDevice", spread({"bert": "cpu", "classifier": "cpu"}), **requirements),
    "noMap": save("noMap", spread({}), **requirements),
    "torchvision": save("torchvision", pipeline()),
}
answer["distributed"] = [mlflow.transformers._is_model_distributed_in_memory(type("M", (), m)()) for m in [{}, {"hf_device_map": {"a": 0, "b": 0}}, {"hf_device_map": {"a": 0, "b": 1}}]]
del heard[:]
answer["slow"] = save("slow", slow(), input_example="the dog", **requirements)
answer["heard"] = [m for m in heard if "signature" in m]
print(json.dumps({"folder": folder, "version": transformers.__version__, **answer}, default=str))
`;

interface Saved {
  error?: string;
  code?: string | null;
  flavor?: Record<string, unknown>;
  signature?: unknown;
  license?: string;
}
type Answers = Record<string, Saved> & {
  folder: string;
  version: string;
  distributed: boolean[];
  heard: string[];
};

for (const generation of ['new', 'old'] as const) {
  describe(`unusual models and arguments, as ${generation} Python answers them`, () => {
    let root = '';
    let theirs: Answers;
    let pipeline: TransformersModel;

    before(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'save-arguments-'));
      theirs = await runPython<Answers>(generation, script, { root, fixtures });
      pipeline = { task: 'text-classification', model: { config: { _name_or_path: theirs.folder } } };
    });
    after(() => rm(root, { recursive: true, force: true }));

    const options = (more: SaveModelOptions = {}): SaveModelOptions => ({
      pipRequirements: ['x'],
      compatibility: generation === 'new' ? '3' : '2',
      environment: { transformersVersion: theirs.version },
      ...more,
    });
    const target = (name: string): string => path.join(root, `ours-${name}`);
    const refused = async (name: string, model: TransformersModel, more: SaveModelOptions = {}): Promise<void> => {
      const { error, code } = theirs[name]!;
      assert.ok(error, `Python saves ${name}`);
      await assert.rejects(saveModel(model, target(name), options(more)), (thrown: unknown) => {
        assert.ok(MlflowError.is(thrown), String(thrown));
        assert.equal(thrown.message, error);
        if (code !== null) assert.equal(thrown.errorCode, code);
        return true;
      });
    };

    it('a model made from a configuration: an empty name, no card, the fallback licence (A14)', async () => {
      const model = { task: 'text-classification', model: { folder: theirs.folder, nameOrPath: '' } };
      await saveModel(model, target('unnamed'), options());
      const { flavors } = await Model.load(target('unnamed'));
      assert.deepEqual(flavors['transformers'], theirs['unnamed']!.flavor);
      assert.equal(flavors['transformers']!['source_model_name'], '');
      assert.equal(await readFile(path.join(target('unnamed'), 'LICENSE.txt'), 'utf8'), theirs['unnamed']!.license);
    });
    it('objects without name_or_path (B3)', async () => {
      await refused('noName', { model: {} }, { task: 'fill-mask' });
      await refused('number', { model: 3 }, { task: 'fill-mask' });
    });
    it('a tokenizer in the place of the model (B4)', async () => {
      const model = { folder: theirs.folder, className: 'BertTokenizerFast', nameOrPath: theirs.folder };
      await refused('component', { model }, { task: 'fill-mask' });
    });
    it('a checkpoint path without a task (B10)', () => refused('withoutTask', theirs.folder));
    it('a model spread over devices is refused, one in one place is saved (B20)', async () => {
      const spread = (hf_device_map: object): TransformersModel => ({
        task: 'text-classification',
        model: { config: { _name_or_path: theirs.folder }, hf_device_map } as { config: unknown },
      });
      await refused('twoDevices', spread({ bert: 0, classifier: 'cpu' }));
      for (const [name, map] of Object.entries({ oneDevice: { bert: 'cpu', classifier: 'cpu' }, noMap: {} })) {
        assert.equal(theirs[name]!.error, undefined);
        await saveModel(spread(map), target(name), options());
      }
      assert.deepEqual(theirs.distributed, [false, false, true]);
    });
    it('no torchvision and no requirements (H7)', () =>
      refused('torchvision', pipeline, {
        pipRequirements: undefined,
        environment: { transformersVersion: theirs.version, torchvisionVersion: null },
      }));
    it('a prediction that outlasts the time limit leaves the default signature, with the same words (J3)', async () => {
      const heard: string[] = [];
      const hear = (message: string): void => void heard.push(message);
      const hanging = Object.assign(
        new ShapePipeline('text-classification', 'TextClassificationPipeline', {}, theirs.version),
        {
          call: () => new Promise<unknown>(() => undefined),
        },
      );
      const signature = await signatureOfExample('the dog', {
        pipeline: hanging,
        flavorConfig: {},
        compatibility: '3',
        environment: { MLFLOW_INPUT_EXAMPLE_INFERENCE_TIMEOUT: '1' },
        log: { ...silentLog, info: hear, warn: hear },
      });
      assert.equal(signature, null);
      assert.deepEqual(heard, theirs.heard);
      const { model } = await saveModel(pipeline, target('slow'), options());
      assert.deepEqual(model.signature, theirs['slow']!.signature);
    });
  });
}

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { MlflowError } from '../../src/core/errors.js';
import { logModel, type LogModelOptions } from '../../src/core/transformers/logModel.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import { runPython } from '../helpers/python.js';

/** Python: makes a classifier and an adapter, and logs them inside and outside of a Databricks runtime. */
const script = `
import json, logging, os, sys
asked = json.load(sys.stdin)
sys.path.insert(0, asked["fixtures"])
os.chdir(asked["root"])
os.environ.update(asked["environment"])
import mlflow, peft, transformers, checkpoints
is_new = int(mlflow.__version__.split(".")[0]) >= 3
made, = checkpoints.make_checkpoints(asked["root"], ["text-classification-bert"])
folder = made["folder"]
mlflow.set_tracking_uri("sqlite:///" + asked["root"] + "/python.db")
warnings = []
class Heard(logging.Handler):
    def emit(self, record):
        if record.levelno == logging.WARNING and "serving input example" in record.getMessage():
            warnings.append(record.getMessage())
logging.getLogger("mlflow.models.model").addHandler(Heard())

def text_classifier():
    return transformers.pipeline("text-classification", folder)

def adapted():
    base = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    model = peft.get_peft_model(base, peft.LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"]))
    model.save_pretrained(asked["root"] + "/adapter")
    return transformers.pipeline("text-classification", model=model, tokenizer=transformers.AutoTokenizer.from_pretrained(folder))

def log(model, name, **options):
    del warnings[:]
    where = {"name": name} if is_new else {"artifact_path": name}
    with mlflow.start_run() as run:
        mlflow.transformers.log_model(model, pip_requirements=["x"], **where, **options)
        uri = f"runs:/{run.info.run_id}/{name}"
    found = mlflow.artifacts.download_artifacts(uri, dst_path=asked["root"] + "/downloads-" + name if os.makedirs(asked["root"] + "/downloads-" + name) is None else None)
    metadata = sorted(os.listdir(found + "/metadata")) if os.path.isdir(found + "/metadata") else None
    document = mlflow.models.Model.load(found).to_dict()
    same = metadata and all(open(f"{found}/metadata/{f}").read() == open(f"{found}/{f}").read() for f in metadata)
    return {"metadata": metadata, "runtime": document.get("databricks_runtime"), "same": same, "warnings": list(warnings), "serving": os.path.exists(found + "/serving_input_example.json")}

answer = {"folder": folder}
if asked["part"].startswith("databricks"):
    answer["pipeline"] = log(text_classifier(), "pipeline")
    answer["adapter"] = log(adapted(), "adapter")
else:
    signature = mlflow.models.ModelSignature.from_dict(asked["signature"])
    answer["good"] = log(text_classifier(), "good", input_example=["the dog"])
    answer["bad"] = log(text_classifier(), "bad", input_example=["the dog"], signature=signature)
    if not is_new:
        answer["path"] = log(folder, "path", task="text-classification", input_example=["the dog"], signature=signature)
    answer["clip"] = log(transformers.pipeline("zero-shot-image-classification", checkpoints.make_checkpoints(asked["root"] + "/clip", ["zero-shot-image-clip"])[0]["folder"]), "clip", input_example=["the dog"])
    answer["names"] = []
    for name in asked["names"] if is_new else []:
        try:
            info = mlflow.transformers.log_model(text_classifier(), name=name, pip_requirements=["x"])
            answer["names"].append(mlflow.get_logged_model(info.model_id).name != "")
        except mlflow.MlflowException as error:
            answer["names"].append([error.error_code, error.message])
print(json.dumps(answer))
`;

interface Logged {
  metadata: string[] | null;
  runtime: string | null;
  same: boolean | null;
  warnings: string[];
  serving: boolean;
}
type Name = boolean | [code: string, message: string];
interface Answers {
  folder: string;
  good: Logged;
  bad: Logged;
  path?: Logged;
  clip: Logged;
  names: Name[];
}

const fixtures = path.resolve('test/fixtures/flavor');
const names = ['a/b', 'a:b', 'a.b', 'a%b', 'a"b', "a'b", ''];
/** Asks for numbers, which the example does not have. */
const signature = {
  inputs: '[{"type": "long", "required": true}]',
  outputs: '[{"type": "string", "required": true}]',
  params: null,
};
const databricks = {
  new: [{ DATABRICKS_RUNTIME_VERSION: '15.4' }, { DATABRICKS_ENV_VERSION: '4', DATABRICKS_ACCELERATOR: '1' }],
  old: [{ DATABRICKS_RUNTIME_VERSION: '14.3' }],
};

for (const generation of ['new', 'old'] as const) {
  describe(`files of models logged as by the ${generation} Python`, () => {
    let root = '';
    let theirs: Answers;
    before(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'logged-files-'));
      theirs = await ask<Answers>('examples');
    });
    after(() => rm(root, { recursive: true, force: true }));

    const ask = async <T>(part: string, environment: object = {}): Promise<T> => {
      const own = path.join(root, part);
      await mkdir(own);
      return runPython(generation, script, { root: own, fixtures, part, environment, signature, names });
    };
    const logged = async (
      model: TransformersModel,
      name: string,
      options: LogModelOptions = {},
      environment: Record<string, string> = {},
    ): Promise<Logged> => {
      const fluent = new Fluent({ cwd: () => root, environment: {} });
      fluent.setTrackingUri(`sqlite:///${root}/ours.db`);
      const all: LogModelOptions = {
        name,
        pipRequirements: ['x'],
        compatibility: generation === 'new' ? '3' : '2',
        ...options,
      };
      const info = await logModel(model, all, fluent, { environment });
      await fluent.endRun();
      const found = await fluent.artifacts.downloadArtifacts({ artifactUri: info.modelUri });
      const read = (file: string): Promise<string> => readFile(path.join(found, file), 'utf8');
      const metadata = await readdir(path.join(found, 'metadata')).then(
        (all) => all.sort(),
        () => null,
      );
      const copies = await Promise.all(
        (metadata ?? []).map(async (file) => (await read(file)) === (await read(path.join('metadata', file)))),
      );
      return {
        metadata,
        runtime: /^databricks_runtime: '?(.*?)'?$/m.exec(await read('MLmodel'))?.[1] ?? null,
        same: metadata && copies.every(Boolean),
        warnings: info.warnings.filter((warning) => warning.includes('serving input example')),
        serving: (await readdir(found)).includes('serving_input_example.json'),
      };
    };
    const pipelineOf = (folder: string, task = 'text-classification'): TransformersModel => ({
      task,
      model: { config: { _name_or_path: folder } },
    });

    for (const [index, environment] of databricks[generation].entries()) {
      const variables = Object.keys(environment).join(' and ');
      it(`in Databricks (${variables}) the metadata is copied, for adapters too, and the runtime recorded (D7)`, async () => {
        const part = `databricks${index}`;
        const inDatabricks = await ask<{ folder: string; pipeline: Logged; adapter: Logged }>(part, environment);
        const adapter = path.join(root, part, 'adapter');
        const options = { task: 'text-classification' };
        assert.deepEqual(
          await logged(pipelineOf(inDatabricks.folder), 'pipeline', {}, environment),
          inDatabricks.pipeline,
        );
        assert.deepEqual(await logged(adapter, 'adapter', options, environment), inDatabricks.adapter);
        assert.deepEqual(inDatabricks.adapter.metadata, [
          'MLmodel',
          'conda.yaml',
          'python_env.yaml',
          'requirements.txt',
        ]);
      });
    }
    it('a model that is only saved in Databricks has the runtime, and no copies (D7)', async () => {
      const target = path.join(root, 'only-saved');
      const environment = { DATABRICKS_RUNTIME_VERSION: '15.4' };
      const { model } = await saveModel(pipelineOf(theirs.folder), target, { pipRequirements: ['x'] }, { environment });
      assert.equal(model.databricksRuntime, '15.4');
      assert.ok(!(await readdir(target)).includes('metadata'));
    });

    it('a pipeline is tried once with its serving example, a checkpoint path is not; the example is stored (B19)', async () => {
      const inputExample = ['the dog'];
      const good = await logged(pipelineOf(theirs.folder), 'good', { inputExample });
      const bad = await logged(pipelineOf(theirs.folder), 'bad', { inputExample, signature });
      const asPath = await logged(theirs.folder, 'path', { inputExample, signature, task: 'text-classification' });
      assert.deepEqual(good, theirs.good);
      assert.deepEqual(bad, theirs.bad);
      assert.equal(bad.warnings.length, 1);
      assert.deepEqual(asPath, { ...good, warnings: [] });
      assert.equal(asPath.serving, true);
      if (theirs.path) assert.deepEqual(asPath, theirs.path);
      const clip = path.join(root, 'examples', 'clip', 'checkpoints', 'zero-shot-image-clip');
      const task = 'zero-shot-image-classification';
      assert.deepEqual(await logged(pipelineOf(clip, task), 'clip', { inputExample }), theirs.clip);
      assert.equal(theirs.clip.warnings.length, 1);
    });

    if (generation === 'old') return;
    it('names with / : . % " and \' are refused, an empty one is replaced (G10)', async () => {
      const fluent = new Fluent({ cwd: () => root, environment: {} });
      fluent.setTrackingUri(`sqlite:///${root}/names.db`);
      const ours: Name[] = [];
      for (const name of names) {
        try {
          const { modelId } = await logModel(pipelineOf(theirs.folder), { name, pipRequirements: ['x'] }, fluent);
          ours.push((await fluent.client().getLoggedModel({ modelId: modelId ?? '' })).name !== '');
        } catch (error) {
          const { errorCode, message } = MlflowError.from(error);
          ours.push([errorCode, message]);
        }
      }
      assert.deepEqual(ours, theirs.names);
      assert.deepEqual([ours.length, ours.at(-1)], [names.length, true]);
    });
  });
}

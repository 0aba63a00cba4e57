import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Fluent } from '../../src/core/client/fluent.js';
import { Model } from '../../src/core/mlmodel/model.js';
import type { TransformersModel } from '../../src/core/transformers/modelSource.js';
import { saveModel } from '../../src/core/transformers/saveModel.js';
import { createTransformers } from '../../src/library/transformers.js';
import { InferenceEngine } from '../../src/worker/engine/inferenceEngine.js';
import { silentLog } from '../../src/core/ports.js';
import { PythonSession } from '../helpers/pythonSession.js';
import { runPiece } from '../helpers/runPiece.js';

interface Made {
  name: string;
  task: string;
  folder: string;
}
interface Forms {
  pipeline?: string;
  pipelineError?: string;
  parts: Record<string, string>;
}

const generations = ['new', 'old'] as const;
const sessions = { new: new PythonSession('new'), old: new PythonSession('old') };
const root = await mkdtemp(path.join(tmpdir(), 'load-forms-'));
after(async () => {
  for (const session of Object.values(sessions)) session.close();
  await rm(root, { recursive: true, force: true });
});
const requirements = { pipRequirements: ['x'] };
const pipelineOf = ({ task, folder }: Made): TransformersModel => ({
  task,
  model: { config: { _name_or_path: folder } },
});
const { loadModel } = createTransformers(new Fluent(), { environment: { HF_HUB_OFFLINE: '1' } });

const formsOf = `
result = []
for folder in question["folders"]:
    answer = {}
    try:
        answer["pipeline"] = type(mlflow.transformers.load_model(folder)).__name__
    except Exception as error:
        answer["pipelineError"] = str(error)
    parts = mlflow.transformers.load_model(folder, return_type="components")
    answer["parts"] = {key: type(part).__name__ for key, part in parts.items() if key in ("model", "tokenizer", "feature_extractor", "image_processor", "processor")}
    result.append(answer)
`;

for (const generation of generations) {
  describe(`images, questions, speech, and text with images in the ${generation} Python`, () => {
    const kinds = ['image-classification-vit', 'question-answering-bert', 'asr-whisper', 'zero-shot-image-clip'];
    const target = (side: string, name: string): string => path.join(root, generation, side, name);
    let made: Made[] = [];
    let names: string[] = [];

    before(async () => {
      const session = sessions[generation];
      made = await session.ask<Made[]>('make', { root: path.join(root, generation), only: kinds });
      names = [...made.map(({ name }) => name), 'with-processor'];
      const clip = made.find(({ name }) => name === 'zero-shot-image-clip')!;
      const questions = made.map((one) => ({
        ...one,
        target: target('python', one.name),
        options: { pip_requirements: ['x'] },
      }));
      const withProcessor = {
        ...clip,
        target: target('python', 'with-processor'),
        options: { pip_requirements: ['x'], processor: clip.folder },
      };
      const saved = await session.ask<{ error?: object }[]>('saveAll', { questions: [...questions, withProcessor] });
      for (const { error } of saved) assert.equal(error, undefined);
      const options = { ...requirements, compatibility: generation === 'new' ? '3' : '2' } as const;
      for (const one of made) await saveModel(pipelineOf(one), target('ours', one.name), options);
      await saveModel(pipelineOf(clip), target('ours', 'with-processor'), { ...options, processor: clip.folder });
    });

    it('what we saved loads as pipeline and as components, of the classes that Python saves (F2)', async () => {
      const ask = (side: string) =>
        runPiece<Forms[]>(sessions[generation], formsOf, { folders: names.map((name) => target(side, name)) });
      const [theirs, ours] = [await ask('python'), await ask('ours')];
      assert.deepEqual(ours, theirs);
      assert.equal(ours.length, generation === 'old' ? 5 : 4);
      assert.ok(ours.slice(0, -1).every(({ pipeline }) => pipeline !== undefined));
      assert.match(ours.at(-1)!.pipelineError!, /^This model has been saved with a processor\./);
      assert.equal(ours.at(-1)!.parts['processor'], 'CLIPProcessor');
    });
    it('what Python saved loads here as components of the same classes (F2)', async () => {
      const code = `
from mlflow.models import Model
keys = {"pipeline_model_type": "model", "tokenizer_type": "tokenizer", "feature_extractor_type": "featureExtractor", "image_processor_type": "imageProcessor", "processor_type": "processor"}
result = [{ours: Model.load(folder).flavors["transformers"][theirs] for theirs, ours in keys.items() if theirs in Model.load(folder).flavors["transformers"]} for folder in question["folders"]]
`;
      const folders = names.map((name) => target('python', name));
      const recorded = await runPiece<Record<string, string>[]>(sessions[generation], code, { folders });
      for (const [index, folder] of folders.entries()) {
        const parts = await loadModel(folder, { returnType: 'components' });
        const { model, tokenizer, featureExtractor, imageProcessor, processor } = parts;
        const classes = Object.entries({ model, tokenizer, featureExtractor, imageProcessor, processor }).flatMap(
          ([name, part]) => (part === undefined ? [] : [[name, part.className]]),
        );
        assert.deepEqual(Object.fromEntries(classes), recorded[index], folder);
        const again = path.join(root, generation, 'again', String(index));
        const dictionary = Object.fromEntries(
          Object.entries({ model, tokenizer, featureExtractor, imageProcessor }).filter(
            ([, part]) => part !== undefined,
          ),
        );
        await saveModel({ model, ...dictionary }, again, { ...requirements, task: parts.task, processor });
        assert.equal((await Model.load(again)).flavors['transformers']!['pipeline_model_type'], model.className);
      }
    });
    it('a pipeline that pyfunc does not support fails there for want of python_function, here as in Python (F7)', async () => {
      const folder = target('ours', 'zero-shot-image-clip');
      const code = `
try:
    mlflow.pyfunc.load_model(question["folder"])
except mlflow.MlflowException as error:
    result = [error.error_code, error.message]
`;
      const [errorCode, message] = await runPiece<string[]>(sessions[generation], code, { folder });
      assert.equal(errorCode, 'RESOURCE_DOES_NOT_EXIST');
      assert.match(message!, /python_function/);
      const engine = new InferenceEngine(silentLog);
      const load = engine.load({ modelPath: folder, modelUri: folder, device: 'cpu', precision: 'fp32' });
      await assert.rejects(load, { errorCode, message: /python_function/ });
    });
  });
}

describe('what one Python wrote and the other reads', () => {
  const clean = async (generation: 'new' | 'old', folder: string): Promise<string> => {
    const code = `
try:
    pipe = mlflow.transformers.load_model(question["folder"])
    result = "loaded " + type(pipe.tokenizer).__name__
except Exception as error:
    result = type(error).__name__ + ": " + str(error)
`;
    return runPiece<string>(sessions[generation], code, { folder });
  };
  let generic: Made;
  let chat: Made;
  before(async () => {
    const only = ['text-classification-generic', 'text-generation-gpt2'];
    [generic, chat] = (await sessions.new.ask<Made[]>('make', { root: path.join(root, 'between'), only })) as [
      Made,
      Made,
    ];
  });

  it('TokenizersBackend fails in 2.16; as PreTrainedTokenizerFast, as we name it for both, the model loads in both (F10)', async () => {
    const target = (name: string): string => path.join(root, 'between', name);
    await saveModel(pipelineOf(generic), target('three'), { ...requirements, compatibility: '3' });
    await saveModel(pipelineOf(generic), target('both'), requirements);
    const questions = [{ ...generic, target: target('python'), options: { pip_requirements: ['x'] } }];
    await sessions.new.ask('saveAll', { questions });
    for (const name of ['python', 'three']) {
      const { flavors } = await Model.load(target(name));
      assert.equal(flavors['transformers']!['tokenizer_type'], 'TokenizersBackend');
      assert.equal(await clean('new', target(name)), 'loaded TokenizersBackend');
      assert.equal(
        await clean('old', target(name)),
        'ValueError: Tokenizer class TokenizersBackend does not exist or is not currently imported.',
      );
    }
    const { flavors } = await Model.load(target('both'));
    assert.equal(flavors['transformers']!['tokenizer_type'], 'PreTrainedTokenizerFast');
    assert.equal(await clean('new', target('both')), 'loaded TokenizersBackend');
    assert.equal(await clean('old', target('both')), 'loaded PreTrainedTokenizerFast');
  });
  it('a signature with the type any is refused by 2.16 and read by 3.17 and here (F11)', async () => {
    const folder = path.join(root, 'between', 'chat');
    await saveModel(pipelineOf(chat), folder, { ...requirements, task: 'llm/v1/chat', compatibility: '3' });
    const model = await Model.load(folder);
    assert.match(model.signature!.inputs!, /"any"/);
    const code = `
from mlflow.models import Model
try:
    result = "read " + str(len(Model.load(question["folder"]).signature.inputs.inputs))
except Exception as error:
    result = type(error).__name__
`;
    const columns = (JSON.parse(model.signature!.inputs!) as unknown[]).length;
    assert.equal(await runPiece(sessions.new, code, { folder }), `read ${columns}`);
    assert.notEqual(await runPiece(sessions.old, code, { folder }), `read ${columns}`);
  });
  for (const torchDtype of ['bfloat16', 'float16']) {
    it(`${torchDtype} given at the save is the dtype after the load, in both (D5)`, async () => {
      const folder = path.join(root, 'between', torchDtype);
      await saveModel(pipelineOf(generic), folder, { ...requirements, torchDtype });
      for (const generation of generations) {
        const code = 'result = str(mlflow.transformers.load_model(question["folder"]).model.dtype)';
        assert.equal(await runPiece(sessions[generation], code, { folder }), `torch.${torchDtype}`);
      }
      assert.equal((await loadModel(folder, { returnType: 'components' })).torchDtype, `torch.${torchDtype}`);
    });
  }
});

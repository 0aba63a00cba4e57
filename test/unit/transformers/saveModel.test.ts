import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { MlflowError } from '../../../src/core/errors.js';
import { Model } from '../../../src/core/mlmodel/model.js';
import { readCheckpointTensors } from '../../../src/core/safetensors/checkpoint.js';
import type { HubAccess } from '../../../src/core/transformers/hubAccess.js';
import { isRepositoryId } from '../../../src/core/transformers/hubAccess.js';
import type { TransformersModel } from '../../../src/core/transformers/modelSource.js';
import { previewSave, saveModel } from '../../../src/core/transformers/saveModel.js';
import type { SaveModelOptions } from '../../../src/core/transformers/saveOptions.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const root = await mkdtemp(path.join(tmpdir(), 'save-unit-'));
after(() => rm(root, { recursive: true, force: true }));
const commit = 'fedcba9876543210fedcba9876543210fedcba98';
const pip = { pipRequirements: ['x'] };
let count = 0;
let target = '';
let source = '';
beforeEach(async () => {
  target = path.join(root, `target${++count}`);
  source = await writeTinyCheckpoint(path.join(root, `source${count}`));
});

function pipeline(nameOrPath = source, task = 'text-classification'): TransformersModel {
  return { task, model: { config: { _name_or_path: nameOrPath } } };
}

function hub(changes: Partial<HubAccess> = {}): HubAccess {
  return {
    latestCommit: () => Promise.resolve(commit),
    modelCard: () => Promise.resolve(null),
    listFiles: () => Promise.resolve([]),
    downloadFile: () => Promise.reject(new Error('no such file')),
    downloadSnapshot: () => Promise.resolve({ folder: source, commit }),
    ...changes,
  };
}

async function flavorOf(options: SaveModelOptions = {}, model = pipeline(), access?: HubAccess) {
  const saved = await saveModel(model, target, { ...pip, ...options }, access ? { hub: access } : {});
  return saved.model.flavors['transformers']!;
}

async function refused(save: Promise<unknown>, message: RegExp | string, code = 'INVALID_PARAMETER_VALUE') {
  await assert.rejects(save, (error: unknown) => {
    assert.ok(MlflowError.is(error), String(error));
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    assert.equal(error.errorCode, code);
    return true;
  });
  await assert.rejects(stat(target));
  const left = (await readdir(root)).filter((name) => name.startsWith('.mlflow-part-'));
  assert.deepEqual(left, []);
}

describe('flavor settings', () => {
  it('A1, A2, A7, D2 a reference has exactly the keys of Python, with commits of 40 characters and no weights', async () => {
    const config = { architectures: ['BertForQuestionAnswering'] };
    source = await writeTinyCheckpoint(`${source}-qa`, { config });
    const model = pipeline('acme/tiny', 'question-answering');
    const flavor = await flavorOf({ savePretrained: false, compatibility: '3' }, model, hub());
    assert.deepEqual(
      Object.keys(flavor).sort(),
      [
        ...['code', 'components', 'instance_type', 'pipeline_model_type', 'source_model_name', 'source_model_revision'],
        ...['task', 'tokenizer_name', 'tokenizer_revision', 'tokenizer_type', 'torch_dtype', 'transformers_version'],
      ].sort(),
    );
    assert.equal(flavor['source_model_revision'], commit);
    assert.equal(flavor['tokenizer_revision'], commit);
    assert.equal(flavor['tokenizer_name'], 'acme/tiny');
    assert.deepEqual(flavor['components'], ['tokenizer']);
    const names = await readdir(target);
    assert.ok(!names.includes('model') && !names.includes('components'));
  });
  it('A3 framework is written for generation 2 and for both, not by 3', async () => {
    assert.equal((await flavorOf({ compatibility: '3' }))['framework'], undefined);
    target += 'b';
    assert.equal((await flavorOf())['framework'], 'pt');
    target += 'c';
    assert.equal((await flavorOf({ compatibility: '2' }))['framework'], 'pt');
  });
  it("A4, A15 the torch_dtype argument beats the model's, a dictionary's key does not", async () => {
    assert.equal((await flavorOf({ torchDtype: 'float16' }))['torch_dtype'], 'torch.float16');
    target += 'b';
    const dictionary = { model: source, tokenizer: source, torchDtype: 'float16' };
    assert.equal((await flavorOf({ task: 'text-classification' }, dictionary))['torch_dtype'], 'torch.float32');
  });
  it('A5, A6 a processor is stored and typed, without revision, and never listed as a component', async () => {
    await writeFile(path.join(source, 'processor_config.json'), JSON.stringify({ processor_class: 'CLIPProcessor' }));
    const flavor = await flavorOf({ processor: source });
    assert.equal(flavor['processor_type'], 'CLIPProcessor');
    assert.equal(flavor['model_binary'], 'model');
    assert.ok(!(flavor['components'] as string[]).includes('processor'));
    assert.deepEqual(
      Object.keys(flavor).filter((key) => key.endsWith('_revision')),
      [],
    );
    assert.ok((await readdir(path.join(target, 'components'))).includes('processor'));
  });
  it('A7 a reference names the repository of every component, the processor too', async () => {
    await writeFile(path.join(source, 'processor_config.json'), JSON.stringify({ processor_class: 'CLIPProcessor' }));
    const options = { savePretrained: false, processor: source };
    const flavor = await flavorOf(options, pipeline('acme/tiny'), hub());
    for (const name of ['tokenizer', 'processor']) {
      assert.equal(flavor[`${name}_name`], 'acme/tiny');
      assert.equal(flavor[`${name}_revision`], commit);
    }
  });
  it('A8 repository ids: names and owner/name, no more', () => {
    assert.equal(isRepositoryId('a/b/c'), false);
    assert.equal(isRepositoryId('org/name'), true);
    for (const id of ['../x', 'a..b', 'a--b', 'x.git', '/abs', 'a b', '', '-a/b'])
      assert.equal(isRepositoryId(id), false, id);
  });
  it('A13 keys dump in alphabetical order, torch_dtype keeps its name', async () => {
    await flavorOf({ compatibility: '3' });
    const lines = (await readFile(path.join(target, 'MLmodel'), 'utf8')).split('\n');
    const start = lines.indexOf('  transformers:') + 1;
    const keys = lines.slice(start, start + 12).flatMap((line) => /^ {4}(\w+):/.exec(line)?.[1] ?? []);
    assert.deepEqual(keys, [...keys].sort());
    assert.ok(keys.includes('torch_dtype'));
  });
  it('A16 a tokenizer of another folder keeps that name in a reference', async () => {
    const model = { model: 'acme/tiny', tokenizer: source };
    const flavor = await flavorOf({ savePretrained: false, task: 'text-classification' }, model, hub());
    assert.equal(flavor['tokenizer_name'], source);
  });
  it('keeps the class of an encoder that the head tells', async () => {
    const config = { architectures: ['T5EncoderModel'], model_type: 't5' };
    await writeTinyCheckpoint(source, { config });
    const flavor = await flavorOf({}, pipeline(source, 'feature-extraction'));
    assert.equal(flavor['pipeline_model_type'], 'T5EncoderModel');
  });
});

describe('what can be saved', () => {
  it('B1 a dictionary without model is refused', () =>
    refused(
      saveModel({ tokenizer: source } as unknown as TransformersModel, target),
      "The 'transformers_model' dictionary must have an entry for model",
    ));
  it('B2 a dictionary with an unknown key is refused, naming it', () =>
    refused(
      saveModel({ model: source, processor: source }, target),
      /^Invalid dictionary submitted for 'transformers_model'. The key\(s\) \['processor'\] are not permitted/,
    ));
  it('B3 an object without name_or_path is refused', () =>
    refused(saveModel({ model: {} }, target), /It is missing the attribute 'name_or_path'/));
  it('B4 anything that is no model is refused, and nothing is saved', () =>
    refused(saveModel(3 as unknown as string, target), /received: <class 'int'>$/));
  it('B5, B6, B9 the task is found from model class and card', async () => {
    assert.equal((await flavorOf({}, { model: source, tokenizer: source }))['task'], 'text-classification');
    target += 'b';
    await writeFile(path.join(source, 'README.md'), '---\npipeline_tag: zero-shot-classification\n---\n');
    assert.equal((await flavorOf({}, { model: source, tokenizer: source }))['task'], 'zero-shot-classification');
  });
  it('B8 a task that nothing tells is asked for', async () => {
    await writeTinyCheckpoint(source, { config: { architectures: ['FooForBar'] } });
    await refused(saveModel({ model: source }, target), /^The task could not be inferred from the model/);
    await refused(
      saveModel(source, target),
      /^The `task` argument must be specified when logging a model from a local/,
    );
  });
  it('B8 an unknown task is refused with the list of tasks', () =>
    refused(saveModel(source, target, { task: 'foo-bar' }), /^Unknown task foo-bar, available tasks are \[/));
  it('B11 a checkpoint path must store its weights', () =>
    refused(
      saveModel(source, target, { task: 'text-classification', savePretrained: false }),
      'The `save_pretrained` argument must be set to True when logging a model from a local checkpoint. Please set `save_pretrained=True`.',
    ));
  it('B12 a folder without config.json is refused', async () => {
    await rm(path.join(source, 'config.json'));
    await refused(
      saveModel(source, target, { task: 'fill-mask' }),
      /does not contain a config.json file\.Please ensure/,
    );
    await refused(saveModel('acme/none', target, { task: 'fill-mask' }), /acme\/none does not contain a config.json/);
  });
  it('B13, B14, B25 a checkpoint: name and dtype as given, default signature, the whole folder', async () => {
    await writeFile(path.join(source, 'trainer_state.json'), '{}');
    const { model } = await saveModel(source, target, {
      task: 'text-classification',
      inputExample: { text: 'a', text_pair: 'b' },
      ...pip,
    });
    const flavor = model.flavors['transformers']!;
    assert.equal(flavor['source_model_name'], source);
    assert.equal(flavor['instance_type'], 'TextClassificationPipeline');
    assert.equal(flavor['torch_dtype'], null);
    assert.equal(model.signature!.inputs, '[{"type": "string", "required": true}]');
    assert.ok((await readdir(path.join(target, 'model'))).includes('trainer_state.json'));
  });
  it('B15, H1, H5 default requirements: mlflow first, then accelerate, torch, torchvision and transformers', async () => {
    await saveModel(source, target, { task: 'text-classification', environment: { torchVersion: '2.13.0+cpu' } });
    const text = await readFile(path.join(target, 'requirements.txt'), 'utf8');
    assert.match(
      text,
      /^mlflow==[\d.]+\naccelerate==[\d.]+\ntorch==2\.13\.0\ntorchvision==[\d.]+\ntransformers==5[\d.]+$/,
    );
  });
  it('B18 a checkpoint as chat: pipeline task text-generation, inference task chat', async () => {
    await writeTinyCheckpoint(source, { config: { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' } });
    const { model } = await saveModel(source, target, { task: 'llm/v1/chat', ...pip });
    assert.equal(model.flavors['transformers']!['task'], 'text-generation');
    assert.equal(model.flavors['transformers']!['inference_task'], 'llm/v1/chat');
    assert.equal(model.metadata!['task'], 'llm/v1/chat');
  });
  it('B22 a target that is not empty is refused', async () => {
    await writeTinyCheckpoint(target);
    await assert.rejects(saveModel(pipeline(), target, pip), {
      message: `Path '${target}' already exists and is not empty`,
    });
  });
  it('B23 code paths are copied and named by both flavors', async () => {
    const file = path.join(root, `code${count}.py`);
    await writeFile(file, 'x = 1\n');
    const { model } = await saveModel(pipeline(), target, { ...pip, codePaths: [file] });
    assert.equal(model.flavors['transformers']!['code'], 'code');
    assert.equal(model.flavors['python_function']!['code'], 'code');
    assert.equal(await readFile(path.join(target, 'code', path.basename(file)), 'utf8'), 'x = 1\n');
  });
  it('B26 a task that is not llm is ignored where the pipeline has its own', async () => {
    assert.equal((await flavorOf({ task: 'fill-mask' }))['task'], 'text-classification');
  });
  it("B27 the caller's dictionary, example and settings stay as they are", async () => {
    await writeTinyCheckpoint(source, { config: { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' } });
    const dictionary = { model: source, tokenizer: source };
    const options = { ...pip, modelConfig: { a: 1 }, metadata: { b: 2 }, promptTemplate: 'Q: {prompt}' };
    const before = JSON.stringify([dictionary, options]);
    await saveModel(dictionary, target, { ...options, task: 'text-generation' });
    assert.equal(JSON.stringify([dictionary, options]), before);
  });
  it('B28 a mistake in the requirements leaves nothing behind', () =>
    refused(
      saveModel(pipeline(), target, { pipRequirements: 3 as unknown as string[] }),
      /`pip_requirements` must be/,
    ));
  it('a task that transformers 5 dropped is saved for 4, with a warning', async () => {
    await writeTinyCheckpoint(source, { config: { architectures: ['BertForQuestionAnswering'] } });
    const { warnings } = await saveModel(pipeline(source, 'question-answering'), target);
    assert.match(warnings.join('\n'), /transformers 5 has no question-answering pipeline any more/);
    assert.match(await readFile(path.join(target, 'requirements.txt'), 'utf8'), /transformers==4\./);
  });
  it('deprecated arguments are accepted with a warning', async () => {
    const { warnings } = await saveModel(pipeline(), target, {
      ...pip,
      inferenceConfig: { top_k: 2 },
      exampleNoConversion: true,
    });
    assert.equal(warnings.filter((warning) => warning.includes('deprecated')).length, 2);
  });
});

describe('cards and licence', () => {
  const card = '---\nlicense: mit\n---\n# \u{1f600} é\n';
  it("C1, C5 the Hub's card is written as text and data, in UTF-8", async () => {
    await flavorOf({}, pipeline('acme/tiny'), hub({ modelCard: () => Promise.resolve(card) }));
    assert.equal(await readFile(path.join(target, 'model_card.md'), 'utf8'), '# \u{1f600} é\n');
    assert.equal(await readFile(path.join(target, 'model_card_data.yaml'), 'utf8'), 'license: mit\n');
  });
  it("C2 an explicit card beats the Hub's", async () => {
    await flavorOf({ modelCard: 'mine' }, pipeline('acme/tiny'), hub({ modelCard: () => Promise.resolve(card) }));
    assert.equal(await readFile(path.join(target, 'model_card.md'), 'utf8'), 'mine');
  });
  it('C3, C4 no card, or no Hub: saved without', async () => {
    for (const modelCard of [() => Promise.resolve(null), () => Promise.reject(new Error('offline'))]) {
      target += 'x';
      await flavorOf({}, pipeline('acme/tiny'), hub({ modelCard }));
      assert.ok(!(await readdir(target)).includes('model_card.md'));
    }
  });
  it("C6 the repository's own licence file is stored under its name", async () => {
    const file = path.join(root, 'licence-text');
    await writeFile(file, 'MIT');
    const access = hub({
      listFiles: () => Promise.resolve(['config.json', 'LICENSE.md']),
      downloadFile: () => Promise.resolve(file),
    });
    await flavorOf({}, pipeline('acme/tiny'), access);
    assert.equal(await readFile(path.join(target, 'LICENSE.md'), 'utf8'), 'MIT');
    assert.ok(!(await readdir(target)).includes('LICENSE.txt'));
  });
  it('C7, C8 the fallback text, with the declared licence, and a double slash for a path', async () => {
    await flavorOf({ modelCard: card });
    assert.equal(
      await readFile(path.join(target, 'LICENSE.txt'), 'utf8'),
      `A license file could not be found for the '${source}' repository. \n` +
        'To ensure that you are in compliance with the license requirements for this model, please visit the model ' +
        `repository here: https://huggingface.co/${source}\nThe declared license type is: 'mit'`,
    );
    target += 'b';
    await flavorOf();
    assert.equal((await readFile(path.join(target, 'LICENSE.txt'), 'utf8')).split('\n').length, 2);
  });
});

describe('layout, size and eligibility', () => {
  it('D1, D4 a default save: model, components, and the size of all files but MLmodel and environment', async () => {
    const { model } = await saveModel(pipeline(), target, pip);
    assert.deepEqual((await readdir(target)).sort(), [
      ...['LICENSE.txt', 'MLmodel', 'components', 'conda.yaml', 'model', 'python_env.yaml', 'requirements.txt'],
    ]);
    let sizeBytes = 0;
    for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && !/MLmodel|conda.yaml|python_env.yaml|requirements.txt/.test(entry.name))
        sizeBytes += (await stat(path.join(entry.parentPath, entry.name))).size;
    }
    assert.equal(model.modelSizeBytes, sizeBytes);
  });
  it('I1, I2 question answering and images are for pyfunc, visual question answering and zero-shot images are not', async () => {
    const has = async (task: string, architecture: string): Promise<boolean> => {
      target += 'x';
      await writeTinyCheckpoint(source, { config: { architectures: [architecture] } });
      const { model } = await saveModel(pipeline(source, task), target, pip);
      return 'python_function' in model.flavors;
    };
    assert.equal(await has('question-answering', 'BertForQuestionAnswering'), true);
    assert.equal(await has('image-classification', 'ViTForImageClassification'), true);
    assert.equal(await has('visual-question-answering', 'ViltForQuestionAnswering'), false);
    assert.equal(await has('zero-shot-image-classification', 'CLIPModel'), false);
  });
  it('J7 an llm task sets the signature; the same explicit one is fine', async () => {
    await writeTinyCheckpoint(source, { config: { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' } });
    const first = await saveModel(pipeline(source, 'text-generation'), target, { ...pip, task: 'llm/v1/completions' });
    target += 'b';
    const second = await saveModel(pipeline(source, 'text-generation'), target, {
      ...pip,
      task: 'llm/v1/completions',
      signature: first.model.signature as never,
    });
    assert.deepEqual(second.model.signature, first.model.signature);
  });
  it('no signature that is meant for both generations holds the type any', async () => {
    await writeTinyCheckpoint(source, { config: { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' } });
    const { model } = await saveModel(pipeline(source, 'text-generation'), target, { ...pip, task: 'llm/v1/chat' });
    assert.ok(!JSON.stringify(model.signature).includes('"any"'));
  });
  it('K5 every task without templates refuses one', async () => {
    for (const task of ['text-classification', 'token-classification', 'zero-shot-classification']) {
      const save = saveModel(pipeline(source, task), target, { ...pip, promptTemplate: '{prompt}' });
      await refused(save, /^Prompt templating is not supported for the/, 'INTERNAL_ERROR');
    }
  });
  it('H2, H4 an adapter on a base of the Hub: only the adapter, peft required, a reference to the base', async () => {
    const adapter = path.join(root, `adapter${count}`);
    await writeTinyCheckpoint(adapter, {
      files: {
        'config.json': null,
        'model.safetensors': null,
        'adapter_model.safetensors': 'weights',
        'adapter_config.json': { base_model_name_or_path: 'acme/base', peft_type: 'LORA' },
      },
    });
    const { model } = await saveModel(adapter, target, { task: 'text-classification' }, { hub: hub() });
    const flavor = model.flavors['transformers']!;
    assert.equal(flavor['peft_adaptor'], 'peft');
    assert.equal(flavor['source_model_name'], 'acme/base');
    assert.equal(flavor['source_model_revision'], commit);
    assert.ok((await readdir(path.join(target, 'peft'))).includes('adapter_model.safetensors'));
    assert.ok(!(await readdir(target)).includes('model'));
    assert.match(await readFile(path.join(target, 'requirements.txt'), 'utf8'), /\npeft==/);
  });
  it('L6 base_model_path is for adapters only', () =>
    refused(
      saveModel(pipeline(), target, { ...pip, baseModelPath: source }),
      'The `base_model_path` parameter is only supported for PEFT models. The provided model is not a PEFT model.',
    ));
});

describe('weights', () => {
  it('D5 torch_dtype converts the weights, and config.json says so', async () => {
    await saveModel(pipeline(), target, { ...pip, torchDtype: 'bfloat16' });
    const { tensors } = await readCheckpointTensors(path.join(target, 'model'));
    assert.deepEqual(
      [...tensors.values()].map(({ dtype }) => dtype),
      ['BF16', 'BF16'],
    );
    const config = JSON.parse(await readFile(path.join(target, 'model', 'config.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.equal(config['dtype'], 'bfloat16');
    assert.equal(config['torch_dtype'], 'bfloat16');
  });
  it('maxShardSize writes shards with an index', async () => {
    await saveModel(pipeline(), target, { ...pip, maxShardSize: 40 });
    const names = await readdir(path.join(target, 'model'));
    assert.ok(names.includes('model-00001-of-00002.safetensors'));
    assert.ok(names.includes('model.safetensors.index.json'));
    assert.ok(!names.includes('model.safetensors'));
  });
  it('links only where allowed, and never what is edited', async () => {
    const inodes = async (name: string): Promise<boolean> => {
      const [one, other] = await Promise.all([stat(path.join(source, name)), stat(path.join(target, 'model', name))]);
      return one.ino === other.ino;
    };
    await saveModel(pipeline(), target, { ...pip, allowHardLinks: true });
    assert.equal(await inodes('model.safetensors'), true);
    assert.equal(await inodes('config.json'), false);
    target += 'b';
    await saveModel(pipeline(), target, pip);
    assert.equal(await inodes('model.safetensors'), false);
  });
  it("a preview is the save's MLmodel but for ids and time, and writes nothing", async () => {
    await writeTinyCheckpoint(source, { tensorLength: 50_000 });
    for (const options of [pip, { ...pip, torchDtype: 'float16' }, { ...pip, maxShardSize: 210_000 }]) {
      target += 'x';
      const before = await readdir(root);
      const preview = await previewSave(pipeline(), options);
      assert.deepEqual(await readdir(root), before);
      await saveModel(pipeline(), target, options);
      const masked = (text: string): string => text.replace(/(model_uuid|utc_time_created): .*/g, '$1');
      assert.equal(masked(preview.mlmodel), masked(await readFile(path.join(target, 'MLmodel'), 'utf8')));
      assert.equal(
        preview.environment['requirements.txt'],
        await readFile(path.join(target, 'requirements.txt'), 'utf8'),
      );
    }
  });
  it('mlflowModel is completed, unknown keys kept', async () => {
    const mlflowModel = Model.fromText('model_uuid: abc\nflavors: {}\nextra_key: 1\n');
    await saveModel(pipeline(), target, { ...pip, mlflowModel });
    const text = await readFile(path.join(target, 'MLmodel'), 'utf8');
    assert.match(text, /extra_key: 1/);
    assert.match(text, /model_uuid: abc/);
  });
});

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { silentLog } from '../../../src/core/ports.js';
import { isDistributed, type TransformersModel } from '../../../src/core/transformers/modelSource.js';
import { saveModel } from '../../../src/core/transformers/saveModel.js';
import { pip, TinySaves } from '../../helpers/tinySaves.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const saves = await TinySaves.open();
const card = (tag: string) => writeFile(path.join(saves.source, 'README.md'), `---\npipeline_tag: ${tag}\n---\n`);
const dictionary = (): TransformersModel => ({ model: saves.source, tokenizer: saves.source });

describe('what can be saved', () => {
  it('a dictionary without model is refused (B1)', () =>
    saves.refuses(
      saves.save({ tokenizer: saves.source } as unknown as TransformersModel),
      "The 'transformers_model' dictionary must have an entry for model",
    ));
  it('a dictionary with an unknown key is refused, naming it (B2)', () =>
    saves.refuses(
      saves.save({ model: saves.source, processor: saves.source }),
      /^Invalid dictionary submitted for 'transformers_model'. The key\(s\) \['processor'\] are not permitted/,
    ));
  it('an object without name_or_path is refused, naming its type (B3)', async () => {
    const message = (type: string): string =>
      `The submitted model type ${type} does not inherit from a transformers pre-trained model. It is missing the attribute ` +
      "'name_or_path'. Please verify that the model is a supported transformers model.";
    await saves.refuses(saves.save({ model: {} }), message('dict'));
    await saves.refuses(saves.save({ model: 3 }), message('int'));
    await saves.refuses(saves.save({ task: 'fill-mask', model: {} }), message('dict'));
  });
  it('anything that is no model is refused, and nothing is saved', () =>
    saves.refuses(saves.save(3 as unknown as string), /received: <class 'int'>$/));
  it('a component in the place of the model is of an unsupported class; nothing is saved (B4)', async () => {
    for (const className of [
      'BertTokenizerFast',
      'ViTImageProcessor',
      'Wav2Vec2FeatureExtractor',
      'TokenizersBackend',
    ]) {
      const model = { folder: saves.source, className, nameOrPath: 'acme/tiny' };
      await saves.refuses(
        saves.save({ model, tokenizer: saves.source }, { task: 'fill-mask' }),
        'The supplied model type is unsupported. The model must be one of: PreTrainedModel, TFPreTrainedModel, ' +
          'FlaxPreTrainedModel, or PeftModel',
      );
    }
  });
  it('a checkpoint path without a task is refused, whatever its files tell (B10)', async () => {
    await card('fill-mask');
    await saves.refuses(
      saves.save(saves.source),
      'The `task` argument must be specified when logging a model from a local checkpoint. Please provide the task type of the pipeline.',
    );
  });
  it('a checkpoint path must store its weights (B11)', () =>
    saves.refuses(
      saves.save(saves.source, { task: 'text-classification', savePretrained: false }),
      'The `save_pretrained` argument must be set to True when logging a model from a local checkpoint. Please set `save_pretrained=True`.',
    ));
  it('a folder without config.json is refused, and so is a path that is none (B12)', async () => {
    await rm(path.join(saves.source, 'config.json'));
    await saves.refuses(
      saves.save(saves.source, { task: 'fill-mask' }),
      `The provided directory ${saves.source} does not contain a config.json file.Please ensure that the directory contains a valid ` +
        'transformers model checkpoint.',
    );
    await saves.refuses(saves.save('acme/none', { task: 'fill-mask' }), /acme\/none does not contain a config.json/);
  });
  it('an unknown task is refused with the list of tasks', () =>
    saves.refuses(saves.save(saves.source, { task: 'foo-bar' }), /^Unknown task foo-bar, available tasks are \[/));
  it('a model that is spread over devices is refused; one device or one place of several parts is fine (B20)', async () => {
    const model = (hf_device_map?: Record<string, unknown>) => ({
      task: 'text-classification',
      model: { name_or_path: saves.source, hf_device_map },
    });
    for (const map of [undefined, {}, { '': 0 }, { embeddings: 'cpu', encoder: 'cpu' }])
      await saves.save(map === undefined ? saves.pipeline() : model(map));
    const spread = { embeddings: 0, encoder: 'disk' };
    const message =
      'The model that is attempting to be saved has been loaded into memory with an incompatible configuration. If you are using ' +
      'the accelerate library to load your model, please ensure that it is saved only after loading with the default device ' +
      'mapping. Do not specify `device_map` and please try again.';
    await saves.refuses(saves.save(model(spread)), message, 'INTERNAL_ERROR');
    const inDictionary = { model: { folder: saves.source, nameOrPath: saves.source, hfDeviceMap: spread } };
    await saves.refuses(saves.save(inDictionary, { task: 'fill-mask' }), message, 'INTERNAL_ERROR');
  });
  it('a model is spread with two distinct devices, not with one and not without a map (B21)', () => {
    assert.equal(isDistributed({}), false);
    assert.equal(isDistributed('acme/tiny'), false);
    assert.equal(isDistributed({ hf_device_map: { a: 0, b: 0 } }), false);
    assert.equal(isDistributed({ hf_device_map: { a: 'cpu', b: 0 } }), true);
    assert.equal(
      isDistributed({
        hfDeviceMap: new Map<string, unknown>([
          ['a', 0],
          ['b', 1],
        ]),
      }),
      true,
    );
  });
  it('a target that is not empty is refused (B22)', async () => {
    await writeTinyCheckpoint(saves.nextTarget());
    await assert.rejects(saveModel(saves.pipeline(), saves.target, pip), {
      errorCode: 'RESOURCE_ALREADY_EXISTS',
      message: `Path '${saves.target}' already exists and is not empty`,
    });
  });
});

describe('the task of a model', () => {
  it('a pipeline is made of a text model and its tokenizer, the task inferred, of a local model too (B5)', async () => {
    const flavor = await saves.flavorOf(dictionary());
    assert.equal(flavor['task'], 'text-classification');
    assert.equal(flavor['instance_type'], 'TextClassificationPipeline');
    assert.deepEqual(flavor['components'], ['tokenizer']);
  });
  it('a pipeline is made of an image model and its image processor (B6)', async () => {
    await saves.ofClass('ViTForImageClassification', 'vit', {
      'tokenizer.json': null,
      'tokenizer_config.json': null,
      'preprocessor_config.json': { image_processor_type: 'ViTImageProcessor' },
    });
    const flavor = await saves.flavorOf({ model: saves.source, imageProcessor: saves.source });
    assert.equal(flavor['instance_type'], 'ImageClassificationPipeline');
    assert.deepEqual(flavor['components'], ['image_processor']);
    assert.equal(flavor['image_processor_type'], 'ViTImageProcessor');
  });
  it("the task that the card names is used as it is, also of a repository's card (B7)", async () => {
    await card('zero-shot-classification');
    assert.equal((await saves.flavorOf(dictionary()))['task'], 'zero-shot-classification');
    const named = { model: 'acme/tiny', tokenizer: 'acme/tiny' };
    const wanted: string[] = [];
    const hub = saves.hub({
      downloadSnapshot: (_, { filter } = {}) => {
        wanted.push(...['README.md', 'config.json', 'train.bin'].filter((name) => filter?.(name)));
        return Promise.resolve({ folder: saves.source, commit: 'a'.repeat(40) });
      },
    });
    assert.equal((await saves.flavorOf(named, {}, { hub }))['task'], 'zero-shot-classification');
    assert.deepEqual([...new Set(wanted)], ['README.md', 'config.json']);
  });
  it('a task that no pipeline has falls to the default of an llm task, else it is refused (B8)', async () => {
    await saves.ofClass('FooForBar');
    await card('sentence-similarity');
    const { model, warnings } = await saves.save(dictionary(), { task: 'llm/v1/embeddings' });
    assert.equal(model.flavors['transformers']!['task'], 'feature-extraction');
    assert.match(
      warnings.join(),
      /^The task 'sentence-similarity' inferred from the model is notsupported by the transformers/,
    );
    await saves.refuses(
      saves.save(dictionary()),
      /^Cannot construct transformers pipeline because the task 'sentence-similarity' inferred from the model is not supported/,
      'INTERNAL_ERROR',
    );
  });
  it('a task that nothing tells falls to the default of an llm task, else it is asked for (B9)', async () => {
    await saves.ofClass('FooForBar');
    const flavor = await saves.flavorOf(dictionary(), { task: 'llm/v1/completions' });
    assert.equal(flavor['task'], 'text-generation');
    await saves.refuses(
      saves.save(dictionary()),
      'The task could not be inferred from the model. If you are saving a custom local model that is not available in the Hugging ' +
        'Face hub, please provide the `task` argument to the `log_model` or `save_model` function.',
    );
  });
  it('a task that is not llm is ignored where the pipeline has its own (B26)', async () => {
    assert.equal((await saves.flavorOf(saves.pipeline(), { task: 'fill-mask' }))['task'], 'text-classification');
  });
  it('metadata that names another llm task is refused (G7)', async () => {
    await saves.ofClass('GPT2LMHeadModel', 'gpt2');
    const save = (task: string | undefined, named: string) =>
      saves.save(saves.pipeline('text-generation'), { task, metadata: { task: named } });
    await saves.refuses(
      save('llm/v1/completions', 'llm/v1/chat'),
      /^LLM v1 task type 'llm\/v1\/chat' is specified in metadata, but it doesn't match the task type provided in the `task` argument: 'llm\/v1\/completions'/,
    );
    await saves.refuses(save(undefined, 'llm/v1/chat'), /`task` argument: 'None'/);
    assert.equal((await save('llm/v1/chat', 'llm/v1/chat')).model.metadata!['task'], 'llm/v1/chat');
  });
  it('a task in the metadata that Python takes for nothing is no other task, and any other value is shown as Python shows it (G7)', async () => {
    for (const nothing of ['', 0, false, null, [], {}]) {
      await saves.save(saves.pipeline('text-generation'), { metadata: { task: nothing } });
    }
    await saves.refuses(
      saves.save(saves.pipeline('text-generation'), { metadata: { task: [{ a: true }, 'b'] } }),
      /^LLM v1 task type '\[\{'a': True\}, 'b'\]' is specified in metadata/,
    );
  });
  it('a task that transformers 5 dropped is saved for 4, with a warning', async () => {
    await saves.ofClass('BertForQuestionAnswering');
    const { warnings } = await saves.save(saves.pipeline('question-answering'), { pipRequirements: undefined });
    assert.match(warnings.join('\n'), /transformers 5 has no question-answering pipeline any more/);
    assert.match(await readFile(path.join(saves.target, 'requirements.txt'), 'utf8'), /transformers==4\./);
  });
});

describe('checkpoint paths', () => {
  const options = { task: 'text-classification' };
  it('the name is the path, the pipeline that of the task, the tokenizer typed (B13)', async () => {
    const flavor = await saves.flavorOf(saves.source, { ...options, compatibility: '2' });
    assert.equal(flavor['source_model_name'], saves.source);
    assert.equal(flavor['instance_type'], 'TextClassificationPipeline');
    assert.equal(flavor['pipeline_model_type'], 'BertForSequenceClassification');
    assert.equal(flavor['tokenizer_type'], 'BertTokenizerFast');
    assert.deepEqual(flavor['components'], ['tokenizer']);
  });
  for (const compatibility of ['3', '2'] as const) {
    it(`without a tokenizer the path is saved where the task needs none, as MLflow ${compatibility} fails to do (B13)`, async () => {
      await saves.ofClass('ViTForImageClassification', 'vit', {
        'tokenizer.json': null,
        'tokenizer_config.json': null,
        'preprocessor_config.json': { image_processor_type: 'ViTImageProcessor' },
      });
      const flavor = await saves.flavorOf(saves.source, { task: 'image-classification', compatibility });
      assert.equal(flavor['source_model_name'], saves.source);
      assert.equal(flavor['instance_type'], 'ImageClassificationPipeline');
      assert.deepEqual(flavor['components'], ['image_processor']);
      assert.match(String(flavor['image_processor_type']), /^ViTImageProcessor/);
      assert.ok(!('tokenizer_type' in flavor));
    });
  }
  it("the task's signature is used even with an example (B14)", async () => {
    const { model } = await saves.save(saves.source, { ...options, inputExample: { text: 'a', text_pair: 'b' } });
    assert.equal(model.signature!.inputs, '[{"type": "string", "required": true}]');
    assert.ok((await readdir(saves.target)).includes('input_example.json'));
  });
  it('the requirements are mlflow and the defaults, and it is said that none were inferred (B15)', async () => {
    const messages: string[] = [];
    const log = { ...silentLog, info: (message: string) => void messages.push(message) };
    await saves.save(saves.source, { ...options, pipRequirements: undefined }, { log });
    const lines = (await readFile(path.join(saves.target, 'requirements.txt'), 'utf8')).split('\n');
    assert.deepEqual(
      lines.map((line) => line.split('==')[0]),
      ['mlflow', 'accelerate', 'torch', 'torchvision', 'transformers'],
    );
    assert.equal(
      messages.filter((message) => message.startsWith('A local checkpoint path or PEFT model is given')).length,
      1,
    );
    messages.length = 0;
    await saves.save(saves.source, options, { log });
    await saves.save(saves.pipeline(), { pipRequirements: undefined }, { log });
    assert.deepEqual(messages, []);
  });
  it('chat: pipeline task text-generation, inference task chat (B18)', async () => {
    await saves.ofClass('GPT2LMHeadModel', 'gpt2');
    const { model } = await saves.save(saves.source, { task: 'llm/v1/chat' });
    assert.equal(model.flavors['transformers']!['task'], 'text-generation');
    assert.equal(model.flavors['transformers']!['inference_task'], 'llm/v1/chat');
    assert.equal(model.metadata!['task'], 'llm/v1/chat');
  });
  it('the whole folder is copied, and the dtype is null where none was given (B25)', async () => {
    await mkdir(path.join(saves.source, 'checkpoint-10'));
    await writeFile(path.join(saves.source, 'trainer_state.json'), '{}');
    await writeFile(path.join(saves.source, 'checkpoint-10', 'optimizer.pt'), 'x');
    const { model } = await saves.save(saves.source, options);
    assert.equal(model.flavors['transformers']!['torch_dtype'], null);
    const names = await readdir(path.join(saves.target, 'model'), { recursive: true });
    assert.ok(names.includes('trainer_state.json') && names.includes(path.join('checkpoint-10', 'optimizer.pt')));
  });
});

describe('what a save takes along', () => {
  it('code paths are copied and named by both flavors (B23)', async () => {
    const file = path.join(saves.root, 'mine.py');
    await writeFile(file, 'x = 1\n');
    const { model } = await saves.save(saves.pipeline(), { codePaths: [file] });
    assert.equal(model.flavors['transformers']!['code'], 'code');
    assert.equal(model.flavors['python_function']!['code'], 'code');
    assert.equal(await readFile(path.join(saves.target, 'code', 'mine.py'), 'utf8'), 'x = 1\n');
  });
  it('an empty list of code paths names the folder and makes none (B23)', async () => {
    const { model } = await saves.save(saves.pipeline(), { codePaths: [] });
    assert.equal(model.flavors['transformers']!['code'], 'code');
    assert.ok(!(await readdir(saves.target)).includes('code'));
  });
  it('modules of classes of its own, with what they import beside them, go where Python looks for them', async () => {
    const auto_map = {
      AutoConfig: 'conf.MyConfig',
      AutoModelForSequenceClassification: 'mod.MyClassifier',
      AutoModel: 'org/x--far.Model',
    };
    await saves.checkpoint({
      config: { architectures: ['MyClassifier'], model_type: 'mine', auto_map },
      files: {
        'tokenizer_config.json': {
          tokenizer_class: 'MyTokenizer',
          auto_map: { AutoTokenizer: ['tok.MyTokenizer', null] },
        },
        'conf.py': '',
        'mod.py': 'from .conf import MyConfig\nfrom .parts import (\n  Head)\n',
        'parts.py': 'import .deeper\n',
        'deeper.py': '',
        'tok.py': '',
        'train.py': 'raise SystemExit("never run")\n',
      },
    });
    const flavor = await saves.flavorOf(saves.pipeline());
    assert.equal(flavor['pipeline_model_type'], 'MyClassifier');
    assert.equal(flavor['tokenizer_type'], 'MyTokenizer');
    const modules = async (folder: string) =>
      (await readdir(path.join(saves.target, folder))).filter((name) => name.endsWith('.py'));
    assert.deepEqual(await modules('model'), ['conf.py', 'deeper.py', 'mod.py', 'parts.py']);
    assert.deepEqual(await modules('components/tokenizer'), ['tok.py']);
  });
  it("the caller's dictionary, example and settings stay as they are (B27)", async () => {
    await saves.ofClass('BertForSequenceClassification');
    const example = { sequences: 'x', candidate_labels: ['a', 'b'], hypothesis_template: 'about {}' };
    const given = dictionary();
    const options = { ...pip, modelConfig: { a: 1 }, metadata: { b: 2 }, inputExample: example };
    const before = JSON.stringify([given, options]);
    await saves.save(given, { ...options, task: 'zero-shot-classification' });
    assert.equal(JSON.stringify([given, options]), before);
    assert.match(await readFile(path.join(saves.target, 'input_example.json'), 'utf8'), /"\[\\"a\\", \\"b\\"\]"/);
  });
  it('a mistake in the requirements leaves nothing behind, where Python leaves an MLmodel (B28)', async () => {
    await saves.refuses(
      saves.save(saves.pipeline(), { pipRequirements: 3 as unknown as string[] }),
      /`pip_requirements` must be/,
    );
    const environment = { torchVersion: '2.13.0', torchvisionVersion: null };
    const withoutList = saves.save(saves.pipeline(), { pipRequirements: undefined, environment });
    await saves.refuses(withoutList, "No module named 'torchvision'", 'INTERNAL_ERROR');
  });
  it('deprecated arguments are accepted with a warning', async () => {
    const { warnings } = await saves.save(saves.pipeline(), {
      inferenceConfig: { top_k: 2 },
      exampleNoConversion: true,
    });
    assert.equal(warnings.filter((warning) => warning.includes('deprecated')).length, 2);
  });
});

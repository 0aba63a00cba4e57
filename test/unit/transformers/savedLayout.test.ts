import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Model } from '../../../src/core/mlmodel/model.js';
import { readCheckpointTensors } from '../../../src/core/safetensors/checkpoint.js';
import { previewSave, saveModel } from '../../../src/core/transformers/saveModel.js';
import { hubCommit, pip, TinySaves } from '../../helpers/tinySaves.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const saves = await TinySaves.open();
const noTokenizer = { 'tokenizer.json': null, 'tokenizer_config.json': null };
const images = { 'preprocessor_config.json': { image_processor_type: 'ViTImageProcessor' } };
const sounds = { 'preprocessor_config.json': { feature_extractor_type: 'WhisperFeatureExtractor' } };

describe('layout and size', () => {
  it('a default save has the model, its components, and model_binary in MLmodel (D1)', async () => {
    const { model } = await saves.save(saves.pipeline());
    assert.deepEqual((await readdir(saves.target)).sort(), [
      ...['LICENSE.txt', 'MLmodel', 'components', 'conda.yaml', 'model', 'python_env.yaml', 'requirements.txt'],
    ]);
    assert.deepEqual(await readdir(path.join(saves.target, 'components')), ['tokenizer']);
    assert.equal(model.flavors['transformers']!['model_binary'], 'model');
  });

  const references: [task: string, modelClass: string, type: string, files: object, components: string[]][] = [
    ['text2text-generation', 'T5ForConditionalGeneration', 't5', {}, ['tokenizer']],
    ['text-generation', 'GPT2LMHeadModel', 'gpt2', {}, ['tokenizer']],
    ['image-classification', 'ViTForImageClassification', 'vit', { ...noTokenizer, ...images }, ['image_processor']],
    ['zero-shot-image-classification', 'CLIPModel', 'clip', images, ['tokenizer', 'image_processor']],
    ['fill-mask', 'BertForMaskedLM', 'bert', {}, ['tokenizer']],
    [
      'automatic-speech-recognition',
      'WhisperForConditionalGeneration',
      'whisper',
      sounds,
      ['feature_extractor', 'tokenizer'],
    ],
    ['feature-extraction', 'BertModel', 'bert', {}, ['tokenizer']],
  ];
  for (const [task, modelClass, modelType, files, components] of references) {
    it(`a reference to ${modelClass} has neither weights nor components, a commit, and its components listed (D2)`, async () => {
      await saves.ofClass(modelClass, modelType, files as Record<string, object>);
      const asDictionary = {
        model: 'acme/tiny',
        ...Object.fromEntries(components.map((name) => [name, 'acme/tiny'])),
      };
      for (const model of [saves.pipeline(task, 'acme/tiny'), asDictionary]) {
        const flavor = await saves.flavorOf(model, { savePretrained: false, task }, { hub: saves.hub() });
        const names = await readdir(saves.target);
        assert.ok(!names.includes('model') && !names.includes('components'));
        assert.match(String(flavor['source_model_revision']), /^[0-9a-f]{40}$/);
        assert.deepEqual(flavor['components'], components);
        for (const name of components) assert.equal(flavor[`${name}_revision`], hubCommit);
      }
    });
  }
  it('model_size_bytes counts model, components, card and licence, not MLmodel and the environment (D4)', async () => {
    const { model } = await saves.save(saves.pipeline(), { modelCard: '---\nlicense: mit\n---\n# Card\n' });
    let sizeBytes = 0;
    for (const entry of await readdir(saves.target, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && !/MLmodel|conda.yaml|python_env.yaml|requirements.txt/.test(entry.name))
        sizeBytes += (await stat(path.join(entry.parentPath, entry.name))).size;
    }
    assert.equal(model.modelSizeBytes, sizeBytes);
    const card = await stat(path.join(saves.target, 'model_card.md'));
    assert.ok(sizeBytes > card.size && card.size > 0);
  });
  it('a preview is the MLmodel of the save but for ids and time, and writes nothing', async () => {
    await writeTinyCheckpoint(saves.source, { tensorLength: 50_000 });
    for (const options of [pip, { ...pip, torchDtype: 'float16' }, { ...pip, maxShardSize: 210_000 }]) {
      const before = await readdir(saves.root);
      const preview = await previewSave(saves.pipeline(), options);
      assert.deepEqual(await readdir(saves.root), before);
      await saveModel(saves.pipeline(), saves.nextTarget(), options);
      const masked = (text: string): string => text.replace(/(model_uuid|utc_time_created): .*/g, '$1');
      assert.equal(masked(preview.mlmodel), masked(await readFile(path.join(saves.target, 'MLmodel'), 'utf8')));
      assert.equal(
        preview.environment['requirements.txt'],
        await readFile(path.join(saves.target, 'requirements.txt'), 'utf8'),
      );
    }
  });
  it('mlflowModel is completed, unknown keys kept', async () => {
    const mlflowModel = Model.fromText('model_uuid: abc\nflavors: {}\nextra_key: 1\n');
    await saves.save(saves.pipeline(), { mlflowModel });
    const text = await readFile(path.join(saves.target, 'MLmodel'), 'utf8');
    assert.match(text, /extra_key: 1/);
    assert.match(text, /model_uuid: abc/);
  });
});

describe('weights', () => {
  it('torch_dtype converts the weights, and config.json says so', async () => {
    await saves.save(saves.pipeline(), { torchDtype: 'bfloat16' });
    const { tensors } = await readCheckpointTensors(path.join(saves.target, 'model'));
    assert.deepEqual(
      [...tensors.values()].map(({ dtype }) => dtype),
      ['BF16', 'BF16'],
    );
    const text = await readFile(path.join(saves.target, 'model', 'config.json'), 'utf8');
    const config = JSON.parse(text) as Record<string, unknown>;
    assert.equal(config['dtype'], 'bfloat16');
    assert.equal(config['torch_dtype'], 'bfloat16');
  });
  it('maxShardSize writes shards with an index', async () => {
    await saves.save(saves.pipeline(), { maxShardSize: 40 });
    const names = await readdir(path.join(saves.target, 'model'));
    assert.ok(names.includes('model-00001-of-00002.safetensors'));
    assert.ok(names.includes('model.safetensors.index.json'));
    assert.ok(!names.includes('model.safetensors'));
  });
  it('links only where allowed, and never what is edited', async () => {
    const isLinked = async (name: string): Promise<boolean> => {
      const files = [path.join(saves.source, name), path.join(saves.target, 'model', name)];
      const [one, other] = await Promise.all(files.map((file) => stat(file)));
      return one!.ino === other!.ino;
    };
    await saves.save(saves.pipeline(), { allowHardLinks: true });
    assert.equal(await isLinked('model.safetensors'), true);
    assert.equal(await isLinked('config.json'), false);
    await saves.save(saves.pipeline());
    assert.equal(await isLinked('model.safetensors'), false);
  });
});

describe('python_function', () => {
  const hasPyfunc = async (task: string, modelClass: string): Promise<boolean> => {
    await saves.ofClass(modelClass);
    return 'python_function' in (await saves.save(saves.pipeline(task))).model.flavors;
  };
  it('question answering and images are for pyfunc, visual question answering is not (I1)', async () => {
    assert.equal(await hasPyfunc('question-answering', 'BertForQuestionAnswering'), true);
    assert.equal(await hasPyfunc('image-classification', 'ViTForImageClassification'), true);
    assert.equal(await hasPyfunc('visual-question-answering', 'ViltForQuestionAnswering'), false);
  });
  it('components with text and images get no python_function, and it is said why (I2)', async () => {
    await saves.ofClass('CLIPModel', 'clip', images);
    const parts = { model: saves.source, tokenizer: saves.source, imageProcessor: saves.source };
    const { model, warnings } = await saves.save(parts);
    assert.equal(model.flavors['transformers']!['task'], 'zero-shot-image-classification');
    assert.deepEqual(Object.keys(model.flavors), ['transformers']);
    assert.match(
      warnings.join(),
      /This model is unable to be used for pyfunc prediction because the model is not a language-based/,
    );
  });
  it('base_model_path must be a folder with config.json (L7)', async () => {
    const adapter = await writeTinyCheckpoint(path.join(saves.root, 'adapter'), {
      files: {
        'config.json': null,
        'model.safetensors': null,
        'adapter_config.json': { base_model_name_or_path: saves.source, peft_type: 'LORA' },
      },
    });
    const save = (baseModelPath: string) => saves.save(adapter, { task: 'text-classification', baseModelPath });
    await saves.refuses(
      save('/nowhere'),
      "The specified base_model_path '/nowhere' does not exist or is not a directory. Please provide a valid path to the base model.",
    );
    await saves.refuses(
      save(adapter),
      `The specified base_model_path '${adapter}' is not a valid Transformers checkpoint directory. Expected to find a 'config.json' ` +
        'file in the directory.',
    );
    await save(saves.source);
  });
  it('base_model_path is for adapters only (L6)', () =>
    saves.refuses(
      saves.save(saves.pipeline(), { baseModelPath: saves.source }),
      'The `base_model_path` parameter is only supported for PEFT models. The provided model is not a PEFT model.',
    ));
});

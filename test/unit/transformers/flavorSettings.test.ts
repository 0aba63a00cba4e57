import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { isRepositoryId } from '../../../src/core/transformers/hubAccess.js';
import { hubCommit, TinySaves } from '../../helpers/tinySaves.js';

const saves = await TinySaves.open();

/** A checkpoint with text and images: a tokenizer, an image processor, a processor. */
const multimodal = () =>
  saves.ofClass('CLIPModel', 'clip', {
    'tokenizer_config.json': { tokenizer_class: 'CLIPTokenizer' },
    'preprocessor_config.json': { image_processor_type: 'CLIPImageProcessor', processor_class: 'CLIPProcessor' },
  });
const images = 'zero-shot-image-classification';

describe('flavor settings', () => {
  it('a reference has exactly the keys of Python, with commits of 40 characters (A1, A2)', async () => {
    await saves.ofClass('BertForQuestionAnswering');
    const referenceOf = (compatibility: '2' | '3') =>
      saves.flavorOf(
        saves.pipeline('question-answering', 'acme/tiny'),
        { savePretrained: false, compatibility },
        { hub: saves.hub() },
      );
    const flavor = await referenceOf('3');
    const keys = [
      ...['code', 'components', 'instance_type', 'pipeline_model_type', 'source_model_name', 'source_model_revision'],
      ...['task', 'tokenizer_name', 'tokenizer_revision', 'tokenizer_type', 'torch_dtype', 'transformers_version'],
    ];
    assert.deepEqual(Object.keys(flavor).sort(), keys.sort());
    assert.deepEqual(Object.keys(await referenceOf('2')).sort(), [...keys, 'framework'].sort());
    assert.equal(flavor['task'], 'question-answering');
    assert.equal(flavor['instance_type'], 'QuestionAnsweringPipeline');
    assert.equal(flavor['source_model_name'], 'acme/tiny');
    assert.equal(flavor['source_model_revision'], hubCommit);
    assert.equal(flavor['tokenizer_revision'], hubCommit);
    assert.equal(hubCommit.length, 40);
    assert.equal(flavor['tokenizer_name'], 'acme/tiny');
    assert.deepEqual(flavor['components'], ['tokenizer']);
  });
  it('framework is written for generation 2 and for both, not by 3 (A3)', async () => {
    const frameworkOf = async (compatibility?: '2' | '3') =>
      (await saves.flavorOf(saves.pipeline(), { compatibility }))['framework'];
    assert.deepEqual([await frameworkOf('3'), await frameworkOf(), await frameworkOf('2')], [undefined, 'pt', 'pt']);
  });
  it("the torch_dtype argument beats the model's (A4)", async () => {
    const flavor = await saves.flavorOf(saves.pipeline(), { torchDtype: 'float16' });
    assert.equal(flavor['torch_dtype'], 'torch.float16');
  });
  it("the torch_dtype of a dictionary does not change the model's (A15)", async () => {
    const dictionary = { model: saves.source, tokenizer: saves.source, torchDtype: 'float16' };
    const flavor = await saves.flavorOf(dictionary, { task: 'text-classification' });
    assert.equal(flavor['torch_dtype'], 'torch.float32');
  });
  it('text and images with their weights: model_binary, and no revision of any component (A5)', async () => {
    await multimodal();
    const flavor = await saves.flavorOf(saves.pipeline(images), { processor: saves.source });
    assert.equal(flavor['model_binary'], 'model');
    assert.deepEqual(flavor['components'], ['tokenizer', 'image_processor']);
    assert.deepEqual(
      Object.keys(flavor).filter((key) => /_(name|revision)$/.test(key)),
      ['source_model_name'],
    );
    assert.deepEqual((await readdir(path.join(saves.target, 'components'))).sort(), [
      ...['image_processor', 'processor', 'tokenizer'],
    ]);
  });
  it('a processor is typed and never listed as a component (A6)', async () => {
    await multimodal();
    const flavor = await saves.flavorOf(saves.pipeline(images), { processor: saves.source });
    assert.equal(flavor['processor_type'], 'CLIPProcessor');
    assert.ok(!(flavor['components'] as string[]).includes('processor'));
  });
  it('a reference names the repository and commit of every component, the processor too (A7)', async () => {
    await multimodal();
    const options = { savePretrained: false, processor: 'acme/tiny' };
    const flavor = await saves.flavorOf(saves.pipeline(images, 'acme/tiny'), options, { hub: saves.hub() });
    for (const name of ['tokenizer', 'image_processor', 'processor']) {
      assert.equal(flavor[`${name}_name`], 'acme/tiny');
      assert.equal(flavor[`${name}_revision`], hubCommit);
    }
    assert.ok(!('model_binary' in flavor));
  });
  it('repository ids: names and owner/name, no more, and no folder that exists (A8)', async () => {
    assert.equal(isRepositoryId('a/b/c'), false);
    assert.equal(isRepositoryId('org/name'), true);
    for (const id of ['../x', 'a..b', 'a--b', 'x.git', '/abs', 'a b', '', '-a/b'])
      assert.equal(isRepositoryId(id), false, id);
    const before = process.cwd();
    process.chdir(saves.root);
    try {
      await saves.checkpoint({});
      const name = path.basename(saves.source);
      assert.equal(isRepositoryId(name), true);
      const reference = { savePretrained: false };
      const { model, warnings } = await saves.save(saves.pipeline(undefined, name), reference, { hub: saves.hub() });
      assert.equal(model.flavors['transformers']!['model_binary'], 'model');
      assert.match(warnings.join(), /does not have a valid HuggingFace Hub repository identifier/);
    } finally {
      process.chdir(before);
    }
  });
  it('tasks of one component list just that component (A12)', async () => {
    const componentsOf = async (task: string) =>
      (await saves.flavorOf(saves.pipeline(task), { compatibility: '3' }))['components'];
    await saves.ofClass('BertForMaskedLM');
    assert.deepEqual(await componentsOf('fill-mask'), ['tokenizer']);
    const noTokenizer = { 'tokenizer.json': null, 'tokenizer_config.json': null };
    const preprocessor = { image_processor_type: 'ViTImageProcessor' };
    await saves.ofClass('ViTForImageClassification', 'vit', {
      ...noTokenizer,
      'preprocessor_config.json': preprocessor,
    });
    assert.deepEqual(await componentsOf('image-classification'), ['image_processor']);
    await saves.ofClass('Wav2Vec2ForSequenceClassification', 'wav2vec2', {
      ...noTokenizer,
      'preprocessor_config.json': { feature_extractor_type: 'Wav2Vec2FeatureExtractor' },
    });
    assert.deepEqual(await componentsOf('audio-classification'), ['feature_extractor']);
  });
  it('keys dump in alphabetical order, torch_dtype keeps its name (A13)', async () => {
    await saves.flavorOf(saves.pipeline(), { compatibility: '3' });
    const lines = (await readFile(path.join(saves.target, 'MLmodel'), 'utf8')).split('\n');
    const start = lines.indexOf('  transformers:') + 1;
    const keys = lines.slice(start, start + 12).flatMap((line) => /^ {4}(\w+):/.exec(line)?.[1] ?? []);
    assert.deepEqual(keys, [...keys].sort());
    assert.ok(keys.includes('torch_dtype') && keys.includes('transformers_version'));
  });
  it('a model made from a configuration has an empty name and no card, and is saved (A14)', async () => {
    const asked: string[] = [];
    const hub = saves.hub({
      modelCard: (repository) => Promise.resolve(`${asked.push(repository)}`),
      latestCommit: (repository) => Promise.resolve(`${asked.push(repository)}`),
    });
    const model = { folder: saves.source, nameOrPath: '' };
    for (const unnamed of [
      { task: 'text-classification', model },
      { model, tokenizer: saves.source },
    ]) {
      const { model: document } = await saves.save(unnamed, { savePretrained: false }, { hub });
      assert.equal(document.flavors['transformers']!['source_model_name'], '');
      assert.equal(document.flavors['transformers']!['model_binary'], 'model');
      const names = await readdir(saves.target);
      assert.ok(!names.includes('model_card.md') && names.includes('LICENSE.txt'));
    }
    assert.deepEqual(asked, []);
  });
  it('a tokenizer of another folder keeps that name in a reference (A16)', async () => {
    const model = { model: 'acme/tiny', tokenizer: saves.source };
    const options = { savePretrained: false, task: 'text-classification' };
    const flavor = await saves.flavorOf(model, options, { hub: saves.hub() });
    assert.equal(flavor['tokenizer_name'], saves.source);
  });
  it('keeps the class of an encoder that the head tells', async () => {
    await saves.ofClass('T5EncoderModel', 't5');
    const flavor = await saves.flavorOf(saves.pipeline('feature-extraction'));
    assert.equal(flavor['pipeline_model_type'], 'T5EncoderModel');
  });
  it('a processor is the folder, the repository or the loaded component; a folder without one is refused', async () => {
    await multimodal();
    for (const processor of [saves.source, 'acme/tiny', { folder: saves.source }]) {
      const flavor = await saves.flavorOf(saves.pipeline(images), { processor }, { hub: saves.hub() });
      assert.equal(flavor['processor_type'], 'CLIPProcessor');
    }
    const without = path.join(saves.root, 'no-processor');
    await mkdir(without, { recursive: true });
    await writeFile(path.join(without, 'config.json'), '{"model_type": "bert"}');
    await saves.refuses(saves.save(saves.pipeline(images), { processor: without }), /holds no processor/);
  });
});

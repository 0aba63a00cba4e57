import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isWholeProcessorFile } from '../../../src/core/transformers/checkpointFiles.js';
import { joinProcessor, splitProcessor, storePartAlone } from '../../../src/core/transformers/processorFiles.js';

describe('files of processors', () => {
  let root: string;
  before(async () => (root = await mkdtemp(path.join(tmpdir(), 'processor-files-'))));
  after(() => rm(root, { recursive: true, force: true }));

  async function folderWith(name: string, files: Readonly<Record<string, unknown>>): Promise<string> {
    const folder = path.join(root, name);
    for (const [file, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return folder;
  }
  const readJson = async (folder: string, file: string): Promise<unknown> =>
    JSON.parse(await readFile(path.join(folder, file), 'utf8'));

  it('of transformers 5 give the settings of their one part to the file where 4 looks, under a name that both know', async () => {
    const folder = await folderWith('one', {
      'processor_config.json': {
        image_processor: { do_resize: true, image_processor_type: 'CLIPImageProcessorPil' },
        processor_class: 'CLIPProcessor',
      },
      'chat_template.jinja': '{{ messages }}',
      'tokenizer.json': { model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [['a', 'b']] } },
    });
    await splitProcessor(folder, 'CLIPProcessor');
    assert.deepEqual(await readJson(folder, 'preprocessor_config.json'), {
      do_resize: true,
      image_processor_type: 'CLIPImageProcessor',
    });
    assert.deepEqual(await readJson(folder, 'processor_config.json'), { processor_class: 'CLIPProcessor' });
    assert.deepEqual(await readJson(folder, 'chat_template.json'), { chat_template: '{{ messages }}' });
    assert.deepEqual(await readJson(folder, 'vocab.json'), { a: 0, b: 1 });
    assert.equal(await readFile(path.join(folder, 'merges.txt'), 'utf8'), '#version: 0.2\na b\n');
  });

  it('with two such parts stay as they are: 4 knows one file for both', async () => {
    const settings = { feature_extractor: { a: 1 }, image_processor: { b: 2 } };
    const folder = await folderWith('two', { 'processor_config.json': settings });
    await splitProcessor(folder, 'CLIPProcessor');
    assert.deepEqual(await readJson(folder, 'processor_config.json'), settings);
    assert.ok(!(await readdir(folder)).includes('preprocessor_config.json'));
  });

  it('of transformers 4 become one file for 5, with the class that they did not name', async () => {
    const folder = await folderWith('older', {
      'preprocessor_config.json': { image_processor_type: 'CLIPImageProcessor', do_resize: true },
      'processor_config.json': { patch_size: 14 },
      'chat_template.json': { chat_template: '{{ messages }}' },
    });
    await joinProcessor(folder, 'LlavaProcessor');
    assert.deepEqual((await readdir(folder)).sort(), ['chat_template.jinja', 'processor_config.json']);
    assert.deepEqual(await readJson(folder, 'processor_config.json'), {
      image_processor: { image_processor_type: 'CLIPImageProcessor', do_resize: true },
      patch_size: 14,
      processor_class: 'LlavaProcessor',
    });
    assert.equal(await readFile(path.join(folder, 'chat_template.jinja'), 'utf8'), '{{ messages }}');
  });

  it('of parts that were saved one by one name the processor where 4 looks', async () => {
    const folder = await folderWith('parts', { 'preprocessor_config.json': { a: 1, z: 2 } });
    await splitProcessor(folder, 'WhisperProcessor');
    const text = await readFile(path.join(folder, 'preprocessor_config.json'), 'utf8');
    assert.equal(text, '{\n  "a": 1,\n  "processor_class": "WhisperProcessor",\n  "z": 2\n}\n');
  });

  it('leave a part stored by itself in preprocessor_config.json alone, ahead of an older file of that name', async () => {
    const folder = await folderWith('part', {
      'processor_config.json': { feature_extractor: { feature_size: 80 } },
      'preprocessor_config.json': { feature_size: 1 },
    });
    await storePartAlone(folder, 'feature_extractor');
    assert.deepEqual(await readdir(folder), ['preprocessor_config.json']);
    assert.deepEqual(await readJson(folder, 'preprocessor_config.json'), { feature_size: 80 });
  });

  it('have files of further tokenizers in folders, and templates of either generation', () => {
    const files = [
      'qformer_tokenizer/tokenizer.json',
      'chat_template.json',
      'additional_chat_templates/tool_use.jinja',
    ];
    assert.deepEqual(files.filter(isWholeProcessorFile), files);
    assert.ok(!isWholeProcessorFile('logs/tokenizer.json') && !isWholeProcessorFile('model.safetensors'));
  });
});

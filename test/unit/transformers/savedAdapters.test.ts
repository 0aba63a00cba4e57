import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readCheckpointTensors } from '../../../src/core/safetensors/checkpoint.js';
import type { HubAccess } from '../../../src/core/transformers/hubAccess.js';
import { saveModel } from '../../../src/core/transformers/saveModel.js';
import { safetensorsBytes } from '../../helpers/safetensorsBytes.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const embedding = (rows: number) => ({ dtype: 'F32', shape: [rows, 4] });
const task = { task: 'text-classification', pipRequirements: ['x'] };

describe('saved adapters', () => {
  let root: string;
  let base: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'saved-adapters-'));
    base = await writeTinyCheckpoint(path.join(root, 'base'), { config: { vocab_size: 5 } });
    const tensors = { 'bert.embeddings.word_embeddings.weight': embedding(5), 'classifier.weight': embedding(2) };
    await writeFile(path.join(base, 'model.safetensors'), safetensorsBytes(tensors));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function adapterOf(
    nameOfBase: string,
    files: Record<string, string | object | null> = {},
    tensors: Parameters<typeof safetensorsBytes>[0] = { 'base_model.model.bert.x.lora_A.weight': embedding(1) },
  ): Promise<string> {
    const folder = await writeTinyCheckpoint(path.join(root, 'adapter'), {
      files: {
        'config.json': null,
        'tokenizer.json': null,
        'tokenizer_config.json': null,
        'model.safetensors': '',
        'adapter_config.json': { base_model_name_or_path: nameOfBase, peft_type: 'LORA', r: 2 },
        ...files,
      },
    });
    await rm(path.join(folder, 'model.safetensors'));
    await writeFile(path.join(folder, 'adapter_model.safetensors'), safetensorsBytes(tensors));
    return folder;
  }
  const own = { 'tokenizer.json': '{"own": true}', 'tokenizer_config.json': { tokenizer_class: 'BertTokenizer' } };
  const storedTokenizer = (folder: string) =>
    readFile(path.join(folder, 'components/tokenizer/tokenizer.json'), 'utf8');

  it('take the tokenizer that lies with the adapter, else that of the base', async () => {
    const target = path.join(root, 'saved');
    await saveModel(await adapterOf(base, own), target, task);
    assert.equal(await storedTokenizer(target), own['tokenizer.json']);
    await rm(path.join(root, 'adapter'), { recursive: true });
    await saveModel(await adapterOf(base), path.join(root, 'plain'), task);
    assert.match(await storedTokenizer(path.join(root, 'plain')), /WordPiece/);
  });

  it('take the tokenizer that a dictionary names before either', async () => {
    const target = path.join(root, 'saved');
    await saveModel({ model: await adapterOf(base, own), tokenizer: base }, target, task);
    assert.match(await storedTokenizer(target), /WordPiece/);
  });

  it('store the base with the embeddings that the adapter resized, and say so in config.json', async () => {
    const resized = { 'base_model.model.bert.embeddings.word_embeddings.weight': embedding(7) };
    const target = path.join(root, 'saved');
    await saveModel(await adapterOf(base, own, resized), target, task);
    const { tensors } = await readCheckpointTensors(path.join(target, 'model'));
    assert.deepEqual(tensors.get('bert.embeddings.word_embeddings.weight')?.shape, [7, 4]);
    assert.deepEqual(tensors.get('classifier.weight')?.shape, [2, 4]);
    assert.match(await readFile(path.join(target, 'model/config.json'), 'utf8'), /"vocab_size": 7/);
    assert.match(await readFile(path.join(base, 'config.json'), 'utf8'), /"vocab_size": 5/);
  });

  it('refer to a base that cannot be reached by the folder that was given for it', async () => {
    const target = path.join(root, 'saved');
    await saveModel(await adapterOf('acme/unreachable', own), target, { ...task, baseModelPath: base });
    const document = await readFile(path.join(target, 'MLmodel'), 'utf8');
    assert.ok(document.includes(`local_base_model_path: ${base}`) && document.includes(`source_model_name: ${base}`));
    assert.equal(await storedTokenizer(target), own['tokenizer.json']);
  });

  it('refer to the tokenizer of an adapter that lies in a repository of its own', async () => {
    const folders: Record<string, string> = { 'acme/adapter': await adapterOf('acme/base', own), 'acme/base': base };
    const hub: HubAccess = {
      latestCommit: (repository) => Promise.resolve(repository === 'acme/base' ? 'b'.repeat(40) : 'a'.repeat(40)),
      modelCard: () => Promise.resolve(null),
      listFiles: () => Promise.resolve([]),
      downloadFile: () => Promise.reject(new Error('nothing to download')),
      downloadSnapshot: (repository) => Promise.resolve({ folder: folders[repository]!, commit: 'b'.repeat(40) }),
    };
    const target = path.join(root, 'saved');
    await saveModel('acme/adapter', target, task, { hub });
    const document = await readFile(path.join(target, 'MLmodel'), 'utf8');
    assert.match(document, /source_model_name: acme\/base/);
    assert.match(document, /tokenizer_name: acme\/adapter\n\s+tokenizer_revision: a{40}/);
    assert.deepEqual((await readdir(path.join(target, 'peft'))).sort(), [
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
  });

  it('keep settings that older PEFT knows, and of newer ones those that are used', async () => {
    const settings = {
      base_model_name_or_path: base,
      peft_type: 'LORA',
      init_lora_weights: false,
      lora_bias: false,
      exclude_modules: ['x'],
      arrow_config: null,
      peft_version: '0.21.2',
      layers_pattern: null,
    };
    const adapter = await adapterOf(base, { 'adapter_config.json': settings });
    const target = path.join(root, 'saved');
    await saveModel(adapter, target, { ...task, allowHardLinks: true });
    const stored = JSON.parse(await readFile(path.join(target, 'peft/adapter_config.json'), 'utf8')) as object;
    assert.deepEqual(Object.keys(stored), [
      'base_model_name_or_path',
      'peft_type',
      'init_lora_weights',
      'exclude_modules',
      'layers_pattern',
    ]);
    assert.deepEqual(JSON.parse(await readFile(path.join(adapter, 'adapter_config.json'), 'utf8')), settings);
    await saveModel(adapter, path.join(root, 'exact'), { ...task, compatibility: '3' });
    const exact = await readFile(path.join(root, 'exact/peft/adapter_config.json'), 'utf8');
    assert.deepEqual(JSON.parse(exact), settings);
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { tokenizerClassOf } from '../../../src/core/transformers/tokenizerClass.js';
import { mergesAsText } from '../../../src/core/transformers/tokenizerMerges.js';
import { writeTinyCheckpoint } from '../../helpers/tinyCheckpoint.js';

const root = await mkdtemp(path.join(tmpdir(), 'tokenizer-class-'));
after(() => rm(root, { recursive: true, force: true }));
let count = 0;

interface Row {
  declared: string | null;
  modelType: string;
  /** Classes in transformers 5, in 4.43, and the name written for both. */
  wanted: [five: string, four: string, both: string];
  slow?: boolean;
  byteLevel?: boolean;
}

const rows: Row[] = [
  { declared: 'BertTokenizer', modelType: 'bert', wanted: ['BertTokenizer', 'BertTokenizerFast', 'BertTokenizerFast'] },
  {
    declared: null,
    modelType: 'distilbert',
    wanted: ['BertTokenizer', 'DistilBertTokenizerFast', 'DistilBertTokenizerFast'],
  },
  {
    declared: 'BartTokenizerFast',
    modelType: 'bart',
    wanted: ['RobertaTokenizer', 'BartTokenizerFast', 'BartTokenizerFast'],
  },
  {
    declared: 'ElectraTokenizer',
    modelType: 'electra',
    wanted: ['BertTokenizer', 'ElectraTokenizerFast', 'ElectraTokenizerFast'],
  },
  {
    declared: 'PreTrainedTokenizerFast',
    modelType: 'llama',
    wanted: ['TokenizersBackend', 'PreTrainedTokenizerFast', 'PreTrainedTokenizerFast'],
  },
  {
    declared: 'TokenizersBackend',
    modelType: 'bert',
    wanted: ['TokenizersBackend', 'PreTrainedTokenizerFast', 'PreTrainedTokenizerFast'],
  },
  {
    declared: 'LlamaTokenizerFast',
    modelType: 'llama',
    wanted: ['LlamaTokenizer', 'LlamaTokenizerFast', 'LlamaTokenizerFast'],
  },
  {
    declared: 'LlamaTokenizer',
    modelType: 'llama',
    byteLevel: true,
    wanted: ['TokenizersBackend', 'LlamaTokenizerFast', 'PreTrainedTokenizerFast'],
  },
  {
    declared: 'GPT2Tokenizer',
    modelType: 'qwen2',
    wanted: ['Qwen2Tokenizer', 'GPT2TokenizerFast', 'Qwen2TokenizerFast'],
  },
  {
    declared: 'BloomTokenizerFast',
    modelType: 'bloom',
    wanted: ['TokenizersBackend', 'BloomTokenizerFast', 'PreTrainedTokenizerFast'],
  },
  {
    declared: 'MarianTokenizer',
    modelType: 'marian',
    slow: true,
    wanted: ['MarianTokenizer', 'MarianTokenizer', 'MarianTokenizer'],
  },
  {
    declared: 'TapasTokenizer',
    modelType: 'tapas',
    slow: true,
    wanted: ['TapasTokenizer', 'TapasTokenizer', 'TapasTokenizer'],
  },
  {
    declared: 'MyOwnTokenizer',
    modelType: 'bert',
    wanted: ['TokenizersBackend', 'PreTrainedTokenizerFast', 'PreTrainedTokenizerFast'],
  },
];

describe('class of a tokenizer', () => {
  for (const { declared, modelType, wanted, slow, byteLevel } of rows) {
    it(`${declared ?? 'none named'} of ${modelType}${byteLevel ? ', in bytes' : ''}: ${wanted.join(', ')}`, async () => {
      const tokenizer = { model: {}, pre_tokenizer: byteLevel ? { type: 'ByteLevel' } : null };
      const folder = await writeTinyCheckpoint(path.join(root, String(count++)), {
        files: {
          'tokenizer_config.json': declared === null ? {} : { tokenizer_class: declared },
          'tokenizer.json': slow ? null : tokenizer,
          'vocab.txt': slow ? 'a' : null,
        },
      });
      const found = await Promise.all(
        ([5, 4, 'both'] as const).map((generation) => tokenizerClassOf(folder, { model_type: modelType }, generation)),
      );
      assert.deepEqual(found, wanted);
    });
  }
  it('is null without tokenizer files', async () => {
    assert.equal(await tokenizerClassOf(root, { model_type: 'vit' }, 5), null);
  });
});

describe('merges of tokenizer.json', () => {
  const pretty = (merges: unknown): string =>
    JSON.stringify(
      { version: '1.0', model: { type: 'BPE', vocab: { '"merges": [': 1, é: 2 }, merges }, end: [1] },
      null,
      2,
    );
  it('pairs become text, every other byte stays', () => {
    const merges = [
      ['a', 'b'],
      ['"]', '[\\'],
      ['é', '▁'],
    ];
    const wanted = pretty(['a b', '"] [\\', 'é ▁']);
    assert.equal(mergesAsText(pretty(merges)), wanted);
    const compact = JSON.stringify(JSON.parse(pretty(merges)));
    assert.equal(mergesAsText(compact), JSON.stringify(JSON.parse(wanted)));
  });
  it('text stays, and so do pieces with a blank', () => {
    assert.equal(mergesAsText(pretty(['a b'])), undefined);
    assert.equal(mergesAsText(pretty([['a b', 'c']])), undefined);
    assert.equal(mergesAsText(pretty([])), undefined);
    assert.equal(mergesAsText('{"model": {"type": "WordPiece"}}'), undefined);
  });
});

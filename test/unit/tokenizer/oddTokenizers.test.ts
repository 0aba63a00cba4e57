import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { TransformersVersion } from '../../../src/core/transformers/transformersVersion.js';
import type { TransformersGeneration } from '../../../src/worker/tokenizer/generation.js';
import { Tokenizer, type EncodeOptions } from '../../../src/worker/tokenizer/tokenizer.js';

const folder = await mkdtemp(path.join(tmpdir(), 'odd-tokenizers-'));
after(() => rm(folder, { recursive: true, force: true }));

type Json = Record<string, unknown>;

const words = ['[UNK]', '[CLS]', '[SEP]', 'a', 'b', 'c', 'ab'];
const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
const special = { special: true, normalized: false };
const wordLevel = {
  added_tokens: [
    { id: 1, content: '[CLS]', ...special },
    { id: 2, content: '[SEP]', ...special },
  ],
  model: { type: 'WordLevel', unk_token: '[UNK]', vocab },
};

async function load(json: Json, config: Json = {}, generation: TransformersGeneration = 5, version?: string) {
  const target = await mkdtemp(path.join(folder, 'case-'));
  await writeFile(path.join(target, 'tokenizer.json'), JSON.stringify({ ...wordLevel, ...json }));
  await writeFile(path.join(target, 'tokenizer_config.json'), JSON.stringify(config));
  return Tokenizer.load(
    target,
    generation,
    undefined,
    version === undefined ? undefined : new TransformersVersion(version),
  );
}

function offsets(tokenizer: Tokenizer, text: string, options: EncodeOptions = {}): number[][] {
  const [encoding] = tokenizer.encodeAll(text, options);
  return encoding!.starts.map((start, i) => [start, encoding!.ends[i]!]);
}

function template(single: string, pair: string): Json {
  const pieces = (text: string) =>
    text.split(' ').map((piece) => {
      const [id, typeId] = piece.split(':') as [string, string];
      const kind = id === 'A' || id === 'B' ? 'Sequence' : 'SpecialToken';
      return { [kind]: { id, type_id: Number(typeId) } };
    });
  const tokens = ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }]);
  return {
    type: 'TemplateProcessing',
    single: pieces(single),
    pair: pieces(pair),
    special_tokens: Object.fromEntries(tokens) as Json,
  };
}

describe('pre-tokenizers', () => {
  it('UnicodeScripts parts a text where the script changes: kana is Han, a space goes with the word before', async () => {
    const tokenizer = await load({ pre_tokenizer: { type: 'UnicodeScripts' } });
    assert.deepEqual(offsets(tokenizer, ' ab мир日本のテスト ab1'), [
      [1, 4],
      [4, 7],
      [7, 14],
      [14, 16],
      [16, 17],
    ]);
  });

  it('an empty pattern parts every character', async () => {
    const split = { type: 'Split', pattern: { String: '' }, behavior: 'Isolated', invert: false };
    assert.deepEqual((await load({ pre_tokenizer: split })).encode('abc'), [3, 4, 5]);
  });

  it('a pattern may leave the case open from its start', async () => {
    const split = { type: 'Split', pattern: { Regex: '(?i)X' }, behavior: 'Removed', invert: false };
    assert.deepEqual((await load({ pre_tokenizer: split })).encode('axbXc'), [3, 4, 5]);
  });
});

describe('post-processors', () => {
  const swapped = template('[CLS]:0 A:0', 'B:1 [SEP]:1 A:0');

  it('without special tokens a template keeps its order and type ids', async () => {
    const tokenizer = await load({ post_processor: swapped });
    const [encoding] = tokenizer.encodeAll('a', { pair: 'b', addSpecialTokens: false });
    assert.deepEqual(
      [encoding!.ids, encoding!.typeIds],
      [
        [4, 3],
        [1, 0],
      ],
    );
  });

  it('where special tokens take all the room, nothing of the texts stays, whichever was to be cut', async () => {
    const tokenizer = await load({ post_processor: template('[CLS]:0 A:0', '[CLS]:0 A:0 [SEP]:0 B:0') });
    const [encoding] = tokenizer.encodeAll('a', { pair: 'b', truncation: 'only_first', maxLength: 2 });
    assert.deepEqual(encoding!.ids, [1, 2]);
  });

  it('what stands first after a cut from the left is trimmed as the first of a text', async () => {
    const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
    const model = { ...wordLevel.model, vocab: { ...vocab, Ġb: 7, Ġc: 8 } };
    const pre = { ...byteLevel, add_prefix_space: false };
    const tokenizer = await load({ pre_tokenizer: pre, post_processor: byteLevel, model }, { truncation_side: 'left' });
    assert.deepEqual(offsets(tokenizer, 'a b c', { truncation: true, maxLength: 2 }), [
      [1, 3],
      [4, 5],
    ]);
  });
});

describe('added tokens', () => {
  it('split_special_tokens leaves special tokens of a text to the model', async () => {
    const split = { type: 'Split', pattern: { String: '' }, behavior: 'Isolated', invert: false };
    const json = { pre_tokenizer: split, model: { ...wordLevel.model, vocab: { ...vocab, '[': 7 } } };
    assert.deepEqual((await load(json, { split_special_tokens: true })).encode('a[CLS]').slice(0, 2), [3, 7]);
    assert.deepEqual((await load(json)).encode('a[CLS]'), [3, 1]);
  });

  it('a listed token that tokenizer.json does not call special is decoded by transformers 5, not by 4', async () => {
    const json = { added_tokens: [...wordLevel.added_tokens, { id: 7, content: '<x>', special: false }] };
    const config = { extra_special_tokens: ['<x>'] };
    const decoded = async (generation: TransformersGeneration) =>
      (await load(json, config, generation)).decode([3, 7, 1], { skipSpecialTokens: true });
    assert.equal(await decoded(5), 'a <x>');
    assert.equal(await decoded(4), 'a');
  });

  it('a normalized one is spelled by transformers 5 as it is found', async () => {
    const json = {
      normalizer: { type: 'Prepend', prepend: '▁' },
      decoder: { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      added_tokens: [...wordLevel.added_tokens, { id: 7, content: '<x>', normalized: true, special: true }],
    };
    assert.equal((await load(json)).decode([3, 7]), 'a <x>');
    assert.equal((await load(json)).decode([3, 7], { skipSpecialTokens: true }), 'a <x>');
    assert.equal((await load(json, {}, 4)).decode([3, 7]), 'a<x>');
  });
});

describe('byte-pair encoding', () => {
  const bpe = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };

  it('characters that give no token move the offsets of those behind them up', async () => {
    assert.deepEqual(offsets(await load({ model: bpe }), 'axb'), [[0, 2]]);
    assert.deepEqual(offsets(await load({ model: { ...bpe, merges: [] } }), 'ééab'), [
      [0, 1],
      [0, 1],
    ]);
  });

  it('words that ignore_merges takes whole have no extent before transformers 4.45', async () => {
    const json = { model: { ...bpe, ignore_merges: true }, pre_tokenizer: { type: 'WhitespaceSplit' } };
    const words = async (version: string) => offsets(await load(json, {}, 4, version), 'b ab');
    assert.deepEqual(await words('4.43.4'), [
      [0, 0],
      [2, 2],
    ]);
    assert.deepEqual(await words('4.46.0'), [
      [0, 1],
      [2, 4],
    ]);
  });
});

it('the Metaspace decoder drops every space sign of the first token', async () => {
  const tokenizer = await load({
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
    model: { type: 'WordLevel', unk_token: '▁▁a', vocab: { '▁▁a': 0, '▁▁b': 1 } },
    added_tokens: [],
  });
  assert.equal(tokenizer.decode([0, 1]), 'a  b');
});

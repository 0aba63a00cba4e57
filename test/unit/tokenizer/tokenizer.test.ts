import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { IncrementalDetokenizer } from '../../../src/worker/tokenizer/incrementalDetokenizer.js';
import { Tokenizer } from '../../../src/worker/tokenizer/tokenizer.js';

const folder = await mkdtemp(path.join(tmpdir(), 'tokenizer-'));
after(() => rm(folder, { recursive: true, force: true }));

const tokenizerJson = {
  added_tokens: [{ id: 0, content: '[UNK]', special: true, normalized: false }],
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
  model: {
    type: 'WordLevel',
    unk_token: '[UNK]',
    vocab: { '[UNK]': 0, hello: 1, world: 2, constructor: 3, __proto__x: 4 },
  },
};

async function saved(files: Record<string, unknown>): Promise<string> {
  const target = await mkdtemp(path.join(folder, 'case-'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(target, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return target;
}

describe('loading a tokenizer', () => {
  it('a folder without one is refused as tokenizerMissing', async () => {
    await assert.rejects(Tokenizer.load(await saved({ 'tokenizer_config.json': {} }), 5), {
      reason: 'tokenizerMissing',
    });
  });

  it('a sentencepiece file alone is refused as tokenizerUnsupported, with what to do', async () => {
    const sentencepiece = await saved({ 'spiece.model': 'x', 'tokenizer_config.json': {} });
    await assert.rejects(Tokenizer.load(sentencepiece, 4), (error: Error & { reason?: string }) => {
      assert.equal(error.reason, 'tokenizerUnsupported');
      assert.match(error.message, /spiece\.model.*save the model again/);
      return true;
    });
  });

  it('an unknown part of tokenizer.json is named', async () => {
    const unknown = await saved({ 'tokenizer.json': { ...tokenizerJson, pre_tokenizer: { type: 'Magic' } } });
    await assert.rejects(Tokenizer.load(unknown, 5), {
      reason: 'tokenizerUnsupported',
      message: /pre-tokenizer 'Magic'/,
    });
  });

  it('words that are names of object members are looked up like others', async () => {
    const tokenizer = await Tokenizer.load(await saved({ 'tokenizer.json': tokenizerJson }), 5);
    assert.deepEqual(tokenizer.encode('Hello constructor toString __proto__'), [1, 3, 0, 0]);
  });

  it('special tokens that only the config names get the next id', async () => {
    const tokenizer = await Tokenizer.load(
      await saved({ 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': { pad_token: '<pad>' } }),
      5,
    );
    assert.equal(tokenizer.specialTokenId('pad_token'), 5);
    assert.deepEqual(tokenizer.encode('hello<pad>world'), [1, 5, 2]);
  });
});

describe('chat templates', () => {
  const template = "{% for m in messages %}{{ m['content'] }}|{% endfor %}{% if add_generation_prompt %}>{% endif %}";

  for (const [where, files] of [
    ['tokenizer_config.json', { 'tokenizer_config.json': { chat_template: template } }],
    ['chat_template.jinja', { 'tokenizer_config.json': { chat_template: 'other' }, 'chat_template.jinja': template }],
    ['a list of named ones', { 'tokenizer_config.json': { chat_template: [{ name: 'default', template }] } }],
  ] as const) {
    it(`are read from ${where}`, async () => {
      const tokenizer = await Tokenizer.load(await saved({ 'tokenizer.json': tokenizerJson, ...files }), 5);
      assert.equal(tokenizer.applyChatTemplate([{ role: 'user', content: 'a' }], { addGenerationPrompt: true }), 'a|>');
    });
  }

  it('without one it is refused in the words of transformers', async () => {
    const tokenizer = await Tokenizer.load(await saved({ 'tokenizer.json': tokenizerJson }), 5);
    assert.equal(tokenizer.chatTemplate.exists, false);
    assert.throws(() => tokenizer.applyChatTemplate([]), /tokenizer\.chat_template is not set/);
  });

  it("the template's own refusal is passed on", async () => {
    const refusing = await saved({
      'tokenizer.json': tokenizerJson,
      'chat_template.jinja': "{{ raise_exception('no system') }}",
    });
    const tokenizer = await Tokenizer.load(refusing, 5);
    assert.throws(() => tokenizer.applyChatTemplate([{ role: 'user', content: 'x' }]), /no system/);
    assert.throws(() => tokenizer.applyChatTemplate([]), /empty conversation/);
  });
});

describe('incremental decoding', () => {
  it('tells whole characters only, and nothing is lost', () => {
    const bytes = Array.from(Buffer.from('aé👍b'));
    const detokenizer = new IncrementalDetokenizer((ids) => Buffer.from(ids).toString('utf8'));
    const told = bytes.map((byte) => detokenizer.push(byte));
    assert.equal(told.join(''), 'aé👍b');
    assert.ok(told.every((text) => !text.includes('\ufffd')));
  });

  it('decodes a bounded window however long the answer is', () => {
    let longest = 0;
    const detokenizer = new IncrementalDetokenizer((ids) => {
      longest = Math.max(longest, ids.length);
      return ids.map((id) => String.fromCharCode(id)).join('');
    });
    for (let i = 0; i < 200; i++) detokenizer.push(97);
    assert.ok(longest <= 3);
  });
});

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { Tokenizer } from '../../src/worker/tokenizer/tokenizer.js';
import { realCheckpoints, type PythonGeneration } from '../helpers/environment.js';
import { runPython } from '../helpers/python.js';

interface EncodedText {
  text: string;
  ids: number[];
  offsets: [number, number][];
  words: (number | null)[];
  mask: number[];
  some: number[];
  decoded: string;
  skipped: string;
}

const strategies = ['longest_first', 'only_second', 'only_first'] as const;

interface EncodedPair extends Record<(typeof strategies)[number], number[][] | string> {
  a: string;
  b: string;
  ids: number[];
  types: number[];
  /** The `max_length` of the truncated forms. */
  n: number;
}

interface TokenizerAnswers {
  name: string;
  folder: string;
  class: string;
  cases: EncodedText[];
  pairs: EncodedPair[];
}

const script = await readFile(new URL('./scripts/tokenizers.py', import.meta.url), 'utf8');
const textCount = 150;

async function askPython(generation: PythonGeneration, folder: string): Promise<TokenizerAnswers[]> {
  const real =
    generation === 'new' ? [realCheckpoints.miniLm, realCheckpoints.smolLm2Float32] : [realCheckpoints.miniLm];
  return runPython(generation, script, { folder, seed: 7, count: textCount, real });
}

for (const [generation, major] of [
  ['new', 5],
  ['old', 4],
] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tokenizers-'));
  const answers = await askPython(generation, folder);
  describe(`tokenizers saved by transformers ${major}`, () => {
    after(() => rm(folder, { recursive: true, force: true }));
    for (const { name, folder: saved, class: className, cases, pairs } of answers) {
      it(`${name}: ids, offsets, words and masks of nasty texts are Python's`, async () => {
        const tokenizer = await Tokenizer.load(saved, major, className);
        for (const { text, ids, offsets, words, mask } of cases) {
          const [encoding] = tokenizer.encodeAll(text);
          assert.ok(encoding);
          assert.deepEqual(encoding.ids, ids, `ids of ${JSON.stringify(text)}`);
          const found = encoding.starts.map((start, i) => [start, encoding.ends[i]]);
          assert.deepEqual(found, offsets, `offsets of ${JSON.stringify(text)}`);
          assert.deepEqual(encoding.wordIds, words, `words of ${JSON.stringify(text)}`);
          assert.deepEqual(encoding.specialMask, mask);
        }
      });

      it(`${name}: decoding is Python's, with and without special tokens`, async () => {
        const tokenizer = await Tokenizer.load(saved, major, className);
        for (const { some, decoded, skipped } of cases) {
          assert.equal(tokenizer.decode(some), decoded);
          assert.equal(tokenizer.decode(some, { skipSpecialTokens: true }), skipped);
        }
      });

      it(`${name}: pairs, segments and truncation with overflow are Python's`, async () => {
        const tokenizer = await Tokenizer.load(saved, major, className);
        for (const expected of pairs) checkPair(tokenizer, expected);
      });
    }
  });
}

const oldFolder = await mkdtemp(path.join(tmpdir(), 'tokenizers-'));
const withVocabularies = ['bert-lower', 'bert-cased', 'roberta', 'roberta-prefix', 'gpt2'];
const oldAnswers = await runPython<TokenizerAnswers[]>('old', script, {
  folder: oldFolder,
  seed: 8,
  count: 60,
  real: [],
  only: withVocabularies,
});

describe('tokenizers without tokenizer.json', () => {
  after(() => rm(oldFolder, { recursive: true, force: true }));
  for (const { name, folder, class: className, cases } of oldAnswers) {
    it(`${name}: built from its vocabulary files it gives the same ids`, async () => {
      const bare = `${folder}-bare`;
      await cp(folder, bare, { recursive: true });
      await rm(path.join(bare, 'tokenizer.json'));
      const tokenizer = await Tokenizer.load(bare, 4, className);
      for (const { text, ids } of cases) assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify(text));
    });
  }
});

function checkPair(tokenizer: Tokenizer, expected: EncodedPair): void {
  const pair = expected.b === '' ? undefined : expected.b;
  const [encoding] = tokenizer.encodeAll(expected.a, { pair });
  assert.deepEqual(encoding?.ids, expected.ids);
  assert.deepEqual(encoding?.typeIds, expected.types);
  for (const strategy of strategies) {
    const wanted = expected[strategy];
    const encode = (): number[][] =>
      tokenizer
        .encodeAll(expected.a, { pair, truncation: strategy, maxLength: expected.n, stride: 2 })
        .map(({ ids }) => ids);
    if (typeof wanted === 'string') assert.throws(encode, { message: wanted });
    else if (strategy === 'longest_first') assert.deepEqual(encode()[0], wanted[0]);
    else assert.deepEqual(encode(), wanted);
  }
}

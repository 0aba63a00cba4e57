import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resizeImage } from '../../../src/worker/media/imageResize.js';
import { monoOf } from '../../../src/worker/media/sound.js';
import { readWave } from '../../../src/worker/media/wave.js';
import { bestSpans } from '../../../src/worker/pipelines/answerSpans.js';
import {
  groupEntities,
  mergeOverlapping,
  nameWords,
  type TokenScores,
} from '../../../src/worker/pipelines/entities.js';
import { validateGenerationNames } from '../../../src/core/pyfunc/generationNames.js';
import { TransformersVersion } from '../../../src/core/transformers/transformersVersion.js';
import { sigmoid, softmax, topIndices } from '../../../src/worker/pipelines/numeric.js';
import { textGenerationSettings } from '../../../src/worker/pipelines/textGenerationSettings.js';

const transformers4 = new TransformersVersion('4.43.4');
const transformers5 = new TransformersVersion('5.23.0');
const join = (words: string[]): string => words.join(' ');

describe('entities', () => {
  const token = (word: string, scores: number[], index: number, isSubword = false): TokenScores => ({
    word,
    scores,
    start: index * 2,
    end: index * 2 + 1,
    index,
    isSubword,
  });
  const tokens = [token('micro', [0.6, 0.4], 0), token('soft', [0.1, 0.9], 1, true), token('lives', [0.8, 0.2], 2)];
  const label = (index: number): string => ['B-ORG', 'I-LOC'][index] ?? '';

  it('the strategies decide about words by their first, average or surest token', () => {
    const entities = (strategy: 'FIRST' | 'AVERAGE' | 'MAX') => nameWords(tokens, strategy, label, join);
    assert.deepEqual(
      entities('FIRST').map(({ entity }) => entity),
      ['B-ORG', 'B-ORG'],
    );
    assert.equal(entities('AVERAGE')[0]?.entity, 'I-LOC');
    assert.equal(entities('MAX')[0]?.score, 0.9);
    assert.equal(entities('MAX')[0]?.end, 3);
  });

  it('neighbours of one tag join, a B- label begins anew', () => {
    const entity = (name: string, start: number) => ({ entity: name, score: 0.5, word: 'w', start, end: start + 1 });
    const groups = groupEntities([entity('B-PER', 0), entity('I-PER', 1), entity('B-PER', 2), entity('O', 3)], join);
    assert.deepEqual(
      groups.map(({ entity_group, start, end }) => [entity_group, start, end]),
      [
        ['PER', 0, 2],
        ['PER', 2, 3],
        ['O', 3, 4],
      ],
    );
  });

  it('of overlapping entities the longer stays, of equally long ones the surer', () => {
    const entity = (start: number, end: number, score: number) => ({ entity_group: 'X', score, word: '', start, end });
    const merged = mergeOverlapping([
      entity(5, 8, 0.2),
      entity(0, 3, 0.9),
      entity(1, 6, 0.1),
      entity(9, 10, 0.3),
      entity(9, 10, 0.6),
    ]);
    assert.deepEqual(
      merged.map(({ start, score }) => [start, score]),
      [
        [1, 0.1],
        [9, 0.6],
      ],
    );
  });
});

describe('answer spans', () => {
  it('ends never come before starts, lengths are limited, masked tokens are left out', () => {
    const start = [9, 1, 5, 0];
    const end = [9, 8, 2, 3];
    const allowed = [true, false, true, true];
    const [best] = bestSpans(start, end, allowed, 1, 2).spans;
    assert.deepEqual([best?.start, best?.end], [2, 3]);
    assert.deepEqual(
      bestSpans(start, end, allowed, 5, 1).spans.map((span) => [span.start, span.end]),
      [
        [3, 3],
        [2, 2],
        [0, 0],
      ].sort((a, b) => (a[0] === 2 ? -1 : b[0] === 2 ? 1 : 0)),
    );
  });

  it('tells how likely there is no answer', () => {
    const { nullScore } = bestSpans([10, 0], [10, 0], [true, true], 1, 3);
    assert.ok(nullScore > 0.99);
  });
});

describe('generation arguments', () => {
  it('names that neither transformers nor the model takes are refused in its words', () => {
    validateGenerationNames({ max_new_tokens: 1, top_h: 0.5, nothing: null }, 5);
    assert.throws(() => validateGenerationNames({ n: 2, foo: 1 }, 5), {
      message:
        "The following `model_kwargs` are not used by the model: ['n', 'foo'] (note: typos in the generate arguments " +
        'will also show up in this list)',
    });
    assert.throws(() => validateGenerationNames({ top_h: 0.5 }, 4));
  });

  it('return types exclude each other', () => {
    assert.equal(textGenerationSettings({ return_full_text: false }, transformers5, '').returnType, 'newText');
    assert.equal(
      textGenerationSettings({ return_tensors: true, return_full_text: null }, transformers5, '').returnType,
      'tensors',
    );
    assert.throws(() => textGenerationSettings({ return_tensors: true, return_full_text: true }, transformers5, ''), {
      message: '`return_full_text` is mutually exclusive with `return_tensors`',
    });
    assert.throws(
      () => textGenerationSettings({ handle_long_generation: 'x' }, transformers4, ''),
      /is not a valid value/,
    );
  });
});

describe('between the releases of transformers', () => {
  const settings = (version: string, kwargs = {}) =>
    textGenerationSettings(kwargs, new TransformersVersion(version), '');

  it('a prompt gets no special tokens before 4.43', () => {
    assert.deepEqual(settings('4.42.4').tokenizerKwargs, { add_special_tokens: false });
    assert.deepEqual(settings('4.42.4', { add_special_tokens: true }).tokenizerKwargs, { add_special_tokens: true });
    assert.deepEqual(settings('4.43.0').tokenizerKwargs, {});
  });

  it('a chat is gone on with from 4.45, special tokens are kept on request from 4.56', () => {
    assert.equal(settings('4.44.2', { continue_final_message: true }).continueFinalMessage, undefined);
    assert.equal(settings('4.45.2', { continue_final_message: true }).continueFinalMessage, true);
    assert.equal(settings('4.55.4', { skip_special_tokens: false }).skipSpecialTokens, undefined);
    assert.equal(settings('4.56.2', { skip_special_tokens: false }).skipSpecialTokens, false);
  });
});

describe('numbers', () => {
  it('softmax and sigmoid do not overflow', () => {
    assert.deepEqual(softmax([1000, 1000]), [0.5, 0.5]);
    assert.deepEqual(sigmoid([-1000, 0, 1000]), [0, 0.5, 1]);
  });

  it('the largest come first, equal ones in their order', () => {
    assert.deepEqual(topIndices([1, 3, 2, 3], 3), [1, 3, 2]);
    assert.deepEqual(topIndices([1, 2], 9), [1, 0]);
  });
});

describe('media', () => {
  it('resizing keeps a flat image flat', () => {
    const image = { width: 5, height: 7, channels: 3, data: new Uint8Array(105).fill(77) };
    for (const resampling of [0, 1, 2, 3, 4, 5] as const) {
      assert.ok(resizeImage(image, { width: 9, height: 3 }, resampling).data.every((value) => value === 77));
    }
  });

  it('mixes the two channels of a WAV file as ffmpeg does for floating-point output', () => {
    const bytes = Buffer.alloc(52);
    bytes.write('RIFF', 0, 'latin1');
    bytes.write('WAVEfmt ', 8, 'latin1');
    bytes.writeUInt32LE(16, 16);
    bytes.writeUInt16LE(1, 20);
    bytes.writeUInt16LE(2, 22);
    bytes.writeUInt32LE(8000, 24);
    bytes.writeUInt16LE(16, 34);
    bytes.write('data', 36, 'latin1');
    bytes.writeUInt32LE(8, 40);
    for (const [i, value] of [16384, 0, -32768, -32768].entries()) bytes.writeInt16LE(value, 44 + i * 2);
    const sound = readWave(bytes);
    assert.equal(sound?.samplingRate, 8000);
    assert.deepEqual(
      sound?.channels.map((samples) => Array.from(samples)),
      [
        [0.5, -1],
        [0, -1],
      ],
    );
    assert.deepEqual(
      Array.from(monoOf(sound!)),
      [0.5, -2].map((value) => Math.fround(value * Math.SQRT1_2)),
    );
    assert.equal(readWave(Buffer.from('no wave at all')), undefined);
  });
});

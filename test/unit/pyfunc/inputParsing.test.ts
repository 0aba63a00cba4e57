import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { validateDict, validateTexts } from '../../../src/core/pyfunc/inputShapes.js';
import { audioInput, isBase64Image } from '../../../src/core/pyfunc/mediaInputs.js';
import { decodeTable, text2textInput } from '../../../src/core/pyfunc/taskInputs.js';
import { toServingJson } from '../../../src/core/pyfunc/servingJson.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { column, textGenerator, wrapped } from './fakePipeline.js';

const wrongType = (name: string) => ({
  message: `The input data is of an incorrect type. <class '${name}'> is invalid. Must be either string or List[str]`,
  errorCode: 'INVALID_PARAMETER_VALUE',
});
const notAllTexts = {
  message: 'If supplying a list, all values must be of string type.',
  errorCode: 'INVALID_PARAMETER_VALUE',
};

describe('texts', () => {
  for (const [name, data] of [
    ['dict', { a: 'b' }],
    ['set', new Set(['a'])],
    ['bool', true],
    ['int', 7],
    ['float', 1.5],
    ['NoneType', null],
  ] as const) {
    it(`a value of type ${name} is no text (M1)`, () => assert.throws(() => validateTexts(data), wrongType(name)));
  }

  for (const data of [[1, 2], [new Set(['a'])], [['a']], [{ a: 'b' }], ['a', 1], ['a', null]]) {
    it(`a list with something else than texts is refused: ${JSON.stringify(data)} (M1)`, () =>
      assert.throws(() => validateTexts(data), notAllTexts));
  }

  it('a text and lists of texts pass, an empty one too (M1)', () => {
    for (const data of ['a', ['a', 'b'], []]) assert.doesNotThrow(() => validateTexts(data));
  });

  it('text generation refuses a dict, and a list of texts and dicts (M4)', async () => {
    await assert.rejects(textGenerator().wrapper.predict({ a: 'b' }), wrongType('dict'));
    await assert.rejects(textGenerator().wrapper.predict(['a', { a: 'b' }]), notAllTexts);
    await assert.rejects(textGenerator().wrapper.predict(['a', 1]), {
      message: /^Invalid data submission\. Ensure all elements in the list are strings or dictionaries\./,
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    await assert.rejects(textGenerator().wrapper.predict(7), {
      message: /^Input data must be either a pandas\.DataFrame, a string, bytes, List\[str\], /,
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });

  it('fill-mask refuses a dict, lists of other things, and numbers (M5)', async () => {
    const { wrapper, calls } = wrapped('FillMaskPipeline', 'fill-mask', () => [{ token_str: 'x' }]);
    await assert.rejects(wrapper.predict({ a: 'b' }), wrongType('dict'));
    await assert.rejects(wrapper.predict(['a', { a: 'b' }]), notAllTexts);
    await assert.rejects(wrapper.predict([1, 2]), /^MlflowError: Invalid data submission/);
    await assert.rejects(wrapper.predict([['a']]), /^MlflowError: Invalid data submission/);
    await assert.rejects(wrapper.predict(1), /^MlflowError: Input data must be either/);
    await assert.rejects(wrapper.predict(new Set(['a'])), /^MlflowError: Input data must be either/);
    assert.equal(calls.length, 0);
    assert.deepEqual((await wrapper.predict('a [MASK]')).output, ['x']);
  });
});

describe('text2text', () => {
  const text2text = () =>
    wrapped('Text2TextGenerationPipeline', 'text2text-generation', () => [{ generated_text: 'x' }]);

  it('a dict becomes `key: value` text, `inputs` its values, lists and frames item by item (M2)', async () => {
    const { wrapper, calls } = text2text();
    await wrapper.predict({ context: 'a b', answer: 'c' });
    await wrapper.predict([{ context: 'a', answer: 'b' }, { k: 'v' }]);
    await wrapper.predict({ inputs: 'only this' });
    await wrapper.predict('text');
    await wrapper.predict(['text', 'texts']);
    await wrapper.predict(column(['from a frame']));
    assert.deepEqual(
      calls.map(({ input }) => input),
      [
        'context: a b answer: c',
        ['context: a answer: b', 'k: v'],
        ['only this'],
        'text',
        ['text', 'texts'],
        ['from a frame'],
      ],
    );
  });

  for (const data of [1, true, [1], [['a']], ['a', 1], [{ a: 1 }]]) {
    it(`${JSON.stringify(data)} is refused with its beginning and its type (M2)`, () =>
      assert.throws(() => text2textInput(data), {
        message:
          /^An invalid type has been supplied: .* \(type: (int|bool|list|dict)\)\. Please supply a Dict\[str, str\], /,
        errorCode: 'INVALID_PARAMETER_VALUE',
      }));
  }

  it('a dict with a list value is refused, its text cut to a hundred characters (M3)', async () => {
    await assert.rejects(text2text().wrapper.predict({ context: ['a'.repeat(200)] }), (error: Error) => {
      const shown = /^An invalid type has been supplied: (.*) \(type: dict\)\. Please/.exec(error.message)?.[1];
      assert.equal(shown, `{'context': ['${'a'.repeat(83)}...`);
      assert.equal(shown?.length, 100);
      return true;
    });
  });
});

describe('question answering', () => {
  const asked = () => wrapped('QuestionAnsweringPipeline', 'question-answering', () => ({ answer: ' yes ' }));

  it('a dict and a list of dicts pass, further keys too (M6)', async () => {
    const { wrapper, calls } = asked();
    const question = { question: 'q', context: 'c', id: '1' };
    assert.deepEqual((await wrapper.predict([question])).output, ['yes']);
    assert.deepEqual((await wrapper.predict(question)).output, ['yes']);
    assert.deepEqual(
      calls.map(({ input }) => input),
      [[question], question],
    );
  });

  it('a missing key and other kinds are refused (M6)', async () => {
    const { wrapper } = asked();
    for (const data of [{ question: 'q' }, { context: 'c' }, [{ question: 'q', context: 'c' }, { q: 'x' }]]) {
      await assert.rejects(wrapper.predict(data), {
        message: "Invalid keys were submitted. Keys must be exclusively {'question', 'context'}",
      });
    }
    for (const data of ['text', ['text']]) {
      await assert.rejects(wrapper.predict(data), {
        message:
          "An invalid type has been supplied. Must be either List[Dict[str, str]] or Dict[str, str]. <class 'str'> is not supported.",
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
    }
  });
});

describe('zero-shot', () => {
  const reply = { sequence: 's', labels: ['b', 'a'], scores: [0.75, 0.25] };
  const zeroShot = () => wrapped('ZeroShotClassificationPipeline', 'zero-shot-classification', () => reply);

  it('labels that are JSON text become a list; other text and lists stay (M7)', async () => {
    const { wrapper, calls } = zeroShot();
    const { output } = await wrapper.predict({ sequences: 's', candidate_labels: '["a", "b"]' });
    await wrapper.predict({ sequences: 's', candidate_labels: 'a, b' });
    await wrapper.predict({ sequences: 's', candidate_labels: ['a', 'b'] });
    await wrapper.predict([
      { sequences: 's', candidate_labels: '["a"]' },
      { sequences: 't', candidate_labels: 'b' },
    ]);
    assert.deepEqual(
      calls.map(({ input }) => input),
      [
        { sequences: 's', candidate_labels: ['a', 'b'] },
        { sequences: 's', candidate_labels: 'a, b' },
        { sequences: 's', candidate_labels: ['a', 'b'] },
        [
          { sequences: 's', candidate_labels: ['a'] },
          { sequences: 't', candidate_labels: 'b' },
        ],
      ],
    );
    assert.deepEqual(toServingJson(output), [
      { sequence: 's', labels: 'b', scores: 0.75 },
      { sequence: 's', labels: 'a', scores: 0.25 },
    ]);
  });

  it('labels that are missing are named (M7)', async () => {
    for (const data of [{ sequences: 's' }, [{ sequences: 's' }]]) {
      await assert.rejects(zeroShot().wrapper.predict(data), {
        message: 'Invalid key in inference payload. The expected inference data key is: candidate_labels',
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
    }
  });
});

describe('table questions', () => {
  it('the table of one question is read by Python literal rules, those of a list as JSON (M8)', async () => {
    const { wrapper, calls } = wrapped('TableQuestionAnsweringPipeline', 'table-question-answering', () => ({
      answer: 'x',
    }));
    await wrapper.predict({ query: 'q', table: "{'Distance': ['1000', '10']}" });
    assert.deepEqual(withoutMaps(calls[0]?.input), { query: 'q', table: { Distance: ['1000', '10'] } });
    assert.deepEqual(withoutMaps(decodeTable([{ query: 'q', table: '{"a": ["1"]}' }], 'table')), [
      { query: 'q', table: { a: ['1'] } },
    ]);
    await assert.rejects(wrapper.predict({ query: 'q' }), {
      message: "The input dictionary must have the 'table' key.",
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});

/** Dicts as records. */
function withoutMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMaps);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...(value as Map<string, unknown>)].map(([key, item]) => [key, withoutMaps(item)]));
}

const encoded = Buffer.from('x'.repeat(100)).toString('base64');
const mime = `${encoded.slice(0, 76)}\n${encoded.slice(76)}\n`;

describe('images and sounds', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'media-'));
  const file = path.join(folder, 'a.png');
  await writeFile(file, 'x');
  after(() => rm(folder, { recursive: true, force: true }));

  it('a file, a URL and base64 with and without line breaks go to the pipeline as they are (M9)', async () => {
    const { wrapper, calls } = wrapped('ImageClassificationPipeline', 'image-classification', () => [
      [{ label: 'a', score: 1 }],
    ]);
    const images = [file, 'https://example.com/a.png', encoded, mime];
    for (const image of images) await wrapper.predict(image);
    await wrapper.predict(column(images));
    assert.deepEqual(
      calls.map(({ input }) => input),
      [...images, images],
    );
  });

  for (const [text, expected] of [
    [encoded, true],
    [mime, true],
    ['notafile', true],
    ['', true],
    ['a/b.png', false],
    ['https://example.com/a.png', false],
    ['abc', false],
    [`${encoded}\n`, false],
  ] as const) {
    it(`${JSON.stringify(text.slice(0, 20))} of ${text.length} characters is ${expected ? '' : 'not '}base64 (M10)`, () =>
      assert.equal(isBase64Image(text), expected));
  }

  it('base64 bytes of a sound are decoded, other bytes, arrays and URLs stay (M10)', () => {
    assert.deepEqual(audioInput(Buffer.from('YWJj')), Buffer.from('abc'));
    assert.deepEqual(audioInput(Buffer.from('RIFF\n')), Buffer.from('RIFF\n'));
    const samples = new NdArray('float32', [2], Float32Array.of(0.5, 1));
    assert.equal(audioInput(samples), samples);
    assert.equal(audioInput('https://example.com/a.wav'), 'https://example.com/a.wav');
  });

  it('bytes that the pipeline finds malformed are refused with a hint (M11)', async () => {
    for (const message of ['Malformed soundfile', 'Soundfile is either not in the correct format or is malformed.']) {
      const { wrapper } = wrapped('AutomaticSpeechRecognitionPipeline', 'automatic-speech-recognition', () => {
        throw new Error(message);
      });
      await assert.rejects(wrapper.predict(Buffer.from('not audio\n')), {
        errorCode: 'INVALID_PARAMETER_VALUE',
        message:
          'Failed to process the input audio data. Either the audio file is corrupted or a uri was passed in without ' +
          'overriding the default model signature. If submitting a string uri, please ensure that the model has been saved ' +
          'with a signature that defines a string input type.',
      });
    }
  });

  for (const text of ['//a.host/x', 'https:///x', 'no such file anywhere here', 'https:']) {
    it(`'${text}' is neither a file nor a whole URI (M11)`, async () => {
      const image = wrapped('ImageClassificationPipeline', 'image-classification', () => []);
      const sound = wrapped('AudioClassificationPipeline', 'audio-classification', () => []);
      const shown = text.length <= 20 ? `Received: ${text}` : `Received (truncated): ${text.slice(0, 20)}...`;
      for (const { wrapper } of [image, sound]) {
        await assert.rejects(wrapper.predict(text), (error: Error & { errorCode: string }) => {
          assert.equal(error.errorCode, 'BAD_REQUEST');
          assert.ok(error.message.endsWith(shown), error.message);
          return true;
        });
      }
    });
  }
});

describe('text classification', () => {
  it('texts that are Python dicts are decoded, other keys refused', async () => {
    const { wrapper, calls } = wrapped('TextClassificationPipeline', 'text-classification', () => [
      { label: 'a', score: 1 },
    ]);
    await wrapper.predict(column(["{'text': 'a', 'text_pair': \"b's\"}"]));
    assert.deepEqual(calls[0]?.input, [{ text: 'a', text_pair: "b's" }]);
    await assert.rejects(
      wrapper.predict({ txt: 'a' }),
      /Text Classification pipelines may only define dictionary inputs/,
    );
  });
});

describe('the dict check', () => {
  const dict = (...entries: [unknown, unknown][]) => new Map<unknown, unknown>(entries);

  it('keys are texts or column numbers (S16)', () => {
    assert.doesNotThrow(() => validateDict(dict(['a', 'x'], [0, 'y'])));
    assert.throws(() => validateDict(dict(['a', 'x'], [1.5, 'y'], [null, 'z'])), {
      message: 'The dictionary keys are not all strings or indexes. Invalid keys: [1.5, None]',
      errorCode: 'INTERNAL_ERROR',
    });
  });

  it('values are texts, bytes, lists of them, or all arrays (S16)', () => {
    const array = new NdArray('int64', [1], [1]);
    assert.doesNotThrow(() => validateDict(dict(['a', 'x'], ['b', ['y', Buffer.from('z')]], ['c', Buffer.from('z')])));
    assert.doesNotThrow(() => validateDict(dict(['a', array], ['b', array])));
    assert.throws(() => validateDict(dict(['a', array], ['b', 'x'])), {
      message: 'The dictionary values are not all numpy.ndarray.',
      errorCode: 'INTERNAL_ERROR',
    });
    assert.throws(() => validateDict(dict(['a', 1], ['b', ['x', 2]], ['c', 'x'], ['d', null])), {
      message: /The following keys in the input dictionary are invalid: \['a', 'b', 'd'\]$/,
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bestValues, generatedResponses, joinedEntities, valuesOfKey } from '../../../src/core/pyfunc/outputShapes.js';
import { toServingJson } from '../../../src/core/pyfunc/servingJson.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { wrapped } from './fakePipeline.js';

describe('values of one key', () => {
  it('lists of dicts give them in their order (N1)', () => {
    assert.deepEqual(valuesOfKey([{ a: 'x', b: 'no' }, { a: 'y' }, { c: 'no' }], 'a'), ['x', 'y']);
  });

  it('nested lists, and lists of dicts inside dicts, are flattened (N1)', () => {
    const nested = [
      { a: 'valid', b: [{ a: 'another' }, { b: 'no' }] },
      [{ a: 'in a list' }, [{ a: 'deeper' }]],
      { b: [{ c: [{ a: 'deepest' }] }, { a: 'last' }] },
    ];
    assert.deepEqual(valuesOfKey(nested, 'a'), ['valid', 'another', 'in a list', 'deeper', 'deepest', 'last']);
  });

  it('a lone dict gives its own, a missing key is a KeyError (N1)', () => {
    assert.equal(valuesOfKey({ a: 'x' }, 'a'), 'x');
    assert.throws(() => valuesOfKey({ b: 'x' }, 'a'), { message: "'a'" });
  });
});

describe('entities', () => {
  it('are joined by commas, one text for each input, with both kinds of key (N2)', async () => {
    const replies = [
      [[{ entity: 'PER' }, { entity: 'LOC' }]],
      [[{ entity_group: 'PER' }], [{ entity_group: 'ORG' }, { entity_group: 'LOC' }]],
      [{ entity: 'PER' }, { entity: 'LOC' }],
    ];
    const { wrapper } = wrapped('TokenClassificationPipeline', 'token-classification', () => replies.shift());
    assert.deepEqual((await wrapper.predict(['a'])).output, ['PER,LOC']);
    assert.deepEqual((await wrapper.predict(['a', 'b'])).output, ['PER', 'ORG,LOC']);
    assert.deepEqual((await wrapper.predict('a')).output, ['PER,LOC']);
  });

  it("a text without entities is Python's IndexError (N2)", () =>
    assert.throws(() => joinedEntities([[{ entity: 'PER' }], []]), { message: 'list index out of range' }));
});

describe('lists of proposals', () => {
  it('the first dict counts, of each list (N3)', () => {
    assert.deepEqual(bestValues([{ a: 'x' }, { a: 'y' }], 'a'), ['x']);
    assert.deepEqual(bestValues([[{ a: 'x' }, { a: 'y' }], [{ a: 'z' }]], 'a'), ['x', 'z']);
  });

  it('lists of lists give a list of the firsts, beside others (N3)', () => {
    assert.deepEqual(bestValues([[[{ a: 'x' }, { a: 'y' }], [{ a: 'z' }]], [{ a: 'w' }]], 'a'), [['x', 'z'], 'w']);
  });

  it('fill-mask keeps the best token, of several masks one each (N3)', async () => {
    const replies = [[{ token_str: ' a ' }, { token_str: 'b' }], [[[{ token_str: 'x' }], [{ token_str: 'y' }]]]];
    const { wrapper } = wrapped('FillMaskPipeline', 'fill-mask', () => replies.shift());
    assert.deepEqual((await wrapper.predict(['one [MASK]'])).output, ['a']);
    assert.deepEqual(toServingJson((await wrapper.predict(['two'])).output), [['x', 'y']]);
  });
});

describe('instruction models', () => {
  const flavorConfig = { instance_type: 'InstructionTextGenerationPipeline' };
  const prompt = 'What is MLflow?';
  const answered = `${prompt}\n\nA: MLflow is an \n\n open   source platform`;
  const instruct = (modelConfig: { include_prompt?: boolean; collapse_whitespace?: boolean }) =>
    wrapped(
      'InstructionTextGenerationPipeline',
      'text-generation',
      (input) =>
        Array.isArray(input) ? input.map(() => [{ generated_text: answered }]) : [{ generated_text: answered }],
      { flavorConfig, modelConfig },
    );

  for (const [includePrompt, collapses, expected] of [
    [true, false, answered],
    [true, true, `${prompt} A: MLflow is an open source platform`],
    [false, false, 'MLflow is an \n\n open   source platform'],
    [false, true, 'MLflow is an open source platform'],
  ] as const) {
    const name = `include_prompt ${includePrompt} and collapse_whitespace ${collapses}, for a text and a list (N4)`;
    it(name, async () => {
      const { wrapper, calls } = instruct({ include_prompt: includePrompt, collapse_whitespace: collapses });
      assert.deepEqual((await wrapper.predict(prompt)).output, [expected]);
      assert.deepEqual((await wrapper.predict([prompt, prompt])).output, [expected, expected]);
      assert.deepEqual(
        calls.map(({ kwargs }) => kwargs),
        [{}, {}],
      );
    });
  }

  it('an answer that does not repeat the prompt with two line breaks stays whole (N4)', () => {
    const options = { includePrompt: false, collapseWhitespace: false, isInstructionPipeline: true };
    const answer = (text: string) => generatedResponses('Q', [{ generated_text: text }], 'generated_text', options);
    assert.deepEqual(['Q\nA: x', 'Q A', 'A: x'].map(answer), ['Q\nA: x', 'Q A', 'A: x']);
    assert.equal(answer('Q\n\nA:A: x'), 'A: x');
  });

  for (const raw of [['text'], ['text', {}], [{ generated_text: 'a' }, ['b']]]) {
    it(`an output that is no list of dicts is refused: ${JSON.stringify(raw)} (N5)`, async () => {
      const { wrapper } = wrapped('TextGenerationPipeline', 'text-generation', () => raw);
      await assert.rejects(wrapper.predict(['a']), {
        message:
          "Unable to parse the pipeline output. Expected List[Dict[str,str]] or List[List[Dict[str,str]]] but got <class 'list'> instead.",
        errorCode: 'INTERNAL_ERROR',
      });
    });
  }
});

describe('other answers', () => {
  it('feature extraction gives the first text only, as an array of doubles (N11)', async () => {
    const tensor = (value: number) => new NdArray('float64', [1, 2, 2], Float32Array.of(value, 2, 3, 4));
    const { wrapper } = wrapped('FeatureExtractionPipeline', 'feature-extraction', () => [tensor(1), tensor(9)]);
    const { output } = await wrapper.predict(['a', 'b']);
    assert.ok(output instanceof NdArray && output.dtype === 'float64');
    assert.deepEqual(toServingJson(output), [
      [1, 2],
      [3, 4],
    ]);
  });

  it('a pipeline class that the wrapper does not know is BAD_REQUEST (N20)', async () => {
    const { wrapper } = wrapped('DepthEstimationPipeline', 'depth-estimation', () => []);
    await assert.rejects(wrapper.predict('a'), {
      errorCode: 'BAD_REQUEST',
      message: 'The loaded pipeline type DepthEstimationPipeline is not enabled for pyfunc predict functionality.',
    });
  });

  it('texts are trimmed at both ends; answers beyond the inputs are dropped', async () => {
    const { wrapper } = wrapped('TextGenerationPipeline', 'text-generation', () => [
      [{ generated_text: '  a ' }, { generated_text: 'b' }],
      [{ generated_text: 'c' }, { generated_text: 'd' }],
    ]);
    assert.deepEqual((await wrapper.predict(['x', 'y'])).output, ['a', 'b']);
  });
});

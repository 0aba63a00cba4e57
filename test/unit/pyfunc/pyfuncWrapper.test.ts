import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/ports.js';
import type { Pipeline } from '../../../src/core/pyfunc/pipeline.js';
import { generateSignatureOutput } from '../../../src/core/pyfunc/generateSignatureOutput.js';
import { PyfuncWrapper, type PyfuncWrapperOptions } from '../../../src/core/pyfunc/pyfuncWrapper.js';
import { toServingJson } from '../../../src/core/pyfunc/servingJson.js';
import { DataFrame, Series } from '../../../src/core/signature/dataFrame.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';

/** A pipeline that answers with `reply` and remembers its calls. */
function fakePipeline(instanceType: string, task: string, reply: (input: unknown) => unknown) {
  const calls: { input: unknown; kwargs: JsonObject }[] = [];
  const pipeline: Pipeline = {
    task,
    instanceType,
    generationConfig: {},
    tokenizer: {
      encode: (text) => Array.from(text, (character) => character.charCodeAt(0)),
      decode: (ids) => String.fromCharCode(...ids),
      applyChatTemplate: (messages) => messages.map(({ role, content }) => `${role}:${content};`).join(''),
    },
    call: async (input, kwargs) => {
      calls.push({ input, kwargs });
      return reply(input);
    },
  };
  return { pipeline, calls };
}

const echo = (input: unknown): unknown =>
  Array.isArray(input)
    ? input.map((text) => [{ generated_text: `${text} +` }])
    : [{ generated_text: `${String(input)} +` }];

function generator(options: Partial<PyfuncWrapperOptions> = {}) {
  const { pipeline, calls } = fakePipeline('TextGenerationPipeline', 'text-generation', echo);
  return { wrapper: new PyfuncWrapper({ pipeline, ...options }), calls };
}

const column = (values: string[], name: string | number = 0): DataFrame =>
  new DataFrame([new Series('object', values, name)]);

describe('input parsing', () => {
  for (const [data, message] of [
    [
      { a: 'b' },
      "The input data is of an incorrect type. <class 'dict'> is invalid. Must be either string or List[str]",
    ],
    [7, /^Input data must be either a pandas.DataFrame, a string, bytes, List\[str\]/],
    [true, /^Input data must be either a pandas.DataFrame/],
    [[1, 2], /^Invalid data submission. Ensure all elements in the list are strings/],
    [[['a']], /^Invalid data submission/],
  ] as const) {
    it(`M1, M4 text generation refuses ${JSON.stringify(data)}`, async () => {
      await assert.rejects(generator().wrapper.predict(data), { message, errorCode: 'INVALID_PARAMETER_VALUE' });
    });
  }

  it('M2 text2text: a dict becomes `key: value` text, `inputs` its values, lists and frames item by item', async () => {
    const { pipeline, calls } = fakePipeline('Text2TextGenerationPipeline', 'text2text-generation', () => [
      { generated_text: 'x' },
    ]);
    const wrapper = new PyfuncWrapper({ pipeline });
    await wrapper.predict({ context: 'a b', answer: 'c' });
    await wrapper.predict([{ context: 'a', answer: 'b' }, { k: 'v' }]);
    await wrapper.predict({ inputs: 'only this' });
    await wrapper.predict(column(['from a frame']));
    assert.deepEqual(
      calls.map(({ input }) => input),
      ['context: a b answer: c', ['context: a answer: b', 'k: v'], ['only this'], ['from a frame']],
    );
  });

  it('M3 text2text: a list value is refused with the data shortened', async () => {
    const { pipeline } = fakePipeline('Text2TextGenerationPipeline', 'text2text-generation', () => []);
    await assert.rejects(new PyfuncWrapper({ pipeline }).predict({ context: ['a'.repeat(200)] }), (error: Error) => {
      assert.match(
        error.message,
        /^An invalid type has been supplied: \{'context': \['a+\.\.\. \(type: dict\)\. Please/,
      );
      return true;
    });
  });

  it('M6 question answering: missing keys and other kinds are refused', async () => {
    const { pipeline, calls } = fakePipeline('QuestionAnsweringPipeline', 'question-answering', () => ({
      answer: ' yes ',
    }));
    const wrapper = new PyfuncWrapper({ pipeline });
    const { output } = await wrapper.predict([{ question: 'q', context: 'c' }]);
    assert.deepEqual(output, ['yes']);
    assert.deepEqual(calls[0]?.input, [{ question: 'q', context: 'c' }]);
    await assert.rejects(wrapper.predict({ question: 'q' }), {
      message: "Invalid keys were submitted. Keys must be exclusively {'question', 'context'}",
    });
    await assert.rejects(
      wrapper.predict('text'),
      /An invalid type has been supplied. Must be either List\[Dict\[str, str\]\]/,
    );
  });

  it('M7 zero-shot: labels written as JSON are decoded, a missing key is refused', async () => {
    const reply = { sequence: 's', labels: ['b', 'a'], scores: [0.75, 0.25] };
    const { pipeline, calls } = fakePipeline('ZeroShotClassificationPipeline', 'zero-shot-classification', () => reply);
    const wrapper = new PyfuncWrapper({ pipeline });
    const { output } = await wrapper.predict({ sequences: 's', candidate_labels: '["a", "b"]' });
    assert.deepEqual(calls[0]?.input, { sequences: 's', candidate_labels: ['a', 'b'] });
    assert.deepEqual(toServingJson(output), [
      { sequence: 's', labels: 'b', scores: 0.75 },
      { sequence: 's', labels: 'a', scores: 0.25 },
    ]);
    await assert.rejects(wrapper.predict({ sequences: 's' }), {
      message: 'Invalid key in inference payload. The expected inference data key is: candidate_labels',
    });
  });

  it('M8 table questions: the table is read by Python literal rules', async () => {
    const { pipeline, calls } = fakePipeline('TableQuestionAnsweringPipeline', 'table-question-answering', () => ({
      answer: 'x',
    }));
    const wrapper = new PyfuncWrapper({ pipeline });
    await wrapper.predict({ query: 'q', table: "{'Distance': ['1000', '10']}" });
    assert.deepEqual(calls[0]?.input, { query: 'q', table: { Distance: ['1000', '10'] } });
    await assert.rejects(wrapper.predict({ query: 'q' }), {
      message: "The input dictionary must have the 'table' key.",
    });
  });

  it('M11 a text that is no image, file or URI is refused with its beginning', async () => {
    const { pipeline } = fakePipeline('ImageClassificationPipeline', 'image-classification', () => []);
    const wrapper = new PyfuncWrapper({ pipeline });
    for (const text of ['https:///x', 'no such file anywhere here']) {
      await assert.rejects(wrapper.predict(text), { errorCode: 'BAD_REQUEST' });
    }
    await assert.rejects(
      wrapper.predict('no such file anywhere here'),
      /Received \(truncated\): no such file anywher\.\.\.$/,
    );
  });

  it('text classification decodes texts that are Python dicts, and refuses other keys', async () => {
    const { pipeline, calls } = fakePipeline('TextClassificationPipeline', 'text-classification', () => [
      { label: 'a', score: 1 },
    ]);
    const wrapper = new PyfuncWrapper({ pipeline });
    await wrapper.predict(column(["{'text': 'a', 'text_pair': \"b's\"}"]));
    assert.deepEqual(calls[0]?.input, [{ text: 'a', text_pair: "b's" }]);
    await assert.rejects(
      wrapper.predict({ txt: 'a' }),
      /Text Classification pipelines may only define dictionary inputs/,
    );
  });
});

describe('output parsing', () => {
  it('N2 entities are joined by commas, both kinds of key; a text without entities is an IndexError', async () => {
    const replies = [
      [[{ entity: 'PER' }, { entity: 'LOC' }]],
      [[{ entity_group: 'PER' }], [{ entity_group: 'ORG' }]],
      [[]],
    ];
    const { pipeline } = fakePipeline('TokenClassificationPipeline', 'token-classification', () => replies.shift());
    const wrapper = new PyfuncWrapper({ pipeline });
    assert.deepEqual((await wrapper.predict(['a'])).output, ['PER,LOC']);
    assert.deepEqual((await wrapper.predict(['a', 'b'])).output, ['PER', 'ORG']);
    await assert.rejects(wrapper.predict(['a']), { message: 'list index out of range' });
  });

  it('N3 fill-mask keeps the best token, of several masks one each', async () => {
    const replies = [[{ token_str: ' a ' }, { token_str: 'b' }], [[[{ token_str: 'x' }], [{ token_str: 'y' }]]]];
    const { pipeline } = fakePipeline('FillMaskPipeline', 'fill-mask', () => replies.shift());
    const wrapper = new PyfuncWrapper({ pipeline });
    assert.deepEqual((await wrapper.predict(['one [MASK]'])).output, ['a']);
    assert.deepEqual(toServingJson((await wrapper.predict(['two'])).output), [['x', 'y']]);
  });

  it('N4 instruction pipelines: the prompt and `A:` go with include_prompt false, whitespace collapses when asked', async () => {
    const flavorConfig = { instance_type: 'InstructionTextGenerationPipeline' };
    const reply = (): unknown => [[{ generated_text: 'Q\n\nA: an \n\n answer' }]];
    const { pipeline, calls } = fakePipeline('InstructionTextGenerationPipeline', 'text-generation', reply);
    const modelConfig = { include_prompt: false, collapse_whitespace: true };
    const wrapper = new PyfuncWrapper({ pipeline, flavorConfig, modelConfig });
    assert.deepEqual((await wrapper.predict(['Q'])).output, ['an answer']);
    assert.deepEqual(calls[0]?.kwargs, {});
    const kept = new PyfuncWrapper({ pipeline, flavorConfig });
    assert.deepEqual((await kept.predict(['Q'])).output, ['Q\n\nA: an \n\n answer']);
  });

  it('N5 an output that is no list of dicts is refused', async () => {
    const { pipeline } = fakePipeline('TextGenerationPipeline', 'text-generation', () => ['text']);
    await assert.rejects(new PyfuncWrapper({ pipeline }).predict(['a']), /Unable to parse the pipeline output/);
  });

  it('N11 feature extraction gives the first text only, as an array of doubles', async () => {
    const tensor = (value: number) => new NdArray('float64', [1, 2, 2], Float32Array.of(value, 2, 3, 4));
    const { pipeline } = fakePipeline('FeatureExtractionPipeline', 'feature-extraction', () => [tensor(1), tensor(9)]);
    const { output } = await new PyfuncWrapper({ pipeline }).predict(['a', 'b']);
    assert.deepEqual(toServingJson(output), [
      [1, 2],
      [3, 4],
    ]);
  });

  it('N20 an unknown pipeline class is BAD_REQUEST', async () => {
    const { pipeline } = fakePipeline('DepthEstimationPipeline', 'depth-estimation', () => []);
    await assert.rejects(new PyfuncWrapper({ pipeline }).predict('a'), {
      errorCode: 'BAD_REQUEST',
      message: 'The loaded pipeline type DepthEstimationPipeline is not enabled for pyfunc predict functionality.',
    });
  });

  it('texts are trimmed at both ends; answers beyond the inputs are dropped', async () => {
    const { pipeline } = fakePipeline('TextGenerationPipeline', 'text-generation', () => [
      [{ generated_text: '  a ' }, { generated_text: 'b' }],
      [{ generated_text: 'c' }, { generated_text: 'd' }],
    ]);
    assert.deepEqual((await new PyfuncWrapper({ pipeline }).predict(['x', 'y'])).output, ['a', 'b']);
  });
});

describe('config and params', () => {
  it('O4 params go over the config of one call, and the config stays as it was', async () => {
    const modelConfig = { max_new_tokens: 3, nested: { a: 1 } };
    const { wrapper, calls } = generator({ modelConfig });
    await wrapper.predict('a', { max_new_tokens: 9 });
    await wrapper.predict('a');
    assert.deepEqual(
      calls.map(({ kwargs }) => kwargs['max_new_tokens']),
      [9, 3],
    );
    assert.deepEqual(modelConfig, { max_new_tokens: 3, nested: { a: 1 } });
  });

  it('O2 unused model_kwargs name the pipeline class', async () => {
    const { pipeline } = fakePipeline('TextGenerationPipeline', 'text-generation', () => {
      throw new Error("The following `model_kwargs` are not used by the model: ['x']");
    });
    await assert.rejects(new PyfuncWrapper({ pipeline }).predict('a'), {
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: 'The params provided to the `predict` method are not valid for pipeline TextGenerationPipeline.',
    });
  });
});

describe('prompt templates', () => {
  it('K6 wraps texts and lists by format rules; the text itself is not interpreted', async () => {
    const { wrapper, calls } = generator({ promptTemplate: '{{x}} Q: {prompt} A:' });
    await wrapper.predict('a {b}');
    await wrapper.predict(['c', 'd']);
    assert.deepEqual(
      calls.map(({ input }) => input),
      ['{x} Q: a {b} A:', ['{x} Q: c A:', '{x} Q: d A:']],
    );
  });

  it('K8 with llm/v1/completions: the formatted prompt, tensors asked for, return_full_text nulled', async () => {
    const { pipeline, calls } = fakePipeline('TextGenerationPipeline', 'text-generation', (input) =>
      (input as string[]).map((text) => [{ generated_token_ids: Array.from(`${text} new`, (c) => c.charCodeAt(0)) }]),
    );
    const wrapper = new PyfuncWrapper({
      pipeline,
      promptTemplate: 'Q: {prompt}',
      modelConfig: { return_full_text: false },
      flavorConfig: { inference_task: 'llm/v1/completions', source_model_name: 'acme/llm' },
    });
    const { output } = await wrapper.predict({ prompt: 'hi', max_tokens: 4 });
    assert.deepEqual(calls[0]?.input, ['Q: hi']);
    assert.deepEqual(calls[0]?.kwargs, { return_full_text: null, max_new_tokens: 4, return_tensors: true });
    const [answer] = output as JsonObject[];
    assert.equal(answer?.['object'], 'text_completion');
    assert.equal(answer?.['model'], 'acme/llm');
    assert.deepEqual(answer?.['usage'], { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 });
    assert.deepEqual(answer?.['choices'], [{ index: 0, finish_reason: 'length', text: 'new' }]);
  });
});

describe('llm/v1 tasks', () => {
  const chat = (options: Partial<PyfuncWrapperOptions> = {}) => {
    const { pipeline, calls } = fakePipeline('TextGenerationPipeline', 'text-generation', (input) =>
      (input as string[]).map((text) => [{ generated_token_ids: Array.from(text, (c) => c.charCodeAt(0)) }]),
    );
    const flavorConfig = { inference_task: 'llm/v1/chat', source_model_name: 'm' };
    return { wrapper: new PyfuncWrapper({ pipeline, flavorConfig, ...options }), calls };
  };

  it('P3 messages go through the chat template; other kinds are refused', async () => {
    const { wrapper, calls } = chat();
    await wrapper.predict({ messages: [{ role: 'user', content: 'hi' }] });
    assert.deepEqual(calls[0]?.input, ['user:hi;']);
    await assert.rejects(wrapper.predict({ messages: 'hi' }), {
      message: "Input messages should be list of dictionaries, but got: <class 'str'>.",
    });
  });

  it('P4 the first row gives params, nulls do not, max_tokens and stop are renamed, data goes over params', async () => {
    const { wrapper, calls } = chat({ modelConfig: { temperature: 0.1 } });
    const messages = [{ role: 'user', content: 'hi' }];
    const frame = new DataFrame([
      new Series('object', [messages, messages], 'messages'),
      new Series('float64', [0.5, 0.9], 'temperature'),
      new Series('object', [['end'], null], 'stop'),
      new Series('float64', [NaN, 3], 'top_p'),
      new Series('int64', [7, 8], 'max_tokens'),
    ]);
    await wrapper.predict(frame, { temperature: 0.3 });
    assert.deepEqual(calls[0]?.kwargs, {
      temperature: 0.5,
      max_new_tokens: 7,
      stopping_criteria: ['end'],
      return_tensors: true,
    });
    assert.equal((calls[0]?.input as string[]).length, 2);
  });

  it('P5 a missing column and other kinds of data are BAD_REQUEST', async () => {
    const { wrapper } = chat();
    await assert.rejects(wrapper.predict({ prompt: 'x' }), {
      errorCode: 'BAD_REQUEST',
      message: 'Transformer model saved with `llm/v1/chat` task excepts `messages`to be passed as input data.',
    });
    await assert.rejects(wrapper.predict('x'), { errorCode: 'BAD_REQUEST' });
  });

  it('P12 embeddings: the first token of each text, tokens counted with special ones', async () => {
    const tensor = new NdArray('float64', [1, 2, 2], Float32Array.of(1, 2, 3, 4));
    const { pipeline } = fakePipeline('FeatureExtractionPipeline', 'feature-extraction', () => [tensor, tensor]);
    const wrapper = new PyfuncWrapper({ pipeline, flavorConfig: { inference_task: 'llm/v1/embeddings' } });
    const { output } = await wrapper.predict({ input: ['ab', 'c'] });
    assert.deepEqual(toServingJson(output), {
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [1, 2] },
        { object: 'embedding', index: 1, embedding: [1, 2] },
      ],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  });
});

describe('generateSignatureOutput', () => {
  it('J6 refuses what is no pipeline', async () => {
    await assert.rejects(generateSignatureOutput({ model: 1 }, 'x'), {
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: 'The pipeline type submitted is not a valid transformers Pipeline. The type dict is not supported.',
    });
  });

  it('gives what the wrapper predicts', async () => {
    const { pipeline } = fakePipeline('TextGenerationPipeline', 'text-generation', echo);
    assert.deepEqual(await generateSignatureOutput(pipeline, 'a'), ['a +']);
  });
});

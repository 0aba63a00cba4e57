import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/ports.js';
import { completionObjects } from '../../../src/core/pyfunc/llmTasks.js';
import type { PipelineTokenizer } from '../../../src/core/pyfunc/pipeline.js';
import type { PyfuncWrapperOptions } from '../../../src/core/pyfunc/pyfuncWrapper.js';
import { toServingJson } from '../../../src/core/pyfunc/servingJson.js';
import { DataFrame, Series } from '../../../src/core/signature/dataFrame.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { defaultTaskOfLlmTask } from '../../../src/core/transformers/tasks.js';
import { isEnd } from '../../../src/worker/runtime/generation/generate.js';
import type { GenerationOptions } from '../../../src/worker/runtime/generation/generationOptions.js';
import type { GenerateRequest, RuntimeModel } from '../../../src/worker/runtime/model.js';
import { runGeneration } from '../../../src/worker/pipelines/generationRun.js';
import type { Tokenizer } from '../../../src/worker/tokenizer/tokenizer.js';
import { fakePipeline, wrapped } from './fakePipeline.js';

const charactersOf = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const tokenizer: PipelineTokenizer = {
  encode: charactersOf,
  decode: (ids) => String.fromCharCode(...ids),
  applyChatTemplate: (messages) => messages.map(({ role, content }) => `${role}:${content};`).join(''),
};

function llm(task: string, options: Partial<PyfuncWrapperOptions> = {}) {
  const reply = (input: unknown): unknown =>
    (input as string[]).map((text) => [{ generated_token_ids: charactersOf(`${text} new`) }]);
  const flavorConfig = { inference_task: task, source_model_name: 'acme/llm' };
  return wrapped('TextGenerationPipeline', 'text-generation', reply, { flavorConfig, ...options });
}
const chat = (options: Partial<PyfuncWrapperOptions> = {}) => llm('llm/v1/chat', options);

describe('requests', () => {
  it('messages go through the chat template (P3)', async () => {
    const { wrapper, calls } = chat();
    await wrapper.predict({
      messages: [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'hi' },
      ],
    });
    assert.deepEqual(calls[0]?.input, ['system:be kind;user:hi;']);
  });

  for (const [messages, type] of [
    ['hi', 'str'],
    [3, 'int'],
    [{ role: 'user' }, 'dict'],
    [['hi'], 'list'],
  ] as const) {
    it(`messages that are ${JSON.stringify(messages)} are refused (P3)`, () =>
      assert.rejects(chat().wrapper.predict({ messages }), {
        errorCode: 'INVALID_PARAMETER_VALUE',
        message: `Input messages should be list of dictionaries, but got: <class '${type}'>.`,
      }));
  }

  it('a template that fails is an error with its cause (P3)', async () => {
    const { pipeline } = fakePipeline('TextGenerationPipeline', 'text-generation', () => []);
    const failing: PipelineTokenizer = {
      ...tokenizer,
      applyChatTemplate: () => {
        throw new Error('no system role');
      },
    };
    const { wrapper } = chat({ pipeline: { ...pipeline, tokenizer: failing } });
    await assert.rejects(wrapper.predict({ messages: [{ role: 'user', content: 'hi' }] }), {
      errorCode: 'INTERNAL_ERROR',
      message: 'Failed to apply chat template: no system role',
    });
  });

  it('a dict gives one prompt, its other fields are params over those of the call and the config (P4)', async () => {
    const { wrapper, calls } = llm('llm/v1/completions', {
      modelConfig: { temperature: 0.1, top_k: 5, do_sample: true },
    });
    await wrapper.predict(
      { prompt: 'hi', max_tokens: 7, stop: 'end', temperature: 0.5 },
      { temperature: 0.3, top_k: 9 },
    );
    assert.deepEqual(calls[0], {
      input: ['hi'],
      kwargs: {
        temperature: 0.5,
        top_k: 9,
        do_sample: true,
        max_new_tokens: 7,
        stopping_criteria: ['end'],
        return_tensors: true,
      },
    });
  });

  it('a frame gives a prompt a row, params from its first row, nulls none (P4)', async () => {
    const { wrapper, calls } = chat({ modelConfig: { temperature: 0.1 } });
    const messages = [{ role: 'user', content: 'hi' }];
    const frame = new DataFrame([
      new Series('object', [messages, messages], 'messages'),
      new Series('float64', [0.5, 0.9], 'temperature'),
      new Series('object', [['end', 'stop'], null], 'stop'),
      new Series('float64', [NaN, 3], 'top_p'),
      new Series('int64', [7, 8], 'max_tokens'),
    ]);
    await wrapper.predict(frame, { temperature: 0.3 });
    assert.deepEqual(calls[0], {
      input: ['user:hi;', 'user:hi;'],
      kwargs: { temperature: 0.5, max_new_tokens: 7, stopping_criteria: ['end', 'stop'], return_tensors: true },
    });
  });

  it('stop texts are none where the name of the model is unknown, as their tokenizer is (P4)', async () => {
    const { wrapper, calls } = chat({ flavorConfig: { inference_task: 'llm/v1/chat' } });
    await wrapper.predict({ messages: [{ role: 'user', content: 'hi' }], stop: ['end'] });
    assert.deepEqual(calls[0]?.kwargs, { stopping_criteria: null, return_tensors: true });
  });

  for (const [task, field, other] of [
    ['llm/v1/chat', 'messages', { prompt: 'x' }],
    ['llm/v1/completions', 'prompt', { messages: [{ role: 'user', content: 'hi' }] }],
  ] as const) {
    it(`${task} without \`${field}\`, or with the other task's field, is BAD_REQUEST (P5)`, async () => {
      for (const data of [{}, other, { temperature: 1 }]) {
        await assert.rejects(llm(task).wrapper.predict(data), {
          errorCode: 'BAD_REQUEST',
          message: `Transformer model saved with \`${task}\` task excepts \`${field}\`to be passed as input data.`,
        });
      }
      await assert.rejects(llm(task).wrapper.predict('x'), {
        errorCode: 'BAD_REQUEST',
        message: /is expected to be a pandas DataFrame or a dictionary, but got: <class 'str'>\.$/,
      });
    });
  }
});

describe('stop texts', () => {
  const options = { eosIds: [99] } as unknown as GenerationOptions;

  /** What the runtime is asked for when a pipeline runs with these stop texts. */
  async function stopSequences(stopTexts: string[]): Promise<number[][] | undefined> {
    let asked: GenerateRequest | undefined;
    const model = {
      generate: (request: GenerateRequest) => {
        asked = request;
        return Promise.resolve({ sequences: [[1]], finishReason: 'length' as const });
      },
    } as unknown as RuntimeModel;
    await runGeneration({
      model,
      tokenizer: tokenizer as Tokenizer,
      transformersMajor: 5,
      request: { inputIds: [[1]] },
      generation: {},
      stopTexts,
      options: {},
    });
    return asked?.stopSequences;
  }

  it('without them there are no criteria (P6)', async () => assert.deepEqual(await stopSequences([]), []));

  it('each has two criteria, with and without a space before it (P6)', async () =>
    assert.deepEqual(await stopSequences(['ab', 'c']), [
      charactersOf('ab'),
      charactersOf(' ab'),
      charactersOf('c'),
      charactersOf(' c'),
    ]));

  it('a criterion holds when the last tokens are its own, not earlier ones (P6)', () => {
    const stops = [charactersOf('ab'), charactersOf(' ab')];
    const ends = (text: string) => isEnd(charactersOf(text), options, stops);
    assert.deepEqual(['xab', 'ab', 'x ab'].map(ends), [true, true, true]);
    assert.deepEqual(['abx', 'xb', 'b', 'a', ''].map(ends), [false, false, false, false, false]);
  });
});

describe('answers', () => {
  const answer = (prompt: string, text: string, config: JsonObject, task: 'llm/v1/chat' | 'llm/v1/completions') =>
    completionObjects([prompt], [charactersOf(prompt + text)], tokenizer, task, 'acme/llm', config)[0] as JsonObject & {
      usage: JsonObject;
      choices: JsonObject[];
    };

  it('a completion has an id, object, model, the text without the prompt, a reason and a usage that adds up (P7)', () => {
    const before = Math.floor(Date.now() / 1000);
    const { id, created, ...rest } = answer('Q: hi', ' new', {}, 'llm/v1/completions');
    assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(Number(created) >= before && Number(created) <= before + 60);
    assert.deepEqual(rest, {
      object: 'text_completion',
      model: 'acme/llm',
      usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 },
      choices: [{ index: 0, finish_reason: 'stop', text: 'new' }],
    });
  });

  it("a chat answer is an assistant's message (P7)", () => {
    const { object, choices } = answer('Q: hi', ' new', {}, 'llm/v1/chat');
    assert.equal(object, 'chat.completion');
    assert.deepEqual(choices, [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'new' } }]);
  });

  it('an unknown model name is an empty text, and each prompt has its answer (P7)', () => {
    const answers = completionObjects(
      ['a', 'b'],
      [charactersOf('a x'), charactersOf('b y'), [1]],
      tokenizer,
      'llm/v1/completions',
      null,
      {},
    );
    assert.deepEqual(
      answers.map(({ model, choices }) => [model, (choices as JsonObject[])[0]?.['text']]),
      [
        ['', 'x'],
        ['', 'y'],
      ],
    );
  });

  it('usage counts the prompt, the rest, and both (P8)', () =>
    assert.deepEqual(answer('abc', 'de', {}, 'llm/v1/chat').usage, {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
    }));

  for (const [config, reason] of [
    [{}, 'stop'],
    [{ max_new_tokens: 4 }, 'length'],
    [{ max_new_tokens: 3 }, 'stop'],
    [{ max_new_tokens: 5 }, 'stop'],
    [{ max_length: 8 }, 'length'],
    [{ max_length: 9 }, 'stop'],
    [{ max_length: 10 }, 'stop'],
    [{ max_length: 100, max_new_tokens: 4 }, 'length'],
  ] as const) {
    it(`4 new of 9 tokens end with '${reason}' under ${JSON.stringify(config)} (P8)`, () =>
      assert.equal(answer('Q: hi', ' new', config, 'llm/v1/chat').choices[0]?.['finish_reason'], reason));
  }

  it('embeddings: the first token of each text, tokens counted with special ones (P12)', async () => {
    const tensor = new NdArray('float64', [1, 2, 2], Float32Array.of(1, 2, 3, 4));
    const { wrapper } = wrapped('FeatureExtractionPipeline', 'feature-extraction', () => [tensor, tensor], {
      flavorConfig: { inference_task: 'llm/v1/embeddings' },
    });
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

describe('the pipeline task behind an llm task', () => {
  for (const [llmTask, task] of [
    ['llm/v1/chat', 'text-generation'],
    ['llm/v1/completions', 'text-generation'],
    ['llm/v1/embeddings', 'feature-extraction'],
    ['llm/v1/foo', null],
    ['text-generation', null],
    [null, null],
  ] as const) {
    it(`of ${llmTask} is ${task} (P9)`, () => assert.equal(defaultTaskOfLlmTask(llmTask), task));
  }
});

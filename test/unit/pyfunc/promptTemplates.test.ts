import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/ports.js';
import { applyPromptTemplate } from '../../../src/core/pyfunc/promptTemplate.js';
import { NdArray } from '../../../src/core/signature/ndArray.js';
import { echo, textGenerator, wrapped } from './fakePipeline.js';

describe('a template', () => {
  it('wraps a text and each text of a list by format rules; the text itself is not interpreted (K6)', async () => {
    const { wrapper, calls } = textGenerator({ promptTemplate: '{{x}} Q: {prompt} A:' });
    await wrapper.predict('a {b}');
    await wrapper.predict(['c', 'd']);
    assert.deepEqual(
      calls.map(({ input }) => input),
      ['{x} Q: a {b} A:', ['{x} Q: c A:', '{x} Q: d A:']],
    );
  });

  it('refuses tasks without templates and other data when it is applied (K6)', () => {
    assert.throws(() => applyPromptTemplate('{prompt}', 'text-classification', 'a'), {
      errorCode: 'INTERNAL_ERROR',
      message:
        /^_format_prompt_template called on an unexpected pipeline type\. Expected one of: \{.*\}\. Received: text-classification$/,
    });
    for (const data of [3, ['a', 1], { a: 'b' }]) {
      assert.throws(() => applyPromptTemplate('{prompt}', 'text-generation', data), {
        errorCode: 'INVALID_PARAMETER_VALUE',
        message:
          /^Prompt templating is only supported for data of type str or List\[str\]\. Got <class '(int|list|dict)'> instead\.$/,
      });
    }
    assert.equal(applyPromptTemplate(undefined, 'text-classification', 3), 3);
  });
});

describe('the text that is predicted with a template', () => {
  const promptTemplate = 'Answer kindly: {prompt}';
  for (const [instanceType, task, reply] of [
    ['FeatureExtractionPipeline', 'feature-extraction', () => [new NdArray('float64', [1, 1, 1], [0.5])]],
    ['FillMaskPipeline', 'fill-mask', () => [{ token_str: 'x' }]],
    ['SummarizationPipeline', 'summarization', () => [{ summary_text: 'x' }]],
    ['Text2TextGenerationPipeline', 'text2text-generation', () => [{ generated_text: 'x' }]],
    ['TextGenerationPipeline', 'text-generation', echo],
  ] as const) {
    it(`is formatted, as a list of one, for ${task} (K7)`, async () => {
      const { wrapper, calls } = wrapped(instanceType, task, reply, { promptTemplate });
      await wrapper.predict(['hello']);
      assert.deepEqual(calls, [{ input: ['Answer kindly: hello'], kwargs: {} }]);
    });
  }

  it('is sent with return_full_text false where the save of a text-generation model put it into the config (K7)', async () => {
    const { wrapper, calls } = textGenerator({ promptTemplate, modelConfig: { return_full_text: false } });
    await wrapper.predict(['hello']);
    assert.deepEqual(calls, [{ input: ['Answer kindly: hello'], kwargs: { return_full_text: false } }]);
  });

  it('goes to llm/v1/completions formatted, with tensors asked for and return_full_text nulled (K8)', async () => {
    const warnings: string[] = [];
    const { wrapper, calls } = wrapped(
      'TextGenerationPipeline',
      'text-generation',
      (input) =>
        (input as string[]).map((text) => [{ generated_token_ids: Array.from(`${text} new`, (c) => c.charCodeAt(0)) }]),
      {
        promptTemplate: 'Q: {prompt}',
        modelConfig: { return_full_text: false },
        flavorConfig: { inference_task: 'llm/v1/completions', source_model_name: 'acme/llm' },
        onWarning: (message) => warnings.push(message),
      },
    );
    const { output } = await wrapper.predict({ prompt: 'hi', max_tokens: 4 });
    assert.deepEqual(calls[0]?.input, ['Q: hi']);
    assert.deepEqual(calls[0]?.kwargs, { return_full_text: null, max_new_tokens: 4, return_tensors: true });
    assert.match(
      warnings[0] ?? '',
      /^The `return_full_text` parameter is mutually exclusive with the `return_tensors`/,
    );
    const [answer] = output as JsonObject[];
    assert.deepEqual(answer?.['choices'], [{ index: 0, finish_reason: 'length', text: 'new' }]);
  });
});

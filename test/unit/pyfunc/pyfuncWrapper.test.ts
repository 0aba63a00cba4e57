import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateSignatureOutput } from '../../../src/core/pyfunc/generateSignatureOutput.js';
import { inferSignature } from '../../../src/core/signature/inferSignature.js';
import { prepareInput } from '../../../src/core/signature/prepareInput.js';
import { echo, fakePipeline, textGenerator, wrapped } from './fakePipeline.js';

describe('config and params', () => {
  it('params go over the config of one call, and the config stays as it was (O4)', async () => {
    const modelConfig = { max_new_tokens: 3, nested: { a: 1 } };
    const { wrapper, calls } = textGenerator({ modelConfig });
    await wrapper.predict('a', { max_new_tokens: 9 });
    await wrapper.predict('a');
    assert.deepEqual(
      calls.map(({ kwargs }) => kwargs['max_new_tokens']),
      [9, 3],
    );
    (calls[0]?.kwargs['nested'] as { a: number }).a = 2;
    assert.deepEqual(modelConfig, { max_new_tokens: 3, nested: { a: 1 } });
  });

  it('unused model_kwargs name the pipeline class (O2)', async () => {
    const { wrapper } = wrapped('TextGenerationPipeline', 'text-generation', () => {
      throw new Error("The following `model_kwargs` are not used by the model: ['x']");
    });
    await assert.rejects(wrapper.predict('a'), {
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: 'The params provided to the `predict` method are not valid for pipeline TextGenerationPipeline.',
    });
  });

  it('other errors of the pipeline stay what they are (O2)', async () => {
    const { wrapper } = wrapped('TextGenerationPipeline', 'text-generation', () => {
      throw new Error('out of memory');
    });
    await assert.rejects(wrapper.predict('a'), /^Error: out of memory$/);
  });

  it('params of a wrong type are refused together, before the model is asked (O3)', () => {
    const signature = inferSignature('a', 'b', { max_new_tokens: 4, temperature: 0.5 });
    assert.throws(() => prepareInput('a', signature, { max_new_tokens: '3', temperature: 'hot' }), {
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: /^Invalid parameters found: \{\('max_new_tokens', .*\), \('temperature', .*\)\}$/,
    });
  });

  it('params of a model without a params schema are dropped with a warning (O6)', () => {
    const prepared = prepareInput('a', inferSignature('a', 'b'), { max_new_tokens: 3 });
    assert.deepEqual(prepared.params, {});
    assert.match(
      prepared.warnings[0] ?? '',
      /This model does not define a params schema\. Ignoring provided params: \['max_new_tokens'\]$/,
    );
  });
});

describe('generateSignatureOutput', () => {
  it('refuses what is no pipeline (J6)', async () => {
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

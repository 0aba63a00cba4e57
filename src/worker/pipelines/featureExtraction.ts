import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { NdArray } from '../../core/signature/ndArray.js';
import { forward, modelInputs } from './modelInputs.js';
import { TextPipeline } from './pipelineContext.js';
import { encodeInput } from './textBatch.js';

/** transformers' FeatureExtractionPipeline: an array [1, tokens, hidden] a text, in place of Python's nested lists. */
export class FeatureExtractionPipeline extends TextPipeline {
  protected run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    const tokenizeKwargs = { ...(kwargs['tokenize_kwargs'] as JsonObject | null | undefined) };
    const { truncation } = kwargs;
    if (truncation !== undefined && truncation !== null) {
      if ('truncation' in tokenizeKwargs) {
        throw MlflowError.invalidParameter(
          'truncation parameter defined twice (given as keyword argument as well as in tokenize_kwargs)',
        );
      }
      tokenizeKwargs['truncation'] = truncation;
    }
    return this.each(input, options, async (text) => {
      const [encoding] = encodeInput(this.tokenizer, text, tokenizeKwargs);
      const { dims, data } = await forward(this.model, modelInputs(encoding, this.tokenizer), 'last_hidden_state');
      return new NdArray('float64', dims, data);
    });
  }
}

import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import type { TransformersVersion } from '../../core/transformers/transformersVersion.js';
import type { GenerateRequest, GenerateResult, RuntimeModel } from '../runtime/model.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import { IncrementalDetokenizer } from '../tokenizer/incrementalDetokenizer.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { withPythonErrors } from './modelInputs.js';

export interface GenerationRun {
  model: RuntimeModel;
  tokenizer: Tokenizer;
  transformersMajor: TransformersGeneration;
  version?: TransformersVersion | undefined;
  request: Pick<GenerateRequest, 'inputIds' | 'encoderInputs' | 'processors' | 'wantsLogProbabilities'>;
  generation: JsonObject;
  /** Text of tokens, as events tell it; without special tokens when absent. */
  decode?: ((ids: readonly number[]) => string) | undefined;
  /** Texts after which MLflow's `stop` ends the answer; compared as token ids. */
  stopTexts?: readonly string[] | undefined;
  /** Texts that end the answer wherever they come up in it. */
  stopStrings?: readonly string[] | undefined;
  options: PipelineCallOptions;
}

/** Runs `generate`, telling each token's text, and ends at stop texts. */
export async function runGeneration(run: GenerationRun): Promise<GenerateResult> {
  const { model, tokenizer, options, stopStrings = [], stopTexts = [] } = run;
  if ((run.generation['stop_strings'] ?? null) !== null && stopStrings.length === 0) throw noTokenizer();
  const stop = new AbortController();
  const signals = [stop.signal, ...(options.signal ? [options.signal] : [])];
  const detokenizers = new Map<number, IncrementalDetokenizer>();
  const written = new Map<number, string>();
  const decode = run.decode ?? ((ids) => tokenizer.decode(ids, { skipSpecialTokens: true }));
  const onToken = (sequence: number, tokenId: number): void => {
    let detokenizer = detokenizers.get(sequence);
    if (!detokenizer) detokenizers.set(sequence, (detokenizer = new IncrementalDetokenizer(decode)));
    const text = detokenizer.push(tokenId);
    options.onEvent?.({ type: 'token', text, tokenId, sequence });
    if (stopStrings.length === 0) return;
    const tail = (written.get(sequence) ?? '') + text;
    written.set(sequence, tail);
    if (stopStrings.some((stopString) => tail.slice(-(stopString.length + text.length)).includes(stopString)))
      stop.abort();
  };
  const request: GenerateRequest = {
    ...run.request,
    generation: run.generation,
    transformersMajor: run.transformersMajor,
    version: run.version,
    stopSequences: stopTexts.flatMap((text) =>
      [text, ` ${text}`].map((variant) => tokenizer.encode(variant, { addSpecialTokens: false })),
    ),
    signal: AbortSignal.any(signals),
    onPrompt: (promptTokens, durationMs) => options.onEvent?.({ type: 'prompt', promptTokens, durationMs }),
    ...(options.onEvent || stopStrings.length > 0 ? { onToken } : {}),
  };
  const result = await withPythonErrors(() => model.generate(request));
  const endedByString = stop.signal.aborted && !options.signal?.aborted;
  return endedByString ? { ...result, finishReason: 'stop' } : result;
}

/** What `generate` says in Python, to which pipelines hand the tokenizer only beside `stop_sequence`. */
function noTokenizer(): MlflowError {
  return MlflowError.invalidParameter(
    "There are one or more stop strings, either in the arguments to `generate` or in the model's generation config, but we " +
      "could not locate a tokenizer. When generating with stop strings, you must pass the model's tokenizer to the " +
      '`tokenizer` argument of `generate`.',
  );
}

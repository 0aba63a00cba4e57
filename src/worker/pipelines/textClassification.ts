import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { pyRepr } from '../../core/signature/pythonText.js';
import { forward, labelOf, modelInputs } from './modelInputs.js';
import { argmax, sigmoid, softmax } from './numeric.js';
import { TextPipeline } from './pipelineContext.js';
import { encodeInput } from './textBatch.js';

interface LabelScore {
  label: string;
  score: number;
}

type Activation = 'SIGMOID' | 'SOFTMAX' | 'NONE';

interface Postprocess {
  /** undefined: one label the old way; null: all. */
  topK: number | null | undefined;
  activation: Activation | undefined;
}

/** transformers' TextClassificationPipeline. */
export class TextClassificationPipeline extends TextPipeline {
  protected async run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    if (isPair(input)) {
      throw MlflowError.invalidParameter(
        "TextClassificationPipeline.__call__() missing 1 required positional argument: 'inputs'",
      );
    }
    const { function_to_apply: activation, top_k: topK, return_all_scores: allScores, ...tokenizerKwargs } = kwargs;
    const postprocess: Postprocess = { topK: undefined, activation: activationOf(activation) };
    if ('top_k' in kwargs && (typeof topK === 'number' || topK === null)) postprocess.topK = topK;
    const wantsAll = this.generation === 4 ? (allScores ?? this.model.config['return_all_scores']) : undefined;
    const result = await this.each(input, options, (item) =>
      this.classify(item, tokenizerKwargs, postprocess, postprocess.topK === undefined ? wantsAll : undefined),
    );
    return typeof input === 'string' && !('top_k' in kwargs) ? [result] : result;
  }

  private async classify(
    item: unknown,
    tokenizerKwargs: JsonObject,
    { topK, activation }: Postprocess,
    wantsAll: unknown,
  ): Promise<LabelScore | LabelScore[]> {
    const [text, pair] = textAndPair(item);
    const [encoding] = encodeInput(this.tokenizer, text, tokenizerKwargs, pair);
    const logits = await forward(this.model, modelInputs(encoding, this.tokenizer), 'logits');
    const scores = this.activate(Array.from(logits.data), activation);
    const { config } = this.model;
    if (topK === undefined && !wantsAll) {
      const best = argmax(scores);
      return { label: labelOf(config, best), score: scores[best]! };
    }
    const all = scores.map((score, i) => ({ label: labelOf(config, i), score }));
    if (topK === undefined) return all;
    all.sort((a, b) => b.score - a.score);
    return topK === null ? all : all.slice(0, topK);
  }

  private activate(logits: number[], wanted: Activation | undefined): number[] {
    switch (wanted ?? this.defaultActivation(logits.length)) {
      case 'SIGMOID':
        return sigmoid(logits);
      case 'SOFTMAX':
        return softmax(logits);
      case 'NONE':
        return logits;
    }
  }

  private defaultActivation(labelCount: number): Activation {
    const problem = this.model.config['problem_type'];
    if (!this.version.isBefore(4, 46) && problem === 'regression') return 'NONE';
    if (problem === 'multi_label_classification' || labelCount === 1) return 'SIGMOID';
    return 'SOFTMAX';
  }
}

function activationOf(value: unknown): Activation | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.toUpperCase();
  if (name === 'SIGMOID' || name === 'SOFTMAX' || name === 'NONE') return name;
  throw MlflowError.invalidParameter(pyRepr(name));
}

function isPair(input: unknown): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function textAndPair(item: unknown): [text: unknown, pair: unknown] {
  if (typeof item === 'string') return [item, undefined];
  if (isPair(item)) {
    const { text, text_pair: pair } = item as { text?: unknown; text_pair?: unknown };
    return [text, pair];
  }
  if (Array.isArray(item)) {
    const [pair] = item as unknown[];
    if (item.length === 1 && Array.isArray(pair) && pair.length === 2) return pair as [unknown, unknown];
  }
  if (!Array.isArray(item)) return [item, undefined];
  throw MlflowError.invalidParameter(
    'The pipeline received invalid inputs, if you are trying to send text pairs, you can try to send a' +
      ' dictionary `{"text": "My text", "text_pair": "My pair"}` in order to send a text pair.',
  );
}

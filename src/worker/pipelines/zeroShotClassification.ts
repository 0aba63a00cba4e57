import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { pythonFormat } from '../../core/pyfunc/pythonFormat.js';
import { pythonStrip } from '../../core/pyfunc/pythonStrings.js';
import { typeName } from '../../core/signature/pythonValue.js';
import type { Encoding } from '../tokenizer/tokenizer.js';
import { forward, modelInputs } from './modelInputs.js';
import { TextPipeline } from './pipelineContext.js';

interface ZeroShotAnswer {
  sequence: string;
  labels: string[];
  scores: number[];
}

/** transformers' ZeroShotClassificationPipeline. The dict form of its input is what MLflow passes as keywords. */
export class ZeroShotClassificationPipeline extends TextPipeline {
  protected async run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    const { sequences, ...own } = isDict(input) ? { ...input, ...kwargs } : { sequences: input, ...kwargs };
    const settings = own as JsonObject;
    const labels = labelsOf(settings['candidate_labels']);
    const template = (settings['hypothesis_template'] as string | undefined) ?? 'This example is {}.';
    const multiLabel = Boolean(
      (this.generation === 4 ? settings['multi_class'] : undefined) ?? settings['multi_label'] ?? false,
    );
    return this.each(sequences, options, (sequence) => this.classify(sequence as string, labels, template, multiLabel));
  }

  private async classify(
    sequence: string,
    labels: string[],
    template: string,
    multiLabel: boolean,
  ): Promise<ZeroShotAnswer> {
    if (labels.length === 0 || sequence.length === 0) {
      throw MlflowError.invalidParameter('You must include at least one label and at least one sequence.');
    }
    if (pythonFormat(template, [labels[0]!]) === template) {
      throw MlflowError.invalidParameter(
        `The provided hypothesis_template "${template}" was not able to be formatted with the target labels. ` +
          'Make sure the passed template includes formatting syntax such as {} where the label should go.',
      );
    }
    const logits: number[][] = [];
    for (const label of labels) {
      const encoding = this.encodePair(sequence, pythonFormat(template, [label]));
      logits.push(Array.from((await forward(this.model, modelInputs(encoding, this.tokenizer), 'logits')).data));
    }
    const scores = this.scores(logits, multiLabel || labels.length === 1);
    const order = labels.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]! || a - b);
    order.reverse();
    return { sequence, labels: order.map((i) => labels[i]!), scores: order.map((i) => scores[i]!) };
  }

  private encodePair(sequence: string, hypothesis: string): Encoding {
    try {
      return this.tokenizer.encodeAll(sequence, { pair: hypothesis, truncation: 'only_first' })[0]!;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('too short')) throw error;
      return this.tokenizer.encodeAll(sequence, { pair: hypothesis, truncation: false })[0]!;
    }
  }

  private scores(logits: number[][], isIndependent: boolean): number[] {
    const entailment = this.entailmentId();
    if (isIndependent) {
      const contradiction = entailment === 0 ? -1 : 0;
      return logits.map((row) => ratio(row.at(entailment)!, [row.at(contradiction)!, row.at(entailment)!]));
    }
    const entailments = logits.map((row) => row.at(entailment)!);
    return entailments.map((logit) => ratio(logit, entailments));
  }

  /** The class whose label begins with "entail"; -1, the last one, where none does. */
  private entailmentId(): number {
    const ids = (this.model.config['label2id'] ?? {}) as Record<string, number>;
    const found = Object.entries(ids).find(([label]) => label.toLowerCase().startsWith('entail'));
    return found?.[1] ?? -1;
  }
}

function ratio(logit: number, logits: readonly number[]): number {
  const largest = Math.max(...logits);
  const sum = logits.reduce((total, value) => total + Math.exp(value - largest), 0);
  return Math.fround(Math.exp(logit - largest) / sum);
}

function isDict(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function labelsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value as string[];
  if (typeof value === 'string') return value.split(',').map(pythonStrip).filter(Boolean);
  throw MlflowError.invalidParameter(`object of type '${typeName(value)}' has no len()`);
}

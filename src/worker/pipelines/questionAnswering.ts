import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { PipelineCallOptions } from '../../core/pyfunc/pipeline.js';
import { pythonSlice } from '../../core/pyfunc/pythonStrings.js';
import type { Encoding } from '../tokenizer/tokenizer.js';
import { bestSpans, type Span } from './answerSpans.js';
import { modelInputs, withPythonErrors } from './modelInputs.js';
import { TextPipeline } from './pipelineContext.js';

interface Example {
  question: string;
  context: string;
}

interface Answer {
  score: number;
  start: number;
  end: number;
  answer: string;
}

interface Settings {
  topK: number;
  maxAnswerLength: number;
  allowsNone: boolean;
  alignsToWords: boolean;
  maxLength: number;
  stride: number;
}

/** transformers 4's QuestionAnsweringPipeline, which transformers 5 dropped. */
export class QuestionAnsweringPipeline extends TextPipeline {
  protected async run(input: unknown, kwargs: JsonObject, options: PipelineCallOptions): Promise<unknown> {
    const examples = examplesOf(input);
    const settings = this.settings(kwargs);
    const answers = await this.each(examples, options, (example) => this.answer(example as Example, settings));
    return examples.length === 1 ? (answers as unknown[])[0] : answers;
  }

  private settings(kwargs: JsonObject): Settings {
    const number = (name: string): number | undefined => {
      const value = kwargs[name];
      return typeof value === 'number' ? value : undefined;
    };
    const topK = number('top_k') ?? number('topk') ?? 1;
    if (topK < 1) throw MlflowError.invalidParameter(`top_k parameter should be >= 1 (got ${topK})`);
    const maxAnswerLength = number('max_answer_len') ?? 15;
    if (maxAnswerLength < 1) {
      throw MlflowError.invalidParameter(`max_answer_len parameter should be >= 1 (got ${maxAnswerLength}`);
    }
    const maxLength = number('max_seq_len') ?? Math.min(this.tokenizer.modelMaxLength, 384);
    const stride = number('doc_stride') ?? Math.min(Math.floor(maxLength / 2), 128);
    if (stride > maxLength) {
      throw MlflowError.invalidParameter(`\`doc_stride\` (${stride}) is larger than \`max_seq_len\` (${maxLength})`);
    }
    return {
      topK,
      maxAnswerLength,
      maxLength,
      stride,
      allowsNone: Boolean(kwargs['handle_impossible_answer'] ?? false),
      alignsToWords: Boolean(kwargs['align_to_words'] ?? true),
    };
  }

  private async answer({ question, context }: Example, settings: Settings): Promise<Answer | Answer[]> {
    const questionFirst = this.tokenizer.paddingSide === 'right';
    const windows = this.tokenizer.encodeAll(questionFirst ? question : context, {
      pair: questionFirst ? context : question,
      truncation: questionFirst ? 'only_second' : 'only_first',
      maxLength: settings.maxLength,
      stride: settings.stride,
    });
    const answers: Answer[] = [];
    let nullScore = 1_000_000;
    for (const window of windows) {
      const spans = await this.spans(window, questionFirst ? 1 : 0, settings);
      if (settings.allowsNone) nullScore = Math.min(nullScore, spans.nullScore);
      for (const span of spans.spans) {
        const [start, end] = charactersOf(window, span, questionFirst ? 1 : 0, settings.alignsToWords);
        const answer = pythonSlice(context, start, end);
        const same = this.version.isBefore(4, 53) ? undefined : answers.find((other) => areSame(other.answer, answer));
        if (same) same.score += span.score;
        else answers.push({ score: span.score, start, end, answer });
      }
    }
    if (settings.allowsNone) answers.push({ score: nullScore, start: 0, end: 0, answer: '' });
    answers.sort((a, b) => b.score - a.score);
    const best = answers.slice(0, settings.topK);
    return best.length === 1 ? best[0]! : best;
  }

  private async spans(window: Encoding, contextSequence: number, settings: Settings) {
    const inputs = modelInputs(window, this.tokenizer);
    const outputs = await withPythonErrors(() => this.model.forward(inputs));
    const start = outputs['start_logits']?.data;
    const end = outputs['end_logits']?.data;
    if (!(start instanceof Float32Array) || !(end instanceof Float32Array)) {
      throw new MlflowError(
        `The model ${this.model.modelClass} gave no start and end logits. It does not answer questions.`,
      );
    }
    const clsId = this.tokenizer.specialTokenId('cls_token');
    const allowed = window.ids.map((id, i) => window.sequenceIds[i] === contextSequence || id === clsId);
    // Aligned to words, several spans may become one answer; from 4.54 on there are some to spare.
    const spares = settings.alignsToWords && !this.version.isBefore(4, 54);
    const wanted = spares ? settings.topK * 2 + 10 : settings.topK;
    return bestSpans(start, end, allowed, wanted, settings.maxAnswerLength);
  }
}

/** Whether transformers counts two answers as one. */
function areSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Where a span of tokens lies in the context: at whole words, or at its tokens' own offsets. */
function charactersOf(
  window: Encoding,
  { start, end }: Span,
  sequence: number,
  alignsToWords: boolean,
): [number, number] {
  const own: [number, number] = [window.starts[start]!, window.ends[end]!];
  if (!alignsToWords) return own;
  const firstWord = window.wordIds[start];
  const lastWord = window.wordIds[end];
  if (firstWord === null || firstWord === undefined || lastWord === null || lastWord === undefined) return own;
  const first = window.wordIds.findIndex((word, i) => word === firstWord && window.sequenceIds[i] === sequence);
  const last = window.wordIds.findLastIndex((word, i) => word === lastWord && window.sequenceIds[i] === sequence);
  return first < 0 || last < 0 ? own : [window.starts[first]!, window.ends[last]!];
}

function examplesOf(input: unknown): Example[] {
  if (Array.isArray(input)) return input.map(checkedExample);
  const { question, context } = (input ?? {}) as { question?: unknown; context?: unknown };
  if (Array.isArray(question)) {
    if (Array.isArray(context) && context.length !== question.length) {
      throw MlflowError.invalidParameter("Questions and contexts don't have the same lengths");
    }
    return question.map((item, i) =>
      checkedExample({
        question: item as unknown,
        context: Array.isArray(context) ? (context as unknown[])[i] : context,
      }),
    );
  }
  if (Array.isArray(context)) throw MlflowError.invalidParameter("Arguments can't be understood");
  return [checkedExample(input)];
}

function checkedExample(item: unknown): Example {
  const example = (item ?? {}) as Partial<Record<'question' | 'context', unknown>>;
  for (const key of ['question', 'context'] as const) {
    if (!(key in example)) {
      throw MlflowError.invalidParameter("'You need to provide a dictionary with keys {question:..., context:...}'");
    }
    if (example[key] === null || example[key] === undefined) {
      throw MlflowError.invalidParameter(`\`${key}\` cannot be None`);
    }
    if (example[key] === '') throw MlflowError.invalidParameter(`\`${key}\` cannot be empty`);
  }
  return example as Example;
}

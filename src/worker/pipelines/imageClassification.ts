import { MlflowError } from '../../core/errors.js';
import type { JsonObject } from '../../core/ports.js';
import type { Pipeline, PipelineCallOptions, PipelineTokenizer } from '../../core/pyfunc/pipeline.js';
import { pyRepr } from '../../core/signature/pythonText.js';
import { ImageProcessor } from '../media/imageProcessor.js';
import { loadImage } from '../media/loadImage.js';
import type { RuntimeModel } from '../runtime/model.js';
import type { TransformersGeneration } from '../tokenizer/generation.js';
import type { MediaPipelineContext } from './pipelineContext.js';
import { forward, labelOf } from './modelInputs.js';
import { sigmoid, softmax } from './numeric.js';

const functions = ['sigmoid', 'softmax', 'none'];
const knownNames = ['top_k', 'function_to_apply', 'timeout', 'batch_size', 'num_workers'];

/** transformers' ImageClassificationPipeline. */
export class ImageClassificationPipeline implements Pipeline {
  readonly task: string;
  readonly instanceType: string;
  readonly tokenizer: PipelineTokenizer | undefined = undefined;
  private readonly model: RuntimeModel;
  private readonly generation: TransformersGeneration;

  private constructor(
    context: MediaPipelineContext,
    private readonly processor: ImageProcessor,
  ) {
    this.task = context.task;
    this.instanceType = context.instanceType;
    this.model = context.model;
    this.generation = context.generation;
  }

  static async load(context: MediaPipelineContext): Promise<ImageClassificationPipeline> {
    const modelType = context.model.config['model_type'];
    const processor = await ImageProcessor.load(context.processorFolder, {
      generation: context.generation,
      className: context.processorType,
      modelType: typeof modelType === 'string' ? modelType : undefined,
    });
    return new ImageClassificationPipeline(context, processor);
  }

  get generationConfig(): JsonObject {
    return this.model.generationConfig;
  }

  async call(input: unknown, kwargs: JsonObject, options: PipelineCallOptions = {}): Promise<unknown> {
    const { top_k: topK, function_to_apply: wanted } = kwargs;
    const name = Object.keys(kwargs).find((key) => !knownNames.includes(key));
    if (name !== undefined) {
      throw MlflowError.invalidParameter(
        `${this.instanceType}._sanitize_parameters() got an unexpected keyword argument '${name}'`,
      );
    }
    const one = (image: unknown): Promise<JsonObject[]> =>
      this.classify(image, typeof topK === 'number' ? topK : 5, wanted, options.signal);
    if (!Array.isArray(input)) return one(input);
    const results: JsonObject[][] = [];
    for (const image of input as unknown[]) results.push(await one(image));
    return results;
  }

  private async classify(image: unknown, topK: number, wanted: unknown, signal?: AbortSignal): Promise<JsonObject[]> {
    const inputs = this.processor.process(await loadImage(image, signal));
    const { data } = await forward(this.model, inputs, 'logits');
    const scores = this.activate(Array.from(data), wanted);
    const labels = scores.map((score, i) => ({ label: labelOf(this.model.config, i), score }));
    return labels.sort((a, b) => b.score - a.score).slice(0, topK);
  }

  private activate(logits: number[], wanted: unknown): number[] {
    const problem = this.model.config['problem_type'];
    if (typeof wanted === 'string' && !functions.includes(wanted.toLowerCase())) {
      throw MlflowError.invalidParameter(`${pyRepr(wanted.toLowerCase())} is not a valid ClassificationFunction`);
    }
    if (typeof wanted === 'string') return apply(wanted.toLowerCase(), logits);
    if (this.generation === 5 && problem === 'regression') return logits;
    return apply(problem === 'multi_label_classification' || logits.length === 1 ? 'sigmoid' : 'softmax', logits);
  }
}

function apply(name: string, logits: number[]): number[] {
  if (name === 'sigmoid') return sigmoid(logits);
  return name === 'softmax' ? softmax(logits) : logits;
}
